// How far a study is: from the events of its jobs to what a progress line and a live loss chart show.
import type { EpochMetrics } from '../train/recipe.js';
import type { Job, JobEvent } from './engine.js';
import type { Cell } from './record.js';
import { cellName } from './table.js';

export interface Progress {
  /** Finished grid cells, those found in the store among them. */
  readonly done: number;
  readonly total: number;
  /** Cells that were in the store already. */
  readonly reused: number;
  readonly failed: number;
  readonly running: readonly RunningCell[];
  /** Curves of the cells that this study has trained or is training, for a live chart. */
  readonly curves: readonly Curve[];
  readonly elapsedMs: number;
  /** Estimate of the time left, cells weighed by their multiply–adds; null before the first steps. */
  readonly etaMs: number | null;
}

export interface RunningCell {
  readonly cell: Cell;
  readonly name: string;
  /** `training`, a measure's name, or `elsewhere`: another process is at it. */
  readonly stage: string;
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  /** Mean training loss (nats) of the last steps; null before the first. */
  readonly loss: number | null;
  /** On held-out images after the last whole epoch; null before the first. */
  readonly testAccuracy: number | null;
}

export interface Curve {
  readonly key: string;
  readonly name: string;
  readonly cell: Cell;
  readonly ended: boolean;
  /** At most 200 points, evenly thinned; loss in nats, mean over the steps since the point before. */
  readonly losses: readonly {
    readonly step: number;
    readonly epoch: number;
    readonly loss: number;
  }[];
  readonly metrics: readonly EpochMetrics[];
}

const mostPoints = 200;

interface State {
  readonly job: Job;
  stage: string | null;
  epoch: number;
  step: number;
  steps: number;
  loss: number | null;
  losses: { step: number; epoch: number; loss: number }[];
  metrics: EpochMetrics[];
  ended: boolean;
  endedCurve: Curve | null;
  /** When its first step of this study was reported, and which step that was: the clock of the estimate. */
  firstStep: { readonly at: number; readonly step: number } | null;
  lastStepAt: number;
  readingMs: number;
}

export interface ProgressTracker {
  event(event: JobEvent): void;
  now(): Progress;
}

/** Multiply–adds to train a cell: forward and twice that backward on each image, and an evaluation after each epoch. */
export function trainingCost(cell: Cell, multiplyAdds: number): number {
  const { train, test } = cell.data;
  const { batchSize, stop } = cell.recipe;
  const epochs =
    stop.steps === null ? stop.epochs : Math.min(stop.epochs, (stop.steps * batchSize) / train);
  return multiplyAdds * (3 * train * epochs + (train + test) * (Math.ceil(epochs) + 1));
}

export function trackProgress(
  jobs: readonly Job[],
  options: { readonly reused: number; readonly slots: number; readonly clock?: () => number },
): ProgressTracker {
  const clock = options.clock ?? (() => performance.now());
  const start = clock();
  const states = new Map<string, State>(
    jobs.map((job) => [
      job.key,
      {
        job,
        stage: null,
        epoch: 0,
        step: 0,
        steps: 0,
        loss: null,
        losses: [],
        metrics: [],
        ended: false,
        endedCurve: null,
        firstStep: null,
        lastStepAt: 0,
        readingMs: 0,
      },
    ]),
  );
  let done = options.reused;
  let failed = 0;

  const fractionLeft = (state: State) =>
    state.ended ? 0 : state.steps === 0 ? 1 : 1 - state.step / state.steps;

  function estimate(): number | null {
    let cost = 0;
    let ms = 0;
    for (const { firstStep, step, steps, lastStepAt, job } of states.values()) {
      if (firstStep === null || steps === 0 || step <= firstStep.step) continue;
      cost += (job.cost * (step - firstStep.step)) / steps;
      ms += lastStepAt - firstStep.at;
    }
    const training = [...states.values()].filter((state) => !state.ended && state.job.cost > 0);
    if (cost === 0 && training.length > 0) return null;
    const measured = [...states.values()].filter((state) => state.ended && state.readingMs > 0);
    const readingMs =
      measured.reduce((sum, state) => sum + state.readingMs, 0) / Math.max(measured.length, 1);
    // The rest is dealt out as the engine does it: the longest first, each to the worker that is free first.
    const left = [...states.values()]
      .filter((state) => !state.ended)
      .map((state) => ({
        running: state.stage !== null,
        ms:
          (cost === 0 ? 0 : fractionLeft(state) * state.job.cost * (ms / cost)) +
          Math.max(0, readingMs - state.readingMs),
      }))
      .sort((a, b) => Number(b.running) - Number(a.running) || b.ms - a.ms);
    const busy = new Array<number>(Math.max(options.slots, 1)).fill(0);
    for (const job of left) {
      const free = busy.indexOf(Math.min(...busy));
      busy[free]! += job.ms;
    }
    return Math.max(...busy);
  }

  return {
    event(event) {
      const state = states.get(event.key);
      if (state === undefined) return;
      switch (event.type) {
        case 'started':
          state.stage = 'training';
          break;
        case 'step':
          state.firstStep ??= { at: clock(), step: event.step };
          state.lastStepAt = clock();
          state.epoch = event.epoch;
          state.step = event.step;
          state.steps = event.steps;
          state.loss = event.loss;
          state.losses.push({ step: event.step, epoch: event.epoch, loss: event.loss });
          if (state.losses.length >= 2 * mostPoints) {
            state.losses = state.losses.filter((_, index) => index % 2 === 1);
          }
          break;
        case 'epoch':
          state.metrics.push(event.metrics);
          state.epoch = event.metrics.epoch;
          break;
        case 'measuring':
          state.stage = event.measure;
          break;
        case 'measured':
          state.readingMs += event.ms;
          break;
        case 'elsewhere':
          state.stage = 'elsewhere';
          break;
        case 'retried':
          Object.assign(state, { stage: null, step: 0, epoch: 0, loss: null, firstStep: null });
          state.losses = [];
          state.metrics = [];
          break;
        case 'done':
          state.ended = true;
          state.stage = null;
          done += 1;
          break;
        case 'failed':
          state.ended = true;
          state.stage = null;
          failed += 1;
          break;
        case 'warning':
          break;
      }
    },
    now() {
      const all = [...states.values()];
      return {
        done,
        total: options.reused + jobs.length,
        reused: options.reused,
        failed,
        running: all
          .filter((state) => state.stage !== null)
          .map((state) => ({
            cell: state.job.cell,
            name: cellName(state.job.cell),
            stage: state.stage!,
            epoch: state.epoch,
            epochs: state.job.cell.recipe.stop.epochs,
            step: state.step,
            steps: state.steps,
            loss: state.loss,
            testAccuracy: state.metrics.at(-1)?.testAccuracy ?? null,
          })),
        curves: all
          .filter((state) => state.losses.length > 0 || state.metrics.length > 0)
          .map(curveOf),
        elapsedMs: clock() - start,
        etaMs: estimate(),
      };
    },
  };
}

/** The curve of a cell that has ended is made once: a large study has thousands of them, asked for five times a second. */
function curveOf(state: State): Curve {
  if (state.endedCurve !== null) return state.endedCurve;
  const { job, ended } = state;
  const curve: Curve = {
    key: job.key,
    name: cellName(job.cell),
    cell: job.cell,
    ended,
    losses: thin(state.losses),
    metrics: [...state.metrics],
  };
  if (ended) state.endedCurve = curve;
  return curve;
}

function thin<T>(points: readonly T[]): T[] {
  if (points.length <= mostPoints) return [...points];
  const stride = Math.ceil(points.length / mostPoints);
  // Counted from the end, so that the newest is always there.
  return points.filter((_, index) => (points.length - 1 - index) % stride === 0);
}
