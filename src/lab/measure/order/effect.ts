/**
 * What each component does for the task: exact Shapley values of the game whose players are the components of all orders and
 * the remainder. The head of the net sees the mean feature plus the components that take part; what a coalition gets is how
 * much lower the cross-entropy is than with the mean feature alone.
 */
import type { Dataset } from '../../data/dataset.js';
import { forward } from '../../nets/forward.js';
import type { Graph } from '../../nets/graph.js';
import { shapleyValues } from '../../stats/index.js';
import { tf } from '../../tensor/index.js';
import { crossEntropies } from '../logits.js';
import { less, type Rows } from './components.js';

/** The operations above a layer that all of the net's signal passes through, with that layer as their input. */
export function headOf(graph: Graph, layer: string): Graph {
  const at = graph.nodes.findIndex(({ name }) => name === layer);
  const { shape } = graph.nodes[at]!;
  const above = graph.nodes.slice(at + 1).map((node) => ({
    ...node,
    inputs: node.inputs.map((input) => input - at),
  }));
  if (above.some(({ inputs }) => inputs.some((input) => input < 0))) {
    throw new RangeError(
      `${layer} does not separate the net: operations above it read what is below`,
    );
  }
  return {
    nodes: [{ op: 'input', name: layer, inputs: [], shape }, ...above],
    input: shape,
    model: graph.model,
  };
}

/**
 * The game of the components on some images: entry s is the cross-entropy (nats) with the mean feature alone, less that with
 * the players of s; the last player is the remainder.
 *
 * @param f values of the layer, `count × units`, not scaled.
 * @param rungs approximations of `f`, one for each order.
 */
export function componentGame(
  head: Graph,
  f: Rows,
  rungs: readonly Rows[],
  labels: Dataset['labels'],
): Float64Array {
  const count = labels.length;
  const units = f.length / count;
  const middle = new Float64Array(units);
  for (let i = 0; i < f.length; i++) middle[i % units]! += f[i]! / count;
  const players = [
    ...rungs.map((rung, i) =>
      i === 0 ? rung.map((v, k) => v - middle[k % units]!) : less(rung, rungs[i - 1]!),
    ),
    less(f, rungs.at(-1)!),
  ];
  const losses = Float64Array.from({ length: 2 ** players.length }, (_, coalition) => {
    const feature = Float64Array.from(f, (_, i) => middle[i % units]!);
    for (const [k, player] of players.entries()) {
      if ((coalition >> k) & 1) for (let i = 0; i < feature.length; i++) feature[i]! += player[i]!;
    }
    return meanLoss(head, feature, labels);
  });
  return losses.map((loss) => losses[0]! - loss);
}

export interface Effect {
  /** Shapley value of each component and, last, of the remainder: nats by which it lowers the training loss. */
  readonly effect: readonly number[];
  /** Shapley values of held-out loss less training loss: nats by which each widens the gap. */
  readonly gap: readonly number[];
  /** Loss with the mean feature, and with all components, on both sets. */
  readonly losses: { readonly train: number; readonly test: number };
}

/** Effectiveness and over-fitting from the games on training and held-out images. */
export function effectOf(train: Float64Array, test: Float64Array): Effect {
  // What a player takes off the held-out loss less than off the training loss is its share of the gap.
  return {
    effect: shapleyValues(train),
    gap: shapleyValues(train.map((value, s) => value - test[s]!)),
    losses: { train: train.at(-1)!, test: test.at(-1)! },
  };
}

function meanLoss(head: Graph, feature: Float64Array, labels: Int32Array): number {
  const count = labels.length;
  const logits = tf.tidy(
    () => forward(head, tf.tensor(Float32Array.from(feature), [count, ...head.input])).logits,
  );
  const values = logits.dataSync() as Float32Array;
  logits.dispose();
  const classes = values.length / count;
  return crossEntropies(values, labels, classes).reduce((sum, loss) => sum + loss / count, 0);
}
