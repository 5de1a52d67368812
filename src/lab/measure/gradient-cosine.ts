/**
 * Gradient cosine: how alike the input gradients of the net are at different images (D. Balduzzi et al., "The shattered gradients
 * problem: if resnets are the answer, then what is the question?", ICML 2017). In deep plain nets before training they have nothing in
 * common, as white noise has not; shortcuts keep them alike. The gradient is that of the logits in one random direction.
 */
import { forward, sizeOf } from '../nets/index.js';
import { mean, meanInterval } from '../stats/index.js';
import { random, tf } from '../tensor/index.js';
import { imageBatch, pixelsOf } from './images.js';
import { needImages } from './logits.js';
import type { Measure, Subject } from './measure.js';
import { reading } from './reading.js';

type Options = { images: number; directions: number; level: number };

/** Images in one backward pass. */
const BATCH = 32;

export const gradientCosine: Measure<Options> = {
  name: 'gradient-cosine',
  version: 1,
  title: 'Cosine of input gradients',
  question: 'Do the input gradients at different images point the same way?',
  unit: 'cosine',
  range: [-1, 1],
  cost: 'seconds',
  needs: ['gradients'],
  reference: 'balduzzi2017',
  defaults: { images: 100, directions: 5, level: 0.95 },
  options: {
    images: { about: 'Most held-out images that are compared.', low: 3, high: 2000, integer: true },
    directions: {
      about: 'Random directions of the logits.',
      low: 2,
      high: 1000,
      integer: true,
    },
    level: { about: 'Level of the t interval over directions.', low: 0.5, high: 0.9999 },
  },
  async read(subject, options) {
    needImages('gradient-cosine', subject.test, 'held-out', 3);
    const images = Math.min(options.images, subject.test.shape[0]);
    const means: number[] = [];
    const magnitudes: number[] = [];
    let still = 0;
    for (let direction = 0; direction < options.directions; direction++) {
      const { cosines, zeros } = await cosinesAlong(subject, images, direction);
      still = Math.max(still, zeros);
      if (cosines.length === 0) continue;
      means.push(mean(cosines));
      magnitudes.push(mean(cosines.map(Math.abs)));
    }
    const notes = still > 0 ? [`at ${still} images the gradient is 0: they are left out`] : [];
    if (means.length === 0) return reading(gradientCosine, options, { value: 0, notes });
    const { value, interval } = meanInterval(means, { level: options.level });
    return reading(gradientCosine, options, {
      value,
      interval: interval && {
        ...interval,
        low: Math.max(-1, interval.low),
        high: Math.min(1, interval.high),
        method: `${interval.method} directions`,
      },
      saturation: 1,
      extra: {
        images,
        meanMagnitude: mean(magnitudes),
        /** What unrelated directions in so many pixels would give. */
        chanceMagnitude: Math.sqrt(2 / (Math.PI * sizeOf(subject.graph.input))),
      },
      notes,
    });
  },
};

/** Cosines of all pairs of images; `zeros` images have no gradient. */
async function cosinesAlong(
  { graph, test, seed }: Subject,
  images: number,
  direction: number,
): Promise<{ cosines: number[]; zeros: number }> {
  const size = pixelsOf(test);
  const classes = graph.nodes.at(-1)!.shape[0]!;
  const generator = random(seed, 'direction of logits', direction);
  const weights = Float32Array.from({ length: classes }, () => generator.normal());
  const gradients = new Float32Array(images * size);
  for (let from = 0; from < images; from += BATCH) {
    const to = Math.min(from + BATCH, images);
    const found = tf.tidy(() => {
      const x = imageBatch(test, from, to, graph.input);
      return tf.grad((input: tf.Tensor) => tf.sum(tf.mul(forward(graph, input).logits, weights)))(
        x,
      );
    });
    gradients.set(await found.data<'float32'>(), from * size);
    found.dispose();
  }
  const products = tf.tidy(() => {
    const rows = tf.tensor2d(gradients, [images, size]);
    return tf.matMul(rows, rows, false, true);
  });
  const values = await products.data<'float32'>();
  products.dispose();
  const cosines: number[] = [];
  let zeros = 0;
  for (let i = 0; i < images; i++) {
    const own = values[i * images + i]!;
    if (own === 0) zeros++;
    for (let j = 0; j < i; j++) {
      const length = Math.sqrt(own * values[j * images + j]!);
      if (length > 0) cosines.push(Math.max(-1, Math.min(1, values[i * images + j]! / length)));
    }
  }
  return { cosines, zeros };
}
