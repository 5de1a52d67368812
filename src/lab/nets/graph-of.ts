// From any stock `tf.LayersModel` to the list of operations that training, measures and exact region counts share.
import type { tf } from '../tensor/index.js';
import type { Graph, Node, Padding } from './graph.js';

/** A layer that the graph has no operation for. */
export class UnsupportedLayerError extends Error {
  override readonly name = 'UnsupportedLayerError';
  constructor(
    readonly layer: string,
    /** Keras class of the layer, such as `DepthwiseConv2D`. */
    readonly className: string,
    readonly reason: string,
  ) {
    super(
      `layer ${JSON.stringify(layer)} (${className}): ${reason}. A graph can be made of Conv2D, Dense, BatchNormalization, ` +
        'ReLU or linear activations, Add, max, average and global pooling, Flatten, and Dropout, on channels-last images.',
    );
  }
}

/**
 * The operations of a model in order of evaluation; the weights are the model's own variables, nothing is copied.
 *
 * Sequential and functional models, models inside models, and layers used more than once. An activation inside a
 * convolution or dense layer becomes a node of its own, named `<layer>/relu`. Dropout and noise layers do nothing at
 * inference and are left out (also when the graph is trained). A softmax at the end is left out: the output is the logits.
 *
 * Throws `UnsupportedLayerError`, naming the layer and its class, for everything else.
 */
export function graphOf(model: tf.LayersModel): Graph {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new UnsupportedLayerError(
      model.name,
      model.getClassName(),
      model.inputs.length === 0
        ? 'the model is not built yet; give its first layer an inputShape'
        : `one input and one output are needed, not ${model.inputs.length} and ${model.outputs.length}`,
    );
  }
  const input = model.inputs[0]!;
  const nodes: Node[] = [];
  const names = new Set<string>();

  const push = (node: Node): number => {
    let name = node.name;
    for (let again = 2; names.has(name); again++) name = `${node.name}#${again}`;
    names.add(name);
    nodes.push({ ...node, name });
    return nodes.length - 1;
  };

  /** Index of the node that gives a symbolic tensor, adding what is missing. `known` maps tensors of this model to nodes. */
  const visit = (root: tf.SymbolicTensor, known: Map<number, number>, atEnd: boolean): number => {
    // An explicit stack, since a net may have more layers than the call stack has room.
    const stack = [root];
    while (stack.length > 0) {
      const tensor = stack.at(-1)!;
      if (known.has(tensor.id)) {
        stack.pop();
        continue;
      }
      const sources = inputsOf(tensor);
      const missing = sources.filter((source) => !known.has(source.id));
      if (missing.length > 0) {
        stack.push(...missing.reverse());
        continue;
      }
      stack.pop();
      const layer = tensor.sourceLayer;
      const from = sources.map((source) => known.get(source.id)!);
      const isEnd = atEnd && tensor === root;
      if (isModel(layer)) {
        const inner = new Map(layer.inputs.map((symbol, index) => [symbol.id, from[index]!]));
        const output = layer.outputs[tensor.tensorIndex ?? 0]!;
        known.set(tensor.id, visit(output, inner, isEnd));
      } else {
        known.set(tensor.id, addLayer(layer, from, nodes, push, isEnd));
      }
    }
    return known.get(root.id)!;
  };

  push({
    name: input.sourceLayer.name,
    op: 'input',
    inputs: [],
    shape: input.shape.slice(1) as number[],
  });
  const output = visit(model.outputs[0]!, new Map([[input.id, 0]]), true);
  if (output !== nodes.length - 1) {
    throw new UnsupportedLayerError(
      model.name,
      model.getClassName(),
      'its output is not its last operation',
    );
  }
  return { nodes, input: nodes[0]!.shape, model };
}

/** Adds the operations of one layer; returns the index of the node that gives its output. */
function addLayer(
  layer: tf.layers.Layer,
  from: readonly number[],
  nodes: readonly Node[],
  push: (node: Node) => number,
  isEnd: boolean,
): number {
  const { name } = layer;
  const className = layer.getClassName();
  const config = layer.getConfig();
  const refuse = (reason: string): never => {
    throw new UnsupportedLayerError(name, className, reason);
  };
  const needChannelsLast = () => {
    const format = config.dataFormat;
    if (format != null && format !== 'channelsLast') refuse(`data format ${String(format)}`);
  };
  const needRank = (rank: number) => {
    const { shape } = nodes[from[0]!]!;
    if (shape.length !== rank)
      refuse(`input of shape [${shape.join(', ')}] where ${rank} axes are needed`);
  };
  const inputShape = nodes[from[0]!]!.shape;
  const base = (shape: readonly number[]) => ({ name, inputs: from, shape });
  const shapeOut = () => {
    const batched = [null, ...inputShape];
    return (layer.computeOutputShape(batched) as (number | null)[]).slice(1) as number[];
  };
  const variables = () => layer.weights.map((weight) => variableOf(weight));
  const activate = (index: number, own: boolean): number => {
    const activation = config.activation as string | null | undefined;
    if (activation == null || activation === 'linear') return index;
    if (activation === 'relu') {
      const { shape } = nodes[index]!;
      return push({ op: 'relu', name: own ? name : `${name}/relu`, inputs: [index], shape });
    }
    if (activation === 'softmax') return isEnd ? index : refuse('softmax before the end');
    return refuse(`activation ${JSON.stringify(activation)}`);
  };

  switch (className) {
    case 'Conv2D': {
      needChannelsLast();
      const dilation = pair(config.dilationRate ?? 1);
      if (dilation[0] !== 1 || dilation[1] !== 1) refuse(`dilation ${dilation.join(' × ')}`);
      const [kernel, bias = null] = variables();
      const index = push({
        ...base(shapeOut()),
        op: 'conv2d',
        kernel: kernel!,
        bias,
        strides: pair(config.strides),
        padding: config.padding as Padding,
        trainable: layer.trainable,
      });
      return activate(index, false);
    }
    case 'Dense': {
      needRank(1);
      const [kernel, bias = null] = variables();
      const index = push({
        ...base(shapeOut()),
        op: 'dense',
        kernel: kernel!,
        bias,
        trainable: layer.trainable,
      });
      return activate(index, false);
    }
    case 'BatchNormalization': {
      const axis = config.axis as number;
      if (axis !== -1 && axis !== inputShape.length) refuse(`axis ${axis} is not the last`);
      const named = (part: string) => {
        const weight = layer.weights.find(({ originalName }) => originalName.endsWith(`/${part}`));
        return weight === undefined ? null : variableOf(weight);
      };
      return push({
        ...base(inputShape),
        op: 'batchNorm',
        gamma: named('gamma'),
        beta: named('beta'),
        mean: named('moving_mean')!,
        variance: named('moving_variance')!,
        epsilon: config.epsilon as number,
        momentum: config.momentum as number,
      });
    }
    case 'Activation':
      return activate(from[0]!, true);
    case 'ReLU':
      if (config.maxValue != null) refuse(`largest value ${String(config.maxValue)}`);
      return push({ ...base(inputShape), op: 'relu' });
    case 'Softmax':
      return isEnd ? from[0]! : refuse('softmax before the end');
    case 'Add':
      for (const index of from) {
        const { shape } = nodes[index]!;
        if (shape.join() !== inputShape.join()) {
          refuse(`sum of shapes [${inputShape.join(', ')}] and [${shape.join(', ')}]`);
        }
      }
      return push({ ...base(inputShape), op: 'add' });
    case 'MaxPooling2D':
    case 'AveragePooling2D':
      needChannelsLast();
      return push({
        ...base(shapeOut()),
        op: className === 'MaxPooling2D' ? 'maxPool' : 'averagePool',
        poolSize: pair(config.poolSize),
        strides: pair(config.strides ?? config.poolSize),
        padding: config.padding as Padding,
      });
    case 'GlobalAveragePooling2D':
      needChannelsLast();
      return push({ ...base([inputShape[2]!]), op: 'globalAveragePool' });
    case 'GlobalMaxPooling2D': {
      needChannelsLast();
      const [height, width, channels] = inputShape as [number, number, number];
      const index = push({
        ...base([1, 1, channels]),
        op: 'maxPool',
        poolSize: [height, width],
        strides: [height, width],
        padding: 'valid',
      });
      return push({ op: 'flatten', name: `${name}/flatten`, inputs: [index], shape: [channels] });
    }
    case 'Flatten':
      needChannelsLast();
      return push({ ...base([inputShape.reduce((size, axis) => size * axis, 1)]), op: 'flatten' });
    case 'Dropout':
    case 'SpatialDropout2D':
    case 'AlphaDropout':
    case 'GaussianDropout':
    case 'GaussianNoise':
      return from[0]!;
    default:
      return refuse('there is no operation for this class');
  }
}

/** The symbolic tensors that the layer call behind `tensor` read. */
function inputsOf(tensor: tf.SymbolicTensor): readonly tf.SymbolicTensor[] {
  return tensor.sourceLayer.inboundNodes[tensor.nodeIndex]!.inputTensors;
}

function isModel(layer: tf.layers.Layer): layer is tf.LayersModel {
  // Not instanceof: a model may come from another copy of tfjs.
  return 'inputs' in layer && 'outputs' in layer && 'layers' in layer;
}

/** The engine's variable behind a layer weight. tfjs keeps it in a protected field and offers no other way to it. */
function variableOf(weight: tf.layers.Layer['weights'][number]): tf.Variable {
  return (weight as unknown as { readonly val: tf.Variable }).val;
}

function pair(value: unknown): [number, number] {
  if (Array.isArray(value)) return [value[0] as number, (value[1] ?? value[0]) as number];
  return [value as number, value as number];
}
