import type { tf } from '../tensor/index.js';

/**
 * A net as a list of operations in order of evaluation: what training, measures and exact region counts share.
 * Made from any stock `tf.LayersModel` by `graphOf`; the weights are the model's own variables, so that training a graph
 * trains the model.
 */
export interface Graph {
  /** Node 0 is the input; each node reads only earlier ones; the last is the output (logits, before any softmax). */
  readonly nodes: readonly Node[];
  /** `[height, width, channels]` of an image. */
  readonly input: readonly number[];
  readonly model: tf.LayersModel | tf.GraphModel;
}

interface NodeBase {
  /** Layer name in the model. */
  readonly name: string;
  /** Indices into `nodes`. */
  readonly inputs: readonly number[];
  /** Output shape without the batch axis. */
  readonly shape: readonly number[];
}

export type Padding = 'same' | 'valid';

export type Node =
  | (NodeBase & { readonly op: 'input' })
  | (NodeBase & {
      readonly op: 'conv2d';
      readonly kernel: tf.Variable;
      readonly bias: tf.Variable | null;
      readonly strides: readonly [number, number];
      readonly padding: Padding;
      readonly trainable: boolean;
    })
  | (NodeBase & {
      readonly op: 'dense';
      readonly kernel: tf.Variable;
      readonly bias: tf.Variable | null;
      readonly trainable: boolean;
    })
  | (NodeBase & {
      readonly op: 'batchNorm';
      readonly gamma: tf.Variable | null;
      readonly beta: tf.Variable | null;
      readonly mean: tf.Variable;
      readonly variance: tf.Variable;
      readonly epsilon: number;
      readonly momentum: number;
    })
  | (NodeBase & { readonly op: 'relu' })
  | (NodeBase & { readonly op: 'add' })
  | (NodeBase & {
      readonly op: 'maxPool' | 'averagePool';
      readonly poolSize: readonly [number, number];
      readonly strides: readonly [number, number];
      readonly padding: Padding;
    })
  | (NodeBase & { readonly op: 'globalAveragePool' })
  | (NodeBase & { readonly op: 'flatten' })
  | (NodeBase & {
      /** A whole net of which only the outputs are known; see opaque.ts. */
      readonly op: 'opaque';
      /** Why its layers are not known. */
      readonly reason: string;
      readonly differentiable: boolean;
      readonly run: (x: tf.Tensor) => tf.Tensor;
    });
