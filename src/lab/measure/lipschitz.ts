/**
 * Local Lipschitz constant against its global bound: the largest singular value of the input Jacobian at held-out images, by how much
 * the most sensitive direction is stretched there, beside the product of the norms of the layers, which no input can exceed
 * (C. Szegedy et al., "Intriguing properties of neural networks", ICLR 2014). The bound explodes with depth; whether the function
 * does is what the local values say. Their ratio is the slack.
 *
 * The Jacobian is exact, one backward pass a class. The bound folds batch normalisation into the layer before it, takes a
 * zero-padded convolution at the norm of the circular one that holds it, adds up the ways through a residual sum, and takes poolings
 * at their own norms.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { forward } from '../nets/forward.js';
import type { Graph, Node } from '../nets/graph.js';
import type { Weighted } from '../nets/index.js';
import { meanInterval, quantile } from '../stats/index.js';
import { tf } from '../tensor/index.js';
import { NotFiniteError } from './errors.js';
import { imageBatch, pixelsOf } from './images.js';
import { needImages } from './logits.js';
import type { Measure, Subject } from './measure.js';
import {
  convolutionNorm,
  foldedKernel,
  matrixNorm,
  type OperatorNorm,
  scaleOf,
} from './operator-norm.js';
import { layerReading, reading } from './reading.js';

type Options = { images: number; bound: boolean; level: number };

/** One backward pass a class: with more, the Jacobian is not worth its time. */
const MOST_CLASSES = 100;
/** Images in one backward pass. */
const BATCH = 32;

export const lipschitz: Measure<Options> = {
  name: 'lipschitz',
  version: 2,
  title: 'Local Lipschitz constant',
  question:
    'By how much can a small change of an image move the logits, and how far below the bound is that?',
  unit: 'output per unit of input',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['weights', 'gradients'],
  reference: 'szegedy2014',
  defaults: { images: 100, bound: true, level: 0.95 },
  options: {
    images: { about: 'Most held-out images that are used.', low: 1, integer: true },
    bound: { about: 'Whether the bound from the norms of the layers is computed too.' },
    level: { about: 'Level of the t interval over images.', low: 0.5, high: 0.9999 },
  },
  refuses({ graph }) {
    const classes = graph.nodes.at(-1)!.shape[0]!;
    return classes > MOST_CLASSES
      ? `the net has ${classes} outputs; the Jacobian is computed for at most ${MOST_CLASSES}`
      : null;
  },
  async read(subject, options) {
    needImages('lipschitz', subject.test, 'held-out', 1);
    const images = Math.min(options.images, subject.test.shape[0]);
    const local = new Float64Array(images);
    for (let from = 0; from < images; from += BATCH) {
      local.set(await largestSingularValues(subject, from, Math.min(from + BATCH, images)), from);
    }
    const bound = options.bound ? await lipschitzBound(subject.graph) : null;
    const sorted = local.slice().sort();
    const largest = sorted.at(-1)!;
    return reading(lipschitz, options, {
      ...meanInterval(local, { level: options.level }),
      saturation: bound?.value ?? null,
      layers: (bound?.layers ?? []).map(({ layer, value }) =>
        layerReading(subject, layer, { value, interval: null }),
      ),
      extra: {
        images,
        median: quantile(sorted, 0.5),
        largest,
        ...(bound && {
          /** What `layers` hold. */
          layersAre: 'norm of each layer, batch normalisation folded in',
          bound: bound.value,
          boundError: bound.error,
          log10Slack: largest > 0 ? Math.log10(bound.value / largest) : null,
        }),
      },
      notes:
        bound !== null && bound.error > 1e-3
          ? [
              `norms of convolutions are at most ${(100 * bound.error).toPrecision(2)} % above what is given`,
            ]
          : [],
    });
  },
};

/** σ_max of the Jacobian of the logits at images `from` … `to` − 1. */
async function largestSingularValues(
  { graph, test }: Subject,
  from: number,
  to: number,
): Promise<Float64Array> {
  const count = to - from;
  const size = pixelsOf(test);
  const classes = graph.nodes.at(-1)!.shape[0]!;
  const x = imageBatch(test, from, to, graph.input);
  const products = tf.tidy(() => {
    const rows = Array.from({ length: classes }, (_, c) =>
      tf
        .grad((input: tf.Tensor) =>
          tf.sum(tf.slice(forward(graph, input).logits, [0, c], [count, 1])),
        )(x)
        .reshape([count, 1, size]),
    );
    const jacobian = tf.concat(rows, 1);
    return tf.matMul(jacobian, jacobian, false, true);
  });
  x.dispose();
  const values = await products.data<'float32'>();
  products.dispose();
  return Float64Array.from({ length: count }, (_, i) => {
    const rows = Array.from({ length: classes }, (_, a) =>
      Array.from({ length: classes }, (_, b) => values[(i * classes + a) * classes + b]!),
    );
    if (rows.flat().some((each) => !Number.isFinite(each))) {
      throw new NotFiniteError('the input gradient', from + i);
    }
    const { realEigenvalues } = new EigenvalueDecomposition(new Matrix(rows), {
      assumeSymmetric: true,
    });
    return Math.sqrt(Math.max(0, ...realEigenvalues));
  });
}

/**
 * An upper bound on the Lipschitz constant of the logits, from the norms of the layers.
 *
 * @returns the norm of each weighted layer too, and by how much at most, relatively, the true ones lie above.
 */
export async function lipschitzBound(
  graph: Graph,
): Promise<{ value: number; error: number; layers: { layer: string; value: number }[] }> {
  const { nodes } = graph;
  const readers = nodes.map(() => 0);
  for (const node of nodes) for (const input of node.inputs) readers[input]! += 1;
  const bounds: number[] = [];
  const layers: { layer: string; value: number }[] = [];
  const folded = new Set<number>();
  let error = 0;
  for (const [index, node] of nodes.entries()) {
    const before = node.inputs.map((input) => bounds[input]!);
    const shape = nodes[node.inputs[0] ?? 0]!.shape;
    switch (node.op) {
      case 'input':
        bounds.push(1);
        break;
      case 'conv2d':
      case 'dense': {
        const next = nodes.findIndex(({ inputs }) => inputs.includes(index));
        const after = nodes[next];
        const fold = after?.op === 'batchNorm' && readers[index] === 1 ? after : null;
        if (fold !== null) folded.add(next);
        const norm = await layerNorm(node, fold, shape);
        error = Math.max(error, norm.value > 0 ? norm.atMost / norm.value - 1 : 0);
        layers.push({ layer: node.name, value: norm.value });
        bounds.push(before[0]! * norm.atMost);
        break;
      }
      case 'batchNorm':
        bounds.push(before[0]! * (folded.has(index) ? 1 : await largest(scaleOf(node))));
        break;
      case 'add':
        bounds.push(before.reduce((sum, each) => sum + each, 0));
        break;
      case 'maxPool':
      case 'averagePool':
        bounds.push(before[0]! * poolNorm(node, shape));
        break;
      case 'globalAveragePool':
        bounds.push(before[0]! / Math.sqrt(shape[0]! * shape[1]!));
        break;
      case 'relu':
      case 'flatten':
        bounds.push(before[0]!);
        break;
    }
  }
  return { value: bounds.at(-1)!, error, layers };
}

async function layerNorm(
  node: Weighted,
  after: (Node & { op: 'batchNorm' }) | null,
  shape: readonly number[],
): Promise<OperatorNorm> {
  const kernel = foldedKernel(node, after);
  try {
    if (node.op === 'dense') {
      const value = matrixNorm(await kernel.data<'float32'>(), kernel.shape.at(-1)!);
      return { value, atMost: value };
    }
    return await convolutionNorm(kernel as tf.Tensor4D, shape, node.strides, node.padding);
  } finally {
    kernel.dispose();
  }
}

/**
 * An input lies in at most so many windows; an average over k cells has norm 1/√k. Windows that hang over the border average over the
 * cells that are there.
 */
export function poolNorm(
  { op, poolSize, strides, padding, shape: out }: Node & { op: 'maxPool' | 'averagePool' },
  shape: readonly number[],
): number {
  const along = (axis: 0 | 1) => {
    const [size, step] = [poolSize[axis], strides[axis]];
    const over =
      padding === 'valid' ? 0 : Math.max(0, (out[axis]! - 1) * step + size - shape[axis]!);
    // TensorFlow puts the odd one at the end.
    const least = size - Math.ceil(over / 2);
    return { overlap: Math.ceil(size / step), least: Math.min(least, shape[axis]!) };
  };
  const [rows, columns] = [along(0), along(1)];
  const overlap = rows.overlap * columns.overlap;
  return Math.sqrt(op === 'averagePool' ? overlap / (rows.least * columns.least) : overlap);
}

async function largest(tensor: tf.Tensor): Promise<number> {
  const values = await tensor.data<'float32'>();
  tensor.dispose();
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
