/**
 * Input-Jacobian norm: Frobenius norm of ∂f/∂x at held-out images, f the logits or the softmax probabilities (R. Novak et
 * al., "Sensitivity and generalization in neural networks: an empirical study", ICLR 2018).
 *
 * With at most 20 classes the Jacobian is exact, one backward pass a class, shared with the local Lipschitz constant. With more it is estimated by random projections,
 * E‖uᵀJ‖² = ‖J‖² for u ~ N(0, I). For a linear net the norm is that of the product of its matrices at every image.
 */
import { forward } from '../nets/forward.js';
import { meanInterval, quantile } from '../stats/index.js';
import { random, tf } from '../tensor/index.js';
import { NotFiniteError } from './errors.js';
import { imageBatch, pixelsOf } from './images.js';
import { jacobianGrams } from './jacobian-gram.js';
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
    const squares = exact
      ? await exactSquares(subject, options.of, images)
      : await projectedSquares(subject, options.of, images, projections);
    const norms = squares.map(Math.sqrt);
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

/** ‖J‖² at the first images: tr JJᵀ for logits, tr S JJᵀ S with S = diag p − ppᵀ for softmax. */
async function exactSquares(
  subject: Subject,
  of: Options['of'],
  images: number,
): Promise<Float64Array> {
  const classes = subject.graph.nodes.at(-1)!.shape[0]!;
  const grams = await jacobianGrams(subject, images);
  const logits = of === 'softmax' ? await subject.logits('test') : null;
  return Float64Array.from(grams, (gram, image) => {
    let sum = 0;
    if (logits === null) {
      for (let c = 0; c < classes; c++) sum += gram[c * classes + c]!;
      return sum;
    }
    const p = softmaxOf(logits.subarray(image * classes, (image + 1) * classes));
    for (let c = 0; c < classes; c++) {
      // Row c of S is p_c (e_c − p).
      const row = p.map((each, k) => p[c]! * ((k === c ? 1 : 0) - each));
      for (let a = 0; a < classes; a++) {
        for (let b = 0; b < classes; b++) sum += row[a]! * gram[a * classes + b]! * row[b]!;
      }
    }
    return Math.max(0, sum);
  });
}

/** An estimate of ‖J‖² at each of the first images, averaged over projections. */
async function projectedSquares(
  subject: Subject,
  of: Options['of'],
  images: number,
  projections: number,
): Promise<Float64Array> {
  const size = pixelsOf(subject.test);
  const classes = subject.graph.nodes.at(-1)!.shape[0]!;
  const squares = new Float64Array(images);
  for (let from = 0; from < images; from += BATCH) {
    const count = Math.min(BATCH, images - from);
    const x = imageBatch(subject.test, from, from + count, subject.graph.input);
    try {
      for (let d = 0; d < projections; d++) {
        const generator = random(subject.seed, 'projection of outputs', d, from);
        const rows = Float32Array.from({ length: count * classes }, () => generator.normal());
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
          squares[from + i]! += values[i]! / projections;
        }
      }
    } finally {
      x.dispose();
    }
  }
  return squares;
}

function softmaxOf(logits: Float32Array): Float64Array {
  const largest = Math.max(...logits);
  const powers = Float64Array.from(logits, (each) => Math.exp(each - largest));
  const sum = powers.reduce((total, each) => total + each, 0);
  return powers.map((each) => each / sum);
}
