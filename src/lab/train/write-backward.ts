/** The backward pass of a net: the gradient of the loss with respect to each variable, as a part of a TensorFlow graph. */
import type { Node } from '../nets/graph.js';
import { output, type Output, type tf, TYPE } from '../tensor/index.js';
import {
  T,
  NHWC,
  NORM,
  convolution,
  pooling,
  scaleOf,
  asImages,
  matMul,
  reshape,
  type Pass,
  type Writer,
} from './write-operations.js';

/** Gradient of the loss with respect to each variable. */
export function writeBackward(writer: Writer, pass: Pass, slope: Output): Map<tf.Variable, Output> {
  const { builder, graph, batchSize, weight } = writer;
  const { nodes } = graph;
  const needed = nodesToReach(nodes);
  const arriving: Output[][] = nodes.map(() => []);
  arriving[nodes.length - 1]!.push(slope);
  const found = new Map<tf.Variable, Output[]>();
  const give = (variable: tf.Variable | null, gradient: Output) => {
    if (variable) found.set(variable, [...(found.get(variable) ?? []), gradient]);
  };
  const sum = (parts: readonly Output[]) =>
    parts.length === 1 ? parts[0]! : builder.add('AddN', parts, { ...T, N: parts.length });
  const send = (node: number, gradient: () => Output) => {
    if (needed[node]) arriving[node]!.push(gradient());
  };

  for (let index = nodes.length - 1; index > 0; index--) {
    const node = nodes[index]!;
    const parts = arriving[index]!;
    if (!needed[index] || parts.length === 0) continue;
    const dy = sum(parts);
    const source = node.inputs[0]!;
    const x = pass.outputs[source]!;
    const inputShape = [batchSize, ...nodes[source]!.shape];
    switch (node.op) {
      case 'input':
        break;
      case 'conv2d':
      case 'dense': {
        const kernel = weight(node.kernel);
        if (node.trainable) {
          give(
            node.kernel,
            node.op === 'dense'
              ? matMul(builder, x, dy, { a: true })
              : builder.add(
                  'Conv2DBackpropFilter',
                  [x, builder.constant([...kernel.shape], [4], TYPE.int32), dy],
                  convolution(node),
                ),
          );
          if (node.bias) {
            give(node.bias, builder.add('BiasAddGrad', [dy], { ...T, ...NHWC }));
          }
        }
        send(source, () =>
          node.op === 'dense'
            ? matMul(builder, dy, kernel.value, { b: true })
            : builder.add(
                'Conv2DBackpropInput',
                [builder.constant(inputShape, [4], TYPE.int32), kernel.value, dy],
                convolution(node),
              ),
        );
        break;
      }
      case 'batchNorm': {
        const norm = pass.norms.get(index)!;
        const saved = [3, 4, 5].map((i) => output(norm, i));
        const back = builder.add(
          'FusedBatchNormGradV3',
          [
            asImages(builder, node, dy),
            asImages(builder, node, x),
            scaleOf(writer, node),
            ...saved,
          ],
          { ...NORM, epsilon: { float: node.epsilon }, is_training: true },
        );
        give(node.gamma, output(back, 1));
        give(node.beta, output(back, 2));
        send(source, () => (node.shape.length === 3 ? back : reshape(builder, back, inputShape)));
        break;
      }
      case 'relu':
        send(source, () => builder.add('ReluGrad', [dy, pass.outputs[index]!], T));
        break;
      case 'add':
        for (const input of node.inputs) send(input, () => dy);
        break;
      case 'maxPool':
        send(source, () =>
          builder.add('MaxPoolGrad', [x, pass.outputs[index]!, dy], pooling(node)),
        );
        break;
      case 'averagePool':
        send(source, () =>
          builder.add(
            'AvgPoolGrad',
            [builder.constant(inputShape, [4], TYPE.int32), dy],
            pooling(node),
          ),
        );
        break;
      case 'globalAveragePool':
        send(source, () => {
          const [, height, width, channels] = inputShape as [number, number, number, number];
          const share = builder.add('Mul', [dy, builder.constant([1 / (height * width)], [])], T);
          return builder.add(
            'BroadcastTo',
            [
              reshape(builder, share, [batchSize, 1, 1, channels]),
              builder.constant(inputShape, [4], TYPE.int32),
            ],
            { ...T, Tidx: { type: TYPE.int32 } },
          );
        });
        break;
      case 'flatten':
        send(source, () => reshape(builder, dy, inputShape));
        break;
    }
  }
  return new Map([...found].map(([variable, parts]) => [variable, sum(parts)]));
}

/** Which nodes have a trained weight in or before them: the gradient need not go further back. */
function nodesToReach(nodes: readonly Node[]): boolean[] {
  const needed: boolean[] = [];
  for (const node of nodes) {
    const own =
      ((node.op === 'conv2d' || node.op === 'dense') && node.trainable) ||
      (node.op === 'batchNorm' && (node.gamma?.trainable || node.beta?.trainable)) ||
      false;
    needed.push(own || node.inputs.some((input) => needed[input]));
  }
  return needed;
}
