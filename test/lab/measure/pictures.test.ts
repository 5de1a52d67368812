import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { pictureRows } from '../../../src/lab/chart/pictures.js';
import { ascend } from '../../../src/lab/measure/activation-maximisation.js';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import type { TileRow } from '../../../src/lab/measure/tiles.js';
import { buildNet, graphOf } from '../../../src/lab/nets/index.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { dataset, denseNet, noise, noiseSplit } from './helpers.js';

const spec = { family: 'plain', depth: 5, width: 4, input: [8, 8, 1] as const, classes: 3 };
const rowsOf = (made: { extra: Readonly<Record<string, unknown>> }) => made.extra.rows as TileRow[];

/** A net with one convolution of known filters `[size, size, channels, count]`, then pooling and a head. */
function filterNet(filters: tf.Tensor4D, input: [number, number, number], bias?: number[]) {
  const [size, , , count] = filters.shape;
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: count, kernelSize: size, inputShape: input, activation: 'relu' }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 3 }),
    ],
  });
  model.layers[0]!.setWeights([filters, tf.tensor1d(bias ?? new Array(count).fill(0))]);
  return model;
}

describe('feature-maps', () => {
  before(() => ready());

  it('shows the image and the maps of each layer as the net computes them', async () => {
    const net = buildNet({ ...spec, family: 'residual', depth: 8 });
    const split = noiseSplit(6, [8, 8, 1], 3);
    const of = subject(net, split);
    const made = await readMeasure(of, {
      measure: 'feature-maps',
      options: { images: [2, 0], channels: 3 },
    });
    const rows = rowsOf(made);
    assert.equal(rows[0]!.name, 'image');
    assert.equal(rows[0]!.tiles.length, 2);
    const pixels = split.test.images.subarray(128, 192);
    for (const [i, value] of pixels.entries()) {
      assert.ok(Math.abs(rows[0]!.tiles[0]!.values[i]! - value) < 1e-3);
    }
    const layer = rows[1]!.name;
    const { data, shape } = await of.activations(layer, 'test', 3);
    const map = rows[1]!.tiles[0]!;
    assert.equal(map.values.length, shape[1]! * shape[2]!);
    // One of the channels of image 2, position by position.
    const channels = shape[3]!;
    const same = Array.from({ length: channels }, (_, c) =>
      map.values.every((value, at) => {
        const wanted = data[(2 * map.values.length + at) * channels + c]!;
        return Math.abs(value - wanted) <= 6e-3 * Math.abs(wanted) + 1e-9;
      }),
    );
    assert.ok(same.some(Boolean));
    assert.ok(pictureRows(rows, { rows: 'Layer', subject: 'Feature maps' }).description);
    of.dispose();
  });

  it('counts dead channels and says where all are', async () => {
    const filters = tf.ones([3, 3, 1, 4]) as tf.Tensor4D;
    const split = noiseSplit(8, [6, 6, 1], 3);
    for (const [bias, value] of [
      [[0, -100, 0, -100], 0.5],
      [[-100, -100, -100, -100], 1],
    ] as const) {
      const of = subject(filterNet(filters, [6, 6, 1], [...bias]), split);
      const made = await readMeasure(of, 'feature-maps');
      assert.equal(made.value, value);
      assert.equal(made.notes.length, value === 1 ? 2 : 0);
      of.dispose();
    }
  });

  it('refuses an image that is not there', async () => {
    const of = subject(buildNet(spec), noiseSplit(6, [8, 8, 1], 3));
    const asked = readMeasure(of, { measure: 'feature-maps', options: { images: [6] } });
    await assert.rejects(asked, /image 6 is asked for, the held-out images are 0 … 5/);
    of.dispose();
  });
});

describe('first-layer-filters', () => {
  before(() => ready());

  it('gives the weights, and how many filters differ: equal 1, orthogonal all', async () => {
    const split = noiseSplit(4, [6, 6, 1], 3);
    const equal = tf.tile(
      tf.randomNormal([2, 2, 1, 1], 0, 1, 'float32', 3),
      [1, 1, 1, 4],
    ) as tf.Tensor4D;
    const orthogonal = tf.eye(4).reshape([2, 2, 1, 4]) as tf.Tensor4D;
    for (const [filters, value] of [
      [equal, 1],
      [orthogonal, 4],
    ] as const) {
      const of = subject(filterNet(filters, [6, 6, 1]), split);
      const made = await readMeasure(of, 'first-layer-filters');
      assert.ok(Math.abs(made.value - value) < 1e-6, `${made.value}`);
      assert.equal(made.saturation, 4);
      of.dispose();
    }
    const of = subject(filterNet(orthogonal, [6, 6, 1]), split);
    const rows = rowsOf(await readMeasure(of, 'first-layer-filters'));
    assert.deepEqual(
      rows[0]!.tiles.map(({ values }) => values.indexOf(1)),
      [0, 1, 2, 3],
    );
    of.dispose();
  });

  it('shows colour filters about mid-grey, and refuses what is no picture', async () => {
    const colours = filterNet(tf.randomNormal([3, 3, 3, 5]) as tf.Tensor4D, [6, 6, 3]);
    const of = subject(colours, noiseSplit(4, [6, 6, 3], 3));
    const [row] = rowsOf(await readMeasure(of, 'first-layer-filters'));
    for (const { values, channels } of row!.tiles) {
      assert.equal(channels, 3);
      for (const value of values) assert.ok(value >= 0 && value <= 1);
    }
    of.dispose();
    const two = filterNet(tf.randomNormal([3, 3, 2, 5]) as tf.Tensor4D, [6, 6, 2]);
    const odd = subject(two, noiseSplit(4, [6, 6, 2], 3));
    await assert.rejects(readMeasure(odd, 'first-layer-filters'), RefusedError);
    await assert.rejects(readMeasure(odd, 'top-images'), /1 or 3 channels, these have 2/);
    odd.dispose();
  });
});

describe('top-images', () => {
  before(() => ready());

  it('finds the images that a unit is known to like, and that they are of one class', async () => {
    // A 2 × 2 image with one bright pixel, which is its class; unit u reads pixel u.
    const count = 80;
    const labels = Array.from({ length: count }, (_, i) => i % 4);
    const pixels = labels.flatMap((label, i) =>
      [0, 1, 2, 3].map((p) => (p === label ? 0.5 + i / (2 * count) : 0.01)),
    );
    const identity = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0)));
    const net = tf.sequential();
    net.add(tf.layers.flatten({ inputShape: [2, 2, 1] }));
    net.add(tf.layers.dense({ units: 4, activation: 'relu', name: 'readers' }));
    net.add(tf.layers.dense({ units: 4 }));
    net.layers[1]!.setWeights([tf.tensor2d(identity), tf.zeros([4])]);
    const images = dataset(pixels, labels, [2, 2, 1], 4);
    const of = subject(net, { train: images, test: images });
    const made = await readMeasure(of, { measure: 'top-images', options: { images: 5, units: 2 } });
    assert.equal(made.value, 1);
    const chance = made.extra.chance as number;
    assert.ok(chance > 0.25 && chance < 0.6, `${chance}`);
    const rows = rowsOf(made);
    assert.equal(rows.length, 2);
    // The brightest of each class come first.
    for (const [unit, { tiles }] of rows.entries()) {
      const bright = tiles.map(({ values }) => values[unit]!);
      assert.ok(Math.abs(bright[0]! - (0.5 + (count - 4 + unit) / (2 * count))) < 1e-3);
      assert.deepEqual(
        bright,
        [...bright].sort((a, b) => b - a),
      );
    }
    of.dispose();
  });

  it('says when no unit prefers an image, and refuses an unknown layer by name', async () => {
    const dead = denseNet([
      { kernel: [[0, 0]], bias: [1, 1] },
      {
        kernel: [
          [1, 1],
          [1, 1],
        ],
      },
    ]);
    const of = subject(dead, { train: noise(30, [1, 1, 1], 2), test: noise(30, [1, 1, 1], 2) });
    const made = await readMeasure(of, 'top-images');
    assert.equal(made.value, 0);
    assert.match(made.notes.at(-1)!, /no unit prefers any image/);
    const asked = readMeasure(of, { measure: 'top-images', options: { layers: ['nowhere'] } });
    await assert.rejects(asked, /no node nowhere/);
    of.dispose();
  });
});

describe('activation-maximisation', () => {
  before(() => ready());
  const plain = { steps: 60, rate: 0.2, decay: 0, blurEvery: 0, jitter: 0, seed: 1 };

  it('finds the corner of the box that a linear unit likes best', async () => {
    const kernel = [0.5, -1, 2, -0.1].map((weight) => [weight, -weight]);
    const net = tf.sequential();
    net.add(tf.layers.flatten({ inputShape: [2, 2, 1] }));
    net.add(tf.layers.dense({ units: 2, name: 'unit' }));
    net.layers[1]!.setWeights([tf.tensor2d(kernel), tf.zeros([2])]);
    const shape = [2, 2, 2, 1];
    const { images, reached } = await ascend(graphOf(net), 'unit', [0, 1], shape, [0, 1], plain);
    assert.deepEqual([...images], [1, 0, 1, 0, 0, 1, 0, 1]);
    assert.ok(Math.abs(reached[0]! - 2.5) < 1e-5 && Math.abs(reached[1]! - 1.1) < 1e-5);
  });

  it('gets at least as far as the best real image, within the range of pixels, the same each time', async () => {
    const split = noiseSplit(40, [8, 8, 1], 3);
    const read = async (options: Record<string, unknown>) => {
      const of = subject(buildNet(spec), split);
      const made = await readMeasure(of, { measure: 'activation-maximisation', options });
      of.dispose();
      return made;
    };
    const made = await read({ steps: 30, units: 3 });
    assert.deepEqual(await read({ steps: 30, units: 3 }), made);
    for (const { tiles } of rowsOf(made)) {
      for (const { values } of tiles) {
        for (const value of values) assert.ok(value >= 0 && value <= 1);
      }
    }
    // Noise cannot be beaten by smooth images, but by images that are free to be rough.
    const free = await read({ steps: 60, units: 3, blurEvery: 0, decay: 0, jitter: 0 });
    assert.ok(free.value > 1, `${free.value}`);
    const rough = rowsOf(free);
    const roughness = (rows: TileRow[]) =>
      rows
        .flatMap(({ tiles }) => tiles)
        .reduce((sum, { values }) => {
          for (let i = 1; i < values.length; i++) sum += Math.abs(values[i]! - values[i - 1]!);
          return sum;
        }, 0);
    assert.ok(roughness(rowsOf(made)) < roughness(rough));
  });

  it('leaves no tensors behind', async () => {
    const graph = graphOf(buildNet(spec));
    const layer = graph.nodes.find(({ op }) => op === 'relu')!.name;
    const before = tf.memory().numTensors;
    await ascend(graph, layer, [0, 1], [1, 8, 8, 1], [0, 1], { ...plain, steps: 3, jitter: 1 });
    assert.equal(tf.memory().numTensors, before);
  });
});
