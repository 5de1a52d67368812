/**
 * `result`: exports a number from a notebook as data. Prose quotes it anywhere in the notebook with {eval}`name`, the
 * report writes it to a file that other programs check, and two builds can be compared by it.
 */
import { randomBytes } from 'node:crypto';
import {
  type Result,
  type ResultInterval,
  resultMime,
  resultName,
  type ResultValue,
} from '../notebook/results.js';
import { type Column, columnOf, tableBundle } from './bundle.js';
import { write } from './write.js';

export interface ResultOptions {
  /** Unit, as in `%` or `ms`; nothing for a bare number. */
  unit?: string;
  /** How well the value is known. Left out, that of a value which brings its own (`meanInterval(…)`) is taken. */
  interval?: ResultInterval;
  /** Digits after the decimal point to print. Left out, four significant digits are. The exported value is never rounded. */
  digits?: number;
  /** What it is, in words, for lists of results; the name when left out. */
  title?: string;
  /** Whether the contents page of a book shows it beside the chapter: for the one or two that the chapter is about. */
  headline?: boolean;
}

/** A value with its interval, as `meanInterval` and the measures return it. */
interface Estimate {
  readonly value: number | null;
  readonly interval?: ResultInterval | null;
}

/**
 * Exports one value. In a report it is not shown where the cell stands, but wherever prose names it.
 *
 * ```ts
 * result('accuracy', meanInterval(accuracies), { digits: 3, title: 'Held-out accuracy' });
 * ```
 *
 * A number that is not finite is exported as null: there is no value. Throws TypeError for a name that prose cannot quote,
 * an interval with its ends swapped, or digits that are no count.
 */
export function result(
  name: string,
  value: ResultValue | Estimate,
  options: ResultOptions = {},
): void {
  checkName('result', name);
  const isEstimate = typeof value === 'object' && value !== null;
  const interval = options.interval ?? (isEstimate ? value.interval : null) ?? null;
  const { unit = null, digits = null, title = null, headline = false } = options;
  if (digits !== null && !(Number.isInteger(digits) && digits >= 0 && digits <= 20)) {
    throw new TypeError(
      `result "${name}": digits is ${digits}, but must be a whole number from 0 to 20`,
    );
  }
  if (interval && !(interval.low <= interval.high && interval.level > 0 && interval.level < 1)) {
    const { low, high, level } = interval;
    throw new TypeError(
      `result "${name}": the interval must have low ≤ high and a level between 0 and 1, not ${low} … ${high} at ${level}`,
    );
  }
  const data: Result = {
    kind: 'value',
    name,
    title,
    headline,
    value: finite(isEstimate ? value.value : value),
    unit,
    interval: interval && { ...interval, method: interval.method ?? '' },
    digits,
  };
  send(data, `${title ?? name} = ${plain(data)}`);
}

export interface ResultTableOptions {
  /** Column key → heading and unit, in order. All keys of the rows when left out. */
  columns?: Record<string, Column | string>;
  /** Caption of the table where it is shown. */
  title?: string;
  /** As in `ResultOptions`. */
  headline?: boolean;
}

/**
 * Exports rows under a name, and shows them as a table. Cells that are no number, text, truth value or null are exported
 * as null; a column's `format` is for the eye and does not change what is exported.
 */
export function resultTable(
  name: string,
  rows: readonly object[],
  options: ResultTableOptions = {},
): void {
  checkName('resultTable', name);
  const records = rows as readonly Record<string, unknown>[];
  const keys = Object.keys(
    options.columns ?? Object.fromEntries(records.flatMap((row) => Object.entries(row))),
  );
  const columns = keys.map((key) => {
    const { title, unit, format } = columnOf(key, options.columns);
    return { key, title, unit, digits: typeof format === 'number' ? format : null };
  });
  const { title, headline = false } = options;
  const data: Result = {
    kind: 'table',
    name,
    title: title ?? null,
    headline,
    columns,
    rows: records.map((row) => keys.map((key) => finite(row[key]))),
  };
  const shown = tableBundle(rows, {
    ...(options.columns && { columns: options.columns }),
    ...(title !== undefined && { caption: title }),
  });
  send(data, String(shown.data['text/plain']), shown.data);
}

function checkName(who: string, name: string): void {
  if (typeof name === 'string' && resultName.test(name)) return;
  throw new TypeError(
    `${who}: "${name}" cannot be a name; it must start with a letter and go on with letters, digits and _ . : -`,
  );
}

function finite(value: unknown): ResultValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

function plain({ value, unit, interval, digits }: Extract<Result, { kind: 'value' }>): string {
  const number = (given: ResultValue) => {
    if (given === null) return 'no value';
    if (typeof given !== 'number') return String(given);
    return digits === null ? String(Number(given.toPrecision(4))) : given.toFixed(digits);
  };
  const range = interval
    ? ` (${Math.round(interval.level * 1000) / 10} % ${number(interval.low)} to ${number(interval.high)})`
    : '';
  return `${number(value)}${unit === null ? '' : ` ${unit}`}${range}`;
}

function send(data: Result, text: string, shown: Record<string, unknown> = {}): void {
  const id = `fathom-${randomBytes(8).toString('hex')}`;
  write({ data: { ...shown, [resultMime]: data, 'text/plain': text }, metadata: {} }, id, false);
}
