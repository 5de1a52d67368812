// Two builds, chapter by chapter: what they were made from, the numbers, the figures, the text, the time.
import type { Notebook, Output } from '../notebook/nbformat.js';
import { resultMime } from '../notebook/results.js';
import type { ChapterManifest } from '../run/manifest.js';
import { type Build, BuildError, type BuiltChapter } from './build.js';
import type { Tolerance } from './close.js';
import { compareFigures, type FigureComparison } from './figures.js';
import { compareLines, type TextChange } from './lines.js';
import { compareResults, type ResultChange } from './results.js';

export interface CompareOptions extends Tolerance {
  /** Numbers that lie in each other's intervals are not a difference. */
  readonly acceptChance: boolean;
}

export interface ChapterComparison {
  /** Of both builds, where they differ. */
  readonly name: string;
  /** Whether a reader of both would see a difference: numbers, figures or text. */
  readonly isSame: boolean;
  /** Why it may differ: parameters, versions, data. */
  readonly madeFrom: readonly {
    readonly name: string;
    readonly before: string;
    readonly after: string;
  }[];
  readonly results: { readonly all: number; readonly changes: readonly ResultChange[] };
  readonly figures: FigureComparison;
  readonly texts: readonly { readonly part: TextPart; readonly change: TextChange }[];
  /** Seconds of all cells; null where one of the builds does not say. */
  readonly seconds: { readonly before: number; readonly after: number } | null;
}

export type TextPart = 'prose' | 'code' | 'outputs';

export interface Comparison {
  readonly before: string;
  readonly after: string;
  readonly isSame: boolean;
  readonly chapters: readonly ChapterComparison[];
  /** Chapters that are in one of them only. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
}

/** Compares two builds. Two single chapters are compared whatever they are called. */
export async function compareBuilds(
  before: Build,
  after: Build,
  options: CompareOptions,
): Promise<Comparison> {
  const isOneEach = before.chapters.length === 1 && after.chapters.length === 1;
  const pairs = before.chapters.flatMap((a): [BuiltChapter, BuiltChapter][] => {
    const b = isOneEach ? after.chapters[0] : after.chapters.find(({ name }) => name === a.name);
    return b ? [[a, b]] : [];
  });
  if (pairs.length === 0) {
    const names = ({ chapters }: Build) => chapters.map(({ name }) => name).join(', ');
    throw new BuildError(
      `no chapter is in both: ${before.path} has ${names(before)}; ${after.path} has ${names(after)}`,
    );
  }
  const chapters: ChapterComparison[] = [];
  // One after the other: each may draw its figures.
  for (const [a, b] of pairs) chapters.push(await compareChapters(a, b, options));
  const rest = (build: Build, side: 0 | 1) =>
    build.chapters
      .filter((chapter) => !pairs.some((pair) => pair[side] === chapter))
      .map(({ name }) => name);
  const [onlyBefore, onlyAfter] = [rest(before, 0), rest(after, 1)];
  return {
    before: before.path,
    after: after.path,
    isSame:
      chapters.every((chapter) => chapter.isSame) && onlyBefore.length + onlyAfter.length === 0,
    chapters,
    onlyBefore,
    onlyAfter,
  };
}

async function compareChapters(
  a: BuiltChapter,
  b: BuiltChapter,
  options: CompareOptions,
): Promise<ChapterComparison> {
  const results = compareResults(a.results, b.results, options);
  const figures = await compareFigures(a.notebook, b.notebook, `${b.name}.ipynb`, options);
  const [old, now] = [textsOf(a.notebook), textsOf(b.notebook)];
  const texts = (['prose', 'code', 'outputs'] as const).flatMap((part) => {
    const change = compareLines(old[part], now[part], options);
    return change ? [{ part, change }] : [];
  });
  const counted = results.filter((change) => !(options.acceptChance && isChance(change)));
  const names = new Set([...a.results, ...b.results].map(({ name }) => name));
  return {
    name: a.name === b.name ? a.name : `${a.name} → ${b.name}`,
    isSame: counted.length + figures.changes.length + texts.length === 0,
    madeFrom: a.manifest && b.manifest ? factDifferences(a.manifest, b.manifest) : [],
    results: { all: names.size, changes: results },
    figures,
    texts,
    seconds: a.seconds && b.seconds ? { before: sum(a.seconds), after: sum(b.seconds) } : null,
  };
}

/** Whether the intervals of a number say that its change may be one of chance. */
export function isChance(change: ResultChange): boolean {
  return change.kind === 'value' && change.interval === 'within';
}

function sum(seconds: Readonly<Record<string, number>>): number {
  return Object.values(seconds).reduce((total, each) => total + each, 0);
}

/** Of what two chapters were made, as far as it differs; code is not in it, since it is compared line by line. */
export function factDifferences(
  a: ChapterManifest,
  b: ChapterManifest,
): ChapterComparison['madeFrom'] {
  const [old, now] = [factsOf(a), factsOf(b)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [before, after] = [old.get(name) ?? 'none', now.get(name) ?? 'none'];
    return before === after ? [] : [{ name, before, after }];
  });
}

const digestLength = 12;

function factsOf(manifest: ChapterManifest): Map<string, string> {
  const { profile, parameters, commit, dirty, packages, fonts, lockfile, browser, inputs, read } =
    manifest;
  const short = (digest: string) => digest.slice(0, digestLength);
  const facts: [name: string, value: string | null][] = [
    ['profile', profile],
    ...Object.entries(parameters).map(([name, value]): [string, string] => [
      `parameter ${name}`,
      JSON.stringify(value),
    ]),
    ['commit', commit && `${short(commit)}${dirty ? ' with local changes' : ''}`],
    ...Object.entries(packages),
    // Earlier manifests have neither fonts nor browser.
    ...Object.entries(fonts ?? {}),
    ['lockfile', lockfile && short(lockfile)],
    ['browser', browser ?? null],
    ...Object.entries(inputs ?? {})
      .filter(([name]) => !/^(code cell|parameter) /.test(name))
      .map(([name, value]): [string, string] => [name, short(value)]),
    ...read
      // A run is named by its own content: a changed one is another one.
      .filter(({ name }) => !name.startsWith('run '))
      .map(({ name, digest }): [string, string] => [`data ${name}`, short(digest)]),
    ['run records', recordsOf(read)],
  ];
  return new Map(facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

function recordsOf(read: ChapterManifest['read']): string {
  const keys = read.filter(({ name }) => name.startsWith('run ')).map(({ digest }) => digest);
  const shown = keys.map((key) => key.slice(0, 8)).join(' ');
  return keys.length === 0 ? 'none' : `${keys.length}: ${shown}`;
}

function textsOf({ cells }: Notebook): Record<TextPart, string> {
  const code = cells.filter((cell) => cell.cell_type === 'code');
  return {
    prose: cells
      .filter((cell) => cell.cell_type === 'markdown')
      .map(({ source }) => source)
      .join('\n\n'),
    code: code.map(({ source }) => source).join('\n\n'),
    outputs: code.flatMap(({ outputs }) => outputs.flatMap(textOf)).join('\n'),
  };
}

/** Figures and results are compared as such. */
function textOf(output: Output): string[] {
  if (output.output_type === 'stream') return [output.text.replace(/\n$/, '')];
  if (output.output_type === 'error') return [`${output.ename}: ${output.evalue}`];
  const { data } = output;
  const isCompared = Object.keys(data).some(
    (type) => type === resultMime || /^(image\/|application\/vnd\.vega)/.test(type),
  );
  if (isCompared) return [];
  const text = data['text/markdown'] ?? data['text/plain'] ?? data['text/html'];
  return typeof text === 'string' ? [text] : [];
}
