import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMeasure, subject } from '../../../src/lab/measure/index.js';
import { eigenvalues } from '../../../src/lab/measure/stable-rank.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { powerLaw, StatisticsError } from '../../../src/lab/stats/index.js';
import { random, ready } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { denseNet, noiseSplit } from './helpers.js';

interface Tails {
  tails: { values: number[]; alpha: number; xmin: number; D: number }[];
}

describe('power law', () => {
  it('gives the fits of the package powerlaw', () => {
    for (const { values, alpha, xmin, D } of golden<Tails>('topology').tails) {
      const found = powerLaw(values);
      close(found.from, xmin, 1e-9);
      close(found.exponent, alpha, 1e-3);
      close(found.distance, D, 1e-2);
    }
  });

  it('refuses too few values, zeros and equal values', () => {
    assert.throws(() => powerLaw([1, 2, 3]), StatisticsError);
    assert.throws(() => powerLaw([0, 1, 2], 3), /positive values, not 0/);
    assert.throws(() => powerLaw([2, 2, 2], 3), /no power law/);
  });
});

describe('stable rank', () => {
  before(() => ready());

  it('is r for r equal directions, 1 for one, and does not change with scale', async () => {
    const split = noiseSplit(4, [1, 1, 3], 2);
    for (const [kernel, wanted] of [
      [
        [
          [2, 0, 0],
          [0, 2, 0],
          [0, 0, 2],
        ],
        3,
      ],
      [
        [
          [1, 2, 3],
          [2, 4, 6],
          [3, 6, 9],
        ],
        1,
      ],
      [
        [
          [3, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        11 / 9,
      ],
    ] as const) {
      const of = subject(denseNet([{ kernel: kernel.map((row) => [...row]) }]), split);
      const made = await readMeasure(of, 'stable-rank');
      close(made.value, wanted, 1e-6);
      assert.match(made.notes.join(), /too few eigenvalues for a power law/);
      of.dispose();
    }
  });

  // Marchenko and Pastur 1967: the spectrum of a random p × n matrix of unit variance, over n, lies within (1 ± √(p/n))².
  it('finds the eigenvalues of a random matrix within the Marchenko–Pastur edges', () => {
    const generator = random(4);
    const [n, p] = [600, 150];
    const matrix = Float32Array.from({ length: n * p }, () => generator.normal());
    const values = eigenvalues(matrix, p).map((each) => each / n);
    assert.equal(values.length, p);
    assert.ok(Math.min(...values) > (1 - Math.sqrt(p / n)) ** 2 - 0.05);
    assert.ok(Math.max(...values) < (1 + Math.sqrt(p / n)) ** 2 + 0.1);
  });

  it('reads every weighted layer of a net, with a tail where there are enough eigenvalues', async () => {
    const net = buildNet({ family: 'plain', depth: 4, width: 8, input: [8, 8, 1], classes: 3 });
    const of = subject(net, noiseSplit(4, [8, 8, 1], 3));
    const made = await readMeasure(of, 'stable-rank');
    assert.equal(made.layers.length, 4);
    for (const { value, saturation } of made.layers) {
      assert.ok(value >= 1 && value <= saturation! + 1e-9);
    }
    const byLayer = made.extra.byLayer as { layer: string; exponent?: number }[];
    assert.ok(byLayer.some(({ exponent }) => exponent !== undefined && exponent > 1));
    of.dispose();
  });
});
