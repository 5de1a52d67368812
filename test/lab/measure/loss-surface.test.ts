import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { assign } from '../../../src/lab/measure/assignment.js';
import {
  DifferentNetsError,
  modeConnectivity,
  readMeasure,
  RefusedError,
  subject,
} from '../../../src/lab/measure/index.js';
import { buildNet, graphOf } from '../../../src/lab/nets/index.js';
import { parametersOf } from '../../../src/lab/train/parameters.js';
import { evaluate } from '../../../src/lab/train/evaluate.js';
import { recipe } from '../../../src/lab/train/recipe.js';
import { train } from '../../../src/lab/train/train.js';
import { loadData } from '../../../src/lab/data/index.js';
import { random, ready, tf } from '../../../src/lab/tensor/index.js';
import { close } from './close.js';
import { denseNet, noiseSplit, unsettle } from './helpers.js';

describe('assignment', () => {
  it('finds the least total of all permutations', () => {
    const generator = random(4);
    for (let draw = 0; draw < 20; draw++) {
      const n = 5;
      const costs = Float64Array.from({ length: n * n }, () => generator.next());
      const total = (columns: readonly number[]) =>
        columns.reduce((sum, column, row) => sum + costs[row * n + column]!, 0);
      const found = assign(costs, n);
      assert.deepEqual([...found].sort(), [0, 1, 2, 3, 4]);
      const best = Math.min(...permutations([0, 1, 2, 3, 4]).map(total));
      close(total(found), best, 1e-12);
    }
  });
});

describe('loss surface', () => {
  before(() => ready());

  it('has the loss itself in the middle, and leaves the net as it was', async () => {
    const net = unsettle(
      buildNet({ family: 'residual', depth: 8, width: 2, input: [8, 8, 1], classes: 3 }),
    );
    const split = noiseSplit(20, [8, 8, 1], 3);
    const of = subject(net, split);
    const weights = () => parametersOf(of.graph).map(({ variable }) => [...variable.dataSync()]);
    const kept = weights();
    const made = await readMeasure(of, { measure: 'loss-surface', options: { size: 3 } });
    assert.deepEqual(weights(), kept);
    const surface = made.extra.surface as number[][];
    close(surface[1]![1]!, evaluate(of.graph, split.train).loss, 1e-9);
    assert.equal(surface[1]![1], made.extra.middle);
    assert.deepEqual(made.extra.places, [-1, 0, 1]);
    await assert.rejects(
      readMeasure(of, { measure: 'loss-surface', options: { size: 4 } }),
      RefusedError,
    );
    of.dispose();
  });

  it('of a linear layer is convex, so that it rises everywhere around its minimum', async () => {
    // Equal inputs, one label each way: the smallest loss is log 2, at equal logits.
    const net = denseNet([{ kernel: [[1e-3, 1e-3]] }]);
    const set = { ...noiseSplit(2, [1, 1, 1], 2).train, images: Float32Array.of(1, 1) };
    const of = subject(net, { train: set, test: set });
    const made = await readMeasure(of, { measure: 'loss-surface', options: { span: 1, size: 5 } });
    for (const value of (made.extra.surface as number[][]).flat()) {
      assert.ok(value >= Math.LN2 - 1e-6);
    }
    of.dispose();
  });
});

describe('linear mode connectivity', () => {
  before(() => ready());

  it('has no barrier to itself, and none to its own permuted copy once units are matched', async () => {
    const split = await loadData({ name: 'gratings', train: 200, test: 100 });
    const shape = split.train.shape.slice(1) as [number, number, number];
    const classes = split.train.classes.length;
    for (const family of ['plain', 'residual']) {
      const spec = { family, depth: 8, width: 4, input: shape, classes };
      const net = buildNet({ ...spec, seed: 1 });
      await train(net, split, recipe({ stop: { epochs: 3 } }));
      const itself = await modeConnectivity(net, net, split.train, split.test, {
        match: false,
        points: 3,
      });
      assert.ok(Math.abs(itself.barrier) < 1e-5, `${itself.barrier}`);
      const copy = buildNet({ ...spec, seed: 2 });
      copyPermuted(net, copy);
      const [a, b] = [net, copy].map((each) => evaluate(graphOf(each), split.test).loss);
      close(b!, a!, 1e-3, 'the permuted copy is the same function');
      const apart = await modeConnectivity(net, copy, split.train, split.test, {
        match: false,
        points: 3,
      });
      const matched = await modeConnectivity(net, copy, split.train, split.test, { points: 3 });
      assert.ok(
        matched.barrier < apart.barrier / 2,
        `${family}: ${matched.barrier} ${apart.barrier}`,
      );
      assert.ok(Math.abs(matched.barrier) < 1e-3, `${family}: ${matched.barrier}`);
    }
  });

  it('refuses nets of different shape, naming where they differ', async () => {
    const split = noiseSplit(6, [8, 8, 1], 3);
    const spec = { family: 'plain', input: [8, 8, 1] as const, classes: 3 };
    const a = buildNet({ ...spec, depth: 8, width: 2 });
    await assert.rejects(
      modeConnectivity(a, buildNet({ ...spec, depth: 8, width: 4 }), split.train, split.test),
      DifferentNetsError,
    );
    await assert.rejects(
      modeConnectivity(a, buildNet({ ...spec, depth: 14, width: 2 }), split.train, split.test),
      /one net has/,
    );
  });
});

/** Copies a net with the channels of each stage in another order (the stages of a residual net share one). */
function copyPermuted(from: tf.LayersModel, to: tf.LayersModel): void {
  const orderOf = (channels: number) =>
    Array.from({ length: channels }, (_, i) => (i + 1) % channels);
  const source = graphOf(from);
  const target = graphOf(to);
  for (const [i, node] of source.nodes.entries()) {
    const other = target.nodes[i]!;
    const last = i === source.nodes.length - 1;
    if ((node.op === 'conv2d' || node.op === 'dense') && other.op === node.op) {
      const inputs = node.kernel.shape.at(-2)!;
      const rows = source.nodes[node.inputs[0]!]!.op === 'input' ? null : orderOf(inputs);
      const columns = last ? null : orderOf(node.kernel.shape.at(-1)!);
      tf.tidy(() => {
        const axis = node.kernel.rank - 1;
        let kernel: tf.Tensor = node.kernel;
        if (rows) kernel = tf.gather(kernel, rows, axis - 1);
        if (columns) kernel = tf.gather(kernel, columns, axis);
        other.kernel.assign(kernel);
        if (node.bias && other.bias) {
          other.bias.assign(columns ? tf.gather(node.bias, columns) : tf.clone(node.bias));
        }
      });
    } else if (node.op === 'batchNorm' && other.op === 'batchNorm') {
      const order = orderOf(node.mean.shape[0]!);
      tf.tidy(() => {
        for (const name of ['gamma', 'beta', 'mean', 'variance'] as const) {
          if (node[name] && other[name]) other[name].assign(tf.gather(node[name], order));
        }
      });
    }
  }
}

function permutations(list: readonly number[]): number[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((head) =>
    permutations(list.filter((each) => each !== head)).map((rest) => [head, ...rest]),
  );
}
