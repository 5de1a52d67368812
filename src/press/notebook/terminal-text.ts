// What a program wrote to a terminal → the text that a terminal would show in the end: lines written over, erased, and
// taken back are carried out. Colour codes stay.
const token = /\n|\r|[\b]|\x1b\[[0-9;?]*[A-Za-z]|[^\n\r\b\x1b]+|\x1b/g;
const unfinishedEscape = /\x1b(\[[0-9;?]*)?$/;

/** Text as a terminal shows it: a carriage return or backspace moves back, and what follows is written over what is there. */
export class TerminalText {
  readonly #limit: number;
  #lines: string[] = [];
  #length = 0;
  /** The line being written, and the colour codes in force at each of its characters. */
  #glyphs: string[] = [];
  #styles: string[] = [];
  #cursor = 0;
  #style = '';
  #unfinished = '';
  #cut = 0;

  constructor(limit = 1_000_000) {
    this.#limit = limit;
  }

  append(chunk: string): void {
    let text = this.#unfinished + chunk;
    this.#unfinished = unfinishedEscape.exec(text)?.[0] ?? '';
    text = text.slice(0, text.length - this.#unfinished.length);
    for (const [part] of text.matchAll(token)) {
      if (this.#length + this.#glyphs.length >= this.#limit && part !== '\r' && part !== '\b')
        this.#cut += part.length;
      else this.#take(part);
    }
  }

  #take(part: string): void {
    if (part === '\n') {
      this.#lines.push(this.lastLine());
      this.#length += this.#lines.at(-1)!.length + 1;
      this.#glyphs = [];
      this.#styles = [];
      this.#cursor = 0;
    } else if (part === '\r') {
      this.#cursor = 0;
    } else if (part === '\b') {
      this.#cursor = Math.max(0, this.#cursor - 1);
    } else if (part.startsWith('\x1b')) {
      this.#escape(part);
    } else {
      const room = this.#limit - this.#length - this.#glyphs.length;
      for (const character of part.length > room ? part.slice(0, room) : part) {
        this.#glyphs[this.#cursor] = character;
        this.#styles[this.#cursor++] = this.#style;
      }
      this.#cut += Math.max(0, part.length - room);
    }
  }

  /** Colours are kept, erasing is carried out, and other movements are left out: a page has no cursor. */
  #escape(sequence: string): void {
    if (sequence.endsWith('m')) this.#style = withCode(this.#style, sequence);
    else if (/^\x1b\[0?K$/.test(sequence))
      this.#glyphs.length = Math.min(this.#cursor, this.#glyphs.length);
    else if (/^\x1b\[[12]K$/.test(sequence)) {
      this.#glyphs = Array(this.#cursor).fill(' ');
      this.#styles = Array(this.#cursor).fill('');
    }
  }

  /** The line being written; colours are given where they change, and none goes on beyond the line. */
  lastLine(): string {
    if (this.#style === '' && !this.#styles.some(Boolean)) return this.#glyphs.join('');
    let [line, style] = ['', ''];
    this.#glyphs.forEach((glyph, index) => {
      const next = this.#styles[index]!;
      if (next !== style) line += (style ? reset : '') + next;
      style = next;
      line += glyph;
    });
    return style ? line + reset : line;
  }

  /** The line being written, or the one before where nothing is in it yet. */
  lastWritten(): string {
    return this.lastLine() || (this.#lines.at(-1) ?? '');
  }

  toString(): string {
    const text = [...this.#lines, this.lastLine()].join('\n');
    return this.#cut === 0 ? text : `${text}\n[${this.#cut} more characters were cut here]\n`;
  }
}

const reset = '\x1b[0m';

/** Colour codes add up until a reset; one given again moves to the end. */
function withCode(style: string, code: string): string {
  if (/^\x1b\[(0?|0;.*)m$/.test(code)) return code.includes(';') ? code : '';
  const codes = (style.match(/\x1b\[[0-9;]*m/g) ?? []).filter((other) => other !== code);
  return [...codes.slice(-15), code].join('');
}
