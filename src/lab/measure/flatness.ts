/**
 * PAC-Bayes flatness: how much noise on the weights the training accuracy bears. σ is the largest scale at which Gaussian noise costs
 * at most `drop` of the accuracy, by bisection (Y. Jiang et al., ICLR 2020; G. K. Dziugaite et al., NeurIPS 2020). Bounds contain 1/σ².
 *
 * By default the noise on each weight is in proportion to it, with standard deviation √(σ²w² + ε²) (the magnitude-aware form, the best of
 * their measures): scaling a layer up and the next down then changes nothing. σ is a standard deviation here; in the code published with
 * the second paper the noise has standard deviation σ².
 */
import type { Dataset } from '../data/dataset.js';
import { evaluate } from '../train/evaluate.js';
import { meanInterval } from '../stats/index.js';
import { random } from '../tensor/index.js';
import { borrowWeights } from './borrowed-weights.js';
import { firstImages } from './images.js';
import { trainedWeights } from './hessian-product.js';
import type { Measure, Subject } from './measure.js';
import { reading } from './reading.js';

type Options = {
  images: number;
  drop: number;
  noise: 'in proportion' | 'equal';
  floor: number;
  draws: number;
  steps: number;
  level: number;
};

/** Largest and smallest scale that is looked at. */
const SCALES = [1e-5, 10] as const;

export const flatness: Measure<Options> = {
  name: 'flatness',
  version: 1,
  title: 'Flatness under weight noise',
  question: 'How much noise on the weights does the training accuracy bear?',
  unit: 'standard deviation of the noise',
  range: [0, Infinity],
  cost: 'minutes',
  needs: ['weights', 'labels', 'training'],
  reference: 'jiang2020',
  defaults: {
    images: 300,
    drop: 0.1,
    noise: 'in proportion',
    floor: 1e-3,
    draws: 5,
    steps: 10,
    level: 0.95,
  },
  options: {
    images: {
      about: 'Most training images that the accuracy is taken on.',
      low: 10,
      integer: true,
    },
    drop: { about: 'Accuracy that the noise may cost.', low: 1e-3, high: 1 },
    noise: {
      about: 'Whether the noise on a weight is in proportion to it or equal for all weights.',
      choices: ['in proportion', 'equal'],
    },
    floor: { about: 'ε of the noise in proportion, so that weights of 0 are moved too.', low: 0 },
    draws: {
      about: 'Draws of the noise, the same for all scales.',
      low: 2,
      high: 1000,
      integer: true,
    },
    steps: { about: 'Halvings of the range of scales.', low: 3, high: 40, integer: true },
    level: {
      about: 'Level of the t interval over draws, on a logarithmic scale.',
      low: 0.5,
      high: 0.9999,
    },
  },
  refuses: ({ train }, { images }) =>
    Math.min(train.shape[0], images) < 10
      ? `${train.shape[0]} training images, at least 10 are needed`
      : null,
  async read(subject, options) {
    const images = firstImages(subject.train, options.images);
    const clean = evaluate(subject.graph, images).accuracy;
    const perDraw: number[] = [];
    for (let draw = 0; draw < options.draws; draw++) {
      perDraw.push(largestScale(subject, images, options, draw, clean));
      // Other work of the process (heartbeats, interrupts) gets its turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const logs = perDraw.map(Math.log);
    const { value: centre, interval } = meanInterval(logs, { level: options.level });
    // exp(log 10) is not 10, and no interval of what ends at a ceiling goes through it.
    const scaleOf = (log: number) => Math.min(SCALES[1], Math.exp(log));
    const value = scaleOf(centre);
    const notes: string[] = [];
    if (perDraw.some((scale) => scale >= SCALES[1])) {
      notes.push(
        `noise of ${SCALES[1]} costs less than ${options.drop} of the accuracy in some draws`,
      );
    }
    if (clean <= options.drop) notes.push(`the accuracy is ${clean} only: there is little to lose`);
    return reading(flatness, options, {
      value,
      interval: interval && {
        ...interval,
        low: scaleOf(interval.low),
        high: scaleOf(interval.high),
        method: `Student t of logarithms over ${logs.length} draws`,
      },
      saturation: SCALES[1],
      extra: { images: images.shape[0], accuracy: clean, sharpness: 1 / value ** 2, perDraw },
      notes,
    });
  },
};

/** The largest scale at which one draw of the noise costs at most `drop`; the net is as before when it returns. */
function largestScale(
  { graph, seed }: Subject,
  images: Dataset,
  { drop, noise, floor, steps }: Options,
  draw: number,
  clean: number,
): number {
  const variables = trainedWeights(graph);
  const { kept, set, restore } = borrowWeights(variables);
  const generator = random(seed, 'noise on weights', draw);
  const normal = kept.map(({ length }) => Float32Array.from({ length }, () => generator.normal()));
  const costs = (scale: number) => {
    set(
      kept.map((weights, v) =>
        weights.map((weight, i) => {
          const deviation =
            noise === 'equal' ? scale : Math.sqrt((scale * weight) ** 2 + floor ** 2);
          return weight + deviation * normal[v]![i]!;
        }),
      ),
    );
    return clean - evaluate(graph, images).accuracy;
  };
  try {
    let [low, high] = SCALES.map(Math.log) as [number, number];
    if (costs(Math.exp(high)) <= drop) return Math.exp(high);
    for (let step = 0; step < steps; step++) {
      const middle = (low + high) / 2;
      if (costs(Math.exp(middle)) <= drop) low = middle;
      else high = middle;
    }
    return Math.exp((low + high) / 2);
  } finally {
    restore();
  }
}
