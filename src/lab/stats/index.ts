/** Statistics of the lab: intervals, rank correlation, regressions with leave-one-out error. */
export { normalCdf, normalQuantile, studentCdf, studentQuantile } from './distributions.js';
export { granulatedKendall, type Granulated } from './granulated.js';
export {
  efficiencyError,
  pairInteractions,
  playersOf,
  shapleyValues,
  type PairInteraction,
} from './game.js';
export { jackknifeHalfWidth } from './jackknife.js';
export { kendall, type Kendall } from './kendall.js';
export {
  bootstrapInterval,
  mean,
  meanInterval,
  quantile,
  standardDeviation,
  type BootstrapOptions,
  type MeanOptions,
} from './mean.js';
export { powerLaw, type PowerLaw } from './power-law.js';
export { proportion, proportionDifference } from './proportion.js';
export { regression, type Regression } from './regression.js';
export { StatisticsError } from './sample.js';
export { holm, trend, type Trend, type TrendOptions } from './trend.js';
