import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { RefusedError, readMeasure, subject } from '../../../src/lab/measure/index.js';
import { patchesOf } from '../../../src/lab/measure/patches.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { dataset, noiseSplit } from './helpers.js';

/**
 * A net of two classes on a one-channel image of `side` × `side` whose log-odds of class 0 are a sum of ReLUs of sums of pixels:
 * `units` lists for each the pixels, the threshold and the weight.
 */
function sums(side: number, units: { pixels: number[]; above: number; weight: number }[]) {
  const size = side * side;
  const model = tf.sequential();
  model.add(tf.layers.flatten({ inputShape: [side, side, 1] }));
  const hidden = tf.layers.dense({ units: units.length, activation: 'relu' });
  model.add(hidden);
  const end = tf.layers.dense({ units: 2 });
  model.add(end);
  const kernel = new Float32Array(size * units.length);
  for (const [u, { pixels }] of units.entries()) {
    for (const pixel of pixels) kernel[pixel * units.length + u] = 1;
  }
  hidden.setWeights([
    tf.tensor2d(kernel, [size, units.length]),
    tf.tensor1d(units.map(({ above }) => -above)),
  ]);
  end.setWeights([tf.tensor2d(units.map(({ weight }) => [weight, 0])), tf.tensor1d([0, 0])]);
  return model;
}

/** Images of ones: a pixel that is shown counts 1, a hidden one 0 under the baseline of zeros. */
function ones(side: number, count = 3) {
  const images = dataset(
    new Float32Array(count * side * side).fill(1),
    new Int32Array(count),
    [side, side, 1],
    2,
  );
  return { train: images, test: images };
}

interface Strength {
  order: number;
  value: number;
}

async function strengthOf(net: tf.LayersModel, side: number, options: Record<string, unknown>) {
  const of = subject(net, ones(side));
  const made = await readMeasure(of, {
    measure: 'interaction-order',
    options: { grid: side, baseline: 'zero', ...options },
  });
  of.dispose();
  return { made, strength: (made.extra.strength as Strength[]).map(({ value }) => value) };
}

function near(actual: readonly number[], wanted: readonly number[], tolerance = 1e-5) {
  assert.equal(actual.length, wanted.length);
  for (const [i, value] of actual.entries()) {
    assert.ok(Math.abs(value - wanted[i]!) < tolerance, `${actual} for ${wanted}`);
  }
}

describe('interaction order', () => {
  before(() => ready());

  it('cuts an image into patches that cover it, as even as can be', () => {
    assert.deepEqual([...patchesOf(4, 4, 2)], [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3]);
    const sizes = new Array<number>(9).fill(0);
    for (const patch of patchesOf(28, 28, 3)) sizes[patch]! += 1;
    assert.deepEqual(sizes, [100, 90, 90, 90, 81, 81, 90, 81, 81]);
  });

  it('gives what can be worked out: an AND of all, an OR, and "at least 3 of 9"', async () => {
    const every = Array.from({ length: 9 }, (_, i) => i);
    // relu(sum − 8) is 1 only when all nine are there.
    const and = await strengthOf(sums(3, [{ pixels: every, above: 8, weight: 5 }]), 3, {});
    near(and.strength, [0, 0, 0, 0, 0, 0, 0, 8]);
    assert.ok(Math.abs(and.made.value - 1) < 1e-6);
    const units = (at: number) => [
      { pixels: every, above: at - 1, weight: 3 },
      { pixels: every, above: at, weight: -3 },
    ];
    const or = await strengthOf(sums(3, units(1)), 3, {});
    near(or.strength, [8, 0, 0, 0, 0, 0, 0, 0]);
    assert.ok(Math.abs(or.made.value) < 1e-6);
    // 1 with three or more: rises at m = 1, is taken back at m = 2.
    const three = await strengthOf(sums(3, units(3)), 3, {});
    near(three.strength, [0, 4, 4, 0, 0, 0, 0, 0]);
    assert.ok((three.made.extra.efficiencyError as number) < 1e-5);
    assert.equal(three.made.extra.exact, true);
    // All images are the same, so nothing is uncertain.
    assert.ok(three.made.interval!.high - three.made.interval!.low < 1e-6);
  });

  it('finds by sampling what it finds exactly where pairs do not depend on which others are there', async () => {
    const every = Array.from({ length: 16 }, (_, i) => i);
    const net = sums(4, [
      { pixels: every, above: 4, weight: 2 },
      { pixels: every, above: 5, weight: -2 },
    ]);
    const made = await strengthOf(net, 4, { pairs: 3, contexts: 2, orders: 15 });
    assert.equal(made.made.extra.exact, false);
    // The value depends on how many are shown alone: relu(s − 4) − relu(s − 5) bends at s = 4 and s = 5.
    near(made.strength, [0, 0, 0, 7.5, 7.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.match(made.made.notes.join(), /sampled/);
  });

  it('reads a convolutional net, with efficiency kept to rounding and J of mean 1', async () => {
    const net = buildNet({ family: 'residual', depth: 8, width: 4, input: [8, 8, 1], classes: 3 });
    const of = subject(net, noiseSplit(6, [8, 8, 1], 3));
    const made = await readMeasure(of, { measure: 'interaction-order', options: { grid: 2 } });
    const again = await readMeasure(of, { measure: 'interaction-order', options: { grid: 2 } });
    of.dispose();
    assert.deepEqual(made, again);
    assert.ok((made.extra.efficiencyError as number) < 1e-3);
    const strength = made.extra.strength as Strength[];
    const sum = strength.reduce((total, { value }) => total + value, 0);
    assert.ok(Math.abs(sum / strength.length - 1) < 1e-9);
    assert.ok(made.value > 0 && made.value < 1);
    assert.ok(made.interval!.low < made.value && made.value < made.interval!.high);
  });

  it('refuses a net without interactions, images that are too small, and too few of them', async () => {
    const flat = subject(sums(3, [{ pixels: [0], above: 100, weight: 1 }]), ones(3));
    await assert.rejects(readMeasure(flat, 'interaction-order'), /whatever is shown/);
    await assert.rejects(
      readMeasure(flat, { measure: 'interaction-order', options: { grid: 4 } }),
      /no 4 × 4 patches/,
    );
    flat.dispose();
    const few = subject(sums(3, [{ pixels: [0], above: 0, weight: 1 }]), ones(3, 2));
    await assert.rejects(readMeasure(few, 'interaction-order'), RefusedError);
    few.dispose();
  });
});
