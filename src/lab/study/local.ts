// The engine of this machine: one single-threaded worker process a core, the longest grid cells first. Two such processes
// train more images a second than one with two threads.
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { multiplyAdds } from '../nets/count.js';
import { workerEnvironment } from '../tensor/environment.js';
import type { Engine, EngineOptions, Job, JobEvent } from './engine.js';
import { CellFailed, WorkerDied } from './errors.js';
import { cellName } from './table.js';
import type { WorkResult } from './work.js';

/** What the parent sends to a worker. */
export interface WorkOrder {
  readonly job: Job;
  readonly place: {
    readonly store: string;
    readonly recorded: string | null;
    readonly data: EngineOptions['data'];
  };
}

/** What a worker sends back: events, then how it ended. */
export type WorkMessage =
  | { readonly type: 'event'; readonly event: JobEvent }
  | { readonly type: 'end'; readonly result: WorkResult };

/** A worker with TensorFlow, a deep net and its activations. */
const workerBytes = 1.5 * 2 ** 30;
/** A cell that another process trains is looked at again after this long. */
const lookAgainMs = 1000;
/** A cell whose worker died is given to a new one so often in all. */
const attempts = 2;
/** Characters of a worker's standard error that are kept for the error message. */
const lastWordsLength = 2000;

export const local: Engine = {
  name: 'local',
  slots(jobs, { workers, threads }) {
    const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity);
    const all = availableParallelism();
    // Who runs several studies at once says how many cores this one may have; its share of the memory goes with them.
    const cores = Math.min(all, Number(process.env.FATHOM_CORES) || all);
    const most =
      workers ??
      Math.max(
        1,
        Math.min(Math.floor(cores / threads), Math.floor(((memory / workerBytes) * cores) / all)),
      );
    return Math.min(most, jobs.length);
  },
  run: runJobs,
};

async function runJobs(jobs: readonly Job[], options: EngineOptions): Promise<void> {
  const { onEvent, signal } = options;
  signal?.throwIfAborted();
  const slots = local.slots(jobs, options);
  // What is trained already costs nothing more to train; its measures take longer on larger nets.
  const size = new Map(jobs.map((job) => [job, multiplyAdds(job.cell.net)]));
  const queue = [...jobs].sort((a, b) => b.cost - a.cost || size.get(b)! - size.get(a)!);
  const tries = new Map<string, number>();
  const workers = new Set<ChildProcess>();
  const timers = new Set<NodeJS.Timeout>();
  let left = jobs.length;

  const exits: Promise<void>[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      if (left === 0) return resolve();
      const stop = () => reject(signal!.reason);
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted) stop();

      const finish = (event: JobEvent) => {
        onEvent(event);
        left -= 1;
        if (left === 0) {
          signal?.removeEventListener('abort', stop);
          resolve();
        }
      };
      // What an event's receiver throws must end the study, not the process.
      const guarded =
        <A extends unknown[]>(act: (...args: A) => void) =>
        (...args: A) => {
          try {
            act(...args);
          } catch (error) {
            reject(error);
          }
        };

      const start = () => {
        const worker = spawnWorker(options.threads);
        let current: Job | null = null;
        let lastWords = '';
        workers.add(worker);
        const next = () => {
          current = queue.shift() ?? null;
          if (current === null) return;
          const { store, recorded, data } = options;
          const order: WorkOrder = { job: current, place: { store, recorded, data } };
          worker.send(order, (error) => {
            // The worker is gone; its exit says the rest.
            if (error) worker.kill('SIGKILL');
          });
        };
        const wake = () => {
          if (current === null && workers.has(worker)) next();
        };
        wakers.add(wake);
        worker.stderr?.setEncoding('utf8').on('data', (text: string) => {
          lastWords = (lastWords + text).slice(-lastWordsLength);
        });
        worker.on(
          'message',
          guarded((message: WorkMessage) => {
            const job = current;
            if (job === null) return;
            if (message.type === 'event') return onEvent(message.event);
            current = null;
            const { result } = message;
            if (result.status === 'held') {
              onEvent({ type: 'elsewhere', key: job.key });
              const timer = setTimeout(
                guarded(() => {
                  timers.delete(timer);
                  queue.push(job);
                  wakeOne();
                }),
                lookAgainMs,
              );
              timers.add(timer);
            } else if (result.status === 'failed') {
              finish({
                type: 'failed',
                key: job.key,
                error: new CellFailed(cellName(job.cell), result.stage, result.thrown),
              });
            } else {
              finish({ type: 'done', key: job.key });
            }
            next();
          }),
        );
        const gone = guarded((exitCode: number | null, killedBy: string | null) => {
          if (!workers.delete(worker)) return;
          wakers.delete(wake);
          const job = current;
          if (job === null) {
            if (queue.length > 0) start();
            return;
          }
          const error = new WorkerDied(cellName(job.cell), exitCode, killedBy, lastWords);
          const tried = (tries.get(job.key) ?? 0) + 1;
          tries.set(job.key, tried);
          if (tried < attempts) {
            onEvent({ type: 'retried', key: job.key, error });
            queue.unshift(job);
          } else {
            finish({ type: 'failed', key: job.key, error });
          }
          if (queue.length > 0) start();
        });
        exits.push(
          new Promise((done) => {
            // After `close` all that it wrote has been read.
            worker.once('close', (code, killedBy) => {
              gone(code, killedBy);
              done();
            });
            worker.once('error', (error) => {
              lastWords += `${error.message}\n`;
              if (worker.pid === undefined) {
                gone(null, null);
                done();
              }
            });
          }),
        );
        next();
      };
      const wakers = new Set<() => void>();
      const wakeOne = () => {
        for (const wake of wakers) {
          if (queue.length === 0) return;
          wake();
        }
        if (queue.length > 0 && workers.size < slots) start();
      };
      for (let slot = 0; slot < slots; slot += 1) start();
    });
  } finally {
    for (const timer of timers) clearTimeout(timer);
    // Nothing is lost: what is finished is published, and what is not is swept.
    for (const worker of workers) worker.kill('SIGKILL');
    workers.clear();
    await Promise.all(exits);
  }
}

function spawnWorker(threads: number): ChildProcess {
  return fork(fileURLToPath(new URL('./worker.js', import.meta.url)), [], {
    execPath: process.execPath,
    execArgv: [],
    env: { ...process.env, ...workerEnvironment({ threads }) },
    // The last is a pipe that nothing is written to: it ends when this process does, however it ends.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
  });
}
