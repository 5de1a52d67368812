/** Whether a reading rises along a ladder: Kendall's τ over nets of different depth, with an interval that few seeds allow. */
import type { Value } from '../measure/measure.js';
import { random } from '../tensor/random.js';
import { normalCdf } from './distributions.js';
import { kendall } from './kendall.js';
import { mean, quantile, standardDeviation } from './mean.js';
import { StatisticsError } from './sample.js';

/** An order along a ladder; `value` is τ. */
export interface Trend extends Value {
  /** Two-sided p value of no relation at all, exact where no two readings are equal (Jonckheere–Terpstra). */
  readonly p: number;
  readonly n: number;
}

export interface TrendOptions {
  /** 0.95 when left out. */
  readonly level?: number;
  /** Draws behind the interval; 4,000 when left out. */
  readonly draws?: number;
  /** Seed of the draws; 0 when left out. */
  readonly seed?: number;
}

/**
 * τ = P(the deeper of two nets of different depth reads higher) − P(it reads lower), over all such pairs: −1 … 1, and unlike
 * τ_b not held below 1 by nets that share a depth. (Over two depths it is twice the area under the ROC curve, less 1.)
 *
 * The interval is the generalised confidence interval of that probability for normal readings that scatter alike at each depth
 * (S. Weerahandi and R. A. Johnson, "Testing reliability in a stress-strength model when X and Y are normally distributed",
 * Technometrics 34, 1992). A bootstrap would give an interval without width for three seeds that
 * happen to be in order; this one does not. In simulations with three seeds at two to four depths it covered the truth 91 to
 * 95 times in 100 (88 where spreads differ sevenfold), and mostly missed by saying too little.
 *
 * @param x depth of each net; any number that nets share.
 * @param y reading of each net.
 * @returns null interval where no depth has two nets.
 * @throws StatisticsError when the samples differ in length, a value is not finite, or all depths are the same.
 */
export function trend(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: TrendOptions = {},
): Trend {
  const { level = 0.95, draws = 4000, seed = 0 } = options;
  const { p, n } = kendall(x, y);
  const places = [...new Set(Array.from(x))].sort((a, b) => a - b);
  if (places.length < 2) throw new StatisticsError('a trend needs readings at two depths or more');
  const groups = places.map((place) => Array.from(y).filter((_, i) => x[i] === place));
  const pairs = places.flatMap((_, j) => places.slice(0, j).map((_, i) => [i, j] as const));
  const weights = pairs.map(([i, j]) => groups[i]!.length * groups[j]!.length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const over = (ofPair: (i: number, j: number) => number) =>
    pairs.reduce((sum, [i, j], k) => sum + weights[k]! * ofPair(i, j), 0) / total;
  const value = over((i, j) =>
    mean(groups[i]!.flatMap((low) => groups[j]!.map((high) => Math.sign(high - low)))),
  );
  // Where no reading differs from another there is no order, and nothing speaks for one.
  const result = { value, p: p ?? 1, n };
  if (n === groups.length) return { ...result, interval: null };

  const generator = random(seed, 'trend');
  const centres = groups.map((group) => mean(group));
  const freedom = n - groups.length;
  const squares = groups.reduce(
    (sum, group) => sum + (group.length - 1) * standardDeviation(group) ** 2,
    0,
  );
  const drawn = Float64Array.from({ length: draws }, () => {
    let chiSquare = 0;
    for (let i = 0; i < freedom; i++) chiSquare += generator.normal() ** 2;
    const spread = Math.sqrt(squares / chiSquare);
    const at = groups.map(
      (group, k) => centres[k]! + (generator.normal() * spread) / Math.sqrt(group.length),
    );
    return over((i, j) => {
      const rise = at[j]! - at[i]!;
      return spread === 0 ? Math.sign(rise) : 2 * normalCdf(rise / (Math.SQRT2 * spread)) - 1;
    });
  }).sort();
  const tail = (1 - level) / 2;
  return {
    ...result,
    interval: {
      low: quantile(drawn, tail),
      high: quantile(drawn, 1 - tail),
      level,
      method: `generalised interval, normal readings of one spread, n = ${groups.map(({ length }) => length).join(' + ')}`,
    },
  };
}

/**
 * p values of several tests, raised so that the chance of any false alarm among them all stays below the level that they are
 * compared with: S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6 (1979).
 */
export function holm(p: readonly number[]): number[] {
  const order = [...p.keys()].sort((a, b) => p[a]! - p[b]!);
  const corrected = [...p];
  let most = 0;
  for (const [rank, index] of order.entries()) {
    most = Math.max(most, Math.min(1, (p.length - rank) * p[index]!));
    corrected[index] = most;
  }
  return corrected;
}
