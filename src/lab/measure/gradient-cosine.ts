/**
 * Gradient cosine: how alike the input gradients of the net are at different images (D. Balduzzi et al., "The shattered gradients
 * problem: if resnets are the answer, then what is the question?", ICML 2017). In deep plain nets before training they have nothing in
 * common, as white noise has not; shortcuts keep them alike. The gradient is that of the logits in one random direction.
 */
import { forward } from '../nets/forward.js';
import { standardDeviation, studentQuantile } from '../stats/index.js';
import { random, tf } from '../tensor/index.js';
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
      means.push(cosines.reduce((sum, each) => sum + each, 0) / cosines.length);
      magnitudes.push(cosines.reduce((sum, each) => sum + Math.abs(each), 0) / cosines.length);
    }
    const notes = still > 0 ? [`at ${still} images the gradient is 0: they are left out`] : [];
    if (means.length === 0) return reading(gradientCosine, options, { value: 0, notes });
    const value = means.reduce((sum, each) => sum + each, 0) / means.length;
    const half =
      means.length < 2
        ? null
        : (studentQuantile(0.5 + options.level / 2, means.length - 1) * standardDeviation(means)) /
          Math.sqrt(means.length);
    return reading(gradientCosine, options, {
      value,
      interval:
        half === null
          ? null
          : {
              low: Math.max(-1, value - half),
              high: Math.min(1, value + half),
              level: options.level,
              method: `Student t, n = ${means.length} directions`,
            },
      saturation: 1,
      extra: {
        images,
        meanMagnitude: magnitudes.reduce((sum, each) => sum + each, 0) / magnitudes.length,
        /** What unrelated directions in so many pixels would give. */
        chanceMagnitude: Math.sqrt(
          2 / (Math.PI * subject.graph.input.reduce((p, axis) => p * axis, 1)),
        ),
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
  const size = test.shape[1] * test.shape[2] * test.shape[3];
  const classes = graph.nodes.at(-1)!.shape[0]!;
  const generator = random(seed, 'direction of logits', direction);
  const weights = Float32Array.from({ length: classes }, () => generator.normal());
  const gradients = new Float32Array(images * size);
  for (let from = 0; from < images; from += BATCH) {
    const to = Math.min(from + BATCH, images);
    const found = tf.tidy(() => {
      const x = tf.tensor(test.images.subarray(from * size, to * size), [
        to - from,
        ...graph.input,
      ]);
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
