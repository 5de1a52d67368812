import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  buildNet,
  graphOf,
  netSpec,
  specOf,
  UnsupportedLayerError,
} from '../../../src/lab/nets/index.js';
import type { Graph } from '../../../src/lab/nets/graph.js';
import { random } from '../../../src/lab/tensor/random.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';

before(async () => {
  await ready();
});

/** Evaluates a graph node by node with plain tfjs operations, in inference mode. */
function evaluate(graph: Graph, image: tf.Tensor4D): tf.Tensor {
  return tf.tidy(() => {
    const values: tf.Tensor[] = [];
    for (const node of graph.nodes) {
      const [first, second] = node.inputs.map((index) => values[index]!);
      const x = first as tf.Tensor4D;
      const value = (): tf.Tensor => {
        switch (node.op) {
          case 'input':
            return image;
          case 'conv2d': {
            const sum = tf.conv2d(
              x,
              node.kernel as unknown as tf.Tensor4D,
              [...node.strides],
              node.padding,
            );
            return node.bias ? sum.add(node.bias) : sum;
          }
          case 'dense': {
            const sum = tf.matMul(first as tf.Tensor2D, node.kernel as unknown as tf.Tensor2D);
            return node.bias ? sum.add(node.bias) : sum;
          }
          case 'batchNorm': {
            const { mean, variance, epsilon, gamma, beta } = node;
            let out = first!.sub(mean).div(variance.add(epsilon).sqrt());
            if (gamma) out = out.mul(gamma);
            if (beta) out = out.add(beta);
            return out;
          }
          case 'relu':
            return tf.relu(first!);
          case 'add':
            return node.inputs.length === 2
              ? first!.add(second!)
              : tf.addN(node.inputs.map((index) => values[index]!));
          case 'maxPool':
            return tf.maxPool(x, [...node.poolSize], [...node.strides], node.padding);
          case 'averagePool':
            return tf.avgPool(x, [...node.poolSize], [...node.strides], node.padding);
          case 'opaque':
            return node.run(first!);
          case 'globalAveragePool':
            return first!.mean([1, 2]);
          case 'flatten':
            return first!.reshape([first!.shape[0]!, -1]);
        }
      };
      const out = value();
      assert.deepEqual(out.shape.slice(1), [...node.shape], `shape of ${node.name}`);
      values.push(out);
    }
    return values.at(-1)!;
  });
}

/** Puts random values into every weight, so that no shift, scale or running statistic is at its neutral value. */
function randomise(model: tf.LayersModel, seed: number): void {
  const { normal } = random(seed, 'test weights');
  for (const weight of model.weights) {
    const size = weight.shape.reduce<number>((product, axis) => product * axis!, 1);
    const scale = 1 / Math.sqrt(size / (weight.shape.at(-1) ?? 1));
    const values = Float32Array.from({ length: size }, () => normal() * scale);
    const positive = weight.originalName.endsWith('moving_variance');
    const tensor = tf.tensor(
      positive ? values.map((v) => v ** 2 + 0.5) : values,
      weight.shape as number[],
    );
    weight.write(tensor);
    tensor.dispose();
  }
}

function images(shape: readonly number[], count = 3): tf.Tensor4D {
  const { next } = random(1, 'test images');
  const size = shape.reduce((product, axis) => product * axis, count);
  return tf.tensor(Float32Array.from({ length: size }, next), [count, ...shape] as [
    number,
    number,
    number,
    number,
  ]) as tf.Tensor4D;
}

function assertSame(
  model: tf.LayersModel,
  expected = (x: tf.Tensor) => model.predict(x) as tf.Tensor,
): Graph {
  const graph = graphOf(model);
  const x = images(graph.input);
  const got = evaluate(graph, x);
  const want = expected(x);
  assert.deepEqual(got.shape, want.shape);
  const difference = tf.tidy(() => got.sub(want).abs().max().dataSync()[0]!);
  const scale = tf.tidy(() => want.abs().max().dataSync()[0]!);
  assert.ok(scale > 1e-3, 'the outputs compared must not be all zero');
  assert.ok(difference <= 1e-5 * Math.max(1, scale), `outputs differ by ${difference} of ${scale}`);
  for (const node of graph.nodes) {
    for (const index of node.inputs) assert.ok(index < graph.nodes.indexOf(node));
  }
  tf.dispose([x, got, want]);
  return graph;
}

for (const family of ['plain', 'residual', 'linear']) {
  for (const batchNorm of [true, false]) {
    for (const depth of [2, 5, 7, 14]) {
      test(`the graph of ${family} ${depth}, batch norm ${batchNorm}, gives what the model predicts`, () => {
        const model = buildNet({
          family,
          depth,
          width: 3,
          batchNorm,
          input: [13, 10, 2],
          classes: 4,
        });
        randomise(model, depth);
        assertSame(model);
        model.dispose();
      });
    }
  }
}

test('any stock sequential model becomes a graph: fused activations split, dropout and softmax left out', () => {
  const logits = tf.layers.dense({ units: 5, activation: 'softmax', name: 'head' });
  const layers = [
    tf.layers.conv2d({
      inputShape: [12, 12, 3],
      filters: 4,
      kernelSize: [3, 5],
      activation: 'relu',
      name: 'first',
    }),
    tf.layers.maxPooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
    tf.layers.batchNormalization({ center: false, scale: false }),
    tf.layers.conv2d({
      filters: 6,
      kernelSize: 3,
      strides: [2, 1],
      padding: 'same',
      useBias: false,
    }),
    tf.layers.batchNormalization({ scale: false }),
    tf.layers.activation({ activation: 'relu' }),
    tf.layers.activation({ activation: 'linear' }),
    tf.layers.averagePooling2d({ poolSize: [2, 3] }),
    tf.layers.dropout({ rate: 0.5 }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 7, activation: 'relu' }),
    tf.layers.reLU(),
    logits,
  ];
  const model = tf.sequential({ layers });
  randomise(model, 1);
  const hidden = tf.model({
    inputs: model.inputs,
    outputs: logits.inboundNodes[0]!.inputTensors[0]!,
  });
  const graph = assertSame(model, (x) =>
    tf.tidy(() => {
      const [kernel, bias] = logits.getWeights();
      return tf.matMul(hidden.predict(x) as tf.Tensor2D, kernel as tf.Tensor2D).add(bias!);
    }),
  );
  assert.deepEqual(
    graph.nodes.map((node) => node.op),
    [
      'input',
      'conv2d',
      'relu',
      'maxPool',
      'batchNorm',
      'conv2d',
      'batchNorm',
      'relu',
      'averagePool',
      'flatten',
      'dense',
      'relu',
      'relu',
      'dense',
    ],
  );
  assert.equal(graph.nodes[2]!.name, 'first/relu');
  assert.equal(graph.nodes.at(-1)!.name, 'head');
  const second = graph.nodes[4]!;
  assert.ok(second.op === 'batchNorm' && second.gamma === null && second.beta === null);
});

test('branches, sums of three, shared layers, models inside models and global max pooling', () => {
  const input = tf.input({ shape: [8, 8, 2] });
  const shared = tf.layers.conv2d({
    filters: 2,
    kernelSize: 3,
    padding: 'same',
    activation: 'relu',
    name: 'shared',
  });
  const inner = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [8, 8, 2], filters: 2, kernelSize: 1, name: 'inner' }),
      tf.layers.reLU(),
    ],
  });
  const once = shared.apply(input) as tf.SymbolicTensor;
  const twice = shared.apply(once) as tf.SymbolicTensor;
  const side = inner.apply(input) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([twice, side, input]) as tf.SymbolicTensor;
  const pooled = tf.layers
    .globalMaxPooling2d({ dataFormat: 'channelsLast' })
    .apply(sum) as tf.SymbolicTensor;
  const output = tf.layers.dense({ units: 3 }).apply(pooled) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: output });
  randomise(model, 2);
  const graph = assertSame(model);
  assert.equal(new Set(graph.nodes.map((node) => node.name)).size, graph.nodes.length);
  assert.ok(graph.nodes.some((node) => node.name === 'shared#2'));
  const kernels = graph.nodes.flatMap((node) => (node.op === 'conv2d' ? [node.kernel] : []));
  assert.equal(kernels.length, 3);
  assert.equal(new Set(kernels).size, 2);
});

test('a softmax layer at the end is left out; a model that ends in an inner model has its last softmax left out too', () => {
  const body = () => [
    tf.layers.flatten({ inputShape: [4, 4, 1] }),
    tf.layers.dense({ units: 3, name: `dense${counter++}` }),
  ];
  let counter = 0;
  const plain = tf.sequential({ layers: [...body(), tf.layers.softmax()] });
  assert.equal(graphOf(plain).nodes.at(-1)!.op, 'dense');
  const wrapped = tf.sequential();
  wrapped.add(
    tf.sequential({ layers: [...body(), tf.layers.activation({ activation: 'softmax' })] }),
  );
  assert.equal(graphOf(wrapped).nodes.at(-1)!.op, 'dense');
});

test("weights are the model's own variables, and frozen layers say so", () => {
  const model = buildNet({ family: 'residual', depth: 8, width: 2, input: [8, 8, 1], classes: 2 });
  const graph = graphOf(model);
  const variables = new Map(model.weights.map((weight) => [weight.read().id, weight]));
  const seen = new Set<number>();
  for (const node of graph.nodes) {
    for (const value of Object.values(node)) {
      if (value instanceof tf.Variable) {
        assert.ok(variables.has(value.id));
        seen.add(value.id);
      }
    }
    if (node.op === 'conv2d') assert.equal(node.trainable, !node.name.endsWith('shortcut'));
  }
  assert.equal(seen.size, model.weights.length);
  assert.deepEqual(
    graph.nodes.filter((node) => node.op === 'conv2d' && !node.trainable).map((node) => node.name),
    ['stage2_block1_shortcut', 'stage3_block1_shortcut'],
  );
});

test('what the graph has no operation for is refused, naming the layer and its class', () => {
  const image = { inputShape: [6, 6, 2] };
  const last = () => tf.layers.flatten();
  const cases: [tf.layers.Layer[], RegExp, string][] = [
    [
      [tf.layers.depthwiseConv2d({ ...image, kernelSize: 3, name: 'deep' }), last()],
      /"deep" \(DepthwiseConv2D\)/,
      'deep',
    ],
    [[tf.layers.leakyReLU({ ...image, name: 'leaky' }), last()], /"leaky" \(LeakyReLU\)/, 'leaky'],
    [[tf.layers.reLU({ ...image, maxValue: 6, name: 'six' }), last()], /largest value 6/, 'six'],
    [
      [
        tf.layers.conv2d({
          ...image,
          filters: 1,
          kernelSize: 2,
          activation: 'tanh',
          name: 'curved',
        }),
        last(),
      ],
      /activation "tanh"/,
      'curved',
    ],
    [
      [
        tf.layers.conv2d({ ...image, filters: 1, kernelSize: 2, dilationRate: 2, name: 'wide' }),
        last(),
      ],
      /dilation 2 × 2/,
      'wide',
    ],
    [
      [tf.layers.dense({ ...image, units: 2, name: 'early' }), last()],
      /1 axes are needed/,
      'early',
    ],
    [
      [tf.layers.batchNormalization({ ...image, axis: 1, name: 'across' }), last()],
      /axis 1 is not the last/,
      'across',
    ],
    [
      [tf.layers.activation({ ...image, activation: 'softmax', name: 'soft' }), last()],
      /softmax before the end/,
      'soft',
    ],
    [
      [
        tf.layers.maxPooling2d({
          ...image,
          poolSize: 2,
          dataFormat: 'channelsFirst',
          name: 'first',
        }),
        last(),
      ],
      /data format channelsFirst/,
      'first',
    ],
  ];
  for (const [layers, message, layer] of cases) {
    const model = tf.sequential({ layers });
    assert.throws(
      () => graphOf(model),
      (error) =>
        error instanceof UnsupportedLayerError &&
        error.layer === layer &&
        message.test(error.message),
      layer,
    );
  }
  assert.throws(() => graphOf(tf.sequential()), /not built yet/);
});

test('a built net carries its spec; another model has none', () => {
  const spec = netSpec({ depth: 2, width: 1, input: [3, 3, 1] });
  assert.deepEqual(specOf(buildNet(spec)), spec);
  assert.equal(
    specOf(tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 2, 1] })] })),
    null,
  );
});
