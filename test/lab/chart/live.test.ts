// What stands under a notebook cell while its study trains, and what is left of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DisplayOptions, liveProgress } from '../../../src/lab/chart/live.js';
import type { Progress } from '../../../src/lab/study/progress.js';

const at = (change: Partial<Progress>): Progress => ({
  done: 0,
  total: 4,
  reused: 0,
  failed: 0,
  running: [],
  curves: [],
  elapsedMs: 5000,
  etaMs: 65_000,
  ...change,
});

test('one display is redrawn at most once a second, says how far it is, and ends as a sentence without it', () => {
  const shown: { value: unknown; options: DisplayOptions; update: boolean }[] = [];
  let now = 0;
  const listen = liveProgress({
    show: (value, options) => {
      shown.push({ value, options, update: false });
      return { update: (next, other) => shown.push({ value: next, options: other, update: true }) };
    },
    markdown: (source) => source,
    now: () => now,
  });
  listen(at({}));
  now = 900;
  listen(at({ done: 1 }));
  now = 1000;
  listen(at({ done: 2 }));
  listen(at({ done: 4 }));
  assert.deepEqual(shown, [
    {
      value: 'Training: 0 of 4 grid cells, 1:05 left …',
      options: { status: { text: '0/4 grid cells · 1:05 left', share: 0 } },
      update: false,
    },
    {
      value: 'Training: 2 of 4 grid cells, 1:05 left …',
      options: { status: { text: '2/4 grid cells · 1:05 left', share: 0.5 } },
      update: true,
    },
    {
      value: 'All 4 grid cells are trained and measured.',
      options: { status: null },
      update: true,
    },
  ]);
});
