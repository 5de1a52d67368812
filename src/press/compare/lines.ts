// Two texts by lines. Lines that differ only in numbers that are close count as the same.
import { diffArrays } from 'diff';
import { isCloseLine, type Tolerance } from './close.js';

export interface Line {
  readonly sign: '+' | '-' | ' ';
  readonly text: string;
}

export interface TextChange {
  readonly added: number;
  readonly removed: number;
  /** Changed lines with those around them. */
  readonly hunks: readonly (readonly Line[])[];
}

/** Lines shown before and after a change. */
const around = 2;
/** Beyond so many changes texts are told to be different, and no longer how: the search grows with their square. */
const maximumChanges = 5000;

/** What has changed; null where all is the same. */
export function compareLines(
  before: string,
  after: string,
  tolerance: Tolerance,
): TextChange | null {
  if (before === after) return null;
  const [old, now] = [before, after].map((text) => (text === '' ? [] : text.split('\n')));
  const changes = diffArrays(old!, now!, {
    comparator: (a, b) => isCloseLine(a, b, tolerance),
    maxEditLength: maximumChanges,
  });
  if (!changes) return { added: now!.length, removed: old!.length, hunks: [] };
  const lines = changes.flatMap(({ value, added, removed }): Line[] =>
    value.map((text) => ({ sign: added ? '+' : removed ? '-' : ' ', text })),
  );
  const count = (sign: Line['sign']) => lines.filter((line) => line.sign === sign).length;
  const [added, removed] = [count('+'), count('-')];
  return added + removed === 0 ? null : { added, removed, hunks: hunksOf(lines) };
}

function hunksOf(lines: readonly Line[]): Line[][] {
  const hunks: Line[][] = [];
  let end = 0;
  for (const [index, line] of lines.entries()) {
    if (line.sign === ' ') continue;
    const from = Math.max(index - around, end);
    if (from > end || hunks.length === 0) hunks.push([]);
    const to = Math.min(index + around + 1, lines.length);
    hunks.at(-1)!.push(...lines.slice(from, to));
    end = Math.max(end, to);
  }
  return hunks;
}
