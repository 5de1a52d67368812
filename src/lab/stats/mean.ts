/** A mean with an interval that says how well the sample fixes it: over seeds, images or segments. */
import { random } from '../tensor/random.js';
import type { Value } from '../measure/measure.js';
import { normalCdf, normalQuantile, studentQuantile } from './distributions.js';
import { checkSample, StatisticsError } from './sample.js';

interface ResamplingOptions {
  /** Share of such intervals that cover the true value; 0.95 when left out. */
  readonly level?: number;
  /** Resamples of the bootstrap; 2,000 when left out. */
  readonly resamples?: number;
  /** Seed of the resampling; 0 when left out. */
  readonly seed?: number;
}

export interface MeanOptions extends ResamplingOptions {
  /**
   * `t`: Student's interval, right for few seeds with a roughly normal scatter. `bootstrap`: bias-corrected and accelerated
   * (Efron 1987), for skewed values and n ≥ 10 or so; `percentile`: the plain bootstrap interval.
   */
  readonly method?: 't' | 'bootstrap' | 'percentile';
}

export interface BootstrapOptions extends ResamplingOptions {
  /** Whether the interval is BCa, as when left out, or the percentile interval. */
  readonly corrected?: boolean;
}

/**
 * Mean of the values with its interval. One value has no interval: it is null, as the scatter is unknown.
 *
 * @throws StatisticsError when there are no values or one is not finite.
 */
export function meanInterval(values: ArrayLike<number>, options: MeanOptions = {}): Value {
  const { method = 't', level = 0.95, resamples = 2000, seed = 0 } = options;
  checkSample(values, 1);
  checkLevel(level);
  const value = mean(values);
  const n = values.length;
  if (n === 1) return { value, interval: null };
  if (method === 't') {
    const half =
      studentQuantile(0.5 + level / 2, n - 1) * (standardDeviation(values) / Math.sqrt(n));
    return {
      value,
      interval: { low: value - half, high: value + half, level, method: `Student t, n = ${n}` },
    };
  }
  const corrected = method === 'bootstrap';
  const bootstrap = { level, resamples, seed, corrected };
  const { low, high } = bootstrapInterval(values, mean, bootstrap);
  const name = method === 'bootstrap' ? 'BCa bootstrap' : 'percentile bootstrap';
  return {
    value,
    interval: { low, high, level, method: `${name}, n = ${n}, ${resamples} resamples` },
  };
}

/**
 * Bootstrap interval of any statistic of a sample: B. Efron, "Better bootstrap confidence intervals", JASA 82 (1987). A sample
 * of equal values gives an interval of width 0.
 *
 * @throws StatisticsError when there are fewer than 2 values, one is not finite, or resamples are fewer than 100.
 */
export function bootstrapInterval(
  values: ArrayLike<number>,
  statistic: (sample: Float64Array) => number,
  options: BootstrapOptions = {},
): { low: number; high: number } {
  const { level = 0.95, resamples = 2000, seed = 0, corrected = true } = options;
  checkSample(values, 2);
  checkLevel(level);
  if (!Number.isInteger(resamples) || resamples < 100) {
    throw new StatisticsError(`a bootstrap needs at least 100 resamples, not ${resamples}`);
  }
  const n = values.length;
  const generator = random(seed);
  const sample = new Float64Array(n);
  const draws = new Float64Array(resamples);
  for (let draw = 0; draw < resamples; draw++) {
    for (let i = 0; i < n; i++) sample[i] = values[generator.integer(n)]!;
    draws[draw] = statistic(sample);
  }
  draws.sort();
  const tail = (1 - level) / 2;
  if (!corrected) return { low: quantile(draws, tail), high: quantile(draws, 1 - tail) };

  const value = statistic(Float64Array.from(values));
  let below = 0;
  for (const draw of draws) below += draw < value ? 1 : draw === value ? 0.5 : 0;
  // All draws on one side (a tiny or constant sample): there is no bias to estimate.
  const bias = below === 0 || below === resamples ? 0 : normalQuantile(below / resamples);
  const left = new Float64Array(n);
  const rest = new Float64Array(n - 1);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n - 1; j++) rest[j] = values[j < i ? j : j + 1]!;
    left[i] = statistic(rest);
  }
  const centre = mean(left);
  let squares = 0;
  let cubes = 0;
  for (const each of left) {
    const away = centre - each;
    squares += away * away;
    cubes += away * away * away;
  }
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
  const corner = (probability: number) => {
    const z = bias + normalQuantile(probability);
    return quantile(draws, normalCdf(bias + z / (1 - acceleration * z)));
  };
  return { low: corner(tail), high: corner(1 - tail) };
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Standard deviation with n − 1 in the denominator; 0 for one value. */
export function standardDeviation(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

/** Quantile of sorted values, linear between order statistics (type 7 of Hyndman and Fan 1996, numpy's default). */
export function quantile(sorted: ArrayLike<number>, probability: number): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}

function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) {
    throw new StatisticsError(`the level of an interval must lie between 0 and 1, not ${level}`);
  }
}
