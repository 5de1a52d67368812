/**
 * Evaluates a `Graph` on images: one TensorFlow operation a node where there is one, differentiable, with the activations
 * of chosen nodes on request.
 */
import { batchNormInference, batchNormTraining, biasAdd, relu, tf } from '../tensor/index.js';
import type { Graph, Node } from './graph.js';

export interface ForwardOptions {
  /** Normalise with the statistics of this batch, as training does. Default false: with the moving averages. */
  readonly training?: boolean;
  /** Names of nodes whose output is wanted. */
  readonly keep?: readonly string[];
}

export interface Forward {
  /** `[batch, classes]`, before softmax. */
  readonly logits: tf.Tensor2D;
  /** Outputs of the nodes named in `keep`; owned by the caller, as the logits are. */
  readonly kept: ReadonlyMap<string, tf.Tensor>;
  /** In training mode, the mean and population variance that each batch normalisation saw, by node index. */
  readonly statistics: ReadonlyMap<
    number,
    { readonly mean: tf.Tensor; readonly variance: tf.Tensor }
  >;
}

/** A node name that is not in the graph. */
export class UnknownNodeError extends Error {
  override readonly name = 'UnknownNodeError';
  constructor(
    readonly node: string,
    readonly known: readonly string[],
  ) {
    super(`the net has no node "${node}"; it has ${known.join(', ')}`);
  }
}

/**
 * Runs the net on a batch. All tensors that it returns are the caller's to dispose; inside `tf.tidy` they go with the scope.
 *
 * @param x `[batch, height, width, channels]`, or whatever shape the graph's input has, with a batch axis in front.
 * @throws UnknownNodeError when `keep` names a node that the graph does not have.
 */
export function forward(graph: Graph, x: tf.Tensor, options: ForwardOptions = {}): Forward {
  const { training = false, keep = [] } = options;
  const { nodes } = graph;
  const wanted = new Map<number, string>();
  for (const name of keep) {
    const index = nodes.findIndex((node) => node.name === name);
    if (index < 0) {
      throw new UnknownNodeError(
        name,
        nodes.map((node) => node.name),
      );
    }
    wanted.set(index, name);
  }
  const readers = countReaders(nodes);
  const statistics = new Map<number, { mean: tf.Tensor; variance: tf.Tensor }>();
  const names = [...wanted.values()];
  // A gradient needs every output; without one, an output is freed once all that read it have.
  const lasts = tf.engine().isTapeOn() ? [] : lastReads(nodes);

  const flat = tf.tidy(() => {
    const outputs: tf.Tensor[] = [];
    const outputOf = (node: Node, index: number): tf.Tensor => {
      if (index === 0) return x;
      const inputs = node.inputs.map((input) => outputs[input]!);
      // The bias of such a convolution is added together with the ReLU that alone reads it.
      if (fusesWithBias(nodes, readers, wanted, index))
        return convolve(node as Weighted, inputs[0]!);
      const [before] = node.inputs;
      if (node.op === 'relu' && fusesWithBias(nodes, readers, wanted, before!)) {
        const source = nodes[before!] as Weighted;
        return biasAdd(inputs[0]!, source.bias!, true);
      }
      return evaluate(node, inputs, training, (mean, variance) => {
        statistics.set(index, { mean, variance });
      });
    };
    for (const [index, node] of nodes.entries()) {
      outputs.push(outputOf(node, index));
      for (const read of lasts[index] ?? []) {
        const done = outputs[read]!;
        // The input is the caller's, and a sum of one summand is that summand.
        const isKept = [0, index, ...wanted.keys()].some((other) => outputs[other] === done);
        if (!isKept) done.dispose();
      }
    }
    // A kept node may be the input or the last: copies of the handle make each result the caller's own.
    return [
      tf.clone(outputs.at(-1)!),
      ...[...wanted.keys()].map((index) => tf.clone(outputs[index]!)),
      ...[...statistics.values()].flatMap(({ mean, variance }) => [mean, variance]),
    ];
  });
  return {
    logits: flat[0] as tf.Tensor2D,
    kept: new Map(names.map((name, i) => [name, flat[i + 1]!])),
    statistics,
  };
}

/** For each node, the nodes that it is the last to read. */
function lastReads(nodes: readonly Node[]): number[][] {
  const last = new Map<number, number>();
  for (const [index, node] of nodes.entries()) {
    for (const input of node.inputs) last.set(input, index);
  }
  const reads = nodes.map((): number[] => []);
  for (const [read, index] of last) reads[index]!.push(read);
  return reads;
}

function countReaders(nodes: readonly Node[]): number[] {
  const readers = nodes.map(() => 0);
  for (const node of nodes) for (const input of node.inputs) readers[input]! += 1;
  return readers;
}

/** Whether the node is a convolution or dense layer whose bias can wait for the ReLU after it. */
function fusesWithBias(
  nodes: readonly Node[],
  readers: readonly number[],
  wanted: ReadonlyMap<number, string>,
  index: number,
): boolean {
  const node = nodes[index]!;
  if ((node.op !== 'conv2d' && node.op !== 'dense') || node.bias === null) return false;
  if (readers[index] !== 1 || wanted.has(index)) return false;
  return nodes.some((reader) => reader.op === 'relu' && reader.inputs[0] === index);
}

/** A node with a kernel. */
export type Weighted = Extract<Node, { readonly op: 'conv2d' | 'dense' }>;

/** A convolution or dense layer without its bias, with its own kernel or another of the same shape. */
export function convolve(node: Weighted, x: tf.Tensor, kernel: tf.Tensor = node.kernel): tf.Tensor {
  if (node.op === 'dense') return tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D);
  return tf.conv2d(
    x as tf.Tensor4D,
    kernel as tf.Tensor4D,
    node.strides as [number, number],
    node.padding,
  );
}

/** A node that gathers its input without weights; all but `maxPool` are linear. */
export type Gathering = Extract<
  Node,
  { readonly op: 'maxPool' | 'averagePool' | 'globalAveragePool' | 'flatten' }
>;

export function gather(node: Gathering, x: tf.Tensor): tf.Tensor {
  switch (node.op) {
    case 'maxPool':
    case 'averagePool': {
      const pool = node.op === 'maxPool' ? tf.maxPool : tf.avgPool;
      return pool(
        x as tf.Tensor4D,
        node.poolSize as [number, number],
        node.strides as [number, number],
        node.padding,
      );
    }
    case 'globalAveragePool':
      return tf.mean(x, [1, 2]);
    case 'flatten':
      return tf.reshape(x, [x.shape[0]!, -1]);
  }
}

function evaluate(
  node: Node,
  inputs: readonly tf.Tensor[],
  training: boolean,
  onStatistics: (mean: tf.Tensor, variance: tf.Tensor) => void,
): tf.Tensor {
  const x = inputs[0]!;
  switch (node.op) {
    case 'input':
      throw new Error('only node 0 of a graph is an input');
    case 'conv2d':
    case 'dense': {
      const y = convolve(node, x);
      return node.bias === null ? y : biasAdd(y, node.bias);
    }
    case 'batchNorm': {
      const gamma = node.gamma ?? tf.onesLike(node.mean);
      const beta = node.beta ?? tf.zerosLike(node.mean);
      if (!training) {
        return batchNormInference(x, gamma, beta, node.mean, node.variance, node.epsilon);
      }
      const { y, mean, variance } = batchNormTraining(x, gamma, beta, node.epsilon);
      onStatistics(mean, variance);
      return y;
    }
    case 'relu':
      return relu(x);
    case 'add':
      return inputs.slice(1).reduce((sum, input) => tf.add(sum, input), x);
    case 'maxPool':
    case 'averagePool':
    case 'globalAveragePool':
    case 'flatten':
      return gather(node, x);
    case 'opaque':
      return node.run(x);
  }
}
