/**
 * The trivial predictors of a study: how well a reading predicts an outcome of the nets, beside what is known without looking at any
 * of them (the number of training images, of parameters, the depth) and beside the mean. A reading that does not beat these has not
 * been shown to say anything of the outcome.
 */
import { mean } from '../stats/mean.js';
import { regression } from '../stats/regression.js';
import { StatisticsError } from '../stats/sample.js';
import type { Row } from './table.js';

export interface Predictor {
  /** Columns that predict, or what a trivial predictor is called. */
  readonly name: string;
  readonly isTrivial: boolean;
  /** Rows that have both the predictor and the outcome. */
  readonly nets: number;
  /** Share of the variance explained where it was fitted; null where nothing could be fitted. */
  readonly r2: number | null;
  /** Mean absolute error of the outcome, each net predicted from all the others; null where it cannot be. */
  readonly leaveOneOutError: number | null;
  /** Why there is no fit, or null. */
  readonly problem: string | null;
}

export interface PredictorOptions {
  /** Column that is predicted; `testAccuracy` when left out. */
  readonly outcome?: string;
  /** Sets of columns that predict together besides each reading alone: `{spectrum: ['ρ₁', 'ρ₂']}`. */
  readonly together?: Readonly<Record<string, readonly string[]>>;
}

/** What is known of a net before anything is read from it. */
const trivial: readonly { readonly name: string; readonly of: (row: Row) => unknown }[] = [
  { name: 'log of training images', of: ({ trainImages }) => logOf(trainImages) },
  { name: 'log of parameters', of: ({ parameters }) => logOf(parameters) },
  { name: 'depth', of: ({ depth }) => depth },
];

/**
 * Linear predictions of an outcome from each reading and from each trivial predictor, on the rows that have all of them, so that all
 * errors are of the same nets. The best come first.
 *
 * @param rows of nets (see `runTable`). @param readings columns, as a rule names of measures.
 * @throws StatisticsError where fewer than three rows have all columns.
 */
export function predictors(
  rows: readonly Row[],
  readings: readonly string[],
  options: PredictorOptions = {},
): Predictor[] {
  const { outcome = 'testAccuracy', together = {} } = options;
  const sets = [
    ...readings.map((field) => ({ name: field, fields: [field] })),
    ...Object.entries(together).map(([name, fields]) => ({ name, fields })),
  ];
  const needed = [outcome, ...sets.flatMap(({ fields }) => fields)];
  const complete = rows.filter((row) => needed.every((field) => Number.isFinite(row[field])));
  if (complete.length < 3) {
    throw new StatisticsError(
      `${complete.length} of ${rows.length} rows have numbers in all of ${needed.join(', ')}; at least 3 are needed`,
    );
  }
  const y = complete.map((row) => row[outcome] as number);
  const found = [
    ...sets.map(({ name, fields }) =>
      fit(
        name,
        false,
        complete.map((row) => fields.map((field) => row[field])),
        y,
      ),
    ),
    ...trivial.map(({ name, of }) =>
      fit(
        name,
        true,
        complete.map((row) => [of(row)]),
        y,
      ),
    ),
    theMean(y),
  ];
  return found.sort((a, b) => (a.leaveOneOutError ?? Infinity) - (b.leaveOneOutError ?? Infinity));
}

function fit(
  name: string,
  isTrivial: boolean,
  x: readonly (readonly unknown[])[],
  y: readonly number[],
): Predictor {
  const none = { name, isTrivial, nets: y.length, r2: null, leaveOneOutError: null };
  if (!x.flat().every(Number.isFinite)) return { ...none, problem: 'some nets do not have it' };
  const numbers = x as readonly (readonly number[])[];
  const still = numbers[0]!.findIndex((first, j) => numbers.every((row) => row[j] === first));
  if (still !== -1) return { ...none, problem: 'it is the same for all nets' };
  try {
    const { r2, leaveOneOutError } = regression(numbers, y);
    return { ...none, r2, leaveOneOutError, problem: null };
  } catch (error) {
    if (!(error instanceof StatisticsError)) throw error;
    return { ...none, problem: error.message };
  }
}

/** Each net predicted as the mean of the others. */
function theMean(y: readonly number[]): Predictor {
  const centre = mean(y);
  const away = y.map((value) => Math.abs(value - centre) * (y.length / (y.length - 1)));
  return {
    name: 'mean of the other nets',
    isTrivial: true,
    nets: y.length,
    r2: 0,
    leaveOneOutError: mean(away),
    problem: null,
  };
}

function logOf(value: unknown): number | null {
  return typeof value === 'number' && value > 0 ? Math.log(value) : null;
}
