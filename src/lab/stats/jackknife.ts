/** The jackknife: how uncertain a statistic is, from its values without each part of the sample. */
import { studentQuantile } from './distributions.js';
import { mean } from './mean.js';
import { StatisticsError } from './sample.js';

/**
 * Half the width of the interval, t · √((n − 1)/n Σ(vᵢ − v̄)²) (J. Tukey 1958; Student's t with n − 1 degrees of freedom).
 *
 * @param without the statistic, or its change, with each of n parts left out in turn.
 * @throws StatisticsError when the parts are fewer than 2.
 */
export function jackknifeHalfWidth(without: ArrayLike<number>, level: number): number {
  const n = without.length;
  if (n < 2) throw new StatisticsError(`a jackknife needs at least 2 parts to leave out, not ${n}`);
  const centre = mean(without);
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (without[i]! - centre) ** 2;
  return studentQuantile(0.5 + level / 2, n - 1) * Math.sqrt(((n - 1) / n) * squares);
}
