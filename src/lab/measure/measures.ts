/** The registry of measures: one line each. */
import { registry } from '../registry.js';
import { accuracy } from './accuracy.js';
import { effectiveRank } from './effective-rank.js';
import { generalisationGap } from './generalisation-gap.js';
import { linearProbe } from './linear-probe.js';
import { linearRegions } from './linear-regions.js';
import { loss } from './loss.js';
import type { Measure } from './measure.js';
import { participationRatio } from './participation-ratio.js';

export const measures = registry<Measure>('measure', [
  accuracy,
  loss,
  generalisationGap,
  linearProbe,
  linearRegions,
  participationRatio,
  effectiveRank,
]);
