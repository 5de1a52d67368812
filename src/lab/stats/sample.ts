/** The door of every statistic: samples that are too small or hold NaN are refused with their reason. */

/** A sample that a statistic cannot be computed from. */
export class StatisticsError extends Error {
  override readonly name = 'StatisticsError';
}

/** @throws StatisticsError when there are fewer than `least` values or one is not a finite number. */
export function checkSample(values: ArrayLike<number>, least: number, what = 'values'): void {
  if (values.length < least) {
    throw new StatisticsError(
      `${values.length} ${what} given, at least ${least} ${least === 1 ? 'is' : 'are'} needed`,
    );
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new StatisticsError(`${what}[${i}] is ${values[i]}, not a finite number`);
    }
  }
}
