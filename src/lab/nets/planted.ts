// A function of known order, to test measures of complexity on: a random convolutional net that is never trained. `depth` − 2
// convolutions of `width` channels, each with its ReLU, then a 4 × 4 convolution of stride 4 without one. Whatever is
// computed up to that last map, named `planted`, takes `depth` − 2 nonlinear layers. Half of the mean is taken off each filter
// before a ReLU: a deep net of plain random filters soon answers to nothing but brightness, and one whose filters have mean 0
// is chaos. After the task in the code of
// J. Ren et al., ICML 2021, which averages over 4 × 4 cells and projects where this net convolves.
import type { Family } from './family.js';
import { Draft } from './plan.js';
import { BEFORE_NOTHING, BEFORE_RELU } from './stages.js';

/** Name of the layer whose order is known. */
export const PLANTED = 'planted';

export const planted: Family = {
  name: 'planted',
  title: 'planted',
  description:
    'Random convolutions at full resolution with depth − 2 ReLU layers: a function of known order, not to be trained.',
  reference: 'ren2021',
  plan(spec) {
    const draft = new Draft();
    const conv = { op: 'conv', bias: false, filters: spec.width } as const;
    for (let layer = 1; layer <= spec.depth - 2; layer++) {
      draft.add(`conv${layer}`, {
        ...conv,
        kernelSize: 3,
        stride: 1,
        gain: BEFORE_RELU,
        lessMean: 0.5,
      });
      draft.add(`conv${layer}_relu`, { op: 'relu' });
    }
    draft.add(PLANTED, { ...conv, kernelSize: 4, stride: 4, gain: BEFORE_NOTHING });
    draft.add('pool', { op: 'globalPool' });
    draft.add('logits', { op: 'dense', units: spec.classes, gain: BEFORE_NOTHING });
    return draft.steps;
  },
};
