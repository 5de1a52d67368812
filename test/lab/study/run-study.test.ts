// Studies as a user runs them: real training in real worker processes, and everything that can end one early.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../../src/lab/study/engine.js';
import { type CellFailed, StudyFailed, type WorkerDied } from '../../../src/lab/study/errors.js';
import type { Progress } from '../../../src/lab/study/progress.js';
import { runStudy, type RunStudyOptions } from '../../../src/lab/study/run-study.js';
import type { Study } from '../../../src/lab/study/study.js';
import { folder, tinyStudy } from './fixture.js';

let cache: string;
before(async () => {
  cache = await mkdtemp(join(tmpdir(), 'fathom-study-data-'));
});
after(() => rm(cache, { recursive: true, force: true }));

const onLinux = { skip: process.platform !== 'linux' && 'children are listed by /proc' };

function run(study: Study, store: string, options: RunStudyOptions = {}) {
  return runStudy(study, { store, recorded: null, data: { cache }, workers: 2, ...options });
}

/** Live child processes of a process. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    return [];
  }
}

/** A killed process stays in the table until its parent has read its end. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(20);
}

const files = (store: string) =>
  readdir(store).then((names) => names.filter((name) => name[0] !== '.'));

test('what is trained is kept: never trained twice, more readings without training', async (t) => {
  const store = await folder(t);
  const study = tinyStudy({ seeds: [0, 1], axes: { 'net.depth': [2, 3] } });
  const seen: Progress[] = [];
  const runs = await run(study, store, {
    measures: ['accuracy'],
    onProgress: (progress) => seen.push(progress),
  });
  assert.deepEqual(
    runs.map((item) => item.cell),
    study.cells,
    'in the order of the study',
  );
  assert.ok(runs.every((item) => item.readings.length === 1 && item.metrics.length === 2));
  assert.equal(seen[0]!.done, 0);
  const last = seen.at(-1)!;
  assert.deepEqual([last.done, last.total, last.reused, last.etaMs], [4, 4, 0, 0]);
  assert.equal(last.curves.length, 4);
  assert.ok(last.curves.every((curve) => curve.losses.length > 0 && curve.metrics.length === 2));

  const places = () => Promise.all(runs.map((item) => stat(join(item.directory, 'record.json'))));
  const before = await places();
  const more = await run(study, store, { measures: ['accuracy', 'loss'] });
  assert.deepEqual(
    more.map((item) => item.readings.map((reading) => reading.measure)),
    Array(4).fill(['accuracy', 'loss']),
  );
  const kept: Progress[] = [];
  const again = await run(study, store, {
    measures: ['loss', 'accuracy', 'loss'],
    onProgress: (progress) => kept.push(progress),
    engine: { name: 'none', slots: () => 0, run: () => assert.fail('nothing is left to do') },
  });
  assert.deepEqual([kept.length, kept[0]!.done, kept[0]!.reused], [1, 4, 4]);
  assert.equal(again[0]!.readings.length, 2);
  assert.deepEqual(
    (await places()).map((item) => item.ino),
    before.map((item) => item.ino),
  );
  const names = await readdir(runs[0]!.directory);
  assert.deepEqual(names.sort(), [
    'metrics.jsonl',
    'net',
    'provenance.json',
    'readings',
    'record.json',
  ]);
  const lines = (await readFile(join(runs[0]!.directory, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    runs[0]!.metrics,
  );
});

test('the same study in another store gives the same bytes', async (t) => {
  const study = tinyStudy();
  const [one, other] = [await folder(t), await folder(t)];
  const [run1] = await run(study, one);
  const [run2] = await run(study, other, { workers: 1 });
  assert.equal(run1!.key, run2!.key);
  for (const name of ['record.json', 'metrics.jsonl', 'net/model.json']) {
    const [a, b] = await Promise.all(
      [run1!, run2!].map((item) => readFile(join(item.directory, name))),
    );
    assert.ok(a!.equals(b!), name);
  }
});

test('two studies at once on one store share the work', async (t) => {
  const store = await folder(t);
  const study = tinyStudy({ seeds: [0, 1, 2, 3], recipe: { stop: { epochs: 8 }, batchSize: 16 } });
  const trained = await Promise.all(
    [0, 1].map(async () => {
      let progress: Progress | null = null;
      const runs = await run(study, store, {
        workers: 1,
        onProgress: (now) => {
          progress = now;
        },
      });
      assert.equal(runs.length, 4);
      return progress!.curves.map((curve) => curve.key);
    }),
  );
  const all = trained.flat();
  assert.equal(all.length, 4, 'no cell is trained by both');
  assert.equal(new Set(all).size, 4);
});

test('kill -9 loses the unfinished cells only, and no worker stays', onLinux, async (t) => {
  const store = await folder(t);
  // One cell that is soon done, and one that is not.
  const study = tinyStudy({ axes: { 'recipe.stop.epochs': [1, 100_000] } });
  const path = fileURLToPath(new URL('./parent.js', import.meta.url));
  const parent = spawn(process.execPath, [path, JSON.stringify({ study, store, cache })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => parent.kill('SIGKILL'));
  for await (const line of createInterface({ input: parent.stdout! })) {
    const { done, steps } = JSON.parse(line) as { done: number; steps: number[] };
    if (done === 1 && steps.some((step) => step > 0)) break;
  }
  const workers = childrenOf(parent.pid!);
  assert.equal(workers.length, 2);
  await killed(parent);
  await until(() => !workers.some(isRunning));

  const left = await readdir(join(store, '.partial'));
  assert.equal(left.length, 1, 'the unfinished cell');
  const quick = { ...study, cells: study.cells.slice(0, 1) };
  let first: Progress | null = null;
  await run(quick, store, {
    onProgress: (progress) => {
      first ??= progress;
    },
  });
  assert.equal(first!.reused, 1);
  assert.deepEqual(await readdir(join(store, '.partial')), [], 'swept');
  assert.deepEqual(await readdir(join(store, '.locks')), [], 'swept');
});

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

test('a stopped study goes on where it was', onLinux, async (t) => {
  const store = await folder(t);
  const study = tinyStudy({ recipe: { stop: { epochs: 40 }, batchSize: 16, deterministic: true } });
  const stop = new AbortController();
  const reason = new Error('enough for today');
  const stopped = run(study, store, {
    signal: stop.signal,
    onProgress: ({ running }) => {
      if (running.some((cell) => cell.epoch >= 3)) stop.abort(reason);
    },
  });
  await assert.rejects(stopped, (error) => error === reason);
  assert.deepEqual(childrenOf(process.pid).filter(isRunning), []);
  assert.deepEqual(await readdir(join(store, '.partial')), []);
  assert.deepEqual(await files(store), []);

  let progress: Progress | null = null;
  const [finished] = await run(study, store, {
    onProgress: (now) => {
      progress = now;
    },
  });
  assert.ok(progress!.curves[0]!.losses[0]!.epoch > 2, 'not from the beginning');
  assert.equal(finished!.metrics.length, 41);
  assert.deepEqual(await readdir(join(store, '.checkpoints')), []);
  await assert.rejects(
    run(study, store, { signal: AbortSignal.abort(reason) }),
    (e) => e === reason,
  );
});

test(
  'a worker that dies is replaced; a cell that kills two is named, and others go on',
  onLinux,
  async (t) => {
    const store = await folder(t);
    const study = tinyStudy({ axes: { 'recipe.stop.epochs': [1, 500] } });
    const warnings: Error[] = [];
    let kills = 0;
    const attempt = run(study, store, {
      workers: 1,
      onWarning: (warning) => warnings.push(warning),
      onProgress: ({ running }) => {
        if (running.some((cell) => cell.epochs === 500 && cell.step > 0)) {
          for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGKILL');
          kills += 1;
        }
      },
    });
    const failed = await attempt.then(
      () => assert.fail('the study must fail'),
      (error: StudyFailed) => error,
    );
    assert.ok(failed instanceof StudyFailed);
    assert.ok(kills >= 2);
    const [failure] = failed.failures as WorkerDied[];
    assert.equal(failed.failures.length, 1);
    assert.equal(failure!.name, 'WorkerDied');
    assert.equal(failure!.signal, 'SIGKILL');
    assert.match(
      failed.message,
      /1 of 2 grid cells failed; the 1 finished ones are kept.*plain-2 × 2.*memory/s,
    );
    assert.equal(warnings.length, 1, 'the first death is a warning');
    assert.equal((await files(store)).length, 1, 'the other cell is there');
  },
);

test('what training throws is named with its cell, and not tried twice', async (t) => {
  const store = await folder(t);
  const attempt = run(tinyStudy(), store, { threads: 2 });
  const failed = await attempt.then(
    () => assert.fail('the study must fail'),
    (error: StudyFailed) => error,
  );
  const [failure] = failed.failures as CellFailed[];
  assert.equal(failure!.stage, 'train');
  assert.equal(failure!.thrown.name, 'TrainingError');
  assert.match(
    failure!.message,
    /plain-2 × 2, gratings 64, seed 0: train failed.*one TensorFlow thread/,
  );
});

test('a net with damaged weights is trained again when a reading needs it', async (t) => {
  const store = await folder(t);
  const study = tinyStudy();
  const [first] = await run(study, store);
  const weights = (await readdir(join(first!.directory, 'net'))).find((name) =>
    name.endsWith('.bin'),
  );
  await truncate(join(first!.directory, 'net', weights!), 10);
  const warnings: Error[] = [];
  const [second] = await run(study, store, {
    measures: ['loss'],
    onWarning: (warning) => warnings.push(warning),
  });
  assert.equal(second!.readings.length, 1);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!.message, /weights.*trained again/s);
  assert.deepEqual(second!.metrics, first!.metrics);
});

test('a study is refused at the door: unknown measures, options and engines, numbers that are none', async (t) => {
  const store = await folder(t);
  const study = tinyStudy();
  await assert.rejects(run(study, store, { measures: ['acuracy'] }), /acuracy.*accuracy/);
  await assert.rejects(run(study, store, { engine: 'lokal' }), /lokal.*local/);
  await assert.rejects(run(study, store, { workers: 0 }), /workers must be a whole number from 1/);
  assert.deepEqual(await files(store), []);
});

test('what a listener throws ends the study', async (t) => {
  const store = await folder(t);
  const attempt = run(tinyStudy(), store, {
    onProgress: ({ running }) => {
      if (running.length > 0) throw new Error('the screen is gone');
    },
  });
  await assert.rejects(attempt, /the screen is gone/);
});

test('an engine of the user’s own gets the jobs, their cost and their place', async (t) => {
  const store = await folder(t);
  const study = tinyStudy({ axes: { 'net.width': [2, 4] } });
  const costs: number[] = [];
  const engine: Engine = {
    name: 'nowhere',
    slots: () => 1,
    async run(jobs, { onEvent, store: place }) {
      assert.equal(place, store);
      for (const job of jobs) {
        costs.push(job.cost);
        onEvent({ type: 'done', key: job.key });
      }
    },
  };
  await assert.rejects(run(study, store, { engine }), /was made and is not in the store/);
  assert.ok(costs[1]! > costs[0]! && costs[0]! > 0, 'wider costs more');
});
