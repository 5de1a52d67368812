/**
 * Input-Jacobian norm: Frobenius norm of ∂f/∂x at held-out images, f the logits or the softmax probabilities (R. Novak et
 * al., "Sensitivity and generalization in neural networks: an empirical study", ICLR 2018).
 *
 * With at most 20 classes the Jacobian is exact, one backward pass a class. With more it is estimated by random projections,
 * E‖uᵀJ‖² = ‖J‖² for u ~ N(0, I). For a linear net the norm is that of the product of its matrices at every image.
 */
import { forward } from '../nets/forward.js';
import { meanInterval, quantile } from '../stats/index.js';
import { random, tf } from '../tensor/index.js';
import { NotFiniteError } from './errors.js';
import { imageBatch, pixelsOf } from './images.js';
import { needImages } from './logits.js';
import type { Measure, Subject } from './measure.js';
import { reading } from './reading.js';

type Options = {
  of: 'logits' | 'softmax';
  images: number;
  projections: number;
  level: number;
};

/** With more classes than this, projections are cheaper than a backward pass for each. */
const EXACT_CLASSES = 20;
/** Images in one backward pass. */
const BATCH = 32;

export const jacobianNorm: Measure<Options> = {
  name: 'jacobian-norm',
  version: 1,
  title: 'Input-Jacobian norm',
  question: 'How strongly do the outputs answer to a small change of the image?',
  unit: 'output per unit of input',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['gradients'],
  reference: 'novak2018',
  defaults: { of: 'logits', images: 100, projections: 0, level: 0.95 },
  options: {
    of: {
      about:
        'What is differentiated: logits, whose scale grows as training goes on, or softmax probabilities, whose slope falls where the net is sure.',
      choices: ['logits', 'softmax'],
    },
    images: { about: 'Most held-out images that are used.', low: 1, integer: true },
    projections: {
      about: 'Random projections an image; 0 is exact up to 20 classes and 20 projections above.',
      low: 0,
      high: 10_000,
      integer: true,
    },
    level: { about: 'Level of the t interval over images.', low: 0.5, high: 0.9999 },
  },
  async read(subject, options) {
    needImages('jacobian-norm', subject.test, 'held-out', 1);
    const images = Math.min(options.images, subject.test.shape[0]);
    const classes = subject.graph.nodes.at(-1)!.shape[0]!;
    const exact = options.projections === 0 && classes <= EXACT_CLASSES;
    const projections = exact ? 0 : options.projections || EXACT_CLASSES;
    const norms = new Float64Array(images);
    for (let from = 0; from < images; from += BATCH) {
      const to = Math.min(from + BATCH, images);
      norms.set(await squaredNorms(subject, options.of, from, to, classes, projections), from);
    }
    for (let i = 0; i < images; i++) norms[i] = Math.sqrt(norms[i]!);
    const sorted = norms.slice().sort();
    return reading(jacobianNorm, options, {
      ...meanInterval(norms, { level: options.level }),
      extra: {
        images,
        exact,
        projections,
        median: quantile(sorted, 0.5),
        largest: sorted.at(-1)!,
        rootMeanSquare: Math.sqrt(norms.reduce((sum, norm) => sum + norm * norm, 0) / images),
      },
      notes: exact
        ? []
        : [
            `estimated from ${projections} random projections an image; the root of their mean square is slightly low`,
          ],
    });
  },
};

/** ‖J‖² at images `from` … `to` − 1: summed over classes, or averaged over projections. */
async function squaredNorms(
  subject: Subject,
  of: Options['of'],
  from: number,
  to: number,
  classes: number,
  projections: number,
): Promise<Float64Array> {
  const size = pixelsOf(subject.test);
  const count = to - from;
  const directions = projections === 0 ? classes : projections;
  const squares = new Float64Array(count);
  const x = imageBatch(subject.test, from, to, subject.graph.input);
  try {
    for (let d = 0; d < directions; d++) {
      const generator = random(subject.seed, 'projection of outputs', d, from);
      const rows = Float32Array.from({ length: count * classes }, (_, i) =>
        projections === 0 ? (i % classes === d ? 1 : 0) : generator.normal(),
      );
      const sums = tf.tidy(() => {
        const weights = tf.tensor2d(rows, [count, classes]);
        const gradient = tf.grad((input: tf.Tensor) => {
          const { logits } = forward(subject.graph, input);
          const outputs = of === 'softmax' ? tf.softmax(logits) : logits;
          return tf.sum(tf.mul(outputs, weights));
        })(x);
        return tf.sum(tf.square(gradient.reshape([count, size])), 1);
      });
      const values = await sums.data<'float32'>();
      sums.dispose();
      for (let i = 0; i < count; i++) {
        if (!Number.isFinite(values[i])) throw new NotFiniteError('the input gradient', from + i);
        squares[i]! += projections === 0 ? values[i]! : values[i]! / projections;
      }
    }
  } finally {
    x.dispose();
  }
  return squares;
}
