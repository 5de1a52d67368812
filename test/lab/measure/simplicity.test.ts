import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMeasure, subject } from '../../../src/lab/measure/index.js';
import { spectrumOf } from '../../../src/lab/measure/path-spectrum.js';
import {
  booleanNets,
  lempelZivComplexity,
  lempelZivWords,
} from '../../../src/lab/measure/simplicity.js';
import { spectralBias } from '../../../src/lab/measure/spectral-bias.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { random, ready } from '../../../src/lab/tensor/index.js';
import { close } from './close.js';
import { noiseSplit } from './helpers.js';

describe('Lempel–Ziv complexity', () => {
  // Kaspar and Schuster 1987 parse 0001101001000101 into 0·001·10·100·1000·101.
  it('counts the words of worked examples', () => {
    assert.equal(lempelZivWords('0001101001000101'), 6);
    assert.equal(lempelZivWords('0000'), 2);
    assert.equal(lempelZivWords('01'.repeat(64)), 3);
  });

  // Worked out from the definition on strings of 128 bits.
  it('is 7 for a constant, 21 for a period or a half, 91 for parity', () => {
    assert.equal(lempelZivComplexity('0'.repeat(128)), 7);
    assert.equal(lempelZivComplexity('01'.repeat(64)), 21);
    assert.equal(lempelZivComplexity('0'.repeat(64) + '1'.repeat(64)), 21);
    const parity = Array.from(
      { length: 128 },
      (_, i) => i.toString(2).replaceAll('0', '').length % 2,
    );
    assert.equal(lempelZivComplexity(parity.join('')), 91);
    const generator = random(1);
    const chance = Array.from({ length: 50 }, () =>
      lempelZivComplexity(Array.from({ length: 128 }, () => generator.integer(2)).join('')),
    );
    close(chance.reduce((sum, each) => sum + each, 0) / 50, 148, 0.05);
    assert.throws(() => lempelZivComplexity(''), RangeError);
  });

  it('is the same read backwards, and does not change when bits are swapped', () => {
    const generator = random(2);
    for (let draw = 0; draw < 20; draw++) {
      const bits = Array.from({ length: 40 }, () => generator.integer(2));
      const k = lempelZivComplexity(bits.join(''));
      assert.equal(lempelZivComplexity([...bits].reverse().join('')), k);
      assert.equal(lempelZivComplexity(bits.map((bit) => 1 - bit).join('')), k);
    }
  });
});

describe('random Boolean nets', () => {
  before(() => ready());

  it('make simple functions far more often than complex ones', async () => {
    const found = await booleanNets({ inputs: 5, widths: [20, 20], nets: 4000, seed: 1 });
    assert.equal(
      found.reduce((sum, { count }) => sum + count, 0),
      4000,
    );
    const [first] = found;
    assert.match(first!.bits, /^(0{32}|1{32})$/);
    const frequent = found.slice(0, 10);
    const rare = found.filter(({ count }) => count === 1);
    const mean = (list: typeof found) =>
      list.reduce((sum, { complexity }) => sum + complexity, 0) / list.length;
    assert.ok(mean(frequent) < 0.7 * mean(rare), `${mean(frequent)} ${mean(rare)}`);
  });

  it('are the same again from the same seed, and refuse too many inputs', async () => {
    const options = { inputs: 3, widths: [8], nets: 300, seed: 4 };
    assert.deepEqual(await booleanNets(options), await booleanNets(options));
    await assert.rejects(booleanNets({ inputs: 13, nets: 1 }), /1 to 12/);
  });
});

describe('spectral bias', () => {
  before(() => ready());

  it('learns the slow sine before the fast one', async () => {
    const steps = await spectralBias({
      frequencies: [1, 8],
      layers: 2,
      width: 48,
      steps: 300,
      every: 50,
      points: 64,
      learningRate: 5e-3,
      seed: 3,
    });
    assert.deepEqual(
      steps.map(({ step }) => step),
      [0, 50, 100, 150, 200, 250, 300],
    );
    const half = steps.find(({ amplitudes }) => amplitudes[0]! > 0.5)!;
    assert.ok(half.amplitudes[1]! < half.amplitudes[0]! / 2, `${half.amplitudes}`);
    assert.ok(steps.at(-1)!.loss < steps[0]!.loss);
    await assert.rejects(
      spectralBias({ frequencies: [40], layers: 1, width: 4, steps: 1, every: 1, points: 64 }),
      /frequency 40 needs to be an integer from 1 to 31/,
    );
  });
});

describe('frequencies along data paths', () => {
  before(() => ready());

  it('of a sine are at its frequency, all of the energy by Parseval', () => {
    const n = 48;
    const values = Float32Array.from(
      { length: n },
      (_, i) => 3 + 2 * Math.sin((2 * Math.PI * 5 * i) / n),
    );
    const energies = spectrumOf(values, n);
    const total = energies.reduce((sum, each) => sum + each, 0);
    close(energies[4]!, total, 1e-6);
    // Σ|x − mean|² = 2/N Σ over positive frequencies.
    close(
      (2 * total) / n,
      values.reduce((sum, each) => sum + (each - 3) ** 2, 0),
      1e-5,
    );
    assert.deepEqual([...spectrumOf(new Float32Array(n).fill(0.1), n)], new Array(n / 2).fill(0));
  });

  it('keep the sum of squares of any signal, half a cycle a point included', () => {
    for (const n of [8, 9, 32]) {
      const generator = random(n);
      const values = Float32Array.from({ length: n }, () => generator.normal());
      const mean = values.reduce((sum, each) => sum + each, 0) / n;
      const total = spectrumOf(values, n).reduce((sum, each) => sum + each, 0);
      // Parseval, over positive and negative frequencies.
      close(
        (2 * total) / n,
        values.reduce((sum, each) => sum + (each - mean) ** 2, 0),
        1e-5,
      );
    }
    const alternating = Float32Array.from({ length: 8 }, (_, i) => (-1) ** i);
    close(spectrumOf(alternating, 8)[3]!, 32, 1e-6);
  });

  it('of a linear net are like those of its input, and a ReLU net adds faster ones', async () => {
    const split = noiseSplit(12, [8, 8, 1], 3);
    const linear = subject(
      buildNet({ family: 'linear', depth: 8, width: 2, input: [8, 8, 1], classes: 3 }),
      split,
    );
    const straight = await readMeasure(linear, 'path-spectrum');
    close(straight.value, straight.extra.ofPixels as number, 0.2);
    linear.dispose();
    const bent = subject(
      buildNet({ family: 'plain', depth: 8, width: 4, input: [8, 8, 1], classes: 3 }),
      split,
    );
    const made = await readMeasure(bent, 'path-spectrum');
    assert.ok(made.value > straight.value, `${made.value} ${straight.value}`);
    close(
      (made.extra.energy as number[]).reduce((sum, each) => sum + each, 0),
      1,
      1e-9,
    );
    bent.dispose();
  });
});
