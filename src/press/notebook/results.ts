/**
 * Results as data: a number or a table that a cell exports, in a media type of its own. What reads a notebook (prose that
 * quotes the number, a file of results beside the report, a comparison of two builds) need not run or scrape anything.
 */

export const resultMime = 'application/vnd.fathom.result+json';

export type ResultValue = number | string | boolean | null;

/** How well the value is known. */
export interface ResultInterval {
  readonly low: number;
  readonly high: number;
  /** Share of such intervals that cover the true value, as in 0.95. */
  readonly level: number;
  /** How it was made, as in "Student t, n = 3". */
  readonly method: string;
}

/** One value. */
export interface ScalarResult {
  readonly kind: 'value';
  readonly name: string;
  readonly title: string | null;
  /** Whether the contents page of a book shows it beside the chapter. */
  readonly headline: boolean;
  /** Null where there is none, such as a mean over nothing or a loss that diverged. */
  readonly value: ResultValue;
  readonly unit: string | null;
  readonly interval: ResultInterval | null;
  /** Digits after the decimal point to print; null leaves it to the reader. */
  readonly digits: number | null;
}

export interface TableResult {
  readonly kind: 'table';
  readonly name: string;
  readonly title: string | null;
  /** As of a value. */
  readonly headline: boolean;
  readonly columns: readonly {
    readonly key: string;
    readonly title: string;
    readonly unit: string | null;
    /** As of a value. */
    readonly digits: number | null;
  }[];
  /** One value a column. */
  readonly rows: readonly (readonly ResultValue[])[];
}

export type Result = ScalarResult | TableResult;

/** What a result may be called: prose quotes it by this name. */
export const resultName = /^[A-Za-z][\w.:-]*$/;

/** A result as a notebook holds it, checked; a text says what is wrong with it. */
export function parseResult(data: unknown): Result | string {
  if (!isObject(data)) return 'a result is no JSON object';
  const { name, kind, title } = data;
  if (typeof name !== 'string' || !resultName.test(name)) return 'a result has no valid name';
  const head = {
    name,
    title: typeof title === 'string' ? title : null,
    headline: data.headline === true,
  };
  if (kind === 'value') {
    const { value, unit, digits } = data;
    if (!isValue(value)) return `result "${name}" has no value`;
    const interval = parseInterval(data.interval);
    if (interval === undefined) return `result "${name}" has an interval that is none`;
    return {
      kind,
      ...head,
      value,
      unit: typeof unit === 'string' ? unit : null,
      interval,
      digits: parseDigits(digits),
    };
  }
  if (kind === 'table') {
    const { columns, rows } = data;
    if (!Array.isArray(columns) || !Array.isArray(rows)) {
      return `result "${name}" has no columns or no rows`;
    }
    const read = columns.map((column) => {
      const { key, title: heading, unit, digits } = isObject(column) ? column : {};
      return {
        key: String(key),
        title: typeof heading === 'string' ? heading : String(key),
        unit: typeof unit === 'string' ? unit : null,
        digits: parseDigits(digits),
      };
    });
    const isTable = rows.every(
      (row) => Array.isArray(row) && row.length === columns.length && row.every(isValue),
    );
    return isTable
      ? { kind, ...head, columns: read, rows: rows as ResultValue[][] }
      : `a row of result "${name}" does not have one value a column`;
  }
  return `result "${name}" is neither a value nor a table`;
}

function parseDigits(given: unknown): number | null {
  return Number.isInteger(given) && Number(given) >= 0 ? Math.min(20, Number(given)) : null;
}

/** Undefined if it is neither an interval nor nothing. */
function parseInterval(given: unknown): ResultInterval | null | undefined {
  if (given === null || given === undefined) return null;
  if (!isObject(given)) return undefined;
  const { low, high, level, method } = given;
  const isInterval = [low, high, level].every((n) => typeof n === 'number' && Number.isFinite(n));
  return isInterval
    ? {
        low: low as number,
        high: high as number,
        level: level as number,
        method: typeof method === 'string' ? method : '',
      }
    : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isValue(value: unknown): value is ResultValue {
  return (
    value === null ||
    ['string', 'boolean'].includes(typeof value) ||
    (typeof value === 'number' && Number.isFinite(value))
  );
}
