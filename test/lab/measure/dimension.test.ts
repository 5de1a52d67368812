import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { rankOf } from '../../../src/lab/measure/effective-rank.js';
import { readMeasure, subject } from '../../../src/lab/measure/index.js';
import { ratioOf } from '../../../src/lab/measure/participation-ratio.js';
import { scatterOf } from '../../../src/lab/measure/spectrum.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { random, ready, tf } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { dataset, denseNet, noiseSplit } from './helpers.js';

interface Dimension {
  cases: {
    x: number[][];
    participation_ratio: number;
    participation_ratio_left_out: number[];
    effective_rank_eigenvalues: number;
    effective_rank_singular: number;
  }[];
}

function close(actual: number, wanted: number, relative: number) {
  assert.ok(Math.abs(actual - wanted) <= relative * wanted, `${actual}, expected ${wanted}`);
}

/** Rows whose covariance has exactly these eigenvalues: each direction is used with both signs, alone. */
function withEigenvalues(eigenvalues: readonly number[]): Float32Array {
  const d = eigenvalues.length;
  const rows = new Float32Array(2 * d * d);
  for (const [k, value] of eigenvalues.entries()) {
    rows[2 * k * d + k] = Math.sqrt(value);
    rows[(2 * k + 1) * d + k] = -Math.sqrt(value);
  }
  return rows;
}

const scatter = (rows: Float32Array, images: number) => scatterOf(rows, images)!;

describe('participation ratio and effective rank', () => {
  before(() => ready());

  it('give the values of numpy, wide and tall, in both conventions', () => {
    for (const each of golden<Dimension>('dimension').cases) {
      const images = each.x.length;
      const of = scatter(Float32Array.from(each.x.flat()), images);
      close(ratioOf(of, 0.95).value, each.participation_ratio, 1e-10);
      close(rankOf(of, 'eigenvalues', 0.95).value, each.effective_rank_eigenvalues, 1e-8);
      close(rankOf(of, 'singular values', 0.95).value, each.effective_rank_singular, 1e-8);
    }
  });

  it('have the interval of the jackknife over images that numpy gives', () => {
    for (const each of golden<Dimension>('dimension').cases) {
      const n = each.x.length;
      const of = scatter(Float32Array.from(each.x.flat()), n);
      const logs = each.participation_ratio_left_out.map(Math.log);
      const centre = logs.reduce((a, b) => a + b, 0) / n;
      const error = Math.sqrt(((n - 1) / n) * logs.reduce((a, b) => a + (b - centre) ** 2, 0));
      const { value, interval } = ratioOf(of, 0.95);
      const rank = rankOf(of, 'eigenvalues', 0.95);
      // t quantiles of 24 and 29 degrees of freedom: 2.0639 and 2.0452.
      const t = n === 25 ? 2.0639 : n === 30 ? 2.0452 : 2.201;
      close(Math.log(interval!.high / value), t * error, 1e-4);
      close(Math.log(value / interval!.low), t * error, 1e-4);
      // First order only, so it comes near the exact one of the related measure.
      const ratio = Math.log(rank.interval!.high / rank.value) / (t * error);
      assert.ok(ratio > 0.3 && ratio < 1.5, `${ratio}`);
    }
  });

  it('give r for r equal directions, 3 and 4 for eigenvalues 2^−i, 9 for ten simplex corners', () => {
    const flat = withEigenvalues(Array.from({ length: 12 }, (_, k) => (k < 7 ? 2 : 0)));
    close(ratioOf(scatter(flat, 24), 0.95).value, 7, 1e-9);
    close(rankOf(scatter(flat, 24), 'eigenvalues', 0.95).value, 7, 1e-9);
    close(rankOf(scatter(flat, 24), 'singular values', 0.95).value, 7, 1e-9);
    const halving = withEigenvalues(Array.from({ length: 30 }, (_, k) => 2 ** -k));
    close(ratioOf(scatter(halving, 60), 0.95).value, 3, 1e-6);
    close(rankOf(scatter(halving, 60), 'eigenvalues', 0.95).value, 4, 1e-5);
    const corners = Float32Array.from({ length: 100 }, (_, i) =>
      Math.floor(i / 10) === i % 10 ? 1 : 0,
    );
    close(ratioOf(scatter(corners, 10), 0.95).value, 9, 1e-9);
    close(rankOf(scatter(corners, 10), 'eigenvalues', 0.95).value, 9, 1e-9);
  });

  it('keep their value under rotation, shift and scale, and rank ≥ ratio', () => {
    const generator = random(4);
    const [n, d] = [40, 6];
    const rows = Float32Array.from({ length: n * d }, (_, i) => generator.normal() / (1 + (i % d)));
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const turned = rows.slice();
    for (let i = 0; i < n; i++) {
      const [a, b] = [rows[i * d]!, rows[i * d + 3]!];
      turned[i * d] = c * a - s * b;
      turned[i * d + 3] = s * a + c * b;
      for (let j = 0; j < d; j++) turned[i * d + j] = 5 * turned[i * d + j]! + j;
    }
    const [one, two] = [scatter(rows, n), scatter(turned, n)];
    close(ratioOf(two, 0.95).value, ratioOf(one, 0.95).value, 1e-5);
    const rank = rankOf(one, 'eigenvalues', 0.95).value;
    close(rankOf(two, 'eigenvalues', 0.95).value, rank, 1e-5);
    assert.ok(rank >= ratioOf(one, 0.95).value);
    assert.ok(rankOf(one, 'singular values', 0.95).value >= rank);
  });

  it('read d·N/(d + N) for independent features, the stated saturation', async () => {
    const generator = random(11);
    const [n, d] = [100, 50];
    const rows = Float32Array.from({ length: n * d }, () => generator.normal());
    const images = dataset(rows, new Int32Array(n), [1, 1, d], 2);
    const net = denseNet([{ kernel: Array.from({ length: d }, () => [1, -1]) }]);
    const of = subject(net, { train: images, test: images });
    const made = await readMeasure(of, 'participation-ratio');
    const input = made.layers[0]!;
    close(input.saturation!, 33.33, 1e-3);
    close(input.value, 33.33, 0.05);
    of.dispose();
  });

  it('agree between plain arithmetic and TensorFlow', async () => {
    // 300 × 4,000 numbers: above the limit of plain loops.
    const generator = random(5);
    const [n, d, rank] = [300, 4000, 20];
    const basis = Float32Array.from({ length: rank * d }, () => generator.normal());
    const parts = Float32Array.from({ length: n * rank }, () => generator.normal());
    const made = tf.tidy(() =>
      tf.matMul(tf.tensor2d(parts, [n, rank]), tf.tensor2d(basis, [rank, d])),
    );
    const big = scatter(made.dataSync<'float32'>(), n);
    assert.equal(big.products.rounding, 2 ** -23);
    const expected = ratioOf(scatter(parts, n), 0.95).value;
    // A random basis is nearly orthogonal.
    close(ratioOf(big, 0.95).value, expected, 0.03);
    assert.ok(rankOf(big, 'eigenvalues', 0.95).value <= rank);
    made.dispose();
  });

  it('say 0 with a note for a layer that is dead', async () => {
    const net = denseNet([
      { kernel: [[1, -1]], bias: [-100, -100] },
      {
        kernel: [
          [1, 0],
          [0, 1],
        ],
      },
    ]);
    const images = dataset([1, 2, 3, 4], [0, 1, 0, 1], [1, 1, 1], 2);
    const of = subject(net, { train: images, test: images });
    for (const name of ['participation-ratio', 'effective-rank']) {
      const made = await readMeasure(of, name);
      assert.equal(made.value, 0);
      assert.match(made.notes[0]!, /all images give the same activations/);
    }
    of.dispose();
  });

  it('read every layer of a convolutional net', async () => {
    const net = buildNet({ family: 'residual', depth: 8, width: 4, input: [8, 8, 1], classes: 3 });
    const of = subject(net, noiseSplit(20, [8, 8, 1], 3));
    const ratio = await readMeasure(of, 'participation-ratio');
    const rank = await readMeasure(of, 'effective-rank');
    assert.deepEqual(
      ratio.layers.map(({ layer }) => layer),
      of.layers,
    );
    for (const [i, { value, saturation }] of rank.layers.entries()) {
      assert.ok(value >= ratio.layers[i]!.value && value <= saturation! + 1e-9);
    }
    of.dispose();
  });
});
