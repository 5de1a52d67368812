// Results of two builds, by name: which numbers have changed, by how much, and whether their intervals say that it is chance.
import type {
  ResultInterval,
  ResultValue,
  ScalarResult,
  TableResult,
} from '../notebook/results.js';
import type { PlacedResult } from '../run/results-file.js';
import { isClose, type Tolerance } from './close.js';

export type ResultChange =
  | { readonly kind: 'added' | 'removed'; readonly name: string; readonly result: PlacedResult }
  | {
      readonly kind: 'value';
      readonly name: string;
      readonly before: ScalarResult;
      readonly after: ScalarResult;
      /**
       * `within`: each value lies in the other's interval, so that chance explains it; `beyond`: one does not; null where the
       * intervals do not say.
       */
      readonly interval: 'within' | 'beyond' | null;
    }
  | {
      readonly kind: 'table';
      readonly name: string;
      readonly before: TableResult;
      readonly after: TableResult;
      /** In words, where the tables differ in more than values. */
      readonly shape: string | null;
      readonly cells: readonly {
        readonly row: number;
        readonly column: string;
        readonly before: ResultValue;
        readonly after: ResultValue;
      }[];
    }
  /** A value has become a table, or the other way round. */
  | { readonly kind: 'kind'; readonly name: string };

export function compareResults(
  before: readonly PlacedResult[],
  after: readonly PlacedResult[],
  tolerance: Tolerance,
): ResultChange[] {
  const old = new Map(before.map((result) => [result.name, result]));
  const now = new Map(after.map((result) => [result.name, result]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name): ResultChange[] => {
    const [a, b] = [old.get(name), now.get(name)];
    if (!a) return [{ kind: 'added', name, result: b! }];
    if (!b) return [{ kind: 'removed', name, result: a }];
    if (a.kind === 'value' && b.kind === 'value') return compareValues(name, a, b, tolerance);
    if (a.kind === 'table' && b.kind === 'table') return compareTables(name, a, b, tolerance);
    return [{ kind: 'kind', name }];
  });
}

function compareValues(
  name: string,
  before: ScalarResult,
  after: ScalarResult,
  tolerance: Tolerance,
): ResultChange[] {
  const isSame =
    isSameValue(before.value, after.value, tolerance) &&
    before.unit === after.unit &&
    isSameInterval(before.interval, after.interval, tolerance);
  if (isSame) return [];
  return [{ kind: 'value', name, before, after, interval: chance(before, after) }];
}

function chance(a: ScalarResult, b: ScalarResult): 'within' | 'beyond' | null {
  if (typeof a.value !== 'number' || typeof b.value !== 'number' || a.unit !== b.unit) return null;
  if (!a.interval || !b.interval) return null;
  const holds = ({ low, high }: ResultInterval, value: number) => low <= value && value <= high;
  return holds(a.interval, b.value) && holds(b.interval, a.value) ? 'within' : 'beyond';
}

function isSameInterval(
  a: ResultInterval | null,
  b: ResultInterval | null,
  tolerance: Tolerance,
): boolean {
  if (!a || !b) return a === b;
  const isMade = a.method === b.method && a.level === b.level;
  return isMade && isClose(a.low, b.low, tolerance) && isClose(a.high, b.high, tolerance);
}

function isSameValue(a: ResultValue, b: ResultValue, tolerance: Tolerance): boolean {
  return typeof a === 'number' && typeof b === 'number' ? isClose(a, b, tolerance) : a === b;
}

function compareTables(
  name: string,
  before: TableResult,
  after: TableResult,
  tolerance: Tolerance,
): ResultChange[] {
  const heads = ({ columns }: TableResult) =>
    columns.map(({ key, unit }) => (unit === null ? key : `${key} in ${unit}`)).join(', ');
  const shape =
    heads(before) !== heads(after)
      ? `columns ${heads(before)} → ${heads(after)}`
      : before.rows.length !== after.rows.length
        ? `${before.rows.length} → ${after.rows.length} rows`
        : null;
  const cells =
    shape !== null
      ? []
      : before.rows.flatMap((row, index) =>
          row.flatMap((value, place) => {
            const other = after.rows[index]![place]!;
            if (isSameValue(value, other, tolerance)) return [];
            const column = before.columns[place]!.key;
            return [{ row: index + 1, column, before: value, after: other }];
          }),
        );
  if (shape === null && cells.length === 0) return [];
  return [{ kind: 'table', name, before, after, shape, cells }];
}
