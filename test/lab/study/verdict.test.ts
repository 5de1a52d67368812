// The verdict of a study: orders with depth, what the controls say of them, and the words for both.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  commonOrders,
  verdict,
  verdictInShort,
  verdictSentences,
  verdictTable,
} from '../../../src/lab/study/verdict.js';
import { holm, trend } from '../../../src/lab/stats/index.js';
import { random } from '../../../src/lab/tensor/index.js';

const depths = [8, 8, 8, 14, 14, 14, 20, 20, 20];
const noise = random(1, 'verdict');
/** Nine nets of a family, whose reading is `slope` times the depth, and a little noise. */
const nets = (family: string, slope: number, lossSlope = 0) =>
  depths.map((depth) => ({
    family,
    depth,
    regions: slope * depth + 0.01 * noise.normal(),
    trainLoss: lossSlope * depth + 0.01 * noise.normal(),
  }));
const readings = [
  { field: 'regions', title: 'Linear regions' },
  { field: 'trainLoss', title: 'Training loss (nats)', without: ['equal loss'] },
];
const climbing = [...nets('plain', 1), ...nets('residual', 1)];
const flat = [...nets('plain', 0), ...nets('residual', 0)];

describe('verdict', () => {
  test('has one finding a reading and family, with p values corrected over all of them', () => {
    const given = verdict(climbing, readings);
    assert.deepEqual(
      given.findings.map(({ field, family, isClear }) => [field, family, isClear]),
      [
        ['regions', 'plain', true],
        ['regions', 'residual', true],
        ['trainLoss', 'plain', false],
        ['trainLoss', 'residual', false],
      ],
    );
    const orders = readings.flatMap(({ field }) =>
      ['plain', 'residual'].map((family) =>
        trend(
          depths,
          climbing
            .filter((row) => row.family === family)
            .map((row) => row[field as 'regions' | 'trainLoss']),
        ),
      ),
    );
    assert.deepEqual(
      given.findings.map(({ order, p }) => [order!.value, p]),
      holm(orders.map(({ p }) => p)).map((p, k) => [orders[k]!.value, p]),
    );
  });

  test('says that an order stands only where it is kept when matched and absent before training', () => {
    const of = (untrained: typeof flat, matched: typeof flat) =>
      commonOrders(verdict(climbing, readings, { untrained, matched: { 'equal loss': matched } }));
    const [standing] = of(flat, climbing);
    assert.deepEqual(standing, { title: 'Linear regions', rises: true, stands: true });
    assert.equal(of(climbing, climbing)[0]!.stands, false);
    assert.equal(of(flat, flat)[0]!.stands, false);
    // The same order means the same direction.
    const falling = [...nets('plain', -1), ...nets('residual', -1)];
    assert.equal(of(falling, climbing)[0]!.stands, true);
    assert.equal(of(flat, falling)[0]!.stands, false);
  });

  test('does not count an order that two families have in opposite directions', () => {
    const split = verdict([...nets('plain', 1), ...nets('residual', -1)], readings);
    assert.deepEqual(commonOrders(split), []);
    assert.match(
      verdictSentences(split)[0]!,
      /^\*\*Linear regions\*\*: up with depth in plain \(τ\u00a0=\u00a01\.00\) nets, down with depth in residual \(τ\u00a0=\u00a0−1\.00\) nets\.$/,
    );
    assert.equal(
      verdictInShort(split),
      'None of 2 readings has a clear order from depth 8 to depth 20 in both families.',
    );
  });

  test('is put into words', () => {
    const given = verdict(climbing, readings, {
      untrained: [...nets('plain', 1), ...nets('residual', 0)],
      matched: { 'equal loss': climbing, 'equal parameters': [] },
    });
    assert.deepEqual(verdictSentences(given), [
      '**Linear regions**: up with depth in plain (τ\u00a0=\u00a01.00) and residual (τ\u00a0=\u00a01.00) nets; untrained plain nets show the same order, so that training is not what makes it; at equal loss it remains in plain and residual nets.',
      'No clear order with depth in any family: training loss.',
    ]);
    const fair = verdict(climbing, readings, {
      untrained: flat,
      matched: { 'equal loss': climbing },
    });
    assert.equal(
      verdictInShort(fair, { fields: ['regions'], noun: 'readings of complexity' }),
      'Of 1 reading of complexity, 1 has a clear order from depth 8 to depth 20 in both families: linear regions (up). At equal loss too and not before training: linear regions.',
    );
  });

  test('is a table of plain values, empty where a control cannot speak', () => {
    const table = verdictTable(
      verdict(climbing, readings, { untrained: flat, matched: { 'equal loss': climbing } }),
    );
    assert.deepEqual(Object.keys(table.columns), [
      'reading',
      'family',
      'shallow',
      'deep',
      'tau',
      'low',
      'high',
      'p',
      'untrained',
      'equal loss',
    ]);
    const [regions, , loss] = table.rows as unknown as Record<string, unknown>[];
    assert.deepEqual([regions!.shallow, regions!.deep, regions!.tau], ['8.00', '20.0', 1]);
    assert.equal(regions!['equal loss'], 1);
    assert.equal(loss!['equal loss'], null);
  });

  test('has no order where one depth has the reading, and says so with nulls', () => {
    const one = verdict(
      climbing.filter(({ depth }) => depth === 8),
      readings,
    );
    assert.deepEqual(
      one.findings.map(({ order, p, isClear }) => [order, p, isClear]),
      one.findings.map(() => [null, null, false]),
    );
    assert.throws(() => verdict([], readings), RangeError);
    assert.throws(() => verdict(climbing, []), RangeError);
  });
});
