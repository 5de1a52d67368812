/**
 * Products of the Hessian of the loss with vectors, exact, from first derivatives only: the directional derivative of the loss along
 * v is written out as a forward pass of values and of their rates of change (B. Pearlmutter, "Fast exact multiplication by the
 * Hessian", Neural Computation 1994); its gradient is Hv. Batch normalisation is in evaluation mode, as in PyHessian.
 */
import type { Dataset } from '../data/dataset.js';
import type { Graph, Node } from '../nets/graph.js';
import { convolve, gather } from '../nets/index.js';
import { parametersOf } from '../train/parameters.js';
import { tf } from '../tensor/index.js';
import { imageBatch } from './images.js';

export interface HessianProduct {
  /** Number of trained weights. */
  readonly size: number;
  /** Hv of the mean cross-entropy over the images. @param v `size` numbers. */
  multiply(v: Float64Array): Promise<Float64Array>;
}

/** Images in one pass. */
const BATCH = 100;

/** The op that the product cannot differentiate, or null. */
export function undifferentiated({ nodes }: Graph): string | null {
  return nodes.find(({ op }) => op === 'maxPool' || op === 'opaque')?.name ?? null;
}

/** Trained weights of a graph, in the order in which vectors hold them. */
export function trainedWeights(graph: Graph): tf.Variable[] {
  return parametersOf(graph).flatMap(({ variable, trained }) => (trained ? [variable] : []));
}

/** @throws RangeError for a graph with max pooling. */
export function hessianProduct(graph: Graph, images: Dataset): HessianProduct {
  const pool = undifferentiated(graph);
  if (pool !== null)
    throw new RangeError(`${pool} is a max pooling, which has no such product here`);
  const variables = trainedWeights(graph);
  const size = variables.reduce((sum, variable) => sum + variable.size, 0);
  const count = images.shape[0];
  return {
    size,
    async multiply(v) {
      const directions = new Map<tf.Variable, tf.Tensor>();
      let at = 0;
      for (const variable of variables) {
        const part = Float32Array.from(v.subarray(at, at + variable.size));
        directions.set(variable, tf.tensor(part, variable.shape));
        at += variable.size;
      }
      const product = new Float64Array(size);
      try {
        for (let from = 0; from < count; from += BATCH) {
          const to = Math.min(from + BATCH, count);
          const gradients = tf.tidy(() => {
            const x = imageBatch(images, from, to, graph.input);
            const labels = tf.tensor1d(images.labels.subarray(from, to), 'int32');
            const { grads } = tf.variableGrads(
              () => derivativeAlong(graph, x, labels, directions),
              variables,
            );
            return variables.map(({ name }) => grads[name]!);
          });
          at = 0;
          for (const gradient of gradients) {
            const values = await gradient.data<'float32'>();
            for (let i = 0; i < values.length; i++) product[at + i]! += values[i]! / count;
            at += values.length;
          }
          tf.dispose(gradients);
        }
      } finally {
        for (const direction of directions.values()) direction.dispose();
      }
      return product;
    },
  };
}

/** Sum over the batch of the rate at which each image's cross-entropy changes along the directions. */
function derivativeAlong(
  graph: Graph,
  x: tf.Tensor,
  labels: tf.Tensor1D,
  directions: ReadonlyMap<tf.Variable, tf.Tensor>,
): tf.Scalar {
  /** Value of each node, and its rate of change; null where it does not change. */
  const values: tf.Tensor[] = [];
  const rates: (tf.Tensor | null)[] = [];
  for (const node of graph.nodes) {
    if (node.op === 'input') {
      values.push(x);
      rates.push(null);
      continue;
    }
    const [value, rate] = step(
      node,
      node.inputs.map((input) => values[input]!),
      node.inputs.map((input) => rates[input]!),
      directions,
    );
    values.push(value);
    rates.push(rate);
  }
  const logits = values.at(-1)! as tf.Tensor2D;
  const rate = rates.at(-1);
  if (!rate) return tf.scalar(0);
  const truth = tf.oneHot(labels, logits.shape[1]);
  return tf.sum(tf.mul(tf.sub(tf.softmax(logits), truth), rate)) as tf.Scalar;
}

function step(
  node: Exclude<Node, { op: 'input' }>,
  inputs: readonly tf.Tensor[],
  changes: readonly (tf.Tensor | null)[],
  directions: ReadonlyMap<tf.Variable, tf.Tensor>,
): [tf.Tensor, tf.Tensor | null] {
  const x = inputs[0]!;
  const dx = changes[0] ?? null;
  const along = (variable: tf.Variable | null) =>
    variable === null ? null : (directions.get(variable) ?? null);
  switch (node.op) {
    case 'conv2d':
    case 'dense': {
      const y = convolve(node, x);
      const direction = along(node.kernel);
      return [
        node.bias === null ? y : tf.add(y, node.bias),
        total(
          [dx && convolve(node, dx), direction && convolve(node, x, direction), along(node.bias)],
          y,
        ),
      ];
    }
    case 'batchNorm': {
      const factor = tf.rsqrt(tf.add(node.variance, node.epsilon));
      const standard = tf.mul(tf.sub(x, node.mean), factor);
      const scaled = (of: tf.Tensor) => (node.gamma === null ? of : tf.mul(of, node.gamma));
      const y = node.beta === null ? scaled(standard) : tf.add(scaled(standard), node.beta);
      const direction = along(node.gamma);
      return [
        y,
        total(
          [
            dx && scaled(tf.mul(dx, factor)),
            direction && tf.mul(standard, direction),
            along(node.beta),
          ],
          y,
        ),
      ];
    }
    case 'relu':
      return [tf.relu(x), dx && tf.mul(dx, tf.step(x))];
    case 'add': {
      const y = inputs.slice(1).reduce((sum, input) => tf.add(sum, input), x);
      return [y, total(changes, y)];
    }
    case 'opaque':
      throw new RangeError(`${node.name}: its layers are not known`);
    // Linear, but for the max pooling that was refused at the door.
    default:
      return [gather(node, x), dx && gather(node, dx)];
  }
}

/** Sum of what changes, in the shape of `like`; null when nothing does. */
function total(parts: readonly (tf.Tensor | null)[], like: tf.Tensor): tf.Tensor | null {
  const given = parts.filter((part) => part !== null);
  if (given.length === 0) return null;
  return given.reduce((sum, part) => tf.add(sum, part), tf.zerosLike(like));
}
