/**
 * Linear mode connectivity: how high the loss rises on the straight way from one trained net to another of the same shape,
 * max over α of L(αθ₁ + (1−α)θ₂) − αL(θ₁) − (1−α)L(θ₂) (J. Frankle et al., "Linear mode connectivity and the lottery ticket hypothesis",
 * ICML 2020), as they are and after the units of the second have been put in the order of the first (R. Entezari et al., "The role
 * of permutation invariance in linear mode connectivity of neural networks", ICLR 2022).
 *
 * Units are matched by the correlation of their activations over images, layer by layer, an assignment problem each. Channels that a
 * residual sum adds keep one common order. Batch normalisation has its statistics estimated anew at every point, without which every
 * way has a barrier (K. Jordan et al., "REPAIR", ICLR 2023).
 */
import type { Dataset } from '../data/dataset.js';
import { forward } from '../nets/forward.js';
import { estimateStatistics, type Graph, graphOf } from '../nets/index.js';
import { evaluate } from '../train/evaluate.js';
import { parametersOf } from '../train/parameters.js';
import { tf } from '../tensor/index.js';
import { borrowWeights } from './borrowed-weights.js';
import { firstImages } from './images.js';
import { assign } from './assignment.js';
import { upTo } from './up-to.js';

export interface ConnectivityOptions {
  /** Points on the way, both ends included; 11 when left out. */
  readonly points?: number;
  /** Whether the units of the second net are put in the order of the first; true when left out. */
  readonly match?: boolean;
  /** Images whose activations are correlated and whose statistics are taken; 500 when left out. */
  readonly images?: number;
}

export interface Connectivity {
  /** Largest rise above the straight line between the ends' losses, nats; below 0 where the way dips. */
  readonly barrier: number;
  readonly path: readonly {
    readonly share: number;
    readonly loss: number;
    readonly accuracy: number;
  }[];
}

/** Two nets that have no common line: other layers or other sizes. */
export class DifferentNetsError extends Error {
  override readonly name = 'DifferentNetsError';
}

/**
 * The losses on the line between two nets. Neither net is changed.
 *
 * @param statistics images for matching and for the statistics of batch normalisation: those of training.
 * @param images where the loss is evaluated.
 * @throws DifferentNetsError for nets of different shape; RangeError for fewer than 3 points.
 */
export async function modeConnectivity(
  a: tf.LayersModel,
  b: tf.LayersModel,
  statistics: Dataset,
  images: Dataset,
  options: ConnectivityOptions = {},
): Promise<Connectivity> {
  const { points = 11, match = true, images: most = 500 } = options;
  if (!Number.isInteger(points) || points < 3) throw new RangeError(`${points} points on a line`);
  const [first, second] = [graphOf(a), graphOf(b)];
  checkAlike(first, second);
  const seen = firstImages(statistics, most);
  const { kept: from, set, restore } = borrowWeights(variablesOf(first));
  const to = match
    ? await matchedValues(first, second, seen)
    : borrowWeights(variablesOf(second)).kept;
  const path: { share: number; loss: number; accuracy: number }[] = [];
  try {
    for (let point = 0; point < points; point++) {
      // Of the second net; the first is at 0.
      const share = point / (points - 1);
      set(
        from.map((values, i) => values.map((each, k) => (1 - share) * each + share * to[i]![k]!)),
      );
      // At the ends too: moving averages lag behind, and the way is compared with the ends.
      tf.tidy(() => estimateStatistics(first, tf.tensor(seen.images, [...seen.shape])));
      path.push({ share, ...evaluate(first, images) });
    }
  } finally {
    restore();
  }
  const ends = [path[0]!.loss, path.at(-1)!.loss] as const;
  const rises = path.map(({ share, loss }) => loss - (1 - share) * ends[0] - share * ends[1]);
  return { barrier: Math.max(...rises.slice(1, -1)), path };
}

function variablesOf(graph: Graph): tf.Variable[] {
  return parametersOf(graph).map(({ variable }) => variable);
}

function checkAlike(a: Graph, b: Graph): void {
  if (a.nodes.length !== b.nodes.length) {
    throw new DifferentNetsError(
      `one net has ${a.nodes.length} operations, the other ${b.nodes.length}`,
    );
  }
  for (const [i, node] of a.nodes.entries()) {
    const other = b.nodes[i]!;
    const alike =
      node.op === other.op &&
      node.shape.join() === other.shape.join() &&
      node.inputs.join() === other.inputs.join();
    if (!alike) {
      throw new DifferentNetsError(
        `${node.name} is ${node.op} of ${node.shape.join(' × ')}, ${other.name} of the other net is ${other.op} of ${other.shape.join(' × ')}`,
      );
    }
  }
}

/** The parameters of `b` with its units in the order of those of `a` that they answer most like. */
async function matchedValues(a: Graph, b: Graph, images: Dataset): Promise<Float32Array[]> {
  const groups = channelGroups(a);
  const fixed = new Set([groups[0]!, groups.at(-1)!]);
  const orders = new Map<number, number[]>();
  const scores = await correlations(a, b, groups, fixed, images);
  for (const [group, { values, size }] of scores) orders.set(group, assign(values, size));
  const list: Float32Array[] = [];
  const done = new Set<tf.Variable>();
  const push = (variable: tf.Variable | null, move: (values: Float32Array) => Float32Array) => {
    if (variable === null || done.has(variable)) return;
    done.add(variable);
    list.push(move(variable.dataSync<'float32'>().slice()));
  };
  // In the order of parametersOf.
  for (const [index, node] of b.nodes.entries()) {
    const order = orders.get(groups[index]!) ?? null;
    const channels = (values: Float32Array) => permuted(values, 1, order);
    if (node.op === 'conv2d' || node.op === 'dense') {
      const input = orders.get(groups[node.inputs[0]!]!) ?? null;
      const outputs = node.kernel.shape.at(-1)!;
      // Flattened maps hold their channels last, so that a dense layer after them moves whole rows too.
      push(node.kernel, (values) => permuted(permuted(values, 1, order), outputs, input));
      push(node.bias, channels);
    } else if (node.op === 'batchNorm') {
      push(node.gamma, channels);
      push(node.beta, channels);
      push(node.mean, channels);
      push(node.variance, channels);
    }
  }
  return list;
}

/** For each node a number that all nodes with the same order of channels share. */
function channelGroups({ nodes }: Graph): number[] {
  const group = nodes.map((_, i) => i);
  const find = (i: number): number => (group[i] === i ? i : find(group[i]!));
  for (const [i, node] of nodes.entries()) {
    if (node.op === 'conv2d' || node.op === 'dense' || node.op === 'input') continue;
    for (const input of node.inputs) group[find(i)] = find(input);
  }
  return nodes.map((_, i) => find(i));
}

/** For each free group, the correlation of every channel of `b` with every one of `a`, summed over the group's nodes. */
async function correlations(
  a: Graph,
  b: Graph,
  groups: readonly number[],
  fixed: ReadonlySet<number>,
  images: Dataset,
): Promise<Map<number, { values: Float64Array; size: number }>> {
  const [count, ...image] = images.shape;
  /** Channels are compared where they are read: after sums, normalisations and ReLUs. */
  const lasts = new Map<number, number>();
  for (const [i, node] of a.nodes.entries()) {
    if (node.op !== 'flatten' && node.op !== 'globalAveragePool' && !fixed.has(groups[i]!)) {
      lasts.set(groups[i]!, i);
    }
  }
  const scores = new Map<number, { values: Float64Array; size: number }>();
  for (const [group, index] of lasts) {
    const activations = [a, b].map((graph) =>
      tf.tidy(() => {
        const x = tf.tensor(images.images, [count, ...image]);
        const { name } = graph.nodes[index]!;
        const kept: tf.Tensor = forward(upTo(graph, name), x).logits;
        const flat = tf.reshape(kept, [-1, kept.shape.at(-1)!]);
        const away = tf.sub(flat, tf.mean(flat, 0));
        return tf.div(away, tf.add(tf.norm(away, 'euclidean', 0), 1e-12)) as tf.Tensor2D;
      }),
    );
    const products = tf.matMul(activations[0]!, activations[1]!, true, false);
    tf.dispose(activations);
    const values = Float64Array.from(await products.data<'float32'>(), (each) => -each);
    scores.set(group, { values, size: products.shape[0] });
    products.dispose();
  }
  return scores;
}

/**
 * Values with one axis put in another order.
 *
 * @param inner numbers after the axis. @param order for each new place the old one; null leaves all as they are.
 */
function permuted(
  values: Float32Array,
  inner: number,
  order: readonly number[] | null,
): Float32Array {
  if (order === null) return values;
  const moved = new Float32Array(values.length);
  const size = order.length * inner;
  for (let from = 0; from < values.length; from += size) {
    for (const [place, old] of order.entries()) {
      moved.set(
        values.subarray(from + old * inner, from + (old + 1) * inner),
        from + place * inner,
      );
    }
  }
  return moved;
}
