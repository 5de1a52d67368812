import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  bootstrapInterval,
  holm,
  jackknifeHalfWidth,
  kendall,
  mean,
  meanInterval,
  normalCdf,
  normalQuantile,
  proportion,
  proportionDifference,
  regression,
  StatisticsError,
  studentCdf,
  studentQuantile,
  trend,
} from '../../../src/lab/stats/index.js';
import { random } from '../../../src/lab/tensor/random.js';
import { golden } from '../../golden/golden.js';

interface Statistics {
  t_quantiles: { probability: number; freedom: number; value: number }[];
  normal: { z: number; cdf: number }[];
  means: {
    values: number[];
    mean: number;
    t: [number, number];
    BCa: [number, number];
    percentile: [number, number];
  }[];
  kendall: { x: number[]; y: number[]; tau: number; p: number }[];
  wilson: { successes: number; trials: number; interval: [number, number] }[];
  newcombe: { first: [number, number]; second: [number, number]; interval: [number, number] };
  regression: {
    x: number[][];
    y: number[];
    intercept: number;
    coefficients: number[];
    r2: number;
    left_out_error: number;
  };
}

const expected = golden<Statistics>('statistics');

function near(actual: number, wanted: number, relative: number, message = '') {
  const allowed = relative * Math.max(Math.abs(wanted), 1e-12);
  assert.ok(Math.abs(actual - wanted) <= allowed, `${message} ${actual}, expected ${wanted}`);
}

describe('distributions', () => {
  it('gives the t quantiles of scipy', () => {
    for (const { probability, freedom, value } of expected.t_quantiles) {
      near(studentQuantile(probability, freedom), value, 1e-9, `t(${probability}; ${freedom})`);
    }
  });

  it('gives the normal distribution of scipy, in the tails too', () => {
    for (const { z, cdf } of expected.normal) {
      near(normalCdf(z), cdf, 1e-12, `Φ(${z})`);
    }
  });

  it('inverts: cdf(quantile(p)) = p, and quantiles are antisymmetric', () => {
    const inside = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
    fc.assert(
      fc.property(inside, fc.integer({ min: 1, max: 500 }), (p, freedom) => {
        assert.ok(Math.abs(studentCdf(studentQuantile(p, freedom), freedom) - p) < 1e-9);
        assert.ok(Math.abs(normalCdf(normalQuantile(p)) - p) < 1e-12);
        assert.ok(Math.abs(normalQuantile(p) + normalQuantile(1 - p)) < 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses probabilities of 0 and 1', () => {
    assert.throws(() => normalQuantile(1), RangeError);
    assert.throws(() => studentQuantile(0, 3), RangeError);
  });
});

describe('meanInterval', () => {
  it('gives the t interval of scipy', () => {
    for (const { values, mean: centre, t } of expected.means) {
      const { value, interval } = meanInterval(values);
      near(value, centre, 1e-12);
      near(interval!.low, t[0], 1e-9);
      near(interval!.high, t[1], 1e-9);
      assert.match(interval!.method, /Student t, n = \d+/);
    }
  });

  it('gives the bootstrap intervals of scipy to 3 % of their width', () => {
    for (const { values, BCa, percentile } of expected.means) {
      for (const [method, wanted] of [
        ['bootstrap', BCa],
        ['percentile', percentile],
      ] as const) {
        const { interval } = meanInterval(values, { method, resamples: 40_000, seed: 3 });
        const allowed = 0.03 * (wanted[1] - wanted[0]);
        assert.ok(Math.abs(interval!.low - wanted[0]) < allowed, `${method} low ${interval!.low}`);
        assert.ok(Math.abs(interval!.high - wanted[1]) < allowed, `${method} high`);
      }
    }
  });

  it('is the same for the same seed, and moves with the seed', () => {
    const values = expected.means[1]!.values;
    const of = (seed: number) => meanInterval(values, { method: 'bootstrap', seed });
    assert.deepEqual(of(1), of(1));
    assert.notDeepEqual(of(1), of(2));
  });

  it('has no interval for one value, and one of width 0 for equal values', () => {
    assert.deepEqual(meanInterval([0.5]), { value: 0.5, interval: null });
    for (const method of ['t', 'bootstrap', 'percentile'] as const) {
      const { interval } = meanInterval([2, 2, 2], { method });
      assert.equal(interval!.low, 2);
      assert.equal(interval!.high, 2);
    }
  });

  it('refuses no values and NaN, saying where', () => {
    assert.throws(() => meanInterval([]), StatisticsError);
    assert.throws(() => meanInterval([1, Number.NaN]), /values\[1\] is NaN/);
    assert.throws(() => meanInterval([1, 2], { level: 95 }), /between 0 and 1/);
  });

  it('shifts and scales with the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 20 }),
        fc.integer({ min: -9, max: 9 }),
        (values, shift) => {
          const plain = meanInterval(values);
          const moved = meanInterval(values.map((value) => 3 * value + shift));
          assert.ok(Math.abs(moved.value - (3 * plain.value + shift)) < 1e-9);
          assert.ok(Math.abs(moved.interval!.high - (3 * plain.interval!.high + shift)) < 1e-8);
        },
      ),
    );
  });

  it('bootstraps any statistic', () => {
    const values = expected.means[1]!.values;
    const options = { level: 0.9, resamples: 1000, seed: 0, corrected: true };
    const { low, high } = bootstrapInterval(values, (sample) => Math.max(...sample), options);
    assert.ok(low <= high && high <= Math.max(...values));
    assert.ok(mean(values) < high);
  });

  it('bootstraps the mean as meanInterval does, with the same defaults', () => {
    const values = expected.means[1]!.values;
    const { low, high } = bootstrapInterval(values, mean);
    const { interval } = meanInterval(values, { method: 'bootstrap' });
    assert.deepEqual([low, high], [interval!.low, interval!.high]);
  });
});

describe('the jackknife', () => {
  it("of the mean is Student's interval", () => {
    for (const { values, t } of expected.means.filter(({ values }) => values.length > 1)) {
      const n = values.length;
      const without = values.map((value) => (mean(values) * n - value) / (n - 1));
      const half = jackknifeHalfWidth(without, 0.95);
      assert.ok(Math.abs(half - (t[1] - t[0]) / 2) <= 1e-9 * half);
    }
  });

  it('refuses a sample of which no part can be left out', () => {
    assert.throws(() => jackknifeHalfWidth([1], 0.95), StatisticsError);
  });
});

describe('proportion', () => {
  it('gives the Wilson intervals of scipy, also at 0 and 100 %', () => {
    for (const { successes, trials, interval } of expected.wilson) {
      const share = proportion(successes, trials);
      assert.equal(share.value, successes / trials);
      assert.ok(Math.abs(share.interval!.low - interval[0]) < 1e-12);
      assert.ok(Math.abs(share.interval!.high - interval[1]) < 1e-12);
    }
  });

  it('gives the published interval of a difference', () => {
    const { first, second, interval } = expected.newcombe;
    const difference = proportionDifference(proportion(...first), proportion(...second));
    assert.equal(difference.interval!.low.toFixed(4), interval[0].toFixed(4));
    assert.equal(difference.interval!.high.toFixed(4), interval[1].toFixed(4));
  });

  it('refuses impossible counts', () => {
    assert.throws(() => proportion(1, 0), StatisticsError);
    assert.throws(() => proportion(3, 2), StatisticsError);
  });
});

describe('kendall', () => {
  it('gives τ_b and p of scipy, exact and with ties', () => {
    for (const { x, y, tau, p } of expected.kendall) {
      const result = kendall(x, y);
      assert.ok(Math.abs(result.tau! - tau) < 1e-12, `τ ${result.tau}, expected ${tau}`);
      assert.ok(Math.abs(result.p! - p) < 1e-10, `p ${result.p}, expected ${p}`);
    }
  });

  it('keeps its value under monotone maps and turns its sign with the order', () => {
    const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 3, maxLength: 25 });
    fc.assert(
      fc.property(values, (y) => {
        const x = y.map((_, index) => index);
        const straight = kendall(x, y);
        const cubed = kendall(
          x,
          y.map((value) => value ** 3),
        );
        const turned = kendall(
          x,
          y.map((value) => -value),
        );
        assert.deepEqual(cubed, straight);
        assert.equal(turned.p, straight.p);
        assert.ok(straight.tau === null || turned.tau! + straight.tau === 0);
      }),
    );
  });

  it('counts all orders where one variable has groups', () => {
    const x = [1, 1, 2, 2, 2, 3];
    const scoreOf = (y: readonly number[]) =>
      x.reduce((sum, a, i) => {
        const later = x.slice(0, i).map((b, j) => Math.sign(a - b) * Math.sign(y[i]! - y[j]!));
        return sum + later.reduce((part, sign) => part + sign, 0);
      }, 0);
    const orders = (rest: number[]): number[][] =>
      rest.length === 0
        ? [[]]
        : rest.flatMap((first, i) =>
            orders(rest.filter((_, j) => j !== i)).map((others) => [first, ...others]),
          );
    const all = orders([1, 2, 3, 4, 5, 6]);
    for (const y of [all[0]!, all[100]!, all[333]!, all[719]!]) {
      const score = Math.abs(scoreOf(y));
      const asFar = all.filter((other) => Math.abs(scoreOf(other)) >= score).length / all.length;
      const { p, method } = kendall(x, y);
      assert.equal(method, 'exact');
      near(p!, asFar, 1e-12, y.join(' '));
      assert.equal(kendall(y, x).p, p);
    }
  });

  it('says null, not NaN, where one variable never changes', () => {
    assert.deepEqual(kendall([1, 2, 3], [4, 4, 4]), { tau: null, p: null, method: 'exact', n: 3 });
  });

  it('refuses samples of different length', () => {
    assert.throws(() => kendall([1, 2], [1, 2, 3]), StatisticsError);
  });
});

describe('trend', () => {
  it('reaches 1 and −1 over nets that share depths, and its interval has a width there', () => {
    const depths = [8, 8, 8, 14, 14, 14, 20, 20, 20];
    const readings = [1, 1.2, 1.1, 2, 2.3, 2.1, 3.1, 3.3, 3];
    const rising = trend(depths, readings);
    assert.equal(rising.value, 1);
    // 1,680 ways to deal 9 readings to 3 depths, 2 of them are as far in order.
    near(rising.p, 2 / 1680, 1e-9);
    const { low, high } = rising.interval!;
    assert.ok(low > 0.3 && low < 0.999 && high > 0.99, `${low} to ${high}`);
    const falling = trend(
      depths,
      readings.map((value) => -value),
    );
    assert.equal(falling.value, -1);
    assert.equal(falling.p, rising.p);
  });

  it('is twice the area under the ROC curve less 1 over two depths', () => {
    // 7 of 9 pairs in order.
    const { value } = trend([1, 1, 1, 2, 2, 2], [1, 4, 2, 3, 5, 2.5]);
    near(value, (2 * 7) / 9 - 1, 1e-12);
  });

  it('covers the truth about as often as it says', () => {
    const generator = random(5, 'coverage');
    const shift = 0.8;
    // Three depths with normal readings `shift` apart: two neighbouring pairs and one twice as far apart.
    const truth =
      (2 * (2 * normalCdf(shift / Math.SQRT2) - 1) + 2 * normalCdf((2 * shift) / Math.SQRT2) - 1) /
      3;
    const depths = [1, 1, 1, 2, 2, 2, 3, 3, 3];
    let covered = 0;
    const trials = 1500;
    for (let trial = 0; trial < trials; trial++) {
      const readings = depths.map((depth) => depth * shift + generator.normal());
      const { low, high } = trend(depths, readings, { draws: 500, seed: trial }).interval!;
      if (low <= truth && truth <= high) covered += 1;
    }
    assert.ok(covered / trials > 0.9, `${covered} of ${trials}`);
  });

  it('has no interval for single nets, and no order where all readings are the same', () => {
    assert.equal(trend([1, 2, 3], [1, 2, 3]).interval, null);
    const { value, p, interval } = trend([1, 1, 2, 2], [5, 5, 5, 5]);
    assert.deepEqual([value, p, interval!.low, interval!.high], [0, 1, 0, 0]);
    assert.throws(() => trend([3, 3], [1, 2]), StatisticsError);
  });
});

describe('holm', () => {
  it("gives the worked values of R's p.adjust", () => {
    assert.deepEqual(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
    assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
    assert.deepEqual(holm([]), []);
  });
});

describe('regression', () => {
  it('gives the coefficients, R² and leave-one-out error of scikit-learn', () => {
    const { x, y, intercept, coefficients, r2, left_out_error } = expected.regression;
    const result = regression(x, y);
    near(result.intercept, intercept, 1e-9);
    for (const [j, each] of coefficients.entries()) near(result.coefficients[j]!, each, 1e-8);
    near(result.r2!, r2, 1e-10);
    near(result.leaveOneOutError!, left_out_error, 1e-9);
    assert.ok(result.leaveOneOutR2! < result.r2!);
  });

  it('leaves out what cannot be said', () => {
    assert.equal(regression([[1], [2]], [1, 3]).leaveOneOutError, null);
    assert.equal(regression([[1], [2], [4]], [5, 5, 5]).r2, null);
    // Without the last point the slope is unknown.
    assert.equal(regression([[0], [0], [0], [1]], [1, 2, 3, 4]).leaveOneOutError, null);
  });

  it('refuses collinear predictors and too few points', () => {
    const x = [1, 2, 3, 4].map((value) => [value, 2 * value]);
    assert.throws(() => regression(x, [1, 2, 3, 5]), /collinear/);
    assert.throws(() => regression([[1], [1], [1]], [1, 2, 3]), /collinear/);
    assert.throws(() => regression([[1, 2]], [1]), StatisticsError);
    assert.throws(
      () =>
        regression(
          [
            [1, 2],
            [3, 4],
          ],
          [1, 2],
        ),
      /cannot fix/,
    );
  });
});
