import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { roundDomain, spreadLabels } from '../../../src/lab/chart/layout.js';
import { axisScale, logTicks } from '../../../src/lab/chart/scale.js';
import { quantity } from '../../../src/lab/chart/quantity.js';

test('labels that have room stay where they are', () => {
  assert.deepEqual(spreadLabels([0.2, 0.8, 0.5], 0.1, [0, 1]), [0.2, 0.8, 0.5]);
});

test('labels that touch are centred on where they want to be', () => {
  const [a, b] = spreadLabels([0.5, 0.5], 0.1, [0, 1]) as [number, number];
  assert.ok(Math.abs(a - 0.45) < 1e-12 && Math.abs(b - 0.55) < 1e-12);
  const top = spreadLabels([0.99, 1], 0.1, [0, 1]);
  assert.ok(Math.abs(top[1]! - 1) < 1e-12 && Math.abs(top[0]! - 0.9) < 1e-12);
});

test('spread labels keep their order, their distance and the domain, when there is room', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 9 }),
      (places) => {
        const gap = 0.1;
        const spread = spreadLabels(places, gap, [0, 1]);
        const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]! || a - b);
        for (const [rank, index] of order.entries()) {
          assert.ok(spread[index]! >= -1e-9 && spread[index]! <= 1 + 1e-9);
          if (rank === 0) continue;
          assert.ok(spread[index]! - spread[order[rank - 1]!]! >= gap - 1e-9);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('domains end at round numbers around the values and stay within bounds', () => {
  assert.deepEqual(roundDomain([0.713, 0.862], { low: 0, high: 1 }), [0.7, 0.875]);
  assert.deepEqual(roundDomain([0.91, 0.999], { low: 0, high: 1 }), [0.91, 1]);
  assert.deepEqual(roundDomain([5, 5], { low: null, high: null }), [4.5, 5.5]);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 20 }),
      (thousandths) => {
        const values = thousandths.map((value) => value / 1000);
        const [low, high] = roundDomain(values, { low: null, high: null });
        assert.ok(low <= Math.min(...values) && high >= Math.max(...values) && low < high);
      },
    ),
    { numRuns: 300 },
  );
});

test('a log scale goes to 1, 2, 5 × 10ⁿ and back', () => {
  const loss = quantity('trainLoss');
  const scale = axisScale(loss, [0.03, 2.4], 'log');
  assert.deepEqual(scale.domain, [0.02, 5]);
  assert.deepEqual(logTicks(scale.domain), [0.03, 0.1, 0.3, 1, 3]);
  assert.ok(Math.abs(scale.fromUnit(scale.toUnit(0.37)) - 0.37) < 1e-12);
  assert.throws(() => axisScale(loss, [0, 1], 'log'), /trainLoss.*log scale.*linear/s);
});
