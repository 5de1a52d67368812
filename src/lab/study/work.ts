// One job from start to end, in the process that does it: lock, train, publish, read the measures.
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../data/load-data.js';
import type { Split } from '../data/dataset.js';
import { RefusedError } from '../measure/errors.js';
import { expectActivations, readMeasure } from '../measure/read.js';
import { subject } from '../measure/subject.js';
import { buildNet } from '../nets/build.js';
import { multiplyAdds, parameters } from '../nets/count.js';
import { loadNet, NetFileError, saveNet } from '../nets/save-net.js';
import { ready, type tf } from '../tensor/index.js';
import { CheckpointError } from '../train/checkpoint.js';
import { train } from '../train/train.js';
import type { Job, JobEvent, WorkPlace } from './engine.js';
import { DataChanged } from './errors.js';
import { canonical } from './key.js';
import { acquire, heartbeatMs } from './lock.js';
import type { Provenance, RunRecord } from './record.js';
import { json, openStore, type Store, type StoredRun } from './store.js';

/** How a job ended; `held`: another process has the cell. */
export type WorkResult =
  | { readonly status: 'done' | 'held' }
  | {
      readonly status: 'failed';
      readonly stage: string;
      readonly thrown: { readonly name: string; readonly message: string; readonly stack: string };
    };

/** Step events are at least this far apart. */
const stepEventMs = 100;

/** Does one job. What training or measuring throws comes back as a result; the store and its locks throw. */
export async function work(
  job: Job,
  place: WorkPlace,
  onEvent: (event: JobEvent) => void,
): Promise<WorkResult> {
  const { key } = job;
  const warn = (warning: Error) => onEvent({ type: 'warning', key, message: warning.message });
  const store = openStore(place.store, { recorded: place.recorded, onWarning: warn });
  const lock = await acquire(store.lockPath(key));
  if (lock === 'held') return { status: 'held' };
  const heartbeat = setInterval(() => void lock.touch(), heartbeatMs);
  let stage = 'train';
  try {
    onEvent({ type: 'started', key });
    const found = await store.find(job, job.requests);
    if (found !== null && found.missing.length === 0) return { status: 'done' };
    const split = await imagesOf(job, place);
    const { model, diverged } =
      (found === null ? null : await loadCell(found, store, warn)) ??
      (await trainCell(job, split, store, onEvent, warn));
    // A diverged net has no function worth reading; that it diverged is the result.
    if (!diverged) {
      const net = subject(model, split, { spec: job.cell.net });
      try {
        const requests = found?.missing ?? job.requests;
        expectActivations(net, requests);
        for (const request of requests) {
          stage = request.measure;
          onEvent({ type: 'measuring', key, measure: request.measure });
          const start = performance.now();
          const made = await readMeasure(net, request).catch((error: unknown) => {
            // That a measure does not apply to this net is a finding, and no failure of the study.
            if (error instanceof RefusedError) return error.reason;
            throw error;
          });
          await store.putReading(key, request, made);
          onEvent({
            type: 'measured',
            key,
            measure: request.measure,
            ms: performance.now() - start,
          });
        }
      } finally {
        net.dispose();
      }
    }
    model.dispose();
    return { status: 'done' };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    return { status: 'failed', stage, thrown: { name, message, stack: stack ?? '' } };
  } finally {
    clearInterval(heartbeat);
    await lock.release();
  }
}

/** The last images loaded: the cells of a study share theirs. */
let lastImages: { readonly spec: string; readonly split: Split } | null = null;

async function imagesOf(job: Job, place: WorkPlace): Promise<Split> {
  const spec = canonical({ data: job.cell.data, place: place.data });
  if (lastImages?.spec !== spec) {
    lastImages = null;
    lastImages = { spec, split: await loadData(job.cell.data, place.data) };
  }
  const { split } = lastImages;
  for (const part of ['train', 'test'] as const) {
    if (split[part].digest !== job.digests[part]) {
      throw new DataChanged(job.cell.data.name, job.digests[part], split[part].digest);
    }
  }
  return split;
}

interface TrainedNet {
  readonly model: tf.LayersModel;
  readonly diverged: boolean;
}

/** The net of a stored run; null when its files are damaged, and the run is then out of the way. */
async function loadCell(
  run: StoredRun,
  store: Store,
  warn: (warning: Error) => void,
): Promise<TrainedNet | null> {
  await ready();
  const directory = await store.adopt(run);
  try {
    const model = await loadNet(join(directory, 'net'));
    return { model, diverged: run.outcome.status === 'diverged' };
  } catch (error) {
    if (!(error instanceof NetFileError)) throw error;
    warn(new Error(`${error.message}. The net is trained again`));
    await store.discard(run.key);
    return null;
  }
}

async function trainCell(
  job: Job,
  split: Split,
  store: Store,
  onEvent: (event: JobEvent) => void,
  warn: (warning: Error) => void,
): Promise<TrainedNet> {
  const { key, cell, digests } = job;
  const info = await ready();
  const start = performance.now();
  const checkpoint = store.checkpointPath(key);
  let model = buildNet(cell.net);
  let diverged = false;
  await store.publish(job, async (directory) => {
    const log = join(directory, 'metrics.jsonl');
    const attempt = () =>
      train(model, split, cell.recipe, {
        checkpoint: { directory: checkpoint },
        onStep: stepEvents(key, onEvent),
        onEpoch: async (metrics) => {
          await appendFile(log, `${JSON.stringify(metrics)}\n`);
          onEvent({ type: 'epoch', key, metrics });
        },
      });
    const { outcome, metrics } = await attempt().catch(async (error: unknown) => {
      if (!(error instanceof CheckpointError)) throw error;
      warn(new Error(`${error.message}. Training starts from the beginning`));
      await rm(checkpoint, { recursive: true, force: true });
      model.dispose();
      model = buildNet(cell.net);
      return attempt();
    });
    diverged = outcome.status === 'diverged';
    const record: RunRecord = {
      format: 1,
      key,
      cell,
      digests,
      parameters: parameters(cell.net),
      multiplyAdds: multiplyAdds(cell.net),
      outcome,
      metrics,
    };
    const provenance: Provenance = {
      fathom: fathomVersion(),
      node: process.version,
      tensorflow: info.tensorflow,
      backend: info.backend,
      threads: info.threads,
      platform: `${process.platform}-${process.arch}`,
      seconds: Math.round(performance.now() - start) / 1000,
    };
    await mkdir(join(directory, 'net'));
    await saveNet(model, join(directory, 'net'));
    await writeFile(log, metrics.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await writeFile(join(directory, 'provenance.json'), json(provenance));
    await writeFile(join(directory, 'record.json'), json(record));
  });
  await rm(checkpoint, { recursive: true, force: true });
  return { model, diverged };
}

/** Reports the mean loss of the steps since the last report, not more often than a screen can show. */
function stepEvents(key: string, onEvent: (event: JobEvent) => void) {
  let last = performance.now();
  let sum = 0;
  let count = 0;
  return ({
    step,
    steps,
    epoch,
    loss,
  }: {
    step: number;
    steps: number;
    epoch: number;
    loss: number;
  }) => {
    sum += loss;
    count += 1;
    if (performance.now() - last < stepEventMs && step < steps) return;
    onEvent({ type: 'step', key, epoch, step, steps, loss: sum / count });
    last = performance.now();
    sum = 0;
    count = 0;
  };
}

function fathomVersion(): string {
  const file = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
