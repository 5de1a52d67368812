import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { queue, shareOf, sideBySide, usualJobs } from '../../src/cli/side-by-side.js';

const gigabyte = 2 ** 30;

describe('chapters side by side', () => {
  it('are as many as cores and memory carry, and never none', () => {
    const jobs = (chapters: number, cores: number, gigabytes: number): number =>
      usualJobs(chapters, { cores, memory: gigabytes * gigabyte });
    assert.equal(jobs(10, 16, 64), 8);
    assert.equal(jobs(3, 16, 64), 3);
    assert.equal(jobs(10, 16, 8), 2);
    assert.equal(jobs(10, 1, 1), 1);
  });

  it('share the cores, and one alone has them all', () => {
    const machine = { cores: 8, memory: gigabyte };
    assert.deepEqual(shareOf(4, machine), { FATHOM_CORES: '2' });
    assert.deepEqual(shareOf(16, machine), { FATHOM_CORES: '1' });
    assert.deepEqual(shareOf(1, machine), {});
  });

  it('run no more at once than asked, begin in order, and give results in order', async () => {
    const ends = new Map<number, () => void>();
    const begun: number[] = [];
    const all = sideBySide([0, 1, 2, 3], 2, async (item) => {
      begun.push(item);
      await new Promise<void>((resolve) => ends.set(item, resolve));
      return item * 10;
    });
    const end = async (item: number): Promise<void> => {
      ends.get(item)!();
      await new Promise(setImmediate);
    };
    assert.deepEqual(begun, [0, 1]);
    await end(1);
    assert.deepEqual(begun, [0, 1, 2]);
    await end(2);
    await end(0);
    await end(3);
    assert.deepEqual(await all, [0, 10, 20, 30]);
  });

  it('begin no further one after an error, and wait for those that run', async () => {
    let ended = false;
    const begun: number[] = [];
    const all = sideBySide([0, 1, 2], 2, async (item) => {
      begun.push(item);
      if (item === 0) throw new Error('broken');
      await new Promise(setImmediate);
      ended = true;
    });
    await assert.rejects(all, /broken/);
    assert.deepEqual([begun, ended], [[0, 1], true]);
  });

  it('are printed in turn, as many at once as asked, and none after one that failed', async () => {
    const printers = queue(2);
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const work = (item: number) => () => {
      begun.push(item);
      return new Promise<number>((resolve, reject) => {
        ends[item] = () => (item === 2 ? reject(new Error('broken')) : resolve(item));
      });
    };
    const all = [0, 1, 2, 3, 4].map((item) => printers.add(work(item)));
    const settled = Promise.allSettled(all);
    assert.deepEqual(begun, [0, 1]);
    ends[0]!();
    await all[0];
    assert.deepEqual([begun, printers.hasFailed], [[0, 1, 2], false]);
    ends[2]!();
    await assert.rejects(all[2]!, /broken/);
    ends[1]!();
    const ended = await settled;
    assert.deepEqual(begun, [0, 1, 2]);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'],
    );
  });
});
