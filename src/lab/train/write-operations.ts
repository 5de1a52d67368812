/** What the parts of the compiled step are written with: single operations of TensorFlow, with the attributes that they take. */
import type { Graph, Node } from '../nets/graph.js';
import {
  type GraphBuilder,
  type Output,
  type SessionVariable,
  type tf,
  TYPE,
} from '../tensor/index.js';

/** Attributes that most operations take. */
export const T = { T: { type: TYPE.float32 } };
export const NHWC = { data_format: 'NHWC' };
export const NORM = { T: { type: TYPE.float32 }, U: { type: TYPE.float32 }, ...NHWC };

/** What a part writes into, and for which net. */
export interface Writer {
  readonly builder: GraphBuilder;
  readonly graph: Graph;
  readonly batchSize: number;
  /** The session's copy of a variable. */
  weight(variable: tf.Variable): SessionVariable;
}

/** A forward pass as it was written: what each node puts out. */
export interface Pass {
  readonly outputs: readonly Output[];
  /** FusedBatchNormV3 of each batch normalisation, by node. */
  readonly norms: ReadonlyMap<number, Output>;
}

export function mean(builder: GraphBuilder, x: Output, axes: readonly number[]): Output {
  const indices = builder.constant(axes, [axes.length], TYPE.int32);
  return builder.add('Mean', [x, indices], {
    ...T,
    Tidx: { type: TYPE.int32 },
    keep_dims: false,
  });
}

export function convolution(node: Node & { op: 'conv2d' }) {
  return {
    ...T,
    ...NHWC,
    strides: [1, ...node.strides, 1],
    padding: node.padding.toUpperCase(),
    dilations: [1, 1, 1, 1],
    use_cudnn_on_gpu: true,
  };
}

export function pooling(node: Node & { op: 'maxPool' | 'averagePool' }) {
  return {
    ...T,
    ...NHWC,
    ksize: [1, ...node.poolSize, 1],
    strides: [1, ...node.strides, 1],
    padding: node.padding.toUpperCase(),
  };
}

export function scaleOf({ builder, weight }: Writer, node: Node & { op: 'batchNorm' }): Output {
  if (node.gamma) return weight(node.gamma).value;
  return builder.constant(Array(node.mean.size).fill(1), node.mean.shape);
}

/** FusedBatchNormV3 takes four axes; other shapes get axes of size 1. */
export function asImages(builder: GraphBuilder, node: Node, x: Output): Output {
  if (node.shape.length === 3) return x;
  return reshape(builder, x, [-1, 1, 1, node.shape.at(-1)!]);
}

export function matMul(
  builder: GraphBuilder,
  a: Output,
  b: Output,
  transpose: { a?: boolean; b?: boolean } = {},
): Output {
  return builder.add('MatMul', [a, b], {
    ...T,
    transpose_a: transpose.a ?? false,
    transpose_b: transpose.b ?? false,
  });
}

export function reshape(builder: GraphBuilder, x: Output, shape: readonly number[]): Output {
  const sizes = builder.constant(shape, [shape.length], TYPE.int32);
  return builder.add('Reshape', [x, sizes], { ...T, Tshape: { type: TYPE.int32 } });
}
