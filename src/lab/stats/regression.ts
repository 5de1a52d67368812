/** Linear regression with its honest error: how well a reading predicts, beside what a trivial predictor does. */
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { mean } from './mean.js';
import { checkSample, StatisticsError } from './sample.js';

export interface Regression {
  readonly intercept: number;
  /** One coefficient a predictor, in the order given. */
  readonly coefficients: readonly number[];
  /** Share of the variance explained on the data that was fitted; null when the target never changes. */
  readonly r2: number | null;
  /** Mean absolute error when each point is predicted from all the others; null with too few points for that. */
  readonly leaveOneOutError: number | null;
  /** 1 − Σ(leave-one-out error)² / Σ(y − mean of the others)²; null with too few points or a constant target. */
  readonly leaveOneOutR2: number | null;
}

/**
 * Least squares of `y` on the columns of `x` with an intercept. Leave-one-out errors are exact: residual / (1 − leverage).
 *
 * @param x one row a point, one column a predictor.
 * @throws StatisticsError when rows differ in length, points are fewer than coefficients, or predictors are collinear.
 */
export function regression(x: readonly (readonly number[])[], y: readonly number[]): Regression {
  checkSample(y, 2, 'y');
  const n = y.length;
  if (x.length !== n) throw new StatisticsError(`x has ${x.length} rows, y has ${n} values`);
  const predictors = x[0]!.length;
  for (const [i, row] of x.entries()) {
    if (row.length !== predictors) {
      throw new StatisticsError(
        `row ${i} of x has ${row.length} predictors, row 0 has ${predictors}`,
      );
    }
    checkSample(row, 0, `x[${i}]`);
  }
  if (n < predictors + 1) {
    throw new StatisticsError(
      `${n} points cannot fix ${predictors} coefficients and an intercept; give more points or fewer predictors`,
    );
  }
  // Standardised columns make collinearity a matter of shape, not of units.
  const centres = columns(x, predictors, mean);
  const scales = columns(x, predictors, (column) => {
    const centre = mean(column);
    return Math.sqrt(mean(column.map((value) => (value - centre) ** 2)));
  });
  const design = new Matrix(
    x.map((row) => [1, ...row.map((value, j) => (value - centres[j]!) / (scales[j] || 1))]),
  );
  const svd = new SingularValueDecomposition(design, { autoTranspose: true });
  const [largest, smallest] = [svd.diagonal[0]!, svd.diagonal[predictors]!];
  if (!(smallest > largest * 1e-10)) {
    throw new StatisticsError(
      'the predictors are collinear: leave out one that the others (or a constant) determine',
    );
  }
  const left = svd.leftSingularVectors;
  const solution = svd.solve(Matrix.columnVector([...y])).to1DArray();
  const coefficients = solution.slice(1).map((value, j) => value / (scales[j] || 1));
  const intercept = solution[0]! - coefficients.reduce((sum, c, j) => sum + c * centres[j]!, 0);

  const centre = mean(y);
  let residual = 0;
  let total = 0;
  let absolute = 0;
  let press = 0;
  let baseline = 0;
  let determined = n > predictors + 1;
  for (let i = 0; i < n; i++) {
    const row = design.getRow(i);
    const error = y[i]! - row.reduce((sum, value, j) => sum + value * solution[j]!, 0);
    let leverage = 0;
    for (let j = 0; j <= predictors; j++) leverage += left.get(i, j) ** 2;
    residual += error * error;
    total += (y[i]! - centre) ** 2;
    // A point that alone fixes a coefficient cannot be predicted from the others.
    if (1 - leverage < 1e-10) determined = false;
    const out = error / (1 - leverage);
    absolute += Math.abs(out) / n;
    press += out * out;
    baseline += ((y[i]! - centre) * (n / (n - 1))) ** 2;
  }
  const varies = total > 0;
  return {
    intercept,
    coefficients,
    r2: varies ? 1 - residual / total : null,
    leaveOneOutError: determined ? absolute : null,
    leaveOneOutR2: determined && varies ? 1 - press / baseline : null,
  };
}

function columns(
  rows: readonly (readonly number[])[],
  count: number,
  of: (column: number[]) => number,
): number[] {
  return Array.from({ length: count }, (_, j) => of(rows.map((row) => row[j]!)));
}
