/** Loss: mean cross-entropy of held-out images in nats, −log of the probability that softmax gives to the label. */
import { meanInterval } from '../stats/index.js';
import { crossEntropies, missingClasses, needImages } from './logits.js';
import type { Measure } from './measure.js';
import { reading } from './reading.js';

type Options = { level: number; resamples: number };

export const loss: Measure<Options> = {
  name: 'loss',
  version: 1,
  title: 'Cross-entropy',
  question: 'How surprised is the net by the labels of held-out images?',
  unit: 'nats',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['logits', 'labels'],
  reference: 'efron1987',
  defaults: { level: 0.95, resamples: 1000 },
  options: {
    level: { about: 'Level of the bootstrap interval over images.', low: 0.5, high: 0.9999 },
    resamples: { about: 'Number of bootstrap resamples.', low: 100, high: 1e6, integer: true },
  },
  wants: () => [{ set: 'test', count: Infinity, of: 'logits' }],
  async read(subject, options) {
    const { test } = subject;
    needImages('loss', test, 'test', 1);
    const classes = subject.graph.nodes.at(-1)!.shape[0]!;
    const losses = crossEntropies(await subject.logits('test'), test.labels, classes);
    return reading(loss, options, {
      ...meanInterval(losses, { method: 'bootstrap', seed: subject.seed, ...options }),
      extra: {
        images: losses.length,
        /** Loss of giving every class the same probability. */
        uniform: Math.log(classes),
      },
      notes: missingClasses(test, 'test'),
    });
  },
};
