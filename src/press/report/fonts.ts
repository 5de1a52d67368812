// The typefaces that go along inside every report, so that it looks the same and measures the same everywhere:
// Source Serif 4 for reading, Source Sans 3 for charts and labels, Source Code Pro for code (all SIL Open Font Licence),
// and KaTeX's own for formulas. Only the files whose characters occur are embedded, and of all but the Latin ones only
// those characters.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { otherScripts } from './fonts/other-scripts.js';
import { cutFont } from './fonts/cut.js';
import { readCharacterMap, readTables } from './fonts/sfnt.js';

const require = createRequire(import.meta.url);

export const serif = 'Source Serif 4';
export const sans = 'Source Sans 3';
export const mono = 'Source Code Pro';

interface Face {
  readonly family: string;
  readonly folder: string;
  readonly weight: 400 | 600;
  readonly style: 'normal' | 'italic';
}

const faces: readonly Face[] = [
  { family: serif, folder: 'source-serif-4', weight: 400, style: 'normal' },
  { family: serif, folder: 'source-serif-4', weight: 400, style: 'italic' },
  { family: serif, folder: 'source-serif-4', weight: 600, style: 'normal' },
  { family: sans, folder: 'source-sans-3', weight: 400, style: 'normal' },
  { family: sans, folder: 'source-sans-3', weight: 600, style: 'normal' },
  { family: mono, folder: 'source-code-pro', weight: 400, style: 'normal' },
];

const folderOf = (name: string) => join(dirname(require.resolve(`@fontsource/${name}/latin.css`)));

/** Rules that embed the typefaces, as far as the text of a page needs them. */
export function textFontCss(markup: string): string {
  const used = charactersByFace(markup);
  // What a live chart may say when it is pointed at.
  const said =
    (markup.match(/<script\b[\s\S]*?<\/script>/g) ?? []).join('').match(/[^ -ÿ]/gu) ?? [];
  const rules: string[] = [];
  for (const { family, folder, weight, style } of faces) {
    const root = folderOf(folder);
    const set = new Set(used.get(`${family} ${weight} ${style}`));
    if (family === sans) for (const character of said) set.add(character);
    const points = [...set].map((character) => character.codePointAt(0)!);
    for (const [subset, range] of Object.entries(subsets(root))) {
      if (subset !== 'latin' && !points.some((point) => inRange(point, range))) continue;
      const file = join(root, 'files', `${folder}-${subset}-${weight}-${style}`);
      const data =
        subset === 'latin'
          ? readFileSync(`${file}.woff2`, 'base64')
          : cutFont(
              `${file}.woff`,
              points.filter((point) => covers(range, point)),
            );
      rules.push(
        `@font-face{font-family:'${family}';font-style:${style};font-weight:${weight};font-display:block;` +
          `src:url(data:font/woff2;base64,${data}) format('woff2');unicode-range:${range}}`,
      );
    }
  }
  return rules.join('\n');
}

/** Elements that the style sheet sets in another face than the text around them. */
const faceOfElement: Record<
  string,
  Partial<{ family: string; weight: 400 | 600; style: 'normal' | 'italic' }>
> = {
  h1: { family: serif, weight: 600 },
  ...Object.fromEntries(
    ['h2', 'h3', 'h4', 'h5', 'h6', 'th', 'dt'].map((tag) => [
      tag,
      { family: sans, weight: 600 as const },
    ]),
  ),
  ...Object.fromEntries(
    ['nav', 'figcaption', 'table', 'summary', 'svg', 'dl'].map((tag) => [tag, { family: sans }]),
  ),
  ...Object.fromEntries(['pre', 'code', 'kbd', 'samp'].map((tag) => [tag, { family: mono }])),
  ...Object.fromEntries(
    ['em', 'i', 'cite', 'dfn', 'var'].map((tag) => [tag, { style: 'italic' as const }]),
  ),
  ...Object.fromEntries(['strong', 'b'].map((tag) => [tag, { weight: 600 as const }])),
};

/** The key of the characters of formulas. */
const formulas = 'formulas';

type CharactersByFace = ReadonlyMap<string, ReadonlySet<string>>;

/** The page that was looked at last: what it lacks, its text and its formulas are asked for one after another. */
let last: { readonly markup: string; readonly used: CharactersByFace } | null = null;

function charactersByFace(markup: string): CharactersByFace {
  if (last?.markup !== markup) last = { markup, used: readCharacters(markup) };
  return last.used;
}

/** Which characters a page sets in which face; formulas have fonts of their own. */
function readCharacters(markup: string): CharactersByFace {
  const used = new Map<string, Set<string>>();
  const text = markup
    .replace(/<math\b[\s\S]*?<\/math>/g, '')
    .replace(/<script\b[\s\S]*?<\/script>/g, '');
  const stack: { tag: string; face: Omit<Face, 'folder'>; math: boolean }[] = [
    { tag: '', face: { family: serif, weight: 400, style: 'normal' }, math: false },
  ];
  for (const [, closing, tag, attributes, content] of text.matchAll(
    /<(\/?)([a-zA-Z][\w:-]*)([^>]*)>([^<]*)/g,
  )) {
    const name = tag!.toLowerCase();
    if (closing) {
      const open = stack.findLastIndex((entry) => entry.tag === name);
      if (open > 0) stack.length = open;
    } else if (!/\/$/.test(attributes!) && !/^(?:br|hr|img|input|col|meta|wbr)$/.test(name)) {
      const { face, math } = stack.at(-1)!;
      const isMath = math || /class="katex/.test(attributes!);
      const sansClass = /class="[^"]*\b(?:byline|table-caption|callout-title|ui)\b/.test(
        attributes!,
      )
        ? { family: sans }
        : {};
      stack.push({
        tag: name,
        face: { ...face, ...faceOfElement[name], ...sansClass },
        math: isMath,
      });
    }
    const { face, math } = stack.at(-1)!;
    // Charts choose their weights themselves.
    const weights = face.family === sans ? [400, 600] : [face.weight];
    const keys = weights.map(
      (weight) => `${face.family} ${weight} ${face.family === serif ? face.style : 'normal'}`,
    );
    for (const key of math ? [formulas] : keys) {
      const set = used.get(key) ?? new Set();
      used.set(key, set);
      for (const character of withoutReferences(content!)) set.add(character);
    }
  }
  return used;
}

function withoutReferences(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) =>
    String.fromCodePoint(Math.min(Number(code), 0x10ffff)),
  );
}

/** Subset name → unicode ranges. Latin comes last in the file, so that it wins where ranges overlap. */
function subsets(root: string): Record<string, string> {
  return JSON.parse(readFileSync(join(root, 'unicode.json'), 'utf8')) as Record<string, string>;
}

/** Whether a character calls for a file: ASCII is in the Latin one, others list some only to join with marks of their own. */
function inRange(point: number, ranges: string): boolean {
  return point >= 0x100 && covers(ranges, point);
}

function covers(ranges: string, point: number): boolean {
  return ranges.split(',').some((range) => {
    const [from, to = from] = range.replace('U+', '').split('-');
    return point >= Number.parseInt(from!, 16) && point <= Number.parseInt(to!, 16);
  });
}

/** Which classes of KaTeX's markup ask for which of its fonts. */
const katexFonts: [file: string, family: string, weight: number, style: string, needs: RegExp][] = [
  ['Main-Regular', 'Main', 400, 'normal', /class="katex/],
  ['Main-Bold', 'Main', 700, 'normal', /\b(?:mathbf|textbf)\b/],
  ['Main-Italic', 'Main', 400, 'italic', /\b(?:mathit|textit)\b/],
  ['Main-BoldItalic', 'Main', 700, 'italic', /\btextbf textit\b/],
  ['Math-Italic', 'Math', 400, 'italic', /\bmathnormal\b/],
  ['Math-BoldItalic', 'Math', 700, 'italic', /\bboldsymbol\b/],
  ['AMS-Regular', 'AMS', 400, 'normal', /\b(?:amsrm|mathbb|textbb)\b/],
  ['Caligraphic-Regular', 'Caligraphic', 400, 'normal', /\bmathcal\b/],
  ['Fraktur-Regular', 'Fraktur', 400, 'normal', /\b(?:mathfrak|textfrak)\b/],
  ['SansSerif-Regular', 'SansSerif', 400, 'normal', /\b(?:mathsf|textsf)\b/],
  ['SansSerif-Bold', 'SansSerif', 700, 'normal', /\bmathboldsf\b/],
  ['Script-Regular', 'Script', 400, 'normal', /\b(?:mathscr|textscr)\b/],
  ['Typewriter-Regular', 'Typewriter', 400, 'normal', /\b(?:mathtt|texttt)\b/],
  ['Size1-Regular', 'Size1', 400, 'normal', /\b(?:size1|small-op|delim-size1)\b/],
  ['Size2-Regular', 'Size2', 400, 'normal', /\b(?:size2|large-op)\b/],
  ['Size3-Regular', 'Size3', 400, 'normal', /\bsize3\b/],
  ['Size4-Regular', 'Size4', 400, 'normal', /\b(?:size4|delim-size4)\b/],
];

/** KaTeX's style sheet with the fonts that the formulas in `markup` need; nothing if there are none. */
export function mathCss(markup: string): string {
  if (!markup.includes('class="katex')) return '';
  const root = dirname(require.resolve('katex/dist/katex.min.css'));
  const sheet = readFileSync(join(root, 'katex.min.css'), 'utf8').replace(
    /@font-face\{[^}]*\}/g,
    '',
  );
  // Those that markup writes as names come along.
  const used = new Set([...(charactersByFace(markup).get(formulas) ?? []), ...'<>&"\'']);
  const points = [...used].map((character) => character.codePointAt(0)!);
  const rules = katexFonts.flatMap(([file, family, weight, style, needs]) => {
    if (!needs.test(markup)) return [];
    const data = cutFont(join(root, 'fonts', `KaTeX_${file}.woff`), points);
    return `@font-face{font-family:KaTeX_${family};font-style:${style};font-weight:${weight};font-display:block;src:url(data:font/woff2;base64,${data}) format('woff2')}`;
  });
  return `${rules.join('\n')}\n${sheet}`;
}

/** Advance widths by character, in units of 1 em. */
const advances = new Map<string, Map<number, number>>();

/**
 * Width in pixels of a text in Source Sans 3, from the font's own tables: Vega needs it to lay out charts where there
 * is no browser. Kerning is left out, which is below 2 % for labels.
 */
export function textWidth(text: string, size: number, bold: boolean): number {
  const weight = bold ? 600 : 400;
  let table = advances.get(String(weight));
  if (!table) {
    const root = folderOf('source-sans-3');
    table = new Map();
    for (const subset of ['latin', 'latin-ext', 'greek', 'cyrillic']) {
      const file = join(root, 'files', `source-sans-3-${subset}-${weight}-normal.woff`);
      for (const [point, advance] of readAdvances(readFileSync(file))) {
        if (!table.has(point)) table.set(point, advance);
      }
    }
    advances.set(String(weight), table);
  }
  let width = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    // Scripts that the font lacks come from another one: Chinese, Japanese and Korean characters fill a square.
    width += table.get(point) ?? (point >= 0x2e80 ? 1 : 0.55);
  }
  return width * size;
}

/** Character → advance width, in units of 1 em. */
function readAdvances(file: Buffer): Map<number, number> {
  const tables = readTables(file);
  const unitsPerEm = tables.get('head')!.readUInt16BE(18);
  const metricCount = tables.get('hhea')!.readUInt16BE(34);
  const metrics = tables.get('hmtx')!;
  const advance = (glyph: number) =>
    metrics.readUInt16BE(Math.min(glyph, metricCount - 1) * 4) / unitsPerEm;
  return new Map([...readCharacterMap(tables)].map(([point, glyph]) => [point, advance(glyph)]));
}

/** Which characters a file of a typeface has. */
const characters = new Map<string, ReadonlySet<number>>();

function charactersOf(file: string): ReadonlySet<number> {
  let known = characters.get(file);
  if (!known) {
    known = new Set(readCharacterMap(readTables(readFileSync(file))).keys());
    characters.set(file, known);
  }
  return known;
}

/** Nothing is seen of these: controls, spaces, joiners, selectors of variants. */
const invisible = /[\p{C}\p{Z}]|\p{Default_Ignorable_Code_Point}/u;

/** The characters of a page that its typefaces lack, those of formulas apart. */
export function lackingCharacters(markup: string): Set<string> {
  const lacking = new Set<string>();
  const used = charactersByFace(markup);
  for (const { family, folder, weight, style } of faces) {
    const root = folderOf(folder);
    for (const character of used.get(`${family} ${weight} ${style}`) ?? []) {
      const point = character.codePointAt(0)!;
      if (point < 0x7f || invisible.test(character)) continue;
      const isThere = Object.entries(subsets(root)).some(
        ([subset, range]) =>
          (subset === 'latin' || inRange(point, range)) &&
          charactersOf(join(root, 'files', `${folder}-${subset}-${weight}-${style}.woff`)).has(
            point,
          ),
      );
      if (!isThere) lacking.add(character);
    }
  }
  return lacking;
}

/** Puts the font of other scripts behind each typeface, in style sheets, pictures and specifications of charts. */
export function withOtherScripts(text: string): string {
  return text.replace(
    new RegExp(`('|&#39;|&quot;|\\\\")(${serif}|${sans}|${mono})\\1,`, 'g'),
    (_, quote: string, family: string) =>
      `${quote}${family}${quote},${quote}${otherScripts}${quote},`,
  );
}

/** The font of the mark that shows where a line of code goes on: the hooked arrow of KaTeX's main font. */
export const lineMark = { family: 'Line Mark', character: '\u21aa' };

export function lineMarkCss(): string {
  const file = require.resolve('katex/dist/fonts/KaTeX_Main-Regular.woff');
  const data = cutFont(file, [lineMark.character.codePointAt(0)!]);
  return `@font-face{font-family:'${lineMark.family}';src:url(data:font/woff2;base64,${data}) format('woff2')}`;
}
