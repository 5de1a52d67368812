import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  efficiencyError,
  pairInteractions,
  regression,
  shapleyValues,
  StatisticsError,
} from '../../../src/lab/stats/index.js';
import {
  publishedOrders,
  publishedSpectra,
  publishedTasks,
} from '../../../src/lab/data/published-orders.js';
import { golden } from '../../golden/golden.js';

interface Order {
  games: { game: number[]; shapley: number[]; interactions: number[] }[];
  published: Record<
    'spectrum' | 'significance' | 'log_images',
    { r2: number; left_out_error: number }
  >;
}

function close(actual: number, wanted: number, tolerance = 1e-9) {
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual}, expected ${wanted}`);
}

/** The game whose value depends on which of the players are there. */
function game(players: number, value: (present: boolean[]) => number): number[] {
  return Array.from({ length: 2 ** players }, (_, s) =>
    value(Array.from({ length: players }, (_, i) => ((s >> i) & 1) === 1)),
  );
}

const present = (players: boolean[]) => players.filter(Boolean).length;
const anyGame = fc.integer({ min: 2, max: 6 }).chain((players) =>
  fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
    minLength: 2 ** players,
    maxLength: 2 ** players,
  }),
);

describe('games of a few players', () => {
  it('give the Shapley values and Shapley interaction indices of shapiq', () => {
    for (const each of golden<Order>('order').games) {
      for (const [i, value] of shapleyValues(each.game).entries()) close(value, each.shapley[i]!);
      for (const [k, { byOrder }] of pairInteractions(each.game).entries()) {
        // The index is the mean of the interaction over orders.
        const index = byOrder.reduce((sum, value) => sum + value, 0) / byOrder.length;
        close(index, each.interactions[k]!);
      }
    }
  });

  it('give the interactions by order of games that can be worked out by hand', () => {
    const first = (values: number[]) => pairInteractions(values)[0]!.byOrder;
    const product2 = game(5, ([a, b]) => (a && b ? 1 : 0));
    assert.deepEqual(first(product2), [1, 1, 1, 1]);
    // x₁x₂x₃ among 5: the third player is in a set of m of the other 3 with probability m/3.
    const product3 = game(5, ([a, b, c]) => (a && b && c ? 1 : 0));
    for (const [m, value] of first(product3).entries()) close(value, m / 3);
    const and = game(5, (players) => (present(players) === 5 ? 1 : 0));
    assert.deepEqual(first(and), [0, 0, 0, 1]);
    const or = game(5, (players) => (present(players) > 0 ? 1 : 0));
    assert.deepEqual(first(or), [-1, 0, 0, 0]);
    const threshold = game(6, (players) => (present(players) >= 3 ? 1 : 0));
    assert.deepEqual(first(threshold), [0, 1, -1, 0, 0]);
  });

  it('share out all that there is, and nothing to who brings nothing', () => {
    fc.assert(
      fc.property(anyGame, (values) => {
        const total = shapleyValues(values).reduce((sum, value) => sum + value, 0);
        close(total, values.at(-1)! - values[0]!, 1e-9);
        close(efficiencyError(values), 0, 1e-9);
        // A player more that changes nothing.
        const idle = [...values, ...values];
        close(shapleyValues(idle).at(-1)!, 0, 0);
        for (const { players, byOrder } of pairInteractions(idle)) {
          if (players[1] === Math.log2(values.length)) for (const value of byOrder) close(value, 0);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('add up over sums of games', () => {
    fc.assert(
      fc.property(anyGame, fc.integer(), (values, seed) => {
        const other = values.map((_, i) => Math.sin(seed + i));
        const both = values.map((value, i) => value + other[i]!);
        const [one, two] = [shapleyValues(values), shapleyValues(other)];
        for (const [i, value] of shapleyValues(both).entries()) close(value, one[i]! + two[i]!);
      }),
      { numRuns: 50 },
    );
  });

  it('refuse what is no game', () => {
    assert.throws(() => shapleyValues([1, 2, 3]), StatisticsError);
    assert.throws(() => shapleyValues([1]), /2ⁿ values/);
    assert.throws(() => shapleyValues([0, Number.NaN]), /not a finite number/);
    assert.throws(() => pairInteractions([0, 1]), /at least 2 players/);
  });
});

describe('the published feature-order spectra', () => {
  const accuracy = publishedSpectra.map((net) => 100 * net.accuracy);

  it('are 25 nets whose components nearly make up the feature', () => {
    assert.equal(publishedSpectra.length, 25);
    for (const { significance, remainder, reliability, reliable, unreliable } of publishedSpectra) {
      assert.equal(significance.length, publishedOrders.length);
      const sum = significance.reduce((total, value) => total + value, remainder);
      assert.ok(sum > 0.85 && sum < 1.1, `${sum}`);
      for (const list of [reliability, reliable, unreliable]) assert.equal(list.length, 4);
      for (const share of reliability) assert.ok(share > 0 && share < 1);
    }
    // Mean log2 of the order at 5,000 images, ResNet-8 to 44: one step up, then none.
    const means = publishedSpectra
      .filter(({ images }) => images === 5000)
      .map(({ significance }) => {
        const whole = significance.reduce((sum, value) => sum + value, 0);
        return (
          significance.reduce((sum, v, i) => sum + v * Math.log2(publishedOrders[i]!), 0) / whole
        );
      });
    for (const [i, wanted] of [2.52, 2.85, 2.78, 2.71, 2.67].entries()) {
      close(means[i]!, wanted, 0.006);
    }
    for (const { deviation } of publishedTasks) assert.equal(deviation.length, 5);
  });

  it('predict accuracy no better than the number of training images alone, as scikit-learn finds', () => {
    const wanted = golden<Order>('order').published;
    const spectrum = regression(
      publishedSpectra.map(({ reliable, unreliable }) =>
        reliable.flatMap((value, i) => [value, unreliable[i]!]),
      ),
      accuracy,
    );
    const significance = regression(
      publishedSpectra.map((net) => net.significance.slice(0, 4)),
      accuracy,
    );
    const size = regression(
      publishedSpectra.map(({ images }) => [Math.log(images)]),
      accuracy,
    );
    // Four digits of each number are kept here; scikit-learn had all.
    for (const [made, name] of [
      [spectrum, 'spectrum'],
      [significance, 'significance'],
      [size, 'log_images'],
    ] as const) {
      close(made.r2!, wanted[name].r2, 0.001);
      close(made.leaveOneOutError!, wanted[name].left_out_error, 0.02);
    }
    close(spectrum.r2!, 0.982, 0.001);
    close(size.r2!, 0.974, 0.001);
    assert.ok(size.leaveOneOutError! < spectrum.leaveOneOutError!);
  });
});
