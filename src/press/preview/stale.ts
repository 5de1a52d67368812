// Which cells must run again on a kernel that has run earlier versions of them, so that what they put out is what a run from
// the top would put out, as far as their source tells: the cells that were edited, those that use what these declare or
// change, and those that make anew what was changed since.
import { diffArrays } from 'diff';
import type { Names } from './names.js';

/** A cell by its content: the same key, the same code. */
export interface KeyedCell {
  readonly key: string;
  readonly names: Names;
}

export interface Stale {
  /** Of each cell that is wanted: its place among those that were run, where it is the same. */
  readonly same: readonly (number | undefined)[];
  /** Places of the cells that have to run, in order. */
  readonly run: readonly number[];
  /** What was run and is no longer there. */
  readonly gone: readonly Names[];
}

/**
 * `before` are the cells that ran, in order; `left` the names of those that began and did not end, or are no longer there,
 * since all was last brought up to date; `lingering` what older cells have declared and nobody declares now. A string says
 * why only a run from the top will do.
 */
export function staleCells(
  before: readonly KeyedCell[],
  wanted: readonly KeyedCell[],
  left: readonly Names[] = [],
  lingering: ReadonlySet<string> = new Set(),
): Stale | string {
  const same = match(before, wanted);
  const kept = new Set(same);
  const gone = [
    ...left,
    ...before.filter((_, index) => !kept.has(index)).map(({ names }) => names),
  ];
  const names = wanted.map((cell) => cell.names);
  const makes = (index: number, name: string): boolean =>
    names[index]!.declared.has(name) || names[index]!.changed.has(name);
  const all = names.map((_, index) => index);

  const declared = new Set(names.flatMap((each) => [...each.declared]));
  const orphans = new Set([...lingering, ...gone.flatMap((each) => [...each.declared])]);
  for (const orphan of orphans) {
    if (!declared.has(orphan) && names.some((each) => each.used.has(orphan)))
      return `${orphan}, which a cell has declared before, is gone and still used`;
  }

  const run = new Set(all.filter((index) => same[index] === undefined));
  const add = (index: number): void => void run.add(index);
  // An import or a constant that is written out is the same wherever it is declared, unless cells change what it holds.
  const isChanged = new Set([...gone, ...names].flatMap((each) => [...each.changed]));
  const isFixed = (text: string | undefined, name: string, others: readonly Names[]): boolean =>
    text !== undefined &&
    !isChanged.has(name) &&
    others.some((each) => each.fixed.get(name) === text);
  const wasFixed = (index: number, name: string): boolean => {
    const others = same[index] === undefined ? gone : [names[index]!];
    return isFixed(names[index]!.fixed.get(name), name, others);
  };
  // What a cell that is gone has changed or declared is made anew.
  for (const each of gone) {
    for (const name of [...each.changed, ...each.declared]) {
      if (isFixed(each.fixed.get(name), name, names)) continue;
      for (const index of all) if (makes(index, name)) add(index);
    }
  }
  for (let size = -1; size !== run.size; ) {
    size = run.size;
    for (const index of [...run]) {
      const own = names[index]!;
      const earlier = (name: string): void => {
        for (const other of all.slice(0, index)) if (makes(other, name)) add(other);
      };
      // It would change a second time what it has changed before.
      if (same[index] !== undefined) for (const name of own.changed) earlier(name);
      for (const name of [...own.declared, ...own.changed]) {
        if (wasFixed(index, name)) continue;
        for (const other of all.slice(index + 1)) {
          if (names[other]!.used.has(name) || makes(other, name)) add(other);
        }
      }
      // What it uses has been changed by cells after it, which a run from the top would not have run yet.
      for (const name of own.used) {
        const isChangedLater = all
          .slice(index + 1)
          .some(
            (other) => same[other] !== undefined && makes(other, name) && !wasFixed(other, name),
          );
        if (isChangedLater) earlier(name);
      }
    }
  }
  return { same, run: all.filter((index) => run.has(index)), gone };
}

/** Which cell of `before` each wanted one is; in order, so that none is taken for one that has moved. */
function match(before: readonly KeyedCell[], wanted: readonly KeyedCell[]): (number | undefined)[] {
  const same: (number | undefined)[] = [];
  let place = 0;
  const keys = (cells: readonly KeyedCell[]): string[] => cells.map(({ key }) => key);
  for (const { added, removed, value } of diffArrays(keys(before), keys(wanted))) {
    for (const _ of value) {
      if (added) same.push(undefined);
      else {
        if (!removed) same.push(place);
        place += 1;
      }
    }
  }
  return same;
}
