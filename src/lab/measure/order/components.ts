/** What the rungs of a ladder say of a function: the component of each order, its share of the variance, the mean order. */
import { jackknife } from '../spectrum.js';
import type { Value } from '../measure.js';

/** Values of a function, `count × units`, row by row. */
export type Rows = Float32Array | Float64Array;

export interface Components {
  /** ρ⁽ˡ⁾ = Var[c⁽ˡ⁾] / Var[f] of each order, c⁽ˡ⁾ = Φ⁽ˡ⁾ − Φ⁽ˡ⁻⁾; the variance is E‖c − E c‖². */
  readonly significance: readonly number[];
  /** 1 − Var[f − Φ⁽ˡ⁾] / Var[f]: what is explained up to each order. Below 0 where Φ⁽ˡ⁾ is worse than the mean. */
  readonly explained: readonly number[];
  /** Var[f − Φ⁽ᴸ⁾] / Var[f] above the last order. */
  readonly remainder: number;
  /** See `meanOrder`; the remainder counts as order 2L. With its jackknife interval over images. */
  readonly mean: Value;
  /** The mean order of the components alone. */
  readonly explainedMean: number;
}

/**
 * @param f values of the function.
 * @param rungs approximations of it, one for each order.
 * @param orders the order of each, rising.
 */
export function componentsOf(
  f: Rows,
  rungs: readonly Rows[],
  orders: readonly number[],
  count: number,
  level: number,
): Components {
  const whole = distances(f, count);
  const parts = rungs.map((rung, i) =>
    distances(i === 0 ? rung : less(rung, rungs[i - 1]!), count),
  );
  const left = rungs.map((rung) => distances(less(f, rung), count));
  const total = add(whole);
  const counted = [...parts, left.at(-1)!];
  const places = [...orders, beyond(orders)];
  const sums = counted.map(add);
  const value = meanOrder(sums, places);
  // Without image i a sum of squared distances from the mean loses n/(n − 1) of the image's own.
  const factor = count / (count - 1);
  const changes = Float64Array.from({ length: count }, (_, image) => {
    const rest = sums.map((sum, k) => Math.max(0, sum - factor * counted[k]![image]!));
    return Math.log((1 + meanOrder(rest, places)) / (1 + value));
  });
  const { interval } = jackknife(1 + value, changes, level, 'jackknife over held-out images');
  return {
    significance: parts.map((part) => add(part) / total),
    explained: left.map((each) => 1 - add(each) / total),
    remainder: add(left.at(-1)!) / total,
    explainedMean: meanOrder(parts.map(add), orders),
    mean: {
      value,
      interval: interval && {
        ...interval,
        low: Math.max(0, interval.low - 1),
        high: interval.high - 1,
      },
    },
  };
}

/** The order that what lies above the ladder is counted as: twice the last, 1 above a ladder of order 0 alone. */
export function beyond(orders: readonly number[]): number {
  return Math.max(1, 2 * orders.at(-1)!);
}

/**
 * The mean order of components, weighted by their variance and taken on the scale of log(1 + l), where order 0 is 0 and a step
 * from 1 to 3 counts as much as one from 3 to 7: exp(Σ ρ⁽ˡ⁾ log(1 + l) / Σ ρ⁽ˡ⁾) − 1. 0 when there is no variance.
 */
export function meanOrder(significance: readonly number[], orders: readonly number[]): number {
  let sum = 0;
  let weights = 0;
  for (const [i, weight] of significance.entries()) {
    sum += weight * Math.log1p(orders[i]!);
    weights += weight;
  }
  return weights > 0 ? Math.expm1(sum / weights) : 0;
}

/** Squared distance of each row from the mean row. */
export function distances(rows: Rows, count: number): Float64Array {
  const units = rows.length / count;
  const means = new Float64Array(units);
  for (let i = 0; i < rows.length; i++) means[i % units]! += rows[i]! / count;
  const found = new Float64Array(count);
  for (let i = 0; i < rows.length; i++) {
    found[Math.floor(i / units)]! += (rows[i]! - means[i % units]!) ** 2;
  }
  return found;
}

/** Mean squared distance from the mean row. */
export function varianceOf(rows: Rows, count: number): number {
  return add(distances(rows, count)) / count;
}

export function less(a: Rows, b: Rows): Float64Array {
  return Float64Array.from(a, (value, i) => value - b[i]!);
}

function add(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
