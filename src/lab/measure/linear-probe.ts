/**
 * Linear probe: accuracy of a linear classifier on the frozen activations of each layer (G. Alain and Y. Bengio,
 * "Understanding intermediate layers using linear classifier probes", ICLR workshop 2017).
 *
 * The classifier is ridge regression on standardised features. Its strength is chosen on every fifth of the images that it
 * may learn from, and it is then fitted on all of them. Layers with more than `features` numbers an image are reduced first,
 * all by the same rule (average pooling over positions, a seeded projection where that does not suffice), so that a probe of
 * a wide early layer has no more to work with than that of a narrow late one.
 */
import { proportion } from '../stats/index.js';
import { missingClasses, needImages } from './logits.js';
import type { Measure, Reading, Subject } from './measure.js';
import { layerReading, reading } from './reading.js';
import { reductionOf } from './reduce.js';
import { type Labelled, ridgeClassifiers } from './ridge.js';

type Options = {
  fitOn: 'training' | 'held-out';
  fitImages: number;
  testImages: number;
  features: number;
  strength: number;
};

/** Candidates for the strength of the penalty, weak to strong. */
const STRENGTHS = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

export const linearProbe: Measure<Options> = {
  name: 'linear-probe',
  version: 1,
  title: 'Linear probe',
  question:
    'How well can the classes be told apart by a linear rule from what each layer computes?',
  unit: 'share',
  range: [0, 1],
  cost: 'seconds',
  needs: ['activations', 'labels'],
  reference: 'alain2017',
  defaults: {
    fitOn: 'training',
    fitImages: 2000,
    testImages: 2000,
    features: 512,
    strength: 0,
  },
  options: {
    fitOn: {
      about:
        'Which images the probe learns from: those that the net was trained on, with the labels that it was given, or the first half of the held-out ones; the latter also where no training images are known.',
      choices: ['training', 'held-out'],
    },
    fitImages: { about: 'Most images that the probe learns from.', low: 10, integer: true },
    testImages: {
      about: 'Most held-out images that the probe is tested on.',
      low: 10,
      integer: true,
    },
    features: {
      about: 'Most numbers an image that the probe gets from a layer.',
      low: 1,
      high: 4096,
      integer: true,
    },
    strength: {
      about:
        'Ridge penalty as a multiple of the number of images; 0 chooses it on a fifth of them.',
      low: 0,
    },
  },
  wants: ({ fitOn, fitImages, testImages, features }) =>
    fitOn === 'held-out'
      ? [{ set: 'test', count: Infinity, of: { limit: features } }]
      : [
          { set: 'train', count: fitImages, of: { limit: features } },
          { set: 'test', count: testImages, of: { limit: features } },
        ],
  async read(subject, options) {
    const { train, test } = subject;
    const heldOut = options.fitOn === 'held-out' || train.shape[0] === 0;
    const half = Math.floor(test.shape[0] / 2);
    const fit = heldOut
      ? { set: 'test' as const, data: test, from: 0, to: Math.min(half, options.fitImages) }
      : {
          set: 'train' as const,
          data: train,
          from: 0,
          to: Math.min(train.shape[0], options.fitImages),
        };
    const start = heldOut ? half : 0;
    const check = { from: start, to: Math.min(test.shape[0], start + options.testImages) };
    needImages('linear-probe', fit.data, heldOut ? 'held-out' : 'training', heldOut ? 20 : 10);
    needImages('linear-probe', test, 'held-out', start + 1);
    const classes = subject.graph.nodes.at(-1)!.shape[0]!;
    const notes = missingClasses(
      { ...fit.data, labels: fit.data.labels.subarray(fit.from, fit.to) },
      heldOut ? 'fitted held-out' : 'fitted training',
    );
    if (heldOut)
      notes.push('probes are fitted on one half of the held-out images, tested on the other');

    const layers: Reading['layers'][number][] = [];
    const strengths: number[] = [];
    const reductions: string[] = [];
    for (const layer of subject.layers) {
      const rows = async (set: 'train' | 'test', from: number, to: number): Promise<Labelled> => {
        const { data, shape } = await subject.features(layer, set, to, options.features);
        return {
          features: data.subarray(from * shape[1]!, to * shape[1]!),
          labels: subject[set].labels.subarray(from, to),
        };
      };
      const given = await rows(fit.set, fit.from, fit.to);
      const held = await rows('test', check.from, check.to);
      const strength = options.strength || chooseStrength(given, classes);
      const [probe] = ridgeClassifiers(given, classes, [strength]);
      const guesses = probe!.predict(held.features);
      const correct = guesses.reduce(
        (sum, guess, i) => sum + (guess === held.labels[i] ? 1 : 0),
        0,
      );
      layers.push(layerReading(subject, layer, proportion(correct, guesses.length), 1));
      strengths.push(strength);
      const reduction = reduced(subject, layer, options.features);
      if (reduction !== null) reductions.push(`${layer}: ${reduction}`);
    }
    const last = layers.at(-1)!;
    const hidden = layers.at(-2) ?? last;
    const first = layers[0]!;
    const reach = (target: number) => layers.find(({ value }) => value >= target)?.position ?? 1;
    return reading(linearProbe, options, {
      value: hidden.value,
      interval: hidden.interval,
      saturation: 1,
      layers,
      extra: {
        layer: hidden.layer,
        fitted: fit.to - fit.from,
        tested: check.to - check.from,
        strengths,
        reductions,
        /** Depth (0 input, 1 output) from which a probe reaches 90 % of the accuracy of the last one. */
        reaches90OfLast: reach(0.9 * last.value),
        /** The same of what the last gains over the input; null where it gains nothing. */
        reaches90OfGain:
          last.value > first.value ? reach(first.value + 0.9 * (last.value - first.value)) : null,
      },
      notes,
    });
  },
};

/** The strength whose classifier does best on every fifth image when fitted on the others; of equal ones the strongest. */
function chooseStrength(given: Labelled, classes: number): number {
  const width = given.features.length / given.labels.length;
  const part = (keep: (index: number) => boolean): Labelled => {
    const indices = [...given.labels.keys()].filter(keep);
    const features = new Float32Array(indices.length * width);
    for (const [to, from] of indices.entries()) {
      features.set(given.features.subarray(from * width, (from + 1) * width), to * width);
    }
    return { features, labels: Int32Array.from(indices, (index) => given.labels[index]!) };
  };
  const fitted = part((index) => index % 5 !== 4);
  const left = part((index) => index % 5 === 4);
  let best = STRENGTHS[0]!;
  let most = -1;
  for (const [i, probe] of ridgeClassifiers(fitted, classes, STRENGTHS).entries()) {
    const guesses = probe.predict(left.features);
    let correct = 0;
    for (const [k, label] of left.labels.entries()) if (guesses[k] === label) correct++;
    if (correct >= most) {
      most = correct;
      best = STRENGTHS[i]!;
    }
  }
  return best;
}

function reduced(subject: Subject, layer: string, limit: number): string | null {
  const { shape } = subject.graph.nodes.find(({ name }) => name === layer)!;
  const { grid, projected, features } = reductionOf(shape, limit);
  const steps = [
    ...(grid ? [`pooled to ${grid[0]} × ${grid[1]} positions`] : []),
    ...(projected ? [`projected to ${features} numbers`] : []),
  ];
  return steps.length === 0 ? null : steps.join(', ');
}
