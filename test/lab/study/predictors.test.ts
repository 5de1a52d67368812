import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { publishedSpectra } from '../../../src/lab/data/published-orders.js';
import { StatisticsError } from '../../../src/lab/stats/index.js';
import { predictors } from '../../../src/lab/study/predictors.js';

const close = (actual: number | null, wanted: number, tolerance: number) =>
  assert.ok(actual !== null && Math.abs(actual - wanted) <= tolerance, `${actual} ${wanted}`);

describe('predictors', () => {
  it('set a reading beside the number of images, of parameters, the depth and the mean', () => {
    // Accuracy is decided by log n; the reading follows it with noise.
    const rows = [1, 2, 3, 4, 5, 6, 7, 8].map((k) => ({
      trainImages: 100 * 2 ** k,
      parameters: 1000,
      depth: k % 2 === 0 ? 8 : 14,
      testAccuracy: 0.1 + 0.1 * k,
      reading: k + (k % 2 === 0 ? 1 : -1),
    }));
    const [best, second, ...others] = predictors(rows, ['reading']);
    assert.deepEqual(
      [best!.name, best!.isTrivial, second!.name, second!.isTrivial],
      ['log of training images', true, 'reading', false],
    );
    close(best!.leaveOneOutError, 0, 1e-9);
    const sizes = others.find(({ name }) => name === 'log of parameters')!;
    assert.deepEqual([sizes.r2, sizes.problem], [null, 'it is the same for all nets']);
    // Each of 8 equally spaced values from the mean of the others: 8/7 of the mean distance 0.2.
    const mean = others.find(({ name }) => name === 'mean of the other nets')!;
    close(mean.leaveOneOutError, 0.2 * (8 / 7), 1e-9);
    assert.ok(others.every(({ nets }) => nets === 8));
  });

  // Ren et al. 2021, their 25 nets; the values of scikit-learn are in test/golden/order.json.
  it('finds the confound of the published spectra: log n alone errs less on nets left out', () => {
    const fields = [0, 1, 2, 3].flatMap((l) => [`reliable ${l}`, `unreliable ${l}`]);
    const rows = publishedSpectra.map((net) => ({
      trainImages: net.images,
      depth: net.depth,
      testAccuracy: 100 * net.accuracy,
      ...Object.fromEntries(
        [0, 1, 2, 3].flatMap((l) => [
          [`reliable ${l}`, net.reliable[l]!],
          [`unreliable ${l}`, net.unreliable[l]!],
        ]),
      ),
    }));
    const found = predictors(rows, [], { together: { spectrum: fields } });
    const of = (name: string) => found.find((each) => each.name === name)!;
    close(of('spectrum').r2, 0.982, 0.001);
    close(of('spectrum').leaveOneOutError, 2.51, 0.01);
    close(of('log of training images').r2, 0.974, 0.001);
    close(of('log of training images').leaveOneOutError, 1.94, 0.01);
    assert.equal(found[0]!.name, 'log of training images');
    assert.equal(of('log of parameters').problem, 'some nets do not have it');
  });

  it('refuses rows that do not have what is asked for', () => {
    assert.throws(() => predictors([{ testAccuracy: 1 }], ['nothing']), StatisticsError);
  });
});
