/** Generalisation gap: accuracy on the images that the net was trained on, less accuracy on held-out images. */
import { mean, proportion, proportionDifference } from '../stats/index.js';
import { countCorrect, crossEntropies, missingClasses, needImages } from './logits.js';
import type { Measure } from './measure.js';
import { reading } from './reading.js';

type Options = { level: number };

export const generalisationGap: Measure<Options> = {
  name: 'generalisation-gap',
  version: 1,
  title: 'Generalisation gap',
  question: 'How much better is the net on the images that it was trained on?',
  unit: 'share',
  range: [-1, 1],
  cost: 'seconds',
  needs: ['logits', 'labels', 'training'],
  reference: 'newcombe1998',
  defaults: { level: 0.95 },
  options: { level: { about: 'Level of the hybrid score interval.', low: 0.5, high: 0.9999 } },
  wants: () => [
    { set: 'train', count: Infinity, of: 'logits' },
    { set: 'test', count: Infinity, of: 'logits' },
  ],
  async read(subject, options) {
    const { train, test } = subject;
    needImages('generalisation-gap', train, 'training', 1);
    needImages('generalisation-gap', test, 'test', 1);
    const classes = subject.graph.nodes.at(-1)!.shape[0]!;
    const logits = {
      train: await subject.logits('train'),
      test: await subject.logits('test'),
    };
    const share = (set: 'train' | 'test') =>
      proportion(
        countCorrect(logits[set], subject[set].labels, classes),
        subject[set].labels.length,
        options.level,
      );
    const [trained, held] = [share('train'), share('test')];
    const losses = {
      train: mean(crossEntropies(logits.train, train.labels, classes)),
      test: mean(crossEntropies(logits.test, test.labels, classes)),
    };
    return reading(generalisationGap, options, {
      ...proportionDifference(trained, held),
      // No gap can be larger than what is left below the training accuracy.
      saturation: trained.value,
      extra: {
        trainAccuracy: trained.value,
        testAccuracy: held.value,
        trainLoss: losses.train,
        testLoss: losses.test,
        lossGap: losses.test - losses.train,
      },
      notes: [...missingClasses(train, 'training'), ...missingClasses(test, 'test')],
    });
  },
};
