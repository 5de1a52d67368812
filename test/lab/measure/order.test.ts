import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { RefusedError, readMeasure, subject } from '../../../src/lab/measure/index.js';
import {
  componentsOf,
  distances,
  meanOrder,
  varianceOf,
} from '../../../src/lab/measure/order/components.js';
import { disentangler, featuresOf, stackOf } from '../../../src/lab/measure/order/disentangler.js';
import { componentGame, effectOf, headOf } from '../../../src/lab/measure/order/effect.js';
import { readout } from '../../../src/lab/measure/order/readout.js';
import { reliability } from '../../../src/lab/measure/order/reliability.js';
import { ridgeMaps } from '../../../src/lab/measure/ridge.js';
import { buildNet, graphOf } from '../../../src/lab/nets/index.js';
import { random, ready, type tf } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { dataset, denseNet, noiseSplit } from './helpers.js';

interface Ridge {
  ridge: {
    x: number[][];
    y: number[][];
    test: number[][];
    cases: { strength: number; predictions: number[][] }[];
  };
}

function close(actual: number, wanted: number, tolerance = 1e-9) {
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual}, expected ${wanted}`);
}

function normals(count: number, seed: number): Float64Array {
  const generator = random(seed);
  return Float64Array.from({ length: count }, () => generator.normal());
}

describe('ridge regression', () => {
  it('gives what scikit-learn gives for several targets', () => {
    const { x, y, test, cases } = golden<Ridge>('order').ridge;
    const maps = ridgeMaps(
      Float32Array.from(x.flat()),
      Float64Array.from(y.flat()),
      x.length,
      cases.map(({ strength }) => strength),
    );
    for (const [k, { predictions }] of cases.entries()) {
      const made = maps[k]!.apply(Float32Array.from(test.flat()));
      for (const [i, wanted] of predictions.flat().entries()) close(made[i]!, wanted, 1e-5);
    }
  });

  it('predicts each half from the other, and nothing where there is nothing to predict', () => {
    const features = Float32Array.from(normals(400 * 5, 1));
    const targets = Float64Array.from({ length: 400 }, (_, i) => 3 * features[5 * i]! + 1);
    const half = (row: number) => (row % 2) as 0 | 1;
    const found = readout(features, targets, 400, half);
    for (const [i, value] of found.crossed.entries()) close(value, targets[i]!, 0.01);
    const none = readout(features, normals(400, 2), 400, half);
    // Unrelated targets: the strongest penalty or no map at all, and predictions that hardly move.
    assert.ok(none.strength === null || none.strength >= 1, `${none.strength}`);
    assert.ok(varianceOf(none.crossed, 400) < 0.02);
  });
});

describe('components of a function', () => {
  it('have the shares that they were made with', () => {
    // Three independent parts of variance 4, 1 and 0.25, exactly uncorrelated: each moves alone.
    const parts = [4, 1, 0.25].map((variance, k) =>
      Float64Array.from({ length: 600 }, (_, i) =>
        i % 3 === k ? Math.sqrt(3 * variance) * (i % 2 === 0 ? 1 : -1) : 0,
      ),
    );
    const up = parts.map((_, k) =>
      Float64Array.from({ length: 600 }, (_, i) =>
        parts.slice(0, k + 1).reduce((sum, part) => sum + part[i]!, 0),
      ),
    );
    const found = componentsOf(up[2]!, [up[0]!, up[1]!], [0, 3], 600, 0.95);
    close(found.significance[0]!, 4 / 5.25);
    close(found.significance[1]!, 1 / 5.25);
    close(found.explained[1]!, 5 / 5.25);
    close(found.remainder, 0.25 / 5.25);
    // The remainder counts as order 6: log 7.
    const mean = (1 * Math.log(4) + 0.25 * Math.log(7)) / 5.25;
    close(found.mean.value, Math.expm1(mean));
    close(found.explainedMean, Math.expm1(Math.log(4) / 5));
    assert.ok(found.mean.interval!.low < found.mean.value);
  });

  it('have the interval that leaving out each image gives', () => {
    const [count, units] = [25, 3];
    const f = normals(count * units, 3);
    const rungs = [0.5, 0.8].map((share, k) => {
      const noise = normals(count * units, 4 + k);
      return f.map((value, i) => share * value + 0.1 * noise[i]!);
    });
    const { value, interval } = componentsOf(f, rungs, [1, 2], count, 0.95).mean;
    const without = (rows: Float64Array, image: number) =>
      rows.filter((_, i) => Math.floor(i / units) !== image);
    const logs = Array.from({ length: count }, (_, image) => {
      const rest = componentsOf(
        without(f, image),
        rungs.map((rung) => without(rung, image)),
        [1, 2],
        count - 1,
        0.95,
      );
      return Math.log(1 + rest.mean.value);
    });
    const centre = logs.reduce((sum, each) => sum + each, 0) / count;
    const squares = logs.reduce((sum, each) => sum + (each - centre) ** 2, 0);
    // 2.0639: Student's t of 24 degrees of freedom.
    const half = 2.0639 * Math.sqrt(((count - 1) / count) * squares);
    close(Math.log((1 + interval!.high) / (1 + value)), half, 1e-4);
  });

  it('do not change when the feature is turned, moved or scaled', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 6, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        (angle, scale, shift) => {
          const [c, s] = [Math.cos(angle), Math.sin(angle)];
          const turned = (rows: Float64Array) =>
            rows.map(
              (value, i) =>
                shift +
                scale * (i % 2 === 0 ? c * value - s * rows[i + 1]! : c * value + s * rows[i - 1]!),
            );
          const f = normals(80, 5);
          const rung = f.map((value, i) => value * (i % 4 < 2 ? 0.9 : 0.3));
          const one = componentsOf(f, [rung], [1], 40, 0.95);
          const two = componentsOf(turned(f), [turned(rung)], [1], 40, 0.95);
          close(two.significance[0]!, one.significance[0]!, 1e-9);
          close(two.mean.value, one.mean.value, 1e-9);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('have a mean order between the first and the last, 0 without variance', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (rho) => {
          const mean = meanOrder(rho, [0, 2, 8]);
          assert.ok(mean >= 0 && mean <= 8 + 1e-9);
        },
      ),
    );
    close(meanOrder([0, 0, 1], [0, 2, 8]), 8);
    close(meanOrder([1, 1], [0, 3]), 1);
    assert.equal(meanOrder([0, 0], [0, 3]), 0);
    assert.deepEqual([...distances([1, 3, 5] as unknown as Float64Array, 3)], [4, 0, 4]);
  });
});

describe('reliability', () => {
  const count = 400;
  const f = normals(count * 4, 11);
  /** The first `shared` units of f through a linear map, beside noise. */
  const peer = (shared: number, seed: number) => {
    const noise = normals(count * 4, seed);
    return Float32Array.from(f, (_, i) => {
      const [row, unit] = [i - (i % 4), i % 4];
      if (unit >= shared) return noise[i]!;
      return f[row + unit]! + 0.5 * f[row + ((unit + 1) % shared)]! + 3;
    });
  };

  it('is 1 for what other nets have in other coordinates, 0 for what they lack, the share between', () => {
    close(reliability(f, [peer(4, 21), peer(4, 22)], count)!, 1, 0.01);
    close(reliability(f, [peer(0, 21), peer(0, 22)], count)!, 0, 0.03);
    close(reliability(f, [peer(2, 21), peer(2, 22)], count)!, 0.5, 0.07);
    // What one of them lacks is not reliable.
    close(reliability(f, [peer(4, 21), peer(0, 22)], count)!, 0, 0.05);
  });

  it('is not said of nothing', () => {
    assert.equal(reliability(new Float64Array(count), [peer(4, 1)], count), null);
    assert.throws(() => reliability(f, [], count), RangeError);
  });
});

describe('feature order', () => {
  before(() => ready());

  const image: [number, number, number] = [12, 12, 1];
  const split = noiseSplit(300, image, 3);
  const small = {
    fitImages: 500,
    testImages: 150,
    orders: [0, 1, 2],
    width: 8,
    epochs: 1,
    peers: 0,
  };

  async function order(net: tf.LayersModel, options: Record<string, unknown> = {}) {
    const of = subject(net, split);
    try {
      return await readMeasure(of, {
        measure: 'feature-order',
        options: { ...small, ...options },
      });
    } finally {
      of.dispose();
      net.dispose();
    }
  }

  const planted = (relus: number) =>
    buildNet({ family: 'planted', depth: relus + 2, width: 8, input: image, classes: 3, seed: 1 });

  it('recovers the order of functions whose order is known', async () => {
    const found: number[] = [];
    for (const relus of [0, 2, 8, 26]) {
      found.push((await order(planted(relus), { layer: 'planted' })).value);
    }
    // No ReLU: all of it is linear in the pixels.
    assert.ok(found[0]! < 0.01, `${found}`);
    for (const [i, value] of found.entries())
      if (i > 0) assert.ok(value > found[i - 1]!, `${found}`);
  });

  it('starts a longer net of the ladder where the shorter one is', () => {
    const shorter = disentangler(image, 2, 6, 3, null, 4);
    const longer = disentangler(image, 5, 6, 3, stackOf(shorter), 4);
    const images = split.test.images;
    const [one, two] = [shorter, longer].map((net) => featuresOf(net, images, 300));
    assert.equal(one!.length, two!.length);
    for (const [i, value] of one!.entries()) close(two![i]!, value, 1e-5);
    const layers = (net: tf.LayersModel) =>
      net.layers.filter((layer) => layer.getClassName() === 'Conv2D').length;
    assert.deepEqual([layers(shorter), layers(longer)], [2, 5]);
  });

  it('shares out exactly what the components do for the task', async () => {
    const net = buildNet({ family: 'residual', depth: 4, width: 4, input: image, classes: 3 });
    const made = await order(net, { peers: 1, peerEpochs: 1 });
    const {
      effect,
      reliability: found,
      orders,
      significance,
    } = made.extra as {
      effect: { nats: number[]; gap: number[]; total: { train: number; test: number } };
      reliability: { upTo: (number | null)[]; component: (number | null)[] };
      orders: number[];
      significance: number[];
    };
    assert.equal(effect.nats.length, orders.length + 1);
    const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);
    close(sum(effect.nats), effect.total.train, 1e-6);
    close(sum(effect.gap), effect.total.train - effect.total.test, 1e-6);
    for (const share of [...found.upTo, ...found.component]) {
      assert.ok(share === null || (share >= 0 && share <= 1));
    }
    assert.equal(significance.length, 3);
    assert.equal(made.saturation, 4);
    assert.ok(made.value >= 0 && made.value <= 4);
  });

  it('gives all of the effect to the component that the head reads', () => {
    // Two units; the head reads the second alone, which only order 3 has.
    const net = denseNet([
      {
        kernel: [
          [0, 0],
          [4, -4],
        ],
      },
    ]);
    const head = headOf(graphOf(net), graphOf(net).nodes[0]!.name);
    const labels = Int32Array.from([0, 1, 0, 1]);
    const f = [5, 1, 7, -1, 5, 1, 7, -1];
    const first = Float64Array.from(f, (value, i) => (i % 2 === 0 ? value : 0));
    const games = [f, f].map((values) =>
      componentGame(head, Float64Array.from(values), [first, Float64Array.from(values)], labels),
    );
    const { effect, gap } = effectOf(games[0]!, games[1]!);
    close(effect[0]!, 0, 1e-6);
    close(effect[1]!, Math.log(2) - Math.log(1 + Math.exp(-8)), 1e-5);
    close(effect[2]!, 0, 1e-6);
    for (const value of gap) close(value, 0, 1e-9);
  });

  it('says the same twice', async () => {
    const options = { layer: 'planted', fitImages: 200, testImages: 60, epochs: 1 };
    assert.deepEqual(await order(planted(2), options), await order(planted(2), options));
  });

  it('refuses a dead layer, an unknown one, orders that do not rise, and too few images', async () => {
    const dead = buildNet({ family: 'plain', depth: 2, width: 4, input: image, classes: 3 });
    const stem = dead.getLayer('stem');
    stem.setWeights(stem.getWeights().map((weight) => weight.mul(0)));
    await assert.rejects(order(dead), (error: Error) => {
      assert.ok(error instanceof RefusedError);
      assert.match(error.message, /layer pool gives the same for all images/);
      return true;
    });
    await assert.rejects(order(planted(1), { layer: 'nowhere' }), /no layer nowhere/);
    await assert.rejects(order(planted(1), { orders: [2, 1] }), /orders must rise/);
    const few = dataset(new Float32Array(10 * 144), new Int32Array(10), image, 3);
    const of = subject(planted(1), { train: few, test: few });
    await assert.rejects(readMeasure(of, 'feature-order'), /at least 20 are needed/);
    of.dispose();
  });
});
