/** Shares (accuracies) with intervals that stay within 0 and 1, also at 0 % and 100 %. */
import type { Value } from '../measure/measure.js';
import { normalQuantile } from './distributions.js';
import { StatisticsError } from './sample.js';

/**
 * Share of successes with the score interval of E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", JASA 22 (1927).
 *
 * @throws StatisticsError when there is no trial, or more successes than trials.
 */
export function proportion(successes: number, trials: number, level = 0.95): Value {
  if (!(Number.isInteger(trials) && trials > 0)) {
    throw new StatisticsError(`a share needs at least 1 trial, not ${trials}`);
  }
  if (!(successes >= 0 && successes <= trials)) {
    throw new StatisticsError(`${successes} successes in ${trials} trials cannot be`);
  }
  const value = successes / trials;
  const z = normalQuantile(0.5 + level / 2);
  const scale = 1 + (z * z) / trials;
  const centre = (value + (z * z) / (2 * trials)) / scale;
  const half =
    (z / scale) * Math.sqrt((value * (1 - value)) / trials + (z * z) / (4 * trials * trials));
  return {
    value,
    interval: {
      low: successes === 0 ? 0 : Math.max(0, centre - half),
      high: successes === trials ? 1 : Math.min(1, centre + half),
      level,
      method: `Wilson score, n = ${trials}`,
    },
  };
}

/**
 * Difference first − second of two independent shares, with the hybrid score interval: R. G. Newcombe, "Interval
 * estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), method 10.
 */
export function proportionDifference(first: Value, second: Value): Value {
  const a = first.interval;
  const b = second.interval;
  const value = first.value - second.value;
  if (a === null || b === null || a.level !== b.level) {
    throw new StatisticsError('both shares need an interval of the same level');
  }
  return {
    value,
    interval: {
      low: value - Math.hypot(first.value - a.low, b.high - second.value),
      high: value + Math.hypot(a.high - first.value, second.value - b.low),
      level: a.level,
      method: 'Newcombe hybrid score',
    },
  };
}
