/**
 * Power-law tail of a sample, p(x) ∝ x^−α for x ≥ x_min: α = 1 + n / Σ log(xᵢ/x_min), x_min the value whose tail lies nearest to its
 * own fit in the Kolmogorov–Smirnov distance (A. Clauset, C. Shalizi and M. Newman, SIAM Review 51, 2009).
 */
import { checkSample, StatisticsError } from './sample.js';

export interface PowerLaw {
  readonly exponent: number;
  readonly from: number;
  /** Values in the tail. */
  readonly count: number;
  /** Largest difference between the distribution of the tail and its fit. */
  readonly distance: number;
}

/** @throws StatisticsError for fewer than `least` values, or one that is not positive. */
export function powerLaw(values: ArrayLike<number>, least = 50): PowerLaw {
  checkSample(values, least);
  const sorted = Float64Array.from(values).sort();
  if (!(sorted[0]! > 0))
    throw new StatisticsError(`a power law holds for positive values, not ${sorted[0]}`);
  const n = sorted.length;
  let best: PowerLaw | null = null;
  // A tail of fewer than two different values has no exponent.
  for (let start = 0; start < n - 1; start++) {
    if (start > 0 && sorted[start] === sorted[start - 1]) continue;
    const from = sorted[start]!;
    const count = n - start;
    let logs = 0;
    for (let i = start; i < n; i++) logs += Math.log(sorted[i]! / from);
    if (logs === 0) break;
    const exponent = 1 + count / logs;
    let distance = 0;
    for (let i = start; i < n; i++) {
      const fitted = 1 - (sorted[i]! / from) ** (1 - exponent);
      // The share below each value, as in the authors' own code.
      distance = Math.max(distance, Math.abs(fitted - (i - start) / count));
    }
    if (best === null || distance < best.distance) best = { exponent, from, count, distance };
  }
  if (best === null) throw new StatisticsError('all values are equal: no power law');
  return best;
}
