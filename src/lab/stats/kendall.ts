/** Kendall's rank correlation: does a reading go one way as depth grows, whatever the shape of the curve. */
import { normalCdf } from './distributions.js';
import { checkSample, StatisticsError } from './sample.js';

export interface Kendall {
  /** τ_b in −1 … 1; null when one variable never changes, so that there is no order to compare. */
  readonly tau: number | null;
  /** Two-sided p value under independence; null with `tau`. */
  readonly p: number | null;
  /** `exact` (all orders counted, no ties) or `normal` (variance corrected for ties). */
  readonly method: 'exact' | 'normal';
  readonly n: number;
}

/** Above this many pairs of values the count of permutations is replaced by the normal approximation. */
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
  const ties = tiesX.pairs > 0 || tiesY.pairs > 0;
  const method = !ties && n <= EXACT_LIMIT ? 'exact' : 'normal';
  if (tiesX.pairs === pairs || tiesY.pairs === pairs) return { tau: null, p: null, method, n };
  const score = concordant - discordant;
  const tau = score / Math.sqrt((pairs - tiesX.pairs) * (pairs - tiesY.pairs));
  if (method === 'exact') return { tau, p: exactP(n, Math.min(concordant, discordant)), method, n };
  const m = n * (n - 1);
  const variance =
    (m * (2 * n + 5) - tiesX.cubic - tiesY.cubic) / 18 +
    (2 * tiesX.pairs * tiesY.pairs) / m +
    (n > 2 ? (tiesX.triples * tiesY.triples) / (9 * m * (n - 2)) : 0);
  const p = Math.min(1, 2 * normalCdf(-Math.abs(score) / Math.sqrt(variance)));
  return { tau, p, method, n };
}

/** Sums over groups of t equal values: t(t−1)/2, t(t−1)(t−2) and t(t−1)(2t+5). */
function tieSums(values: ArrayLike<number>): { pairs: number; triples: number; cubic: number } {
  const sums = { pairs: 0, triples: 0, cubic: 0 };
  const sorted = Float64Array.from(values).sort();
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    const t = end - start;
    sums.pairs += (t * (t - 1)) / 2;
    sums.triples += t * (t - 1) * (t - 2);
    sums.cubic += t * (t - 1) * (2 * t + 5);
    start = end;
  }
  return sums;
}

/** Two-sided p: share of the n! orders with at most `inversions` inversions, doubled (Kendall's recursion over n). */
function exactP(n: number, inversions: number): number {
  const pairs = (n * (n - 1)) / 2;
  if (2 * inversions === pairs) return 1;
  // share[k]: probability of k inversions among the first m values.
  let share = new Float64Array(inversions + 1);
  share[0] = 1;
  for (let m = 2; m <= n; m++) {
    const next = new Float64Array(inversions + 1);
    for (let k = 0; k <= inversions; k++) {
      for (let i = Math.max(0, k - m + 1); i <= k; i++) next[k]! += share[i]! / m;
    }
    share = next;
  }
  let sum = 0;
  for (const each of share) sum += each;
  return Math.min(1, 2 * sum);
}
