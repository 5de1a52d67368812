import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { RefusedError, readMeasure, subject } from '../../../src/lab/measure/index.js';
import { ridgeClassifiers } from '../../../src/lab/measure/ridge.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { random, ready } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { dataset, denseNet, noiseSplit } from './helpers.js';

interface Probe {
  classes: number;
  train: { x: number[][]; y: number[] };
  test: { x: number[][]; y: number[] };
  ridge: { strength: number; scores: number[][]; predictions: number[]; accuracy: number }[];
  logistic_accuracy: number;
}

/** Points of the XOR problem with a little noise: class 1 where the signs of both numbers differ. */
function xor(count: number, seed: number) {
  const generator = random(seed);
  const points: number[] = [];
  const labels: number[] = [];
  for (let i = 0; i < count; i++) {
    const [a, b] = [i & 1 ? 1 : -1, i & 2 ? 1 : -1];
    points.push(a + 0.1 * generator.normal(), b + 0.1 * generator.normal());
    labels.push(a === b ? 0 : 1);
  }
  return dataset(points, labels, [1, 1, 2], 2);
}

describe('ridge classifier', () => {
  it('gives the scores and predictions of scikit-learn at every strength', () => {
    const { classes, train, test, ridge, logistic_accuracy } = golden<Probe>('probe');
    const given = {
      features: Float32Array.from(train.x.flat()),
      labels: Int32Array.from(train.y),
    };
    const rows = Float32Array.from(test.x.flat());
    const n = train.y.length;
    const fitted = ridgeClassifiers(
      given,
      classes,
      ridge.map(({ strength }) => strength / n),
    );
    for (const [i, { scores, predictions, accuracy }] of ridge.entries()) {
      const made = fitted[i]!.scores(rows);
      for (const [k, wanted] of scores.flat().entries()) {
        assert.ok(Math.abs(made[k]! - wanted) < 1e-6, `${made[k]} for ${wanted}`);
      }
      const guesses = [...fitted[i]!.predict(rows)];
      assert.deepEqual(guesses, predictions);
      const correct = guesses.filter((guess, k) => guess === test.y[k]).length;
      assert.equal(correct / guesses.length, accuracy);
      // Another kind of linear classifier does about as well at sensible strengths.
      if (i < 3) assert.ok(Math.abs(accuracy - logistic_accuracy) < 0.08);
    }
  });

  it('does not care for shift and scale of features, and leaves constant ones out', () => {
    const { classes, train, test } = golden<Probe>('probe');
    const moved = (x: number[][]) =>
      Float32Array.from(x.flatMap((row) => [...row.map((v, j) => 100 * (j + 1) * v + j), 7]));
    const labels = Int32Array.from(train.y);
    const plain = { features: Float32Array.from(train.x.flat()), labels };
    const [one] = ridgeClassifiers(plain, classes, [0.01]);
    const [two] = ridgeClassifiers({ features: moved(train.x), labels }, classes, [0.01]);
    const wanted = one!.predict(Float32Array.from(test.x.flat()));
    assert.deepEqual(two!.predict(moved(test.x)), wanted);
  });
});

describe('linear probe', () => {
  before(() => ready());

  it('gives 100 % on one-hot features', async () => {
    const count = 60;
    const hot = (label: number) => [0, 1, 2].map((c) => (c === label ? 1 : 0));
    const labels = Array.from({ length: count }, (_, i) => i % 3);
    const images = dataset(labels.flatMap(hot), labels, [1, 1, 3], 3);
    const identity = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const of = subject(denseNet([{ kernel: identity }]), { train: images, test: images });
    const made = await readMeasure(of, 'linear-probe');
    for (const layer of made.layers) assert.equal(layer.value, 1);
    of.dispose();
  });

  it('gives 50 % on XOR input, and 100 % after a ReLU layer that solves it', async () => {
    // relu(a − b), relu(b − a): either is on exactly where the signs differ.
    const net = denseNet([
      {
        kernel: [
          [1, -1],
          [-1, 1],
        ],
      },
      {
        kernel: [
          [-1, 1],
          [-1, 1],
        ],
        bias: [1, -1],
      },
    ]);
    const of = subject(net, { train: xor(400, 1), test: xor(400, 2) });
    const made = await readMeasure(of, 'linear-probe');
    assert.ok(Math.abs(made.layers[0]!.value - 0.5) < 0.1, `input ${made.layers[0]!.value}`);
    for (const layer of made.layers.slice(1)) assert.equal(layer.value, 1);
    assert.equal(made.value, 1);
    assert.equal(made.extra.reaches90OfLast, 0.5);
    assert.equal(made.extra.reaches90OfGain, 0.5);
    const half = await readMeasure(of, { measure: 'linear-probe', options: { fitOn: 'held-out' } });
    assert.equal(half.value, 1);
    assert.equal(half.extra.fitted, 200);
    of.dispose();
  });

  it('says how layers were reduced, and gives the same for the same seed', async () => {
    const split = noiseSplit(40, [8, 8, 1], 4);
    const net = buildNet({ family: 'plain', depth: 5, width: 4, input: [8, 8, 1], classes: 4 });
    const options = { measure: 'linear-probe', options: { features: 16 } };
    const read = async () => {
      const of = subject(net, split);
      const made = await readMeasure(of, options);
      of.dispose();
      return made;
    };
    const made = await read();
    assert.deepEqual(await read(), made);
    const reductions = made.extra.reductions as string[];
    assert.match(reductions[0]!, /pooled to 4 × 4 positions/);
    // Without anything to find, a probe is at chance.
    for (const { interval } of made.layers) assert.ok(interval!.low < 0.5);
  });

  it('refuses too few images', async () => {
    const split = noiseSplit(6, [8, 8, 1], 3);
    const of = subject(
      buildNet({ family: 'plain', depth: 3, width: 2, input: [8, 8, 1], classes: 3 }),
      split,
    );
    await assert.rejects(readMeasure(of, 'linear-probe'), RefusedError);
    of.dispose();
  });
});
