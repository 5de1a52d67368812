/** The forward pass of a net, as a part of a TensorFlow graph. */
import type { Output, tf } from '../tensor/index.js';
import {
  T,
  NHWC,
  NORM,
  mean,
  convolution,
  pooling,
  scaleOf,
  asImages,
  matMul,
  reshape,
  type Pass,
  type Writer,
} from './write-operations.js';

export function writeForward(writer: Writer, x: Output, training: boolean): Pass {
  const { builder, graph, weight } = writer;
  const outputs: Output[] = [];
  const norms = new Map<number, Output>();
  for (const [index, node] of graph.nodes.entries()) {
    const inputs = node.inputs.map((input) => outputs[input]!);
    const first = inputs[0]!;
    const biased = (y: Output, bias: tf.Variable | null) =>
      bias ? builder.add('BiasAdd', [y, weight(bias).value], { ...T, ...NHWC }) : y;
    switch (node.op) {
      case 'input':
        outputs.push(x);
        break;
      case 'conv2d':
        outputs.push(
          biased(
            builder.add('Conv2D', [first, weight(node.kernel).value], convolution(node)),
            node.bias,
          ),
        );
        break;
      case 'dense':
        outputs.push(biased(matMul(builder, first, weight(node.kernel).value), node.bias));
        break;
      case 'batchNorm': {
        const moving = [weight(node.mean), weight(node.variance)];
        const beta = node.beta
          ? weight(node.beta).value
          : builder.constant(Array(node.mean.size).fill(0), node.mean.shape);
        const statistics = training
          ? [builder.constant([], [0]), builder.constant([], [0])]
          : moving.map(({ value }) => value);
        const norm = builder.add(
          'FusedBatchNormV3',
          [asImages(builder, node, first), scaleOf(writer, node), beta, ...statistics],
          {
            ...NORM,
            epsilon: { float: node.epsilon },
            exponential_avg_factor: { float: 1 },
            is_training: training,
          },
        );
        norms.set(index, norm);
        outputs.push(node.shape.length === 3 ? norm : reshape(builder, norm, [-1, ...node.shape]));
        break;
      }
      case 'relu':
        outputs.push(builder.add('Relu', [first], T));
        break;
      case 'add':
        outputs.push(
          inputs.slice(1).reduce((sum, input) => builder.add('AddV2', [sum, input], T), first),
        );
        break;
      case 'maxPool':
      case 'averagePool':
        outputs.push(
          builder.add(node.op === 'maxPool' ? 'MaxPool' : 'AvgPool', [first], pooling(node)),
        );
        break;
      case 'globalAveragePool':
        outputs.push(mean(builder, first, [1, 2]));
        break;
      case 'flatten':
        outputs.push(reshape(builder, first, [-1, node.shape[0]!]));
        break;
    }
  }
  return { outputs, norms };
}
