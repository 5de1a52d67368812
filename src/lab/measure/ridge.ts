/**
 * Ridge classifier: least squares of ±1 class indicators on standardised features with an L2 penalty, the class of the
 * largest score. Closed form, so that every layer is fitted equally well; A. E. Hoerl and R. W. Kennard, "Ridge regression:
 * biased estimation for nonorthogonal problems", Technometrics 12 (1970).
 */
import { centred, columnMeans, gram } from './gram.js';

/** Rows of features with their labels. */
export interface Labelled {
  /** Row-major, `labels.length × width`. */
  readonly features: Float32Array;
  readonly labels: Int32Array;
}

export interface RidgeClassifier {
  /** Scores of rows, `count × classes`. */
  scores(features: Float32Array): Float64Array;
  predict(features: Float32Array): Int32Array;
}

/**
 * Fits the classifier. The penalty is `strength`·n·‖w‖², so that a strength means the same for any number of images n; the
 * intercept is not penalised. Features that never change are left out.
 *
 * @returns one classifier for each strength; the products of the data are made once.
 */
export function ridgeClassifiers(
  { features, labels }: Labelled,
  classes: number,
  strengths: readonly number[],
): RidgeClassifier[] {
  const count = labels.length;
  const width = features.length / count;
  const means = columnMeans(features, width);
  const standard = centred(features, width);
  const scales = new Float64Array(width);
  for (let from = 0; from < standard.length; from += width) {
    for (let j = 0; j < width; j++) scales[j]! += standard[from + j]! ** 2;
  }
  for (let j = 0; j < width; j++) {
    const deviation = Math.sqrt(scales[j]! / count);
    // Rounding of the mean is all that is left of a constant feature.
    scales[j] = deviation > 1e-7 * Math.abs(means[j]!) && deviation > 0 ? deviation : Infinity;
  }
  for (let i = 0; i < standard.length; i++) standard[i]! /= scales[i % width]!;
  const products = gram(standard, width, 'columns').values;
  const counts = new Float64Array(classes);
  const sums = new Float64Array(width * classes);
  for (let i = 0; i < count; i++) {
    const label = labels[i]!;
    counts[label]! += 1;
    // The −1 of the other classes cancels, since the standardised columns add up to 0.
    for (let j = 0; j < width; j++) sums[j * classes + label]! += 2 * standard[i * width + j]!;
  }
  const intercepts = counts.map((each) => (2 * each) / count - 1);
  return strengths.map((strength) => {
    const weights = solve(products, width, strength * count, sums, classes);
    for (let j = 0; j < width; j++) {
      for (let c = 0; c < classes; c++) weights[j * classes + c]! /= scales[j]!;
    }
    const scores = (rows: Float32Array): Float64Array => {
      const made = new Float64Array((rows.length / width) * classes);
      for (let i = 0; i < rows.length / width; i++) {
        const to = i * classes;
        for (let c = 0; c < classes; c++) made[to + c] = intercepts[c]!;
        for (let j = 0; j < width; j++) {
          const value = rows[i * width + j]! - means[j]!;
          for (let c = 0; c < classes; c++) made[to + c]! += value * weights[j * classes + c]!;
        }
      }
      return made;
    };
    const predict = (rows: Float32Array): Int32Array => {
      const all = scores(rows);
      return Int32Array.from({ length: all.length / classes }, (_, i) => {
        let best = 0;
        for (let c = 1; c < classes; c++) {
          if (all[i * classes + c]! > all[i * classes + best]!) best = c;
        }
        return best;
      });
    };
    return { scores, predict };
  });
}

/** Solves (A + penalty·I) X = B by Cholesky's factorisation; A is symmetric and not negative, B is `size × columns`. */
function solve(
  a: Float64Array,
  size: number,
  penalty: number,
  b: Float64Array,
  columns: number,
): Float64Array {
  const l = a.slice();
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let sum = l[row + j]! + (i === j ? penalty : 0);
      for (let k = 0; k < j; k++) sum -= l[row + k]! * l[other + k]!;
      // Rounding may leave a diagonal just below the penalty that it cannot be below.
      l[row + j] = i === j ? Math.sqrt(Math.max(sum, penalty)) : sum / l[other + j]!;
    }
  }
  const x = b.slice();
  for (let i = 0; i < size; i++) {
    const to = i * columns;
    for (let k = 0; k < i; k++) {
      const factor = l[i * size + k]!;
      for (let c = 0; c < columns; c++) x[to + c]! -= factor * x[k * columns + c]!;
    }
    for (let c = 0; c < columns; c++) x[to + c]! /= l[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    const to = i * columns;
    for (let k = i + 1; k < size; k++) {
      const factor = l[k * size + i]!;
      for (let c = 0; c < columns; c++) x[to + c]! -= factor * x[k * columns + c]!;
    }
    for (let c = 0; c < columns; c++) x[to + c]! /= l[i * size + i]!;
  }
  return x;
}
