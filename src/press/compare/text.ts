// A comparison for a terminal.
import { colours as pc } from '../../shared/colours.js';
import type { ResultValue, ScalarResult } from '../notebook/results.js';
import { type ChapterComparison, type Comparison, isChance } from './compare.js';
import type { FigureChange } from './figures.js';
import type { TextChange } from './lines.js';
import type { ResultChange } from './results.js';

/** Entries of a table, places of a specification and the like that are listed; the others are counted. */
const listed = 5;
const partWidth = 11;

export function comparisonText(comparison: Comparison): string {
  const { chapters, onlyBefore, onlyAfter } = comparison;
  const different = chapters.filter((chapter) => !chapter.isSame).length;
  const lines = [
    `${pc.dim('before')}  ${comparison.before}`,
    `${pc.dim('after')}   ${comparison.after}`,
    '',
    ...chapters.flatMap(chapterLines),
    ...onlyBefore.map((name) => `${pc.bold(name)}  ${pc.red('only before')}`),
    ...onlyAfter.map((name) => `${pc.bold(name)}  ${pc.green('only after')}`),
    onlyBefore.length + onlyAfter.length > 0 ? '' : null,
    comparison.isSame
      ? 'They are the same.'
      : `${different} of ${count(chapters.length, 'chapter', 'chapters')} ${different === 1 ? 'differs' : 'differ'}.`,
  ];
  return lines.filter((line) => line !== null).join('\n');
}

function chapterLines(chapter: ChapterComparison): string[] {
  const { name, madeFrom, results, figures, texts, seconds } = chapter;
  const parts: [part: string, lines: string[]][] = [
    ['made from', madeFrom.map((each) => `${each.name}  ${each.before} → ${each.after}`)],
    ['numbers', results.changes.flatMap(resultLines)],
    ['figures', figures.changes.flatMap(figureLines)],
    ...texts.map(({ part, change }): [string, string[]] => [
      part,
      [
        lineCount(change),
        ...change.hunks.flatMap((hunk, index) => [
          ...(index > 0 ? [pc.dim('…')] : []),
          ...hunk.map(({ sign, text }) => {
            const line = `${sign} ${text}`;
            return sign === '+' ? pc.green(line) : sign === '-' ? pc.red(line) : pc.dim(line);
          }),
        ]),
      ],
    ]),
    ['time', seconds ? [timeText(seconds)] : []],
  ];
  const counts = `${results.all} numbers, ${figures.all} figures`;
  return [
    `${pc.bold(name)}  ${chapter.isSame ? `the same (${counts})` : pc.yellow('differs')}`,
    ...parts.flatMap(([part, lines]) =>
      lines.map((line, index) => `  ${(index === 0 ? part : '').padEnd(partWidth)}${line}`),
    ),
    '',
  ];
}

function resultLines(change: ResultChange): string[] {
  const { name } = change;
  switch (change.kind) {
    case 'added':
    case 'removed':
      return [`${name}  ${change.kind === 'added' ? 'is new' : 'is gone'}`];
    case 'kind':
      return [`${name}  is a value in one and a table in the other`];
    case 'value':
      return [`${name}  ${valueText(change)}`];
    case 'table': {
      if (change.shape !== null) return [`${name}  ${change.shape}`];
      const shown = change.cells
        .slice(0, listed)
        .map(
          ({ row, column, before, after }) =>
            `  row ${row}, ${column}  ${plain(before)} → ${plain(after)}`,
        );
      return [
        `${name}  ${count(change.cells.length, 'entry', 'entries')}`,
        ...shown,
        ...more(change.cells.length),
      ];
    }
  }
}

/** `0.912 → 0.935 (+0.023, beyond its interval)` */
export function valueText(change: ResultChange & { kind: 'value' }): string {
  const { before, after } = change;
  const notes = [
    typeof before.value === 'number' && typeof after.value === 'number'
      ? difference(before.value, after.value)
      : '',
    change.interval === null
      ? ''
      : isChance(change)
        ? 'each within the interval of the other'
        : 'beyond the interval of the other',
  ].filter(Boolean);
  const values = `${withInterval(before)} → ${withInterval(after)}`;
  return `${values}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

function withInterval({ value, unit, interval }: ScalarResult): string {
  const range = interval ? ` [${plain(interval.low)}, ${plain(interval.high)}]` : '';
  return `${plain(value)}${unit === null ? '' : ` ${unit}`}${range}`;
}

function difference(before: number, after: number): string {
  const change = after - before;
  return change === 0 ? '' : `${change > 0 ? '+' : '−'}${plain(Math.abs(change))}`;
}

/** Six significant digits, which is more than an eye compares. */
export function plain(value: ResultValue): string {
  if (typeof value !== 'number') return value === null ? 'none' : String(value);
  return String(Number(value.toPrecision(6)));
}

function figureLines(change: FigureChange): string[] {
  if (change.kind !== 'changed')
    return [`${change.id}  ${change.kind === 'added' ? 'is new' : 'is gone'}`];
  return [`${change.id}  ${figureText(change)}`, ...placeLines(change).map((line) => `  ${line}`)];
}

/** `12 of 480 data values, by at most 3.1 %; 0.4 % of the picture` */
export function figureText({ specification, pixels }: FigureChange & { kind: 'changed' }): string {
  const data = specification?.data;
  const parts = [
    data && data.changed > 0
      ? `${data.changed} of ${data.all} data values${data.largest > 0 ? `, by at most ${percent(data.largest)}` : ''}`
      : '',
    specification && specification.places.length > 0
      ? count(
          specification.places.length,
          'place of the specification',
          'places of the specification',
        )
      : '',
    pixels === null
      ? ''
      : pixels === 0
        ? 'the picture looks the same'
        : `${percent(pixels)} of the picture`,
  ].filter(Boolean);
  return parts.join('; ') || 'other words';
}

export function placeLines({ specification, words }: FigureChange & { kind: 'changed' }): string[] {
  const places = specification?.places ?? [];
  return [...words, ...places.slice(0, listed), ...more(places.length)];
}

/** `3 lines more, 1 less` */
export function lineCount({ added, removed }: TextChange): string {
  return `${count(added, 'line', 'lines')} more, ${removed} less`;
}

function more(number: number): string[] {
  return number > listed ? [`  … and ${number - listed} more`] : [];
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}

export function timeText({ before, after }: { before: number; after: number }): string {
  const ratio = before > 0 ? ` (× ${(after / before).toFixed(2)})` : '';
  return `${before.toFixed(1)} s → ${after.toFixed(1)} s${ratio}`;
}
