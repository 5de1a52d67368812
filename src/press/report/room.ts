// How much of a notebook's outputs one page shows, and what becomes of the rest. A page that holds everything of a notebook
// that was left running over night can be opened by nobody; so every output has a limit, all together have one, and what
// is cut says so and is kept whole beside the page. The numbers are in docs/hostile.md.

/** Keeps something beside the page, under a name of our own with this ending; returns its address from the page. */
export type Keep = (ending: string, content: string | Uint8Array) => string | null;

/** What was left out of a text. */
export interface TextCut {
  readonly characters: number;
  readonly lines: number;
  /** Address of the whole; null if the notebook alone has it. */
  readonly address: string | null;
  /** How the text ends. */
  readonly tail: string;
}

export const limits = {
  /** Of one text: its beginning, and its end, where results and errors stand. */
  head: { lines: 1_500, characters: 150_000 },
  tail: { lines: 300, characters: 30_000 },
  /** Of one output, characters. */
  html: 1_500_000,
  markdown: 120_000,
  chart: 12_000_000,
  /** Of the whole page: characters of text and HTML, of charts, bytes of pictures. */
  page: { text: 16_000_000, charts: 36_000_000, pictures: 90_000_000 },
  /** Characters that every output may still show when the page is full. */
  little: 2_000,
};

/** What a page has left. */
export interface Room {
  ofText(): number;
  ofHtml(length: number): number;
  ofMarkdown(): number;
  ofChart(): number;
  ofPictures(): number;
  useText(characters: number): void;
  useChart(characters: number): void;
  usePicture(bytes: number): void;
}

export function roomOfPage(): Room {
  const left = { ...limits.page };
  const atLeastLittle = (limit: number) => Math.max(limits.little, Math.min(limit, left.text));
  return {
    ofText: () => atLeastLittle(limits.head.characters),
    // What fits but for a little is not worth a cut.
    ofHtml: (length) =>
      length < limits.html * 1.1 && length <= left.text ? length : atLeastLittle(limits.html),
    ofMarkdown: () => atLeastLittle(limits.markdown),
    ofChart: () => Math.min(limits.chart, left.charts),
    ofPictures: () => left.pictures,
    useText: (characters) => {
      left.text -= characters;
    },
    useChart: (characters) => {
      left.charts -= characters;
    },
    usePicture: (bytes) => {
      left.pictures -= bytes;
    },
  };
}

/** The beginning of a text and, if it is longer than what is shown, what was cut and how it ends. */
export function shownPart(
  whole: string,
  room: Room,
  keep: () => string | null,
): { head: string; cut: TextCut | null } {
  const most = room.ofText();
  const head = start(whole, limits.head.lines, most);
  const rest = whole.slice(head.length);
  // A few lines more are shown rather than cut.
  if (
    rest.length <= limits.tail.characters / 2 &&
    lines(rest) <= limits.tail.lines &&
    most > limits.little
  ) {
    room.useText(whole.length);
    return { head: whole, cut: null };
  }
  if (rest.trim() === '') return { head, cut: null };
  const tail = most > limits.little ? end(rest) : '';
  const middle = rest.slice(0, rest.length - tail.length);
  room.useText(head.length + tail.length);
  return {
    head,
    cut: { characters: middle.length, lines: lines(middle), address: keep(), tail },
  };
}

function start(text: string, maximumLines: number, maximumCharacters: number): string {
  const kept = text.slice(0, maximumCharacters);
  let at = -1;
  for (let line = 0; line < maximumLines; line++) {
    at = kept.indexOf('\n', at + 1);
    // A surrogate pair is not cut in two.
    if (at === -1) return kept.length < text.length ? kept.replace(/[\uD800-\uDBFF]$/, '') : kept;
  }
  return kept.slice(0, at + 1);
}

function end(text: string): string {
  const kept = text.slice(Math.max(0, text.length - limits.tail.characters));
  let at = kept.length;
  for (let line = 0; line <= limits.tail.lines; line++) {
    const before = at === 0 ? -1 : kept.lastIndexOf('\n', at - 1);
    if (before === -1) return kept.replace(/^[^\n]{0,2000}\n/, '').replace(/^[\uDC00-\uDFFF]/, '');
    at = before;
  }
  return kept.slice(at + 1);
}

function lines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
