import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  compareLayers,
  ProbeImagesError,
  readMeasure,
  representation,
  similarity,
  type Similarity,
  subject,
  unbiasedCka,
} from '../../../src/lab/measure/index.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { random, ready } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { noise, noiseSplit } from './helpers.js';

type Case = { x: number[][]; y: number[][]; 'minibatch CKA': number } & Record<Similarity, number>;

const indices: Similarity[] = ['unbiased CKA', 'CKA', 'SVCCA', 'PWCCA', 'Procrustes', 'RSA'];
const of = (rows: readonly (readonly number[])[]) =>
  representation(Float32Array.from(rows.flat()), rows.length)!;

function gaussian(count: number, width: number, seed: number): number[][] {
  const generator = random(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: width }, () => generator.normal()),
  );
}

describe('similarity of representations', () => {
  before(() => ready());

  it('gives the values of torch_cka, scipy, rsatoolbox and numpy', () => {
    for (const each of golden<{ cases: Case[] }>('similarity').cases) {
      for (const index of indices) {
        close(similarity(of(each.x), of(each.y), index), each[index], 1e-6, index);
      }
      const batches = (rows: number[][]) =>
        [0, 10, 20, 30].map((from) => of(rows.slice(from, from + 10)));
      close(unbiasedCka(batches(each.x), batches(each.y)), each['minibatch CKA'], 1e-6);
    }
  });

  it('is 1 after a rotation, a scale and a shift', () => {
    const x = gaussian(50, 3, 1);
    const [c, s] = [Math.cos(1.1), Math.sin(1.1)];
    const y = x.map(([a, b, d]) => [
      2 * (c * a! - s * b!) + 1,
      2 * (s * a! + c * b!) - 4,
      2 * d! + 0.5,
    ]);
    for (const index of indices) {
      // Pearson distances between images are over features, which a rotation mixes.
      if (index === 'RSA') continue;
      close(similarity(of(x), of(y), index), 1, 1e-5, index);
    }
    const scaled = x.map((row) => row.map((each) => 3 * each));
    close(similarity(of(x), of(scaled), 'RSA'), 1, 1e-9);
  });

  it('stays 1 under any invertible map for canonical correlations, and does not for CKA', () => {
    const x = gaussian(80, 3, 2);
    const y = x.map(([a, b, d]) => [a! + 5 * b!, b! - 0.2 * d!, 0.3 * d! + a!]);
    close(similarity(of(x), of(y), 'SVCCA'), 1, 1e-5);
    assert.ok(similarity(of(x), of(y), 'CKA') < 0.95);
  });

  it('of independent Gaussians is p/(n + p) biased and 0 unbiased', () => {
    const [x, y] = [gaussian(100, 500, 3), gaussian(100, 500, 4)];
    close(similarity(of(x), of(y), 'CKA'), 500 / 600, 0.02);
    assert.ok(Math.abs(similarity(of(x), of(y), 'unbiased CKA')) < 0.03);
  });

  it('of white data with its first q of p columns is √(q/p)', () => {
    // Rows with exactly the identity as covariance: each axis with both signs, alone.
    const rows = Array.from({ length: 40 }, (_, i) =>
      Array.from({ length: 20 }, (_, j) => (j === i >> 1 ? (i % 2 === 0 ? 1 : -1) : 0)),
    );
    close(similarity(of(rows), of(rows.map((row) => row.slice(0, 5))), 'CKA'), 0.5, 1e-9);
  });
});

describe('similarity of layers', () => {
  before(() => ready());

  it('reads a symmetric matrix with ones on its diagonal, and each step with an interval', async () => {
    const net = buildNet({ family: 'residual', depth: 8, width: 2, input: [8, 8, 1], classes: 3 });
    const seen = subject(net, noiseSplit(60, [8, 8, 1], 3));
    const made = await readMeasure(seen, 'layer-similarity');
    const matrix = made.extra.matrix as number[][];
    for (const [i, row] of matrix.entries()) {
      assert.equal(row[i], 1);
      for (const [j, value] of row.entries()) assert.equal(value, matrix[j]![i]);
    }
    assert.equal(made.layers.length, seen.layers.length - 1);
    for (const { value, interval } of made.layers) {
      assert.ok(interval!.low <= value && value <= interval!.high);
    }
    for (const index of ['SVCCA', 'PWCCA', 'Procrustes', 'RSA']) {
      const other = await readMeasure(seen, { measure: 'layer-similarity', options: { index } });
      assert.ok(other.value > 0 && other.value <= 1, `${index} ${other.value}`);
    }
    seen.dispose();
  });

  it('compares two nets on the same images, and only on the same', async () => {
    const split = noiseSplit(60, [8, 8, 1], 3);
    const spec = { family: 'plain', width: 2, input: [8, 8, 1] as const, classes: 3 };
    const a = subject(buildNet({ ...spec, depth: 4, seed: 1 }), split);
    const b = subject(buildNet({ ...spec, depth: 8, seed: 2 }), split);
    const { rows, columns, matrix } = await compareLayers(a, b);
    assert.deepEqual(rows, a.layers);
    assert.deepEqual(columns, b.layers);
    // Both read the same input first.
    close(matrix[0]![0]!, 1, 1e-9);
    const itself = await compareLayers(a, a);
    for (const [i, row] of itself.matrix.entries()) close(row[i]!, 1, 1e-9);
    const others = { ...noise(60, [8, 8, 1], 3, 9), digest: 'of others' };
    const c = subject(buildNet({ ...spec, depth: 4 }), { train: split.train, test: others });
    await assert.rejects(compareLayers(a, c), ProbeImagesError);
    for (const each of [a, b, c]) each.dispose();
  });
});
