// What a program wrote to a terminal, as HTML: control characters applied, colours and weights as a terminal shows them,
// everything else escaped. The 8 named colours are classes, which the page has in light and dark; a colour of the other
// 16.7 million is kept, moved as little as it takes to be read on either page.
// Codes: ECMA-48, 8.3.117 (SGR); colours of 256 as xterm has them.
import { TerminalText } from '../notebook/terminal-text.js';
import { black, hex, readableOn, type Rgb, white } from './contrast.js';
import { escapeHtml } from './markup.js';
import { colours } from './style.js';

interface Style {
  /** 0–7 is a named colour. */
  foreground: number | Rgb | null;
  background: number | Rgb | null;
  bold: boolean;
  faint: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
  strikethrough: boolean;
}

const plain: Style = {
  foreground: null,
  background: null,
  bold: false,
  faint: false,
  italic: false,
  underline: false,
  inverse: false,
  strikethrough: false,
};

/** Titles, links, pictures: strings for the terminal itself. */
const spokenToTerminal = /\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?/g;

/** Colour codes, and what else may start with an escape: other codes, single characters. */
const escapeSequence =
  /\x1b\[([\d;:]{0,200})m|\x1b\[[0-?]{0,200}[ -/]{0,20}[@-~]|\x1b[ -/]{0,20}[0-~]?/g;

/** HTML of what a terminal would show in the end. */
export function terminalHtml(text: string): string {
  const said = text.includes('\x1b') ? text.replace(spokenToTerminal, '') : text;
  const shown = /[\r\b]|\x1b\[[0-2]?K/.test(said) ? settled(said) : said;
  const out: string[] = [];
  let style = plain;
  let at = 0;
  const put = (end: number): void => {
    const piece = shown.slice(at, end).replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '');
    if (piece !== '') out.push(span(style, escapeHtml(piece)));
  };
  for (const found of shown.matchAll(escapeSequence)) {
    put(found.index);
    at = found.index + found[0].length;
    if (found[1] !== undefined) style = changed(style, found[1]);
  }
  put(shown.length);
  return out.join('');
}

function settled(text: string): string {
  const terminal = new TerminalText(Number.POSITIVE_INFINITY);
  terminal.append(text.replace(/\r+\n/g, '\n'));
  return terminal.toString();
}

/** A style after the codes of one sequence. */
function changed(before: Style, sequence: string): Style {
  const style = { ...before };
  const codes = sequence.split(/[;:]/).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) Object.assign(style, plain);
    else if (code === 1) style.bold = true;
    else if (code === 2) style.faint = true;
    else if (code === 3) style.italic = true;
    else if (code === 4 || code === 21) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 9) style.strikethrough = true;
    else if (code === 22) style.bold = style.faint = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.inverse = false;
    else if (code === 29) style.strikethrough = false;
    else if (code >= 30 && code <= 37) style.foreground = code - 30;
    else if (code >= 90 && code <= 97) style.foreground = code - 90;
    else if (code >= 40 && code <= 47) style.background = code - 40;
    else if (code >= 100 && code <= 107) style.background = code - 100;
    else if (code === 39) style.foreground = null;
    else if (code === 49) style.background = null;
    else if (code === 38 || code === 48) {
      const { colour, used } = extended(codes.slice(i + 1), sequence.includes(':'));
      if (colour !== null) style[code === 38 ? 'foreground' : 'background'] = colour;
      i += used;
    }
  }
  return style;
}

/** `5;n` of the 256 colours, or `2;r;g;b`; with colons a colour space may stand before the red. */
function extended(
  codes: readonly number[],
  hasColons: boolean,
): { colour: number | Rgb | null; used: number } {
  if (codes[0] === 5) return { colour: paletteColour(byte(codes[1])), used: 2 };
  if (codes[0] !== 2) return { colour: null, used: 1 };
  const skip = hasColons && codes.length > 4 ? 2 : 1;
  const [red, green, blue] = codes.slice(skip, skip + 3).map(byte);
  return { colour: [red ?? 0, green ?? 0, blue ?? 0], used: skip + 3 };
}

function byte(value: number | undefined): number {
  return Math.max(0, Math.min(255, Math.round(value ?? 0) || 0));
}

/** The 256 colours of a terminal: 16 named ones, a cube of 6 levels a side, 24 greys. */
function paletteColour(index: number): number | Rgb {
  if (index < 16) return index % 8;
  if (index >= 232) return Array<number>(3).fill(8 + (index - 232) * 10) as unknown as Rgb;
  const level = (n: number) => (n === 0 ? 0 : 55 + 40 * n);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

function span(style: Style, content: string): string {
  if (style === plain) return content;
  const classes: string[] = [];
  const rules: string[] = [];
  const { foreground, background, inverse } = style;
  if (inverse) {
    // What was the ink becomes the ground; the ground's colour must then be readable on it.
    if (Array.isArray(foreground)) {
      rules.push(`background:${hex(foreground)}`, `color:${hex(ink(background, foreground))}`);
    } else {
      const ground = foreground === null ? '--ink' : `--ansi-${names[foreground]}`;
      rules.push(`background:var(${ground})`, 'color:var(--paper)');
    }
  } else if (Array.isArray(background)) {
    rules.push(`background:${hex(background)}`, `color:${hex(ink(foreground, background))}`);
  } else {
    if (background !== null) classes.push(`ansi-${names[background]}-bg`);
    if (Array.isArray(foreground)) {
      classes.push('ansi-own');
      rules.push(`--light:${hex(readableOn(foreground, white))}`);
      rules.push(`--dark:${hex(readableOn(foreground, darkPaper))}`);
    } else if (foreground !== null) classes.push(`ansi-${names[foreground]}-fg`);
  }
  for (const name of ['bold', 'faint', 'italic', 'underline', 'strikethrough'] as const) {
    if (style[name]) classes.push(`ansi-${name}`);
  }
  if (classes.length === 0 && rules.length === 0) return content;
  const names_ = classes.length > 0 ? ` class="${classes.join(' ')}"` : '';
  const styles = rules.length > 0 ? ` style="${rules.join(';')}"` : '';
  return `<span${names_}${styles}>${content}</span>`;
}

const darkPaper = rgbOf(colours.dark.paper);

/** The colour of lettering on a ground, moved until it can be read there. */
function ink(colour: number | Rgb | null, ground: Rgb): Rgb {
  if (colour === null) return readableOn(black, ground);
  return readableOn(
    Array.isArray(colour) ? colour : rgbOf(colours.light[`ansi-${names[colour as number]!}`]),
    ground,
  );
}

function rgbOf(text: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16)) as unknown as Rgb;
}
