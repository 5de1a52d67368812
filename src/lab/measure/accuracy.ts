/** Accuracy: share of held-out images whose largest logit is that of their label. */
import { proportion } from '../stats/index.js';
import { missingClasses, needImages, predictions } from './logits.js';
import type { Measure } from './measure.js';
import { reading } from './reading.js';

type Options = { level: number };

export const accuracy: Measure<Options> = {
  name: 'accuracy',
  version: 1,
  title: 'Accuracy',
  question: 'How many held-out images does the net get right?',
  unit: 'share',
  range: [0, 1],
  cost: 'seconds',
  needs: ['logits', 'labels'],
  reference: 'wilson1927',
  defaults: { level: 0.95 },
  options: { level: { about: 'Level of the Wilson interval.', low: 0.5, high: 0.9999 } },
  wants: () => [{ set: 'test', count: Infinity, of: 'logits' }],
  async read(subject, options) {
    const { test } = subject;
    needImages('accuracy', test, 'test', 1);
    const classes = subject.graph.nodes.at(-1)!.shape[0]!;
    const guesses = predictions(await subject.logits('test'), classes);
    const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    let correct = 0;
    for (const [i, label] of test.labels.entries()) {
      confusion[label]![guesses[i]!]! += 1;
      if (guesses[i] === label) correct++;
    }
    const counts = confusion.map((row) => row.reduce((sum, each) => sum + each, 0));
    return reading(accuracy, options, {
      ...proportion(correct, test.labels.length, options.level),
      saturation: 1,
      extra: {
        images: test.labels.length,
        classes: [...test.classes],
        /** Row: label; column: prediction. */
        confusion,
        byClass: counts.map((count, label) =>
          count === 0 ? null : confusion[label]![label]! / count,
        ),
        /** Accuracy of always saying the most frequent class. */
        majority: Math.max(...counts) / test.labels.length,
      },
      notes: missingClasses(test, 'test'),
    });
  },
};
