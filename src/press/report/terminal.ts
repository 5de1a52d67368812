// What a program wrote to a terminal, as HTML: control characters applied, colours as classes, everything else escaped.
import Anser from 'anser';
import { escapeHtml } from './markup.js';

/** Longer streams are cut in the middle of nowhere useful to a reader; the notebook keeps the whole. */
const maximumLines = 2_000;
const maximumCharacters = 200_000;

/** HTML of a stream; `cut` says how many characters and lines were left out, if any. */
export function terminalHtml(text: string): string {
  const { kept, note } = limit(text);
  const entries = Anser.ansiToJson(overwrite(kept), { json: true, use_classes: true });
  const spans = entries.map((entry) => {
    const classes = [
      entry.fg && `${knownColour(entry.fg, entry.fg_truecolor)}-fg`,
      entry.bg && `${knownColour(entry.bg, entry.bg_truecolor)}-bg`,
      ...entry.decorations.map((decoration) => `ansi-${decoration}`),
    ].filter((name) => name && /^ansi-[a-z-]+$/.test(name));
    // Other escape sequences (cursor moves, titles, hyperlinks) mean nothing on paper.
    const content = escapeHtml(stripControls(entry.content));
    if (content === '') return '';
    return classes.length === 0 ? content : `<span class="${classes.join(' ')}">${content}</span>`;
  });
  return spans.join('') + (note === '' ? '' : `<span class="cut">${escapeHtml(note)}</span>`);
}

function limit(text: string): { kept: string; note: string } {
  let kept = text.length > maximumCharacters ? text.slice(0, maximumCharacters) : text;
  let end = -1;
  for (let line = 0; line < maximumLines; line++) {
    end = kept.indexOf('\n', end + 1);
    if (end === -1) break;
  }
  if (end !== -1) kept = kept.slice(0, end);
  const left = text.length - kept.length;
  if (left <= 1) return { kept, note: '' };
  return { kept, note: `\n… ${left.toLocaleString('en')} more characters are in the notebook.` };
}

/** Carriage return goes back to the start of the line, backspace one place: progress bars leave only their last state. */
function overwrite(text: string): string {
  if (!/[\r\x08]/.test(text)) return text;
  return text
    .replace(/\r+\n/g, '\n')
    .split('\n')
    .map((line) => {
      const last = line.replace(/\r+$/, '');
      let shown = last.slice(last.lastIndexOf('\r') + 1);
      if (shown.includes('\x08')) {
        const out: string[] = [];
        for (const character of shown) character === '\x08' ? out.pop() : out.push(character);
        shown = out.join('');
      }
      return shown;
    })
    .join('\n');
}

function stripControls(text: string): string {
  return text
    .replace(/\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?/g, '')
    .replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '')
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '');
}

const rgbOfClass: [string, number, number, number][] = [
  ['ansi-black', 0, 0, 0],
  ['ansi-red', 187, 0, 0],
  ['ansi-green', 0, 187, 0],
  ['ansi-yellow', 187, 187, 0],
  ['ansi-blue', 0, 0, 187],
  ['ansi-magenta', 187, 0, 187],
  ['ansi-cyan', 0, 187, 187],
  ['ansi-white', 220, 220, 220],
];

/** Palette and 24-bit colours become the nearest of the eight that the page has in light and dark. */
function knownColour(name: string, rgb: string): string {
  if (name === 'ansi-truecolor') return nearestColour(rgb.split(',').map(Number));
  const index = /^ansi-palette-(\d+)$/.exec(name);
  return index ? paletteColour(Number(index[1])) : name.replace('ansi-bright-', 'ansi-');
}

/** The 256 colours of a terminal: 16 named ones, a cube of 6 levels a side, 24 greys. */
function paletteColour(index: number): string {
  if (index < 16) return rgbOfClass[index % 8]![0];
  if (index >= 232) return nearestColour(Array(3).fill(8 + (index - 232) * 10));
  const level = (n: number) => (n === 0 ? 0 : 55 + 40 * n);
  const cube = index - 16;
  return nearestColour([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level));
}

function nearestColour(rgb: readonly number[]): string {
  const distance = (candidate: (typeof rgbOfClass)[number]) =>
    candidate.slice(1).reduce<number>((sum, c, i) => sum + (Number(c) - rgb[i]!) ** 2, 0);
  return rgbOfClass.reduce((best, next) => (distance(next) < distance(best) ? next : best))[0];
}
