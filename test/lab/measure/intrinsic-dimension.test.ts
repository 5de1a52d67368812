import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMeasure, subject } from '../../../src/lab/measure/index.js';
import { dimensionOf, intrinsicDimension } from '../../../src/lab/measure/intrinsic-dimension.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { random, ready } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { dataset, denseNet, noiseSplit } from './helpers.js';

interface Intrinsic {
  neighbours: number;
  cases: { name: string; x: number[][]; two_nn: number; mle: number }[];
}

const { images: _, ...defaults } = intrinsicDimension.defaults;

/** Points uniform on the sphere of `d` dimensions in d + 1. */
function sphere(count: number, d: number, seed: number): Float32Array {
  const generator = random(seed);
  const rows = new Float32Array(count * (d + 1));
  for (let i = 0; i < count; i++) {
    const row = Array.from({ length: d + 1 }, () => generator.normal());
    const length = Math.hypot(...row);
    rows.set(
      row.map((each) => each / length),
      i * (d + 1),
    );
  }
  return rows;
}

describe('intrinsic dimension', () => {
  before(() => ready());

  it('gives the values of scikit-dimension', async () => {
    const { neighbours, cases } = golden<Intrinsic>('intrinsic');
    for (const { name, x, two_nn, mle } of cases) {
      const rows = Float32Array.from(x.flat());
      const two = await dimensionOf(rows, x[0]!.length, defaults, null);
      close(two!.value, two_nn, 1e-6, name);
      const likely = await dimensionOf(
        rows,
        x[0]!.length,
        { ...defaults, estimator: 'maximum likelihood', neighbours },
        null,
      );
      close(likely!.value, mle, 1e-6, name);
    }
  });

  it('finds the dimension of spheres, with intervals that hold it', async () => {
    for (const [d, low, high] of [
      [1, 0.9, 1.1],
      [2, 1.8, 2.2],
      [5, 4.4, 5.4],
    ] as const) {
      for (const estimator of ['two nearest neighbours', 'maximum likelihood'] as const) {
        const found = await dimensionOf(sphere(1500, d, d), d + 1, { ...defaults, estimator }, 1);
        assert.ok(found!.value > low && found!.value < high, `${estimator} ${d}: ${found!.value}`);
        const { interval } = found!;
        assert.ok(interval!.low < found!.value && found!.value < interval!.high);
      }
    }
  });

  it('is the same after a rotation, a scale and a shift', async () => {
    const rows = sphere(300, 2, 4);
    const turned = new Float32Array(rows.length);
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    for (let i = 0; i < 300; i++) {
      const [x, y, z] = rows.subarray(3 * i, 3 * i + 3);
      turned.set([3 * (c * x! - s * y!) + 5, 3 * (s * x! + c * y!) - 2, 3 * z! + 1], 3 * i);
    }
    const plain = await dimensionOf(rows, 3, defaults, null);
    const moved = await dimensionOf(turned, 3, defaults, null);
    close(moved!.value, plain!.value, 1e-3);
  });

  it('leaves repeated images out and says so, and reads nothing from too few', async () => {
    const rows = sphere(60, 2, 4);
    const twice = new Float32Array(2 * rows.length);
    twice.set(rows);
    twice.set(rows, rows.length);
    const once = await dimensionOf(rows, 3, defaults, null);
    const found = await dimensionOf(twice, 3, defaults, null);
    assert.equal(found!.value, once!.value);
    assert.equal(found!.distinct, 60);
    assert.equal(await dimensionOf(rows.subarray(0, 30), 3, defaults, null), null);
  });

  it('reads every layer of a net, a dead one as 0, and shows how it depends on the number of images', async () => {
    const net = buildNet({ family: 'plain', depth: 4, width: 2, input: [8, 8, 1], classes: 3 });
    const of = subject(net, noiseSplit(120, [8, 8, 1], 3));
    const made = await readMeasure(of, 'intrinsic-dimension');
    assert.deepEqual(
      made.layers.map(({ layer }) => layer),
      of.layers,
    );
    const sizes = (made.extra.bySize as { layer: string; images: number }[]).filter(
      ({ layer }) => layer === of.layers[0],
    );
    assert.deepEqual(
      sizes.map(({ images }) => images),
      [30, 60, 120],
    );
    of.dispose();

    const dead = denseNet([{ kernel: [[-1, -1]] }, { kernel: [[1], [1]] }]);
    const ones = dataset(
      Array.from({ length: 40 }, (_, i) => 1 + i / 40),
      Array.from({ length: 40 }, () => 0),
      [1, 1, 1],
      1,
    );
    const still = subject(dead, { train: ones, test: ones });
    const none = await readMeasure(still, 'intrinsic-dimension');
    assert.equal(none.value, 0);
    assert.match(none.notes.join(), /fewer than 20 images differ/);
    still.dispose();
  });
});
