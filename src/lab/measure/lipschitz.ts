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
import type { Graph, Node } from '../nets/graph.js';
import { meanInterval, quantile } from '../stats/index.js';
import type { tf } from '../tensor/index.js';
import { jacobianGrams } from './jacobian-gram.js';
import { needImages } from './logits.js';
import type { Measure } from './measure.js';
import { layerNorm, layerNormAtMost, scaleOf, sharedNorms } from './operator-norm.js';
import { layerReading, reading } from './reading.js';

type Options = { images: number; bound: boolean; level: number };

/** One backward pass a class: with more, the Jacobian is not worth its time. */
const MOST_CLASSES = 100;

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
    const classes = subject.graph.nodes.at(-1)!.shape[0]!;
    const local = Float64Array.from(await jacobianGrams(subject, images), (gram) =>
      Math.sqrt(largestEigenvalue(gram, classes)),
    );
    const bound = options.bound ? await lipschitzBound(subject.graph, sharedNorms(subject)) : null;
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

/** Of a symmetric matrix without negative eigenvalues. */
function largestEigenvalue(values: Float64Array, size: number): number {
  const { realEigenvalues } = new EigenvalueDecomposition(Matrix.from1DArray(size, size, values), {
    assumeSymmetric: true,
  });
  return Math.max(0, ...realEigenvalues);
}

/**
 * An upper bound on the Lipschitz constant of the logits, from the norms of the layers.
 *
 * @param normOf gives the norm of a weighted layer; computed here when left out.
 * @returns the norm of each weighted layer too, and by how much at most, relatively, the true ones lie above.
 */
export async function lipschitzBound(
  graph: Graph,
  normOf = layerNorm,
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
        const value = await normOf(node, fold, shape);
        const atMost = await layerNormAtMost(node, fold, shape, value);
        error = Math.max(error, value > 0 ? atMost / value - 1 : 0);
        layers.push({ layer: node.name, value });
        bounds.push(before[0]! * atMost);
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
