/**
 * Ridge regression in closed form: least squares on standardised features with an L2 penalty (A. E. Hoerl and R. W. Kennard,
 * "Ridge regression: biased estimation for nonorthogonal problems", Technometrics 12, 1970), and the classifier made of it:
 * regression on ±1 class indicators, the class of the largest score. Closed form, so that every layer is fitted equally well.
 */
import { choleskySolve } from '../tensor/index.js';
import { centred, columnMeans, gram, product } from './gram.js';

/** A fitted linear map with an intercept. */
export interface RidgeMap {
  /** What it gives for rows of features, `count × outputs`. */
  apply(features: Float32Array): Float64Array;
}

/**
 * Fits linear maps from features to targets. The penalty is `strength`·n·‖w‖², so that a strength means the same for any
 * number of rows n; the intercept is not penalised. Features that never change are left out.
 *
 * @param features row-major, `count × width`.
 * @param targets row-major, `count × outputs`.
 * @returns one map for each strength; the products of the data are made once.
 */
export function ridgeMaps(
  features: Float32Array,
  targets: Float32Array | Float64Array,
  count: number,
  strengths: readonly number[],
): RidgeMap[] {
  const width = features.length / count;
  const outputs = targets.length / count;
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
  const intercepts = columnMeans(targets, outputs);
  // The targets need no centring here, since the standardised columns add up to 0.
  const sums = product(standard, targets, count, 'transposed');
  return strengths.map((strength) => {
    const penalty = strength * count;
    const system = products.slice();
    for (let j = 0; j < width; j++) system[j * width + j]! += penalty;
    const weights = choleskySolve(system, width, sums, outputs, penalty);
    for (let j = 0; j < width; j++) {
      for (let k = 0; k < outputs; k++) weights[j * outputs + k]! /= scales[j]!;
    }
    const apply = (rows: Float32Array): Float64Array => {
      const away = new Float64Array(rows.length);
      for (let i = 0; i < rows.length; i++) away[i] = rows[i]! - means[i % width]!;
      const made = product(away, weights, width, 'plain');
      for (let i = 0; i < made.length; i++) made[i]! += intercepts[i % outputs]!;
      return made;
    };
    return { apply };
  });
}

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

/** Fits classifiers, one for each strength, by the rules of `ridgeMaps`. */
export function ridgeClassifiers(
  { features, labels }: Labelled,
  classes: number,
  strengths: readonly number[],
): RidgeClassifier[] {
  const indicators = new Float64Array(labels.length * classes).fill(-1);
  for (const [i, label] of labels.entries()) indicators[i * classes + label] = 1;
  return ridgeMaps(features, indicators, labels.length, strengths).map(({ apply: scores }) => ({
    scores,
    predict(rows: Float32Array): Int32Array {
      const all = scores(rows);
      return Int32Array.from({ length: all.length / classes }, (_, i) => {
        let best = 0;
        for (let c = 1; c < classes; c++) {
          if (all[i * classes + c]! > all[i * classes + best]!) best = c;
        }
        return best;
      });
    },
  }));
}
