/**
 * Training with the whole step as one TensorFlow graph: forward, backward and update, written out by hand from the net's
 * `Graph`. The weights live in the session and return to the model on `commit`.
 */
import type { Graph, Node } from '../nets/graph.js';
import {
  GraphBuilder,
  output,
  Session,
  tf,
  TYPE,
  type Output,
  type SessionVariable,
} from '../tensor/index.js';
import { evaluateWith } from './evaluate.js';
import { adamRate, slotsOf } from './optimizer.js';
import { parametersOf, type Parameter } from './parameters.js';
import type { Recipe } from './recipe.js';
import type { Objective, Trainer, TrainerState } from './trainer.js';

const T = { T: { type: TYPE.float32 } };
const NHWC = { data_format: 'NHWC' };
const NORM = { T: { type: TYPE.float32 }, U: { type: TYPE.float32 }, ...NHWC };

export function compiledTrainer(
  graph: Graph,
  recipe: Recipe,
  batchSize: number,
  objective: Objective = 'classes',
): Trainer {
  const parameters = parametersOf(graph);
  const program = writeProgram(graph, recipe, batchSize, parameters, objective);
  const session = new Session(program.builder);
  const { values, slots, fetch } = program;
  let steps = 0;

  function assign(arrays: readonly Float32Array[], slotArrays: readonly Float32Array[]): void {
    tf.tidy(() => {
      const all = [...values, ...slots];
      const feeds = [...arrays, ...slotArrays].map(
        (array, i) => [all[i]!.next, tf.tensor(array, [...all[i]!.shape])] as const,
      );
      session.run(feeds, [fetch.assigned]);
    });
  }

  function read(variables: readonly SessionVariable[]): Float32Array[] {
    if (variables.length === 0) return [];
    return take(
      session.run(
        [],
        variables.map(({ value }) => value),
      ),
    );
  }

  assign(
    parameters.map(({ variable }) => variable.dataSync() as Float32Array),
    slots.map(({ shape }) => new Float32Array(shape.reduce((a, b) => a * b, 1))),
  );
  return {
    step(batch, learningRate) {
      steps += 1;
      const { optimizer } = recipe;
      const rate =
        optimizer.name === 'adam' ? adamRate(optimizer, learningRate, steps) : learningRate;
      return tf.tidy(() => {
        const feeds: [Output, tf.Tensor][] = [
          [program.images, tf.tensor(batch.images, [batchSize, ...graph.input])],
          [
            program.labels,
            objective === 'classes'
              ? tf.tensor1d(batch.labels, 'int32')
              : tf.tensor2d(batch.labels, [batchSize, graph.nodes.at(-1)!.shape[0]!]),
          ],
          [program.rate, tf.scalar(rate)],
        ];
        if (program.shrink) {
          feeds.push([program.shrink, tf.scalar(learningRate * recipe.weightDecay)]);
        }
        return session.run(feeds, [fetch.loss])[0]!.dataSync()[0]!;
      });
    },
    evaluate: (dataset) =>
      evaluateWith(
        dataset,
        (images) => take(session.run([[program.probe, images]], [fetch.logits]))[0]!,
      ),
    state: () => ({ values: read(values), slots: read(slots), steps }),
    restore(state: TrainerState) {
      assign(state.values, state.slots);
      steps = state.steps;
    },
    commit() {
      const arrays = read(values);
      for (const [i, { variable }] of parameters.entries()) {
        tf.tidy(() => variable.assign(tf.tensor(arrays[i]!, variable.shape)));
      }
    },
    dispose: () => session.dispose(),
  };
}

/** Values of tensors, which are freed. Not by a tidy: that looks for tensors in each number of what it returns. */
function take(tensors: readonly tf.Tensor[]): Float32Array[] {
  return tensors.map((tensor) => {
    const values = tensor.dataSync() as Float32Array;
    tensor.dispose();
    return values;
  });
}

interface Program {
  readonly builder: GraphBuilder;
  readonly images: Output;
  readonly labels: Output;
  readonly rate: Output;
  /** Learning rate × weight decay, for decoupled decay; null where there is none. */
  readonly shrink: Output | null;
  /** Images to evaluate on, any number. */
  readonly probe: Output;
  readonly values: readonly SessionVariable[];
  readonly slots: readonly SessionVariable[];
  readonly fetch: { readonly loss: Output; readonly assigned: Output; readonly logits: Output };
}

function writeProgram(
  graph: Graph,
  recipe: Recipe,
  batchSize: number,
  parameters: readonly Parameter[],
  objective: Objective,
): Program {
  const builder = new GraphBuilder();
  const images = builder.placeholder('images', TYPE.float32, [batchSize, ...graph.input]);
  const probe = builder.placeholder('probe', TYPE.float32, [-1, ...graph.input]);
  const outputs = graph.nodes.at(-1)!.shape[0]!;
  const labels =
    objective === 'classes'
      ? builder.placeholder('labels', TYPE.int32, [batchSize])
      : builder.placeholder('labels', TYPE.float32, [batchSize, outputs]);
  const rate = builder.placeholder('rate', TYPE.float32, []);
  const values = parameters.map((parameter, i) =>
    builder.variable(`value${i}`, parameter.variable.shape),
  );
  const held = new Map(parameters.map(({ variable }, i) => [variable, values[i]!]));
  const weight = (variable: tf.Variable) => held.get(variable)!;
  const writer: Writer = { builder, graph, batchSize, weight };

  const logits = writeForward(writer, probe, false).outputs.at(-1)!;
  const training = writeForward(writer, images, true);
  const { loss, slope } = writeLoss(writer, objective, training.outputs.at(-1)!, labels);
  const gradients = writeBackward(writer, training, slope);

  const updates: Output[] = writeMovingAverages(writer, training);
  const decoupled = recipe.optimizer.name === 'adam' && recipe.weightDecay > 0;
  const shrink = decoupled ? builder.placeholder('shrink', TYPE.float32, []) : null;
  const slots: SessionVariable[] = [];
  for (const [i, parameter] of parameters.entries()) {
    if (!parameter.trained) continue;
    const own = Array.from({ length: slotsOf(recipe) }, (_, k) =>
      builder.variable(`slot${i}_${k}`, parameter.variable.shape),
    );
    slots.push(...own);
    const gradient = gradients.get(parameter.variable);
    if (!gradient) continue;
    updates.push(
      ...writeUpdate(builder, recipe, values[i]!, own, gradient, rate, shrink, parameter.kind),
    );
  }
  const fetch = {
    loss: builder.signal('loss', updates, loss),
    assigned: builder.signal(
      'all_assigned',
      [...values, ...slots].map((v) => v.assigned),
    ),
    logits,
  };
  return { builder, images, labels, rate, shrink, probe, values, slots, fetch };
}

/** Loss of a batch, and its gradient with respect to the outputs. */
function writeLoss(
  { builder, graph, batchSize }: Writer,
  objective: Objective,
  outputs: Output,
  labels: Output,
): { loss: Output; slope: Output } {
  const times = (x: Output, factor: number) =>
    builder.add('Mul', [x, builder.constant([factor], [])], T);
  if (objective === 'classes') {
    const losses = builder.add('SparseSoftmaxCrossEntropyWithLogits', [outputs, labels], {
      ...T,
      Tlabels: { type: TYPE.int32 },
    });
    return { loss: mean(builder, losses, [0]), slope: times(output(losses, 1), 1 / batchSize) };
  }
  const error = builder.add('Sub', [outputs, labels], T);
  const loss = mean(builder, builder.add('Square', [error], T), [0, 1]);
  return { loss, slope: times(error, 2 / (batchSize * graph.nodes.at(-1)!.shape[0]!)) };
}

interface Writer {
  readonly builder: GraphBuilder;
  readonly graph: Graph;
  readonly batchSize: number;
  /** The session's copy of a variable. */
  weight(variable: tf.Variable): SessionVariable;
}

interface Pass {
  readonly outputs: readonly Output[];
  /** FusedBatchNormV3 of each batch normalisation, by node. */
  readonly norms: ReadonlyMap<number, Output>;
}

function mean(builder: GraphBuilder, x: Output, axes: readonly number[]): Output {
  const indices = builder.constant(axes, [axes.length], TYPE.int32);
  return builder.add('Mean', [x, indices], {
    ...T,
    Tidx: { type: TYPE.int32 },
    keep_dims: false,
  });
}

function convolution(node: Node & { op: 'conv2d' }) {
  return {
    ...T,
    ...NHWC,
    strides: [1, ...node.strides, 1],
    padding: node.padding.toUpperCase(),
    dilations: [1, 1, 1, 1],
    use_cudnn_on_gpu: true,
  };
}

function pooling(node: Node & { op: 'maxPool' | 'averagePool' }) {
  return {
    ...T,
    ...NHWC,
    ksize: [1, ...node.poolSize, 1],
    strides: [1, ...node.strides, 1],
    padding: node.padding.toUpperCase(),
  };
}

function scaleOf({ builder, weight }: Writer, node: Node & { op: 'batchNorm' }): Output {
  if (node.gamma) return weight(node.gamma).value;
  return builder.constant(Array(node.mean.size).fill(1), node.mean.shape);
}

function writeForward(writer: Writer, x: Output, training: boolean): Pass {
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

/** FusedBatchNormV3 takes four axes; other shapes get axes of size 1. */
function asImages(builder: GraphBuilder, node: Node, x: Output): Output {
  if (node.shape.length === 3) return x;
  return reshape(builder, x, [-1, 1, 1, node.shape.at(-1)!]);
}

function matMul(
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

function reshape(builder: GraphBuilder, x: Output, shape: readonly number[]): Output {
  const sizes = builder.constant(shape, [shape.length], TYPE.int32);
  return builder.add('Reshape', [x, sizes], { ...T, Tshape: { type: TYPE.int32 } });
}

/** Gradient of the loss with respect to each variable. */
function writeBackward(writer: Writer, pass: Pass, slope: Output): Map<tf.Variable, Output> {
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

/** moving ← moving − (1 − momentum)·(moving − batch), with the population variance as tfjs has it. */
function writeMovingAverages(writer: Writer, pass: Pass): Output[] {
  const { builder, graph, batchSize, weight } = writer;
  const updates: Output[] = [];
  for (const [index, norm] of pass.norms) {
    const node = graph.nodes[index] as Node & { op: 'batchNorm' };
    const count = node.shape.slice(0, -1).reduce((a, b) => a * b, batchSize);
    for (const [kind, which, factor] of [
      ['mean', 1, 1],
      // The operation gives the unbiased variance.
      ['variance', 2, (count - 1) / Math.max(1, count)],
    ] as const) {
      const moving = weight(node[kind]);
      const batch =
        factor === 1
          ? output(norm, which)
          : builder.add('Mul', [output(norm, which), builder.constant([factor], [])], T);
      const change = builder.add(
        'Mul',
        [builder.add('Sub', [moving.value, batch], T), builder.constant([1 - node.momentum], [])],
        T,
      );
      updates.push(
        builder.add('AssignSubVariableOp', [moving.handle, change], {
          dtype: { type: TYPE.float32 },
        }),
      );
    }
  }
  return updates;
}

function writeUpdate(
  builder: GraphBuilder,
  recipe: Recipe,
  value: SessionVariable,
  slots: readonly SessionVariable[],
  gradient: Output,
  rate: Output,
  shrink: Output | null,
  kind: Parameter['kind'],
): Output[] {
  const { optimizer, weightDecay } = recipe;
  const decays = kind === 'kernel' && weightDecay > 0;
  const number = (x: number) => builder.constant([x], []);
  if (optimizer.name === 'sgd') {
    const slope = decays
      ? builder.add(
          'AddV2',
          [gradient, builder.add('Mul', [value.value, number(weightDecay)], T)],
          T,
        )
      : gradient;
    return [
      builder.add(
        'ResourceApplyMomentum',
        [value.handle, slots[0]!.handle, rate, slope, number(optimizer.momentum)],
        { ...T, use_locking: false, use_nesterov: optimizer.nesterov },
      ),
    ];
  }
  // The decay reads the weights before the update, which then waits for it.
  const before: Output[] = [];
  if (decays && shrink) {
    const loss = builder.add('Mul', [value.value, shrink], T);
    before.push(
      builder.add('AssignSubVariableOp', [value.handle, loss], {
        dtype: { type: TYPE.float32 },
      }),
    );
  }
  const zero = number(0);
  return [
    ...before,
    builder.add(
      'ResourceApplyAdam',
      [
        value.handle,
        slots[0]!.handle,
        slots[1]!.handle,
        // The bias correction is in the rate already.
        zero,
        zero,
        rate,
        number(optimizer.beta1),
        number(optimizer.beta2),
        number(optimizer.epsilon),
        gradient,
      ],
      { ...T, use_locking: false, use_nesterov: false },
      { after: before },
    ),
  ];
}
