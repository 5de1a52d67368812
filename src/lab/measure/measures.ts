/** The registry of measures: one line each. */
import { registry } from '../registry.js';
import { accuracy } from './accuracy.js';
import { generalisationGap } from './generalisation-gap.js';
import { loss } from './loss.js';
import type { Measure } from './measure.js';

export const measures = registry<Measure>('measure', [accuracy, loss, generalisationGap]);
