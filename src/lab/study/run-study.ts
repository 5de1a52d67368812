// From a study to its runs: what is in the store is taken from there, the rest is given to an engine.
import { join } from 'node:path';
import { noteDependency, noteFile } from '../data/dependencies.js';
import { loadData } from '../data/load-data.js';
import { type MeasureRequest, settle } from '../measure/read.js';
import { multiplyAdds } from '../nets/count.js';
import { RECIPE_VERSION } from '../train/train.js';
import type { DataLocation, Engine, Job } from './engine.js';
import { engines } from './engines.js';
import { type CellFailed, InvalidStudy, StudyFailed, type WorkerDied } from './errors.js';
import { canonical, runKey } from './key.js';
import { type Progress, trackProgress, trainingCost } from './progress.js';
import type { Cell, Run } from './record.js';
import { openStore, type ReadingRequest, type RunIdentity, type StoredRun } from './store.js';
import { type Study, cells } from './study.js';
import { cellName } from './table.js';

export interface RunStudyOptions {
  /** Folder of the store; `FATHOM_STORE`, else `.fathom/runs` in the project, when left out. */
  readonly store?: string;
  /** Folder of shipped records that is looked up first; `reports/recorded` in the project when left out, null for none. */
  readonly recorded?: string | null;
  /** What to read on each net, by name or with options. Readings that exist are not read again. */
  readonly measures?: readonly MeasureRequest[];
  /** Worker processes; as many as there are cores (and memory) when left out. */
  readonly workers?: number;
  /** TensorFlow threads of each worker; 1 when left out. More are faster for a single large net, and not deterministic. */
  readonly threads?: number;
  /** Where the images come from, when that is not the usual place. */
  readonly data?: DataLocation;
  /** `local` when left out. */
  readonly engine?: string | Engine;
  /** Called as things happen, at most five times a second, and once at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** A damaged record that is made again, a measure that does not apply, a worker that is replaced; `process.emitWarning` when left out. */
  readonly onWarning?: (warning: Error) => void;
  /** Stops at once; finished cells are kept. */
  readonly signal?: AbortSignal;
}

/** Milliseconds between two calls of `onProgress`. */
const progressMs = 200;

/**
 * Trains what is not yet trained, reads what is not yet read, and returns all runs in the order of the study's cells.
 * Two calls at once on the same store, in one process or several, share the work.
 *
 * @throws StudyFailed when cells failed, after all others are done; the signal's reason when stopped; UnknownNameError and
 * OptionError for measures that do not exist; the errors of `loadData`.
 */
export async function runStudy(study: Study, options: RunStudyOptions = {}): Promise<Run[]> {
  const { signal = null, threads = 1, workers = null, data = {} } = options;
  for (const [name, value] of Object.entries({ workers: workers ?? 1, threads })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new InvalidStudy(`study: ${name} must be a whole number from 1, not ${value}`);
    }
  }
  const onWarning = options.onWarning ?? ((warning: Error) => process.emitWarning(warning));
  const engine =
    typeof options.engine === 'object' ? options.engine : engines.get(options.engine ?? 'local');
  const requests = settled(options.measures ?? []);
  signal?.throwIfAborted();
  const store = openStore(options.store, {
    onWarning,
    ...(options.recorded === undefined ? {} : { recorded: options.recorded }),
  });
  await store.sweep();
  const identities = await identify(cells(study), data, signal);
  const found = new Map<string, StoredRun>();
  const jobs: Job[] = [];
  for (const identity of identities) {
    const run = await store.find(identity, requests);
    if (run !== null && isComplete(run)) {
      found.set(identity.key, run);
    } else {
      const cost = run === null ? trainingCost(identity.cell, multiplyAdds(identity.cell.net)) : 0;
      jobs.push({ ...identity, requests, cost });
    }
  }

  const failures: (CellFailed | WorkerDied)[] = [];
  const slots = engine.slots(jobs, { workers, threads });
  const tracker = trackProgress(jobs, { reused: found.size, slots });
  let told = -Infinity;
  const tell = (always: boolean) => {
    if (options.onProgress === undefined) return;
    if (!always && performance.now() - told < progressMs) return;
    told = performance.now();
    options.onProgress(tracker.now());
  };
  tell(true);
  if (jobs.length > 0) {
    try {
      await engine.run(jobs, {
        store: store.directory,
        recorded: store.recorded,
        data,
        workers,
        threads,
        signal,
        onEvent(event) {
          if (event.type === 'warning') onWarning(new Error(event.message));
          if (event.type === 'retried') onWarning(event.error);
          if (event.type === 'failed') failures.push(event.error);
          tracker.event(event);
          tell(event.type === 'done' || event.type === 'failed');
        },
      });
    } finally {
      await store.sweep();
    }
  }
  if (failures.length > 0) {
    throw new StudyFailed(failures, identities.length - failures.length, identities.length);
  }
  const runs: Run[] = [];
  for (const identity of identities) {
    const run = found.get(identity.key) ?? (await store.find(identity, requests));
    if (run === null)
      throw new Error(`study: run ${identity.key} was made and is not in the store`);
    noteDependency({
      kind: 'data',
      name: `run ${run.key.slice(0, 12)}`,
      digest: run.key,
      seed: run.cell.recipe.seed,
    });
    // Shipped records may be replaced by others under the same key; our own store only ever adds.
    if (run.recorded) await noteFile(join(run.directory, 'record.json'));
    for (const { measure, reason } of run.refused) {
      onWarning(new Error(`${measure} does not apply to ${cellName(run.cell)}: ${reason}`));
    }
    runs.push(plain(run));
  }
  return runs;
}

/** A diverged run has no readings. */
function isComplete(run: StoredRun): boolean {
  return run.missing.length === 0 || run.outcome.status === 'diverged';
}

function plain(run: StoredRun): Run {
  const { missing: _missing, recorded: _recorded, refused: _refused, ...rest } = run;
  return rest;
}

/** Each reading once, however often it is asked for. */
function settled(requests: readonly MeasureRequest[]): ReadingRequest[] {
  const all = requests.map((request) => settle(request));
  return [...new Map(all.map((request) => [canonical(request), request])).values()];
}

/** Keys of cells; each dataset is loaded once, for its digest. */
async function identify(
  list: readonly Cell[],
  data: DataLocation,
  signal: AbortSignal | null,
): Promise<RunIdentity[]> {
  const digests = new Map<string, RunIdentity['digests']>();
  const identities: RunIdentity[] = [];
  for (const cell of list) {
    const spec = canonical(cell.data);
    let own = digests.get(spec);
    if (own === undefined) {
      const { train, test } = await loadData(cell.data, { ...data, ...(signal ? { signal } : {}) });
      own = { train: train.digest, test: test.digest };
      digests.set(spec, own);
    }
    identities.push({ key: runKey(cell, own, RECIPE_VERSION), cell, digests: own });
  }
  return identities;
}
