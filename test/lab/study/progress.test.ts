import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job, JobEvent } from '../../../src/lab/study/engine.js';
import { WorkerDied } from '../../../src/lab/study/errors.js';
import { trackProgress, trainingCost } from '../../../src/lab/study/progress.js';
import { duration, progressLine, shareDone } from '../../../src/lab/study/progress-text.js';
import { controlOf, epochTable, layerTable, runTable } from '../../../src/lab/study/table.js';
import { cell, run } from '../chart/fixture.js';
import { identity } from './fixture.js';

function job(key: string, cost: number): Job {
  return { ...identity(cell({ depth: 8 })), key, requests: [], cost };
}
const step = (key: string, at: number, steps = 100): JobEvent => ({
  type: 'step',
  key,
  epoch: 1,
  step: at,
  steps,
  loss: 1,
});

test('the time left weighs cells by their cost and deals them out to the workers', () => {
  let ms = 0;
  const tracker = trackProgress([job('a', 1000), job('b', 1000), job('c', 2000)], {
    reused: 2,
    slots: 2,
    clock: () => ms,
  });
  assert.equal(tracker.now().etaMs, null, 'nothing is known yet');
  for (const key of ['c', 'a']) tracker.event({ type: 'started', key });
  tracker.event(step('c', 0));
  tracker.event(step('a', 0));
  ms = 1000;
  tracker.event(step('c', 10));
  tracker.event(step('a', 20));
  // Both have done 200 in 1 s: c has 1800 left (9 s), a 800 (4 s), and b (5 s) follows a.
  const { etaMs, done, total, reused } = tracker.now();
  assert.equal(etaMs, 9000);
  assert.deepEqual([done, total, reused], [2, 5, 2]);
  ms = 5000;
  tracker.event(step('a', 100));
  tracker.event({ type: 'done', key: 'a' });
  tracker.event(step('c', 50));
  // c has 1000 left, b 1000, on two workers.
  assert.equal(tracker.now().etaMs, 5000);
  assert.equal(tracker.now().done, 3);
});

test('reading times of finished cells are expected of the others', () => {
  let ms = 0;
  const tracker = trackProgress([job('a', 0), job('b', 0)], {
    reused: 0,
    slots: 1,
    clock: () => ms,
  });
  tracker.event({ type: 'started', key: 'a' });
  tracker.event({ type: 'measuring', key: 'a', measure: 'regions' });
  assert.equal(tracker.now().running[0]!.stage, 'regions');
  ms = 700;
  tracker.event({ type: 'measured', key: 'a', measure: 'regions', ms: 700 });
  tracker.event({ type: 'done', key: 'a' });
  assert.equal(tracker.now().etaMs, 700);
});

test('a cell given to a new worker starts again, a failed one is counted apart', () => {
  const tracker = trackProgress([job('a', 10), job('b', 10)], {
    reused: 0,
    slots: 1,
    clock: () => 0,
  });
  tracker.event({ type: 'started', key: 'a' });
  tracker.event(step('a', 50));
  const error = new WorkerDied('a', null, 'SIGKILL', '');
  tracker.event({ type: 'retried', key: 'a', error });
  assert.equal(tracker.now().running.length, 0);
  assert.equal(tracker.now().curves.length, 0);
  tracker.event({ type: 'failed', key: 'a', error });
  assert.deepEqual([tracker.now().done, tracker.now().failed], [0, 1]);
});

test('curves stay small and keep their newest point', () => {
  const tracker = trackProgress([job('a', 10)], { reused: 0, slots: 1, clock: () => 0 });
  for (let at = 1; at <= 5000; at++) tracker.event(step('a', at, 5000));
  const [curve] = tracker.now().curves;
  assert.ok(curve!.losses.length <= 200 && curve!.losses.length >= 100);
  assert.equal(curve!.losses.at(-1)!.step, 5000);
});

test('cost grows with epochs, images and depth, and knows a limit on steps', () => {
  const base = cell({ epochs: 10 });
  const cost = trainingCost(base, 1000);
  // 3 × 2,000 images × 10 epochs, and 11 evaluations of 3,000.
  assert.equal(cost, 1000 * (60_000 + 33_000));
  const limited = { ...base, recipe: { ...base.recipe, stop: { ...base.recipe.stop, steps: 32 } } };
  assert.ok(trainingCost(limited, 1000) < cost / 5);
});

test('a line says how far a study is', () => {
  const tracker = trackProgress([job('a', 10), job('b', 10)], {
    reused: 1,
    slots: 1,
    clock: () => 0,
  });
  tracker.event({ type: 'started', key: 'a' });
  tracker.event(step('a', 50));
  const line = progressLine(tracker.now(), 12);
  assert.equal(
    line,
    '██████░░░░░░ 1/3 grid cells, 1 kept from before · 0:00 so far · residual-8 × 8, fashion-mnist 2000, seed 0: epoch 1/12, loss 1.000',
  );
  assert.equal(shareDone(tracker.now()), 0.5);
});

test('durations as a clock shows them', () => {
  assert.deepEqual([0, 7_400, 750_000, 3_725_000].map(duration), [
    '0:00',
    '0:07',
    '12:30',
    '1:02:05',
  ]);
});

test('tables have a row a run, an epoch, a layer', () => {
  const shuffled = run({ shuffledLabels: 1, depth: 14 });
  const untrained = run({ epochs: 0 });
  const rows = runTable([run({ depth: 8, seed: 1 }), shuffled, untrained]);
  assert.deepEqual(
    rows.map((row) => [row.series, row.control, row.depth, row.seed]),
    [
      ['residual', 'none', 8, 1],
      ['residual, shuffled labels', 'shuffled labels', 14, 0],
      ['residual, untrained', 'untrained', 8, 0],
    ],
  );
  assert.equal(typeof rows[0]!['participation-ratio'], 'number');
  assert.equal(controlOf(cell({ family: 'linear' })), 'linear');
  assert.equal(epochTable([shuffled]).length, 13);
  const layers = layerTable([shuffled], 'linear-probe');
  assert.deepEqual(
    layers.map((row) => row.position),
    [0, 1, 2, 3, 4, 5, 6].map((index) => index / 6),
  );
});

test('one measure with two options has a column for each; a diverged run has no values', () => {
  const base = run({});
  const reading = base.readings[0]!;
  const two = {
    ...base,
    readings: [
      { ...reading, options: { images: 10, layer: 'all' }, value: 1 },
      { ...reading, options: { images: 20, layer: 'all' }, value: 2 },
    ],
  };
  const diverged = {
    ...base,
    readings: [],
    outcome: { ...base.outcome, status: 'diverged' as const, stoppedBy: 'divergence' as const },
  };
  const [row, other] = runTable([two, diverged]);
  assert.equal(row!['participation-ratio {images: 10}'], 1);
  assert.equal(row!['participation-ratio {images: 20}'], 2);
  assert.deepEqual(
    [
      other!.status,
      other!.testAccuracy,
      other!.accuracyGap,
      other!['participation-ratio {images: 10}'],
    ],
    ['diverged', null, null, null],
  );
});
