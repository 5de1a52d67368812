// What runs the grid cells of a study. An engine gets jobs and a store, and sees to it that each job's run comes to lie there:
// by worker processes of this machine (`local`), or by whatever else can start a process that sees the store.
import type { EpochMetrics } from '../train/recipe.js';
import type { CellFailed, WorkerDied } from './errors.js';
import type { ReadingRequest, RunIdentity } from './store.js';

/** A grid cell to finish: trained where it is not yet, and the readings that are still missing. Plain JSON. */
export interface Job extends RunIdentity {
  readonly requests: readonly ReadingRequest[];
  /** Multiply–adds of the training that is left (0 where only readings are missing): the longest goes first. */
  readonly cost: number;
}

/** Where the images come from, when that is not the usual place. */
export interface DataLocation {
  readonly cache?: string;
  readonly path?: string;
}

/** All that a worker must know beside its job. Plain JSON. */
export interface WorkPlace {
  readonly store: string;
  readonly recorded: string | null;
  readonly data: DataLocation;
}

/** What happens to a job, as it happens. Plain JSON, but for the errors. */
export type JobEvent =
  | { readonly type: 'started'; readonly key: string }
  | {
      readonly type: 'step';
      readonly key: string;
      readonly epoch: number;
      readonly step: number;
      /** Planned steps in all. */
      readonly steps: number;
      /** Mean over the steps since the last such event, nats. */
      readonly loss: number;
    }
  | { readonly type: 'epoch'; readonly key: string; readonly metrics: EpochMetrics }
  | { readonly type: 'measuring'; readonly key: string; readonly measure: string }
  | {
      readonly type: 'measured';
      readonly key: string;
      readonly measure: string;
      readonly ms: number;
    }
  /** Another process is at it. */
  | { readonly type: 'elsewhere'; readonly key: string }
  | { readonly type: 'retried'; readonly key: string; readonly error: Error }
  | { readonly type: 'warning'; readonly key: string; readonly message: string }
  | { readonly type: 'done'; readonly key: string }
  | { readonly type: 'failed'; readonly key: string; readonly error: CellFailed | WorkerDied };

export interface EngineOptions extends WorkPlace {
  /** Processes at a time; null lets the engine choose. */
  readonly workers: number | null;
  /** TensorFlow threads of each. */
  readonly threads: number;
  readonly onEvent: (event: JobEvent) => void;
  /** Stops all at once; unfinished cells are lost, or go on from their last checkpoint next time. */
  readonly signal: AbortSignal | null;
}

export interface Engine {
  readonly name: string;
  /** How many jobs it would run at a time. */
  slots(jobs: readonly Job[], options: Pick<EngineOptions, 'workers' | 'threads'>): number;
  /** Resolves when every job has ended, one way or the other (`done` or `failed`); rejects only when stopped. */
  run(jobs: readonly Job[], options: EngineOptions): Promise<void>;
}
