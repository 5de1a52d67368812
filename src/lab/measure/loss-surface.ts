/**
 * A picture of the loss around the weights that were found: on the plane of two random directions, each filter of a direction scaled
 * to the length of the net's own filter, so that nets of different scale compare (H. Li et al., "Visualizing the loss landscape of
 * neural nets", NeurIPS 2018). The value is by how much the loss has risen, on average, at distance 1 from the middle.
 *
 * Biases and batch normalisation stay as they are, its statistics too. A plane through so many dimensions shows little of them: wide
 * and smooth in it is no proof of wide and smooth.
 */
import { evaluate } from '../train/evaluate.js';
import { parametersOf } from '../train/parameters.js';
import { meanInterval } from '../stats/index.js';
import { random } from '../tensor/index.js';
import { borrowWeights } from './borrowed-weights.js';
import { firstImages } from './images.js';
import type { Measure, Subject } from './measure.js';
import { reading } from './reading.js';

type Options = {
  images: number;
  on: 'training' | 'held-out';
  size: number;
  span: number;
  directions: number;
  level: number;
};

export const lossSurface: Measure<Options> = {
  name: 'loss-surface',
  version: 1,
  title: 'Loss surface',
  question: 'How does the loss rise around the weights that were found?',
  unit: 'nats',
  range: [-Infinity, Infinity],
  cost: 'minutes',
  needs: ['weights', 'labels'],
  reference: 'li2018',
  defaults: { images: 200, on: 'training', size: 11, span: 1, directions: 5, level: 0.95 },
  options: {
    images: { about: 'Most images that the loss is averaged over.', low: 1, integer: true },
    on: { about: 'Which images.', choices: ['training', 'held-out'] },
    size: { about: 'Points of the picture on a side, odd.', low: 3, high: 101, integer: true },
    span: { about: 'Half the side, in lengths of the filters.', low: 1e-3, high: 10 },
    directions: {
      about: 'Random directions that the rise at distance 1 is averaged over.',
      low: 2,
      high: 1000,
      integer: true,
    },
    level: { about: 'Level of the t interval over directions.', low: 0.5, high: 0.9999 },
  },
  refuses({ train, test }, { on, size }) {
    if (size % 2 === 0)
      return `a picture of ${size} points a side has no middle: take an odd number`;
    return (on === 'training' ? train : test).shape[0] === 0 ? `there are no ${on} images` : null;
  },
  async read(subject, options) {
    const set = options.on === 'training' ? subject.train : subject.test;
    const images = firstImages(set, options.images);
    const kernels = parametersOf(subject.graph).flatMap(({ kind, variable }) =>
      kind === 'kernel' ? [variable] : [],
    );
    const { kept, set: move, restore } = borrowWeights(kernels);
    const directions = Array.from({ length: options.directions }, (_, i) =>
      kernels.map((kernel, k) => direction(subject, kept[k]!, kernel.shape.at(-1)!, i, k)),
    );
    const at = (steps: readonly (readonly [number, Float32Array[]])[]): number => {
      move(
        kept.map((weights, k) =>
          weights.map((each, i) =>
            steps.reduce((sum, [step, along]) => sum + step * along[k]![i]!, each),
          ),
        ),
      );
      return evaluate(subject.graph, images).loss;
    };
    const middle = at([]);
    const half = (options.size - 1) / 2;
    const places = Array.from(
      { length: options.size },
      (_, i) => ((i - half) / half) * options.span,
    );
    const surface: number[][] = [];
    const rises: number[] = [];
    try {
      for (const y of places) {
        surface.push(
          places.map((x) =>
            at([
              [x, directions[0]!],
              [y, directions[1]!],
            ]),
          ),
        );
        // Other work of the process (heartbeats, interrupts) gets its turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const along of directions)
        rises.push((at([[1, along]]) + at([[-1, along]])) / 2 - middle);
    } finally {
      restore();
    }
    return reading(lossSurface, options, {
      ...meanInterval(rises, { level: options.level }),
      extra: { images: images.shape[0], middle, places, surface },
    });
  },
};

/** Normal numbers, each filter (last axis) as long as the kernel's own. */
function direction(
  { seed }: Subject,
  kernel: Float32Array,
  filters: number,
  index: number,
  layer: number,
): Float32Array {
  const generator = random(seed, 'loss surface', index, layer);
  const made = Float32Array.from({ length: kernel.length }, () => generator.normal());
  const lengths = new Float64Array(filters);
  const own = new Float64Array(filters);
  for (let i = 0; i < kernel.length; i++) {
    lengths[i % filters]! += made[i]! ** 2;
    own[i % filters]! += kernel[i]! ** 2;
  }
  return made.map((each, i) => each * Math.sqrt(own[i % filters]! / lengths[i % filters]!));
}
