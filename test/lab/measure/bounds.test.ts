import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  aroraLower,
  BoundError,
  choose,
  chooseUpTo,
  type ConvolutionShape,
  convolutionRegions,
  log10,
  montufarLower,
  montufarUpper,
  raghuLog10,
  serraLower,
  serraUpper,
  xiongOneLayer,
  zaslavsky,
} from '../../../src/lab/measure/bounds.js';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { random, ready, tf } from '../../../src/lab/tensor/index.js';
import { close } from './close.js';
import { noiseSplit } from './helpers.js';

describe('bounds on linear regions', () => {
  // Counted by hand: n lines in general position cut the plane into 1 + n + n(n − 1)/2 regions.
  it('of one layer are those of an arrangement in general position', () => {
    assert.equal(zaslavsky(2, 3), 7n);
    assert.equal(zaslavsky(2, 32), 529n);
    assert.equal(zaslavsky(1, 5), 6n);
    assert.equal(zaslavsky(8, 8), 256n);
  });

  // Worked out from the formulas in rational arithmetic.
  it('of small nets are the known integers', () => {
    const cases = [
      { inputs: 2, widths: [8, 8], serra: 1369n, upper: 1369n, lower: 592n },
      { inputs: 2, widths: [32], serra: 529n, upper: 529n, lower: 529n },
      { inputs: 3, widths: [4, 4], serra: 161n, upper: 225n, lower: 15n },
      { inputs: 1, widths: [3, 3, 3], serra: 64n, upper: 64n, lower: 36n },
    ];
    for (const { inputs, widths, serra, upper, lower } of cases) {
      assert.equal(serraUpper(inputs, widths), serra);
      assert.equal(montufarUpper(inputs, widths), upper);
      assert.equal(montufarLower(inputs, widths), lower);
    }
  });

  it('show that a shallow net may have more regions where there are as many inputs as units', () => {
    assert.equal(serraUpper(8, [4, 4]), 163n);
    assert.equal(zaslavsky(8, 8), 256n);
    // With four inputs the two are level.
    assert.equal(serraUpper(4, [4, 4]), zaslavsky(4, 8));
  });

  it('are in order: lower ≤ upper, and Serra ≤ Montúfar, over many shapes', () => {
    const generator = random(3);
    for (let draw = 0; draw < 50; draw++) {
      const inputs = 1 + generator.integer(3);
      const widths = Array.from(
        { length: 1 + generator.integer(3) },
        () => 3 * inputs + generator.integer(4),
      );
      const upper = serraUpper(inputs, widths);
      assert.ok(upper <= montufarUpper(inputs, widths));
      assert.ok(montufarLower(inputs, widths) <= serraLower(inputs, widths));
      assert.ok(serraLower(inputs, widths) <= upper, `${inputs} ${widths}`);
    }
    assert.ok(aroraLower(2, 4, 8, 3) <= serraUpper(2, [8, 8, 8]));
  });

  it('are exact however large, and have a logarithm', () => {
    assert.equal(choose(100, 50), 100891344545564193334812497256n);
    assert.equal(chooseUpTo(64, 64), 2n ** 64n);
    close(log10(10n ** 400n), 400, 1e-15);
    close(log10(chooseUpTo(2000, 2000)), 2000 * Math.log10(2), 1e-13);
    close(raghuLog10(2, 10, 3), 6, 1e-12);
  });

  it('refuse what has no meaning, saying what they need', () => {
    assert.throws(() => zaslavsky(0, 3), BoundError);
    assert.throws(() => serraUpper(2, []), /without layers/);
    assert.throws(() => montufarLower(4, [3]), /at least 4 units/);
    assert.throws(
      () => xiongOneLayer({ input: [9, 9, 1], filter: [2, 2], filters: 1 }),
      /64 output positions/,
    );
  });
});

describe('regions of one convolution layer', () => {
  // The formula, and the count that rank, linear programming and algebra agree on.
  const cases: (ConvolutionShape & { formula: bigint; exact: bigint })[] = [
    { input: [1, 3, 1], filter: [1, 2], filters: 2, formula: 15n, exact: 15n },
    { input: [1, 4, 1], filter: [1, 2], filters: 2, formula: 55n, exact: 55n },
    { input: [1, 4, 1], filter: [1, 2], filters: 3, formula: 217n, exact: 217n },
    { input: [1, 4, 1], filter: [1, 2], filters: 3, stride: [1, 2], formula: 49n, exact: 49n },
    { input: [1, 5, 1], filter: [1, 2], filters: 3, formula: 1159n, exact: 1159n },
    { input: [1, 5, 1], filter: [1, 3], filters: 3, formula: 370n, exact: 370n },
    { input: [3, 3, 1], filter: [2, 2], filters: 2, formula: 256n, exact: 255n },
    { input: [3, 3, 1], filter: [2, 2], filters: 3, formula: 4013n, exact: 3998n },
    { input: [3, 3, 1], filter: [3, 3], filters: 4, formula: 16n, exact: 16n },
  ];
  for (const { formula, exact, ...shape } of cases) {
    const name = `${shape.input.join('×')}, filter ${shape.filter.join('×')}, ${shape.filters} filters`;
    it(`${name}: ${formula} by the formula, ${exact} in truth`, () => {
      const generator = random(1);
      assert.equal(xiongOneLayer(shape), formula);
      assert.equal(
        convolutionRegions(shape, () => generator.next()),
        exact,
      );
    });
  }

  it('that sees all of its input at one position is a dense layer', () => {
    const generator = random(2);
    const shape = { input: [1, 4, 1] as const, filter: [1, 4] as const, filters: 7 };
    assert.equal(xiongOneLayer(shape), zaslavsky(4, 7));
    assert.equal(
      convolutionRegions(shape, () => generator.next()),
      zaslavsky(4, 7),
    );
  });
});

describe('region bounds of a net', () => {
  before(() => ready());

  it('grow with depth, hold the regions of a segment, and are 0 without ReLU', async () => {
    const split = noiseSplit(6, [6, 6, 1], 3);
    const bounds: number[] = [];
    for (const depth of [4, 8, 14]) {
      const net = buildNet({ family: 'plain', depth, width: 2, input: [6, 6, 1], classes: 3 });
      const of = subject(net, split);
      const made = await readMeasure(of, 'region-bounds');
      const met = await readMeasure(of, {
        measure: 'linear-regions',
        options: { segments: 2, share: 1 },
      });
      assert.ok(Math.log10(met.value) < made.value);
      bounds.push(made.value);
      of.dispose();
    }
    assert.ok(bounds[0]! < bounds[1]! && bounds[1]! < bounds[2]!);
    const linear = buildNet({ family: 'linear', depth: 8, width: 2, input: [6, 6, 1], classes: 3 });
    const flat = subject(linear, split);
    assert.equal((await readMeasure(flat, 'region-bounds')).value, 0);
    flat.dispose();
  });

  it('of a dense chain are those of Montúfar, and max pooling is refused by name', async () => {
    const dense = tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [1, 1, 2] }),
        tf.layers.dense({ units: 8, activation: 'relu' }),
        tf.layers.dense({ units: 8, activation: 'relu' }),
        tf.layers.dense({ units: 2 }),
      ],
    });
    const of = subject(dense, noiseSplit(4, [1, 1, 2], 2));
    close((await readMeasure(of, 'region-bounds')).value, Math.log10(1369), 1e-12);
    of.dispose();
    const pooled = tf.sequential({
      layers: [
        tf.layers.maxPooling2d({ inputShape: [4, 4, 1], poolSize: 2, name: 'pool' }),
        tf.layers.flatten({}),
        tf.layers.dense({ units: 2 }),
      ],
    });
    const refused = subject(pooled, noiseSplit(4, [4, 4, 1], 2));
    await assert.rejects(readMeasure(refused, 'region-bounds'), (error) => {
      assert.ok(error instanceof RefusedError && /pool is a max pooling/.test(error.message));
      return true;
    });
    refused.dispose();
  });
});
