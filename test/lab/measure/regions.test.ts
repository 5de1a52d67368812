import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { evaluate, type Plan, planOf } from '../../../src/lab/measure/affine.js';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import { segmentWalker, walkSegment } from '../../../src/lab/measure/segment.js';
import { buildNet, type Graph, graphOf } from '../../../src/lab/nets/index.js';
import { type Random, random, ready, tf } from '../../../src/lab/tensor/index.js';
import { mean, standardDeviation } from '../../../src/lab/stats/index.js';
import { golden } from '../../golden/golden.js';
import { denseNet, noiseSplit, unsettle } from './helpers.js';

interface RandomNets {
  inputs: number;
  neurons: number;
  bias_spread: number;
  cases: { layers: number; mean: number; standard_error: number }[];
}

/** h(x) = relu(2x) − relu(4x − 2), composed `levels` times: 2^levels pieces on [0, 1] (Telgarsky 2016). */
function sawtooth(levels: number): tf.LayersModel {
  const weights = Array.from({ length: levels }, (_, level) => ({
    kernel:
      level === 0
        ? [[2, 4]]
        : [
            [2, 4],
            [-2, -4],
          ],
    bias: [0, -2],
  }));
  return denseNet([...weights, { kernel: [[1], [-1]], bias: [0] }]);
}

/** Dense ReLU net with N(0, 2/fan-in) kernels and N(0, spread²) biases, and one output. */
function heNet(widths: readonly number[], generator: Random, spread = 0.1): tf.LayersModel {
  const sizes = [...widths, 1];
  return denseNet(
    sizes.slice(1).map((units, i) => ({
      kernel: Array.from({ length: sizes[i]! }, () =>
        Array.from({ length: units }, () => generator.normal() * Math.sqrt(2 / sizes[i]!)),
      ),
      bias: Array.from({ length: units }, () => spread * generator.normal()),
    })),
  );
}

const normal = (generator: Random, length: number) =>
  Float64Array.from({ length }, () => generator.normal());

/** Which branch every ReLU and max takes at a point, as one string. */
function patternAt(plan: Plan, point: Float64Array): string {
  const values = evaluate(plan, point);
  values.set(0, point);
  return plan.steps
    .map((step) => {
      const x = step.kind === 'affine' ? null : values.get(step.inputs[0]!)!;
      if (step.kind === 'relu') return [...x!].map((value) => (value > 0 ? '1' : '0')).join('');
      if (step.kind !== 'max') return '';
      const { starts, members } = step.windows;
      return Array.from({ length: step.size }, (_, unit) => {
        const window = [...members.subarray(starts[unit]!, starts[unit + 1]!)];
        const largest = Math.max(...window.map((member) => x![member]!));
        // Members that are off together tie at 0: none leads.
        return largest === 0 ? 'x' : window.findIndex((member) => x![member] === largest);
      }).join('');
    })
    .join('|');
}

/**
 * Proof that boundaries are right: along a line a region is convex, so equal patterns just inside both of its ends show that
 * nothing switches in it, and different patterns on both sides of a boundary show that something switches there.
 */
function prove(graph: Graph, from: Float64Array, to: Float64Array, boundaries: Float64Array): void {
  const plan = planOf(graph, 'double');
  const at = (t: number) =>
    patternAt(
      plan,
      from.map((value, i) => value + t * (to[i]! - value)),
    );
  const ends = [0, ...boundaries, 1];
  let before = '';
  for (let i = 1; i < ends.length; i++) {
    const [low, high] = [ends[i - 1]!, ends[i]!];
    const inside = Math.min(1e-9, (high - low) / 100);
    const first = at(low + inside);
    assert.equal(at(high - inside), first, `region ${i} of ${ends.length - 1}, ${low} to ${high}`);
    assert.notEqual(first, before, `boundary at ${low}`);
    before = first;
  }
  plan.dispose();
}

function convNet(kind: 'max' | 'average' | 'valid', seed: number): tf.LayersModel {
  const generator = random(seed);
  const input = tf.input({ shape: [7, 6, 2] });
  const conv = (filters: number, strides: number, padding: 'same' | 'valid') =>
    tf.layers.conv2d({ filters, kernelSize: 3, strides, padding, useBias: true });
  let x = conv(3, 1, 'same').apply(input) as tf.SymbolicTensor;
  x = tf.layers.batchNormalization().apply(x) as tf.SymbolicTensor;
  x = tf.layers.reLU().apply(x) as tf.SymbolicTensor;
  const skip = x;
  x = conv(3, 1, 'same').apply(x) as tf.SymbolicTensor;
  x = tf.layers.add().apply([x, skip]) as tf.SymbolicTensor;
  x = tf.layers.batchNormalization().apply(x) as tf.SymbolicTensor;
  if (kind !== 'max') x = tf.layers.reLU().apply(x) as tf.SymbolicTensor;
  const pool = { poolSize: [3, 2] as [number, number], strides: 2, padding: 'same' as const };
  if (kind === 'valid') x = conv(4, 2, 'valid').apply(x) as tf.SymbolicTensor;
  else if (kind === 'max')
    x = tf.layers.maxPooling2d({ ...pool, strides: [2, 2] }).apply(x) as tf.SymbolicTensor;
  else x = tf.layers.averagePooling2d({ ...pool, strides: [2, 2] }).apply(x) as tf.SymbolicTensor;
  x = tf.layers.reLU().apply(x) as tf.SymbolicTensor;
  if (kind === 'max') x = tf.layers.flatten().apply(x) as tf.SymbolicTensor;
  else x = tf.layers.globalAveragePooling2d({}).apply(x) as tf.SymbolicTensor;
  x = tf.layers.dense({ units: 3 }).apply(x) as tf.SymbolicTensor;
  const model = unsettle(tf.model({ inputs: input, outputs: x }), seed);
  for (const layer of model.layers) {
    if (!/Conv2D|Dense/.test(layer.getClassName())) continue;
    layer.setWeights(
      layer.getWeights().map((weight) => {
        const fan = weight.rank === 1 ? 20 : weight.size / weight.shape.at(-1)!;
        const values = Float32Array.from({ length: weight.size }, () => generator.normal());
        return tf.tensor(
          values.map((value) => value * Math.sqrt(2 / fan)),
          weight.shape,
        );
      }),
    );
  }
  return model;
}

describe('regions on a segment', () => {
  before(() => ready());

  it('are 2^L for the sawtooth of L levels, in both precisions', () => {
    for (const precision of ['single', 'double'] as const) {
      for (let levels = 1; levels <= 8; levels++) {
        const graph = graphOf(sawtooth(levels));
        const found = walkSegment(graph, Float64Array.of(0), Float64Array.of(1), { precision });
        assert.equal(found.linearPieces, 2 ** levels, `level ${levels}, ${precision}`);
        assert.equal(found.activationRegions, 2 ** levels, `level ${levels}, ${precision}`);
        assert.equal(found.drift, 0);
        const equal = Float64Array.from(
          { length: 2 ** levels - 1 },
          (_, i) => (i + 1) / 2 ** levels,
        );
        assert.deepEqual(found.boundaries, equal);
      }
    }
  });

  it('are what sign patterns of one hidden layer give, counted directly', () => {
    const generator = random(8);
    for (let trial = 0; trial < 20; trial++) {
      const model = heNet([5, 30], generator);
      const [from, to] = [normal(generator, 5), normal(generator, 5)];
      const [kernel, bias] = model.layers[1]!.getWeights().map((weight) => weight.arraySync());
      const zeros = (bias as number[]).map((offset, unit) => {
        const sum = (x: Float64Array) =>
          x.reduce((all, value, i) => all + value * (kernel as number[][])[i]![unit]!, offset);
        return sum(from) / (sum(from) - sum(to));
      });
      const inside = zeros.filter((t) => t > 0 && t < 1).sort((a, b) => a - b);
      const found = walkSegment(graphOf(model), from, to, { precision: 'double' });
      assert.equal(found.activationRegions, inside.length + 1);
      for (const [i, t] of inside.entries()) assert.ok(Math.abs(found.boundaries[i]! - t) < 1e-9);
    }
  });

  it('follow the upper envelope in max pooling, also of what never leads', () => {
    const generator = random(21);
    for (let trial = 0; trial < 20; trial++) {
      const model = tf.sequential({
        layers: [tf.layers.maxPooling2d({ poolSize: 3, strides: 3, inputShape: [3, 3, 1] })],
      });
      model.add(tf.layers.flatten());
      model.add(tf.layers.dense({ units: 1, kernelInitializer: 'ones' }));
      const [from, to] = [normal(generator, 9), normal(generator, 9)];
      // Directly: each crossing of two members at which they lead all others.
      let envelope = 1;
      for (let i = 0; i < 9; i++) {
        for (let j = 0; j < i; j++) {
          const t = (from[i]! - from[j]!) / (from[i]! - from[j]! + to[j]! - to[i]!);
          const at = (k: number) => from[k]! + t * (to[k]! - from[k]!);
          const leads = [...from.keys()].every((k) => k === i || k === j || at(k) < at(i));
          if (t > 0 && t < 1 && leads) envelope++;
        }
      }
      for (const precision of ['single', 'double'] as const) {
        const found = walkSegment(graphOf(model), from, to, { precision });
        assert.equal(found.activationRegions, envelope);
        assert.equal(found.linearPieces, envelope);
      }
    }
  });

  it('are proved region by region on convolutional nets of every kind of layer', () => {
    const generator = random(31);
    for (const [i, kind] of (['max', 'average', 'valid'] as const).entries()) {
      const graph = graphOf(convNet(kind, 40 + i));
      const [from, to] = [normal(generator, 84), normal(generator, 84)];
      const double = walkSegment(graph, from, to, { precision: 'double' });
      assert.ok(double.activationRegions > 50, `${double.activationRegions}`);
      assert.ok(double.drift < 1e-12);
      prove(graph, from, to, double.boundaries);
      const single = walkSegment(graph, from, to);
      assert.equal(single.activationRegions, double.activationRegions, kind);
      assert.ok(single.drift < 1e-5);
    }
  });

  it('are proved on the families, before and after batch statistics have moved', () => {
    const spec = { width: 3, input: [8, 8, 1] as const, classes: 3, seed: 3 };
    const split = noiseSplit(4, [8, 8, 1], 3);
    const from = Float64Array.from(split.test.images.subarray(0, 64));
    const to = Float64Array.from(split.test.images.subarray(64, 128));
    // Black corners, as in real images: sums that are exactly 0 over whole pieces.
    for (let i = 0; i < 24; i++) from[i] = to[i] = 0;
    for (const [family, depth, batchNorm] of [
      ['plain', 6, false],
      ['plain', 6, true],
      ['residual', 8, true],
    ] as const) {
      const net = buildNet({ ...spec, family, depth, batchNorm });
      for (const model of batchNorm
        ? [net, unsettle(buildNet({ ...spec, family, depth, batchNorm }))]
        : [net]) {
        const graph = graphOf(model);
        const double = walkSegment(graph, from, to, { precision: 'double' });
        prove(graph, from, to, double.boundaries);
        const single = walkSegment(graph, from, to);
        assert.equal(single.activationRegions, double.activationRegions, `${family} ${batchNorm}`);
      }
    }
  });

  it('evaluates as TensorFlow does', () => {
    for (const kind of ['max', 'average', 'valid'] as const) {
      const model = convNet(kind, 50);
      const plan = planOf(graphOf(model), 'double');
      const x = normal(random(2), 84);
      const mine = evaluate(plan, x).get(plan.output)!;
      const made = model.predict(tf.tensor(Float32Array.from(x), [1, 7, 6, 2])) as tf.Tensor;
      for (const [i, value] of made.dataSync().entries()) {
        assert.ok(Math.abs(mine[i]! - value) < 1e-4 * Math.max(1, Math.abs(value)));
      }
      plan.dispose();
    }
  });

  it('are as many in random nets as sampling finds: half the neurons, whatever the depth', () => {
    const { inputs, neurons, bias_spread, cases } = golden<RandomNets>('regions');
    const generator = random(77);
    for (const { layers, mean: wanted, standard_error } of cases) {
      const widths = [inputs, ...Array.from({ length: layers }, () => neurons / layers)];
      const counts = Array.from({ length: 200 }, () => {
        const graph = graphOf(heNet(widths, generator, bias_spread));
        const [from, to] = [normal(generator, inputs), normal(generator, inputs)];
        return walkSegment(graph, from, to, { precision: 'double' }).activationRegions;
      });
      const error = Math.hypot(standard_error, standardDeviation(counts) / Math.sqrt(200));
      const away = Math.abs(mean(counts) - wanted);
      assert.ok(away < 3 * error, `${layers} layers: ${mean(counts)}, sampled ${wanted}`);
      assert.ok(mean(counts) > 0.4 * neurons && mean(counts) < 0.6 * neurons);
    }
  });

  it('are one for the linear family', () => {
    const net = unsettle(
      buildNet({ family: 'linear', depth: 8, width: 3, input: [8, 8, 1], classes: 3 }),
    );
    const generator = random(1);
    const found = walkSegment(graphOf(net), normal(generator, 64), normal(generator, 64));
    assert.equal(found.activationRegions, 1);
    assert.equal(found.linearPieces, 1);
    assert.deepEqual(found.byNode, []);
  });

  it('tells switches that the outputs feel from those that they do not', () => {
    // Unit 0 switches at ½ and is read; unit 1 switches at ¼ and is not.
    const net = denseNet([{ kernel: [[1, 1]], bias: [-0.5, -0.25] }, { kernel: [[1], [0]] }]);
    const found = walkSegment(graphOf(net), Float64Array.of(0), Float64Array.of(1));
    assert.deepEqual([...found.boundaries], [0.25, 0.5]);
    assert.equal(found.activationRegions, 3);
    assert.equal(found.linearPieces, 2);
  });

  it('add up over the parts of a segment, and do not depend on direction', () => {
    const graph = graphOf(convNet('max', 60));
    const generator = random(61);
    const [from, to] = [normal(generator, 84), normal(generator, 84)];
    const walker = segmentWalker(graph, 'double');
    const whole = walker.walk(from, to);
    const parts = [0, 0.3, 0.7, 1];
    const counts = [0, 1, 2].map((i) =>
      walker.walk(from, to, { part: [parts[i]!, parts[i + 1]!] }),
    );
    const boundaries = counts.reduce((sum, part) => sum + part.activationRegions - 1, 0);
    assert.equal(boundaries, whole.activationRegions - 1);
    assert.equal(walker.walk(to, from).activationRegions, whole.activationRegions);
    const lengths = counts.reduce((sum, part) => sum + part.length, 0);
    assert.ok(Math.abs(lengths - whole.length) < 1e-12);
    assert.equal(
      whole.byNode.reduce((sum, node) => sum + node.boundaries, 0),
      whole.activationRegions - 1,
    );
    walker.dispose();
  });

  it('keep their number over six decades of tolerance, and merge only when it is coarse', () => {
    const graph = graphOf(convNet('max', 62));
    const generator = random(63);
    const [from, to] = [normal(generator, 84), normal(generator, 84)];
    const count = (tolerance: number) =>
      walkSegment(graph, from, to, { precision: 'double', tolerance }).activationRegions;
    const usual = count(1e-12);
    for (const tolerance of [1e-14, 1e-13, 1e-11, 1e-10, 1e-9])
      assert.equal(count(tolerance), usual);
    assert.ok(count(0.01) < usual);
  });

  it('refuses ends that are not inputs of the net, and parts that are not', () => {
    const graph = graphOf(sawtooth(1));
    assert.throws(() => walkSegment(graph, Float64Array.of(0, 1), Float64Array.of(1)), RangeError);
    assert.throws(
      () => walkSegment(graph, Float64Array.of(0), Float64Array.of(1), { part: [0.5, 0.5] }),
      RangeError,
    );
  });

  it('leaves no tensors behind', () => {
    const graph = graphOf(convNet('max', 64));
    const generator = random(65);
    const before = tf.memory().numTensors;
    walkSegment(graph, normal(generator, 84), normal(generator, 84));
    assert.equal(tf.memory().numTensors, before);
  });
});

describe('linear-regions', () => {
  before(() => ready());
  const split = noiseSplit(12, [8, 8, 1], 3);
  const net = () =>
    unsettle(buildNet({ family: 'plain', depth: 5, width: 3, input: [8, 8, 1], classes: 3 }));

  it('reads counts by segment, length, neuron and layer', async () => {
    const of = subject(net(), split);
    const made = await readMeasure(of, { measure: 'linear-regions', options: { segments: 4 } });
    const segments = made.extra.segments as { activationRegions: number }[];
    const mean = segments.reduce((sum, { activationRegions }) => sum + activationRegions, 0) / 4;
    assert.equal(made.value, mean);
    assert.ok(made.interval!.low < mean && mean < made.interval!.high);
    const layers = made.layers.reduce((sum, { value }) => sum + value, 0);
    assert.ok(Math.abs(layers - (mean - 1)) < 1e-9);
    of.dispose();
  });

  it('scales up what it finds on a part of each segment', async () => {
    const of = subject(net(), split);
    const read = (share: number) =>
      readMeasure(of, { measure: 'linear-regions', options: { segments: 12, share } });
    const [whole, part] = [await read(1), await read(0.25)];
    assert.ok(Math.abs(part.value / whole.value - 1) < 0.25, `${part.value} and ${whole.value}`);
    assert.match(part.notes[0]!, /25 %/);
    of.dispose();
  });

  it('joins images as asked, or refuses', async () => {
    const of = subject(net(), split);
    for (const [pairs, same] of [
      ['within class', true],
      ['between classes', false],
    ] as const) {
      const made = await readMeasure(of, {
        measure: 'linear-regions',
        options: { segments: 3, pairs },
      });
      for (const { labels } of made.extra.segments as { labels: [number, number] }[]) {
        assert.equal(labels[0] === labels[1], same);
      }
    }
    const closed = await readMeasure(of, {
      measure: 'linear-regions',
      options: { segments: 5, pairs: 'closed path' },
    });
    const ways = closed.extra.segments as { from: number; to: number }[];
    for (const [i, { to }] of ways.entries()) assert.equal(to, ways[(i + 1) % 5]!.from);
    assert.equal(new Set(ways.map(({ from }) => from)).size, 5);
    of.dispose();
    const one = { ...split.test, labels: new Int32Array(12) };
    const alone = subject(net(), { ...split, test: one });
    await assert.rejects(
      readMeasure(alone, { measure: 'linear-regions', options: { pairs: 'between classes' } }),
      RefusedError,
    );
    alone.dispose();
  });
});
