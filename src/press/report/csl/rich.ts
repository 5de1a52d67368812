// Formatted text on its way from a style to HTML. Quotation marks, punctuation that meets where parts join, and italics
// inside italics are settled at the very end, when it is known what stands beside what.
import { escapeHtml } from '../markup.js';

export interface Look {
  readonly italic?: boolean;
  readonly bold?: boolean;
  readonly smallCaps?: boolean;
  readonly underline?: boolean;
  readonly vertical?: 'sup' | 'sub' | 'baseline';
  readonly quotes?: boolean;
  /** Text of the style, not of the work: only there may punctuation be dropped. */
  readonly affix?: boolean;
  /** Address within the page. */
  readonly link?: string;
  readonly display?: 'block' | 'left-margin' | 'right-inline' | 'indent';
  /** Text whose capitals are not to be touched. */
  readonly fixedCase?: boolean;
}

export interface Span {
  readonly look: Look;
  readonly pieces: Rich;
}

export type Piece = string | Span;
export type Rich = readonly Piece[];

export function span(look: Look, pieces: Rich): Rich {
  return pieces.length === 0 ? [] : [{ look, pieces }];
}

export function affix(text: string | undefined): Rich {
  return text ? [{ look: { affix: true }, pieces: [text] }] : [];
}

/** Non-empty parts with a delimiter between them. */
export function join(parts: readonly Rich[], delimiter: string | undefined): Rich {
  const joined: Piece[] = [];
  for (const part of parts.filter((each) => !isEmpty(each))) {
    if (joined.length > 0) joined.push(...affix(delimiter));
    joined.push(...part);
  }
  return joined;
}

export function isEmpty(rich: Rich): boolean {
  return rich.every((piece) => (typeof piece === 'string' ? piece === '' : isEmpty(piece.pieces)));
}

/** Every piece of text changed, with what came before it in mind. */
export function mapText(rich: Rich, change: (text: string, look: Look) => string): Rich {
  const visit = (pieces: Rich, look: Look): Rich =>
    pieces.map((piece) =>
      typeof piece === 'string'
        ? change(piece, look)
        : { ...piece, pieces: visit(piece.pieces, { ...look, ...piece.look }) },
    );
  return visit(rich, {});
}

/** Small markup that titles may hold: <i>, <b>, <sup>, <sub>, small capitals and text whose case stays. */
export function parseValue(value: string): Rich {
  if (!value.includes('<')) return curled(value);
  const open: { tag: string; look: Look; pieces: Piece[] }[] = [{ tag: '', look: {}, pieces: [] }];
  const parts = value.split(/(<\/?(?:i|b|sup|sub|span|sc)(?:\s[^<>]*)?>)/);
  for (const [index, part] of parts.entries()) {
    const tag = index % 2 === 1 ? /^<(\/?)(\w+)(.*)>$/.exec(part) : null;
    if (!tag) {
      if (part !== '') open.at(-1)!.pieces.push(...curled(part));
    } else if (tag[1] === '') {
      open.push({ tag: tag[2]!, look: lookOfTag(tag[2]!, tag[3]!), pieces: [] });
    } else if (open.length > 1 && open.at(-1)!.tag === tag[2]) {
      const { look, pieces } = open.pop()!;
      open.at(-1)!.pieces.push({ look, pieces });
    }
  }
  while (open.length > 1) {
    const { pieces } = open.pop()!;
    open.at(-1)!.pieces.push(...pieces);
  }
  return open[0]!.pieces;
}

/** Typewriter quotation marks become those of the language, inner ones where they stand within others. */
function curled(text: string): Rich {
  if (!/["'“]/.test(text)) return [text];
  const straight = text.replace(/“([^“”]*)”/g, '"$1"');
  return straight
    .split(/(?<![\p{L}\p{N}])"([^"]+)"(?![\p{L}\p{N}])/u)
    .flatMap((part, index): Rich => {
      const curly = apostrophes(part);
      return index % 2 === 1 ? span({ quotes: true }, [curly]) : curly === '' ? [] : [curly];
    });
}

export function apostrophes(text: string): string {
  return text.replace(/(?<=[\p{L}\p{N}])'|'(?=\d\ds?\b)/gu, '’');
}

function lookOfTag(tag: string, attributes: string): Look {
  if (tag === 'i') return { italic: true };
  if (tag === 'b') return { bold: true };
  if (tag === 'sup' || tag === 'sub') return { vertical: tag };
  if (tag === 'sc' || /small-caps/.test(attributes)) return { smallCaps: true };
  return /nocase/.test(attributes) ? { fixedCase: true } : {};
}

export interface Quotes {
  readonly outer: readonly [string, string];
  readonly inner: readonly [string, string];
  /** Commas and full stops go inside the closing mark, as Americans set them. */
  readonly punctuationInside: boolean;
}

/** One character with its look; `closes` marks a closing quotation mark that was put in here. */
interface Letter {
  readonly text: string;
  readonly look: Look;
  readonly closes?: boolean;
}

export function richText(rich: Rich, quotes: Quotes): string {
  return letters(rich, quotes)
    .map(({ text }) => text)
    .join('');
}

/** HTML, links to addresses in the text included. */
export function richHtml(rich: Rich, quotes: Quotes): string {
  const runs: { text: string; look: Look }[] = [];
  for (const { text, look } of letters(rich, quotes)) {
    const last = runs.at(-1);
    if (last && sameLook(last.look, look)) last.text += text;
    else runs.push({ text, look });
  }
  let html = '';
  for (let at = 0; at < runs.length; ) {
    const { display, link } = runs[at]!.look;
    let end = at;
    let part = '';
    while (
      end < runs.length &&
      runs[end]!.look.display === display &&
      runs[end]!.look.link === link
    )
      part += runHtml(runs[end++]!);
    if (link) part = `<a class="citation" href="#${escapeHtml(link)}">${part}</a>`;
    html += display ? `<span class="entry-${display}">${part.trim()}</span> ` : part;
    at = end;
  }
  return html.trim();
}

function runHtml({ text, look }: { text: string; look: Look }): string {
  let html = look.link ? escapeHtml(text) : linked(text);
  if (look.italic) html = `<em>${html}</em>`;
  if (look.bold) html = `<strong>${html}</strong>`;
  if (look.smallCaps) html = `<span class="small-caps">${html}</span>`;
  if (look.underline) html = `<u>${html}</u>`;
  if (look.vertical === 'sup' || look.vertical === 'sub') {
    html = `<${look.vertical}>${html}</${look.vertical}>`;
  }
  return html;
}

/** Addresses become links. */
function linked(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:)\]])/)
    .map((part, index) =>
      index % 2 === 1
        ? `<a href="${escapeHtml(part)}">${escapeHtml(part)}</a>`
        : part
            .split(/((?<=\bdoi:\s?)10\.\d{4,9}\/[^\s<>"]*[^\s<>".,;:)\]])/i)
            .map((piece, at) =>
              at % 2 === 1
                ? `<a href="https://doi.org/${escapeHtml(piece)}">${escapeHtml(piece)}</a>`
                : escapeHtml(piece),
            )
            .join(''),
    )
    .join('');
}

function sameLook(a: Look, b: Look): boolean {
  return (
    ['italic', 'bold', 'smallCaps', 'underline', 'vertical', 'link', 'display'] as const
  ).every((key) => (a[key] || undefined) === (b[key] || undefined));
}

function letters(rich: Rich, quotes: Quotes): Letter[] {
  const found: Letter[] = [];
  const visit = (pieces: Rich, look: Look, depth: number): void => {
    for (const piece of pieces) {
      if (typeof piece === 'string') {
        for (const text of piece) found.push({ text, look });
        continue;
      }
      const own = { ...look, ...piece.look };
      // Emphasis within emphasis stands upright.
      if (piece.look.italic && look.italic) own.italic = false;
      if (piece.look.bold && look.bold) own.bold = false;
      if (!piece.look.quotes) {
        visit(piece.pieces, own, depth);
        continue;
      }
      const [before, after] = depth % 2 === 0 ? quotes.outer : quotes.inner;
      for (const text of before) found.push({ text, look: own });
      visit(piece.pieces, own, depth + 1);
      for (const text of after) found.push({ text, look: own, closes: true });
    }
  };
  visit(rich, {}, 0);
  return settle(found, quotes.punctuationInside);
}

/** Which mark is left where one (row) is followed by another: '' drops the second, '<' drops the first. */
const meets: Record<string, Record<string, string>> = {
  '.': { '.': '' },
  ',': { ',': '', '.': '<' },
  ';': { ';': '', ',': '', '.': '' },
  ':': { ':': '', '.': '', ',': '' },
  '?': { '.': '', ',': ',', '?': '' },
  '!': { '.': '', '!': '' },
};

/** Spaces and marks that the parts of the style bring too many of, and where a mark goes that meets a closing quotation mark. */
function settle(given: readonly Letter[], punctuationInside: boolean): Letter[] {
  const out: Letter[] = [];
  for (const letter of given) {
    const { text, look } = letter;
    if (text === ' ' && out.at(-1)?.text === ' ') continue;
    if (look.affix && /[.,;]/.test(text)) {
      while (out.at(-1)?.text === ' ' && out.at(-1)!.look.affix) out.pop();
    }
    const last = out.at(-1);
    if (last && look.affix && /[.,;:?!]/.test(text)) {
      // A closing quotation mark may stand between the two marks.
      let at = out.length - 1;
      while (at > 0 && out[at]!.closes) at--;
      const before = out[at]!;
      const crosses = at < out.length - 1;
      const rule = meets[before.text]?.[text];
      if (rule === '' && (!crosses || punctuationInside || before.text !== ',')) continue;
      if (crosses && punctuationInside && /[?!]/.test(before.text)) continue;
      if (rule === '<' && !crosses) out.pop();
      else if (crosses && punctuationInside && /[.,]/.test(text)) {
        out.splice(at + 1, 0, letter);
        continue;
      }
    } else if (last?.look.affix && meets[last.text]?.[text] === '') continue;
    out.push(letter);
  }
  return out;
}
