/** Kendall's rank correlation: does a reading go one way as depth grows, whatever the shape of the curve. */
import { normalCdf } from './distributions.js';
import { checkSample, StatisticsError } from './sample.js';

export interface Kendall {
  /** τ_b in −1 … 1; null when one variable never changes, so that there is no order to compare. */
  readonly tau: number | null;
  /** Two-sided p value under independence; null with `tau`. */
  readonly p: number | null;
  /** `exact` (all orders counted; at most one variable has ties) or `normal` (variance corrected for ties). */
  readonly method: 'exact' | 'normal';
  readonly n: number;
}

/** Above this many pairs of values the count of orders is replaced by the normal approximation. */
const EXACT_LIMIT = 33;

/**
 * τ_b = (C − D) / √((P − Tₓ)(P − T_y)) over P = n(n−1)/2 pairs, C concordant, D discordant, T tied in one variable:
 * M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945). Pairs are counted one by one, O(n²).
 *
 * @throws StatisticsError when the samples differ in length, hold fewer than 2 values, or values that are not finite.
 */
export function kendall(x: ArrayLike<number>, y: ArrayLike<number>): Kendall {
  checkSample(x, 2, 'x');
  checkSample(y, 2, 'y');
  const n = x.length;
  if (n !== y.length) throw new StatisticsError(`x has ${n} values, y has ${y.length}`);
  let concordant = 0;
  let discordant = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const sign = Math.sign(x[i]! - x[j]!) * Math.sign(y[i]! - y[j]!);
      if (sign > 0) concordant++;
      else if (sign < 0) discordant++;
    }
  }
  const pairs = (n * (n - 1)) / 2;
  const tiesX = tieSums(x);
  const tiesY = tieSums(y);
  const bothTied = tiesX.pairs > 0 && tiesY.pairs > 0;
  const method = !bothTied && n <= EXACT_LIMIT ? 'exact' : 'normal';
  if (tiesX.pairs === pairs || tiesY.pairs === pairs) return { tau: null, p: null, method, n };
  const score = concordant - discordant;
  const tau = score / Math.sqrt((pairs - tiesX.pairs) * (pairs - tiesY.pairs));
  if (method === 'exact') {
    const groups = (tiesX.pairs > 0 ? tiesX : tiesY).groups;
    return { tau, p: exactP(groups, Math.min(concordant, discordant)), method, n };
  }
  const m = n * (n - 1);
  const variance =
    (m * (2 * n + 5) - tiesX.cubic - tiesY.cubic) / 18 +
    (2 * tiesX.pairs * tiesY.pairs) / m +
    (n > 2 ? (tiesX.triples * tiesY.triples) / (9 * m * (n - 2)) : 0);
  const p = Math.min(1, 2 * normalCdf(-Math.abs(score) / Math.sqrt(variance)));
  return { tau, p, method, n };
}

interface Ties {
  /** How often each value comes. */
  readonly groups: number[];
  pairs: number;
  triples: number;
  cubic: number;
}

/** Groups of t equal values, and their sums of t(t−1)/2, t(t−1)(t−2) and t(t−1)(2t+5). */
function tieSums(values: ArrayLike<number>): Ties {
  const sums: Ties = { groups: [], pairs: 0, triples: 0, cubic: 0 };
  const sorted = Float64Array.from(values).sort();
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    const t = end - start;
    sums.groups.push(t);
    sums.pairs += (t * (t - 1)) / 2;
    sums.triples += t * (t - 1) * (t - 2);
    sums.cubic += t * (t - 1) * (2 * t + 5);
    start = end;
  }
  return sums;
}

/**
 * Two-sided p: share of the orders with at most `inversions` inversions, doubled. The number of orders of groups of equal
 * values with k inversions is the coefficient of qᵏ in [n]! / Π [t]!, with [m]! = Π (1 − qⁱ)/(1 − q), i = 1 … m: Kendall's
 * recursion where all values differ, the Jonckheere–Terpstra test where one variable has groups.
 */
function exactP(groups: readonly number[], inversions: number): number {
  const n = groups.reduce((sum, t) => sum + t, 0);
  const pairs = (n * (n - 1)) / 2 - groups.reduce((sum, t) => sum + (t * (t - 1)) / 2, 0);
  if (2 * inversions >= pairs) return 1;
  // Whole numbers, since the factors have signs.
  const counts = new Array<bigint>(pairs + 1).fill(0n);
  counts[0] = 1n;
  let merged = 0;
  for (const t of groups) {
    for (let i = 1; i <= t; i++) {
      const [up, down] = [merged + i, i];
      for (let k = pairs; k >= up; k--) counts[k]! -= counts[k - up]!;
      for (let k = down; k <= pairs; k++) counts[k]! += counts[k - down]!;
    }
    merged += t;
  }
  const sum = (values: readonly bigint[]) => values.reduce((total, each) => total + each, 0n);
  const share = Number(sum(counts.slice(0, inversions + 1))) / Number(sum(counts));
  return Math.min(1, 2 * share);
}
