/** The training loop. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Dataset, Split } from '../data/dataset.js';
import { estimateStatistics, hasSeenImages } from '../nets/estimate-statistics.js';
import type { Graph } from '../nets/graph.js';
import { graphOf } from '../nets/graph-of.js';
import { random, ready, tf } from '../tensor/index.js';
import { emptyBatch, fillBatch } from './batches.js';
import {
  type Checkpoint,
  type CheckpointOptions,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.js';
import { createTrainer } from './create-trainer.js';
import { parametersOf } from './parameters.js';
import type { EpochMetrics, Outcome, Recipe } from './recipe.js';
import { learningRate, plannedSteps } from './schedule.js';
import type { Trainer } from './trainer.js';

/** Part of a run's key: raised when the same recipe comes to give another result. */
export const RECIPE_VERSION = 2;

/** Training images from which a new net gets its first batch statistics. */
const statisticsImages = 256;

export interface StepReport {
  /** 1 after the first step. */
  readonly step: number;
  /** Planned steps in all; training may stop earlier. */
  readonly steps: number;
  readonly epoch: number;
  /** Mean cross-entropy (nats) of the step's batch, before its update. */
  readonly loss: number;
  readonly learningRate: number;
}

export interface TrainOptions {
  readonly onStep?: (report: StepReport) => void;
  /** Called with each line of metrics as it is made; awaited. */
  readonly onEpoch?: (metrics: EpochMetrics) => void | Promise<void>;
  readonly checkpoint?: CheckpointOptions;
  /** Ends training between two steps by throwing the signal's reason; the last checkpoint stays. */
  readonly signal?: AbortSignal;
}

export interface TrainResult {
  readonly outcome: Outcome;
  readonly metrics: readonly EpochMetrics[];
}

/** Training data or settings that cannot be trained with. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

/**
 * Trains a model in place. A net whose batch normalisation has seen no image first gets its statistics from training images,
 * so that the state at epoch 0, the untrained control, is normalised as it is in training. When the loss stops being finite, the outcome says so and the model keeps its weights of the last
 * epoch that ended.
 *
 * @throws TrainingError when the images or labels do not fit the net, or `deterministic` is asked of a process that runs
 *   TensorFlow on more than one thread.
 * @throws CheckpointError when the checkpoint in the directory is damaged or belongs to another run.
 */
export async function train(
  model: tf.LayersModel,
  split: Split,
  recipe: Recipe,
  options: TrainOptions = {},
): Promise<TrainResult> {
  const info = await ready();
  if (recipe.deterministic && info.threads !== 1) {
    throw new TrainingError(
      `deterministic training needs one TensorFlow thread, but this process runs ${info.threads}; ` +
        'start it with TF_NUM_INTRAOP_THREADS=1 and TF_NUM_INTEROP_THREADS=1, as workerEnvironment({threads: 1}) gives them',
    );
  }
  const graph = graphOf(model);
  checkFit(graph, split.train);
  checkFit(graph, split.test);
  const { batchSize, stepsPerEpoch, steps } = plannedSteps(recipe, split.train.shape[0]);
  const { checkpoint } = options;
  const run = checkpoint ? describeRun(graph, split, recipe) : '';
  const saved = checkpoint ? readCheckpoint(checkpoint.directory, run) : null;
  // What a net that saw no image computes at inference would depend on its depth by construction.
  if (!saved && !hasSeenImages(graph)) estimateOn(graph, split.train);
  const trainer = createTrainer(graph, recipe, batchSize);
  try {
    const plan = { split, recipe, batchSize, stepsPerEpoch, steps, run, saved, options };
    return await loop(trainer, plan);
  } finally {
    trainer.dispose();
  }
}

/** First batch statistics, from the beginning of the training images: every beginning is balanced. */
function estimateOn(graph: Graph, { images, shape }: Dataset): void {
  const [available, ...image] = shape;
  const count = Math.min(available, statisticsImages);
  const size = images.length / available;
  tf.tidy(() =>
    estimateStatistics(graph, tf.tensor(images.subarray(0, count * size), [count, ...image])),
  );
}

interface Plan {
  readonly split: Split;
  readonly recipe: Recipe;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  /** Digest of all that a checkpoint depends on; empty where none is kept. */
  readonly run: string;
  /** The checkpoint that training goes on from. */
  readonly saved: Checkpoint | null;
  readonly options: TrainOptions;
}

async function loop(trainer: Trainer, plan: Plan): Promise<TrainResult> {
  const { split, recipe, batchSize, stepsPerEpoch, steps, run, saved, options } = plan;
  const { checkpoint, signal } = options;
  const everyEpochs = checkpoint?.everyEpochs ?? 1;
  const generator = saved ? random(saved.random) : random(recipe.seed, 'batches');
  const metrics: EpochMetrics[] = saved ? [...saved.metrics] : [];
  let lastLoss = saved?.lastLoss ?? null;
  let step = 0;
  let epoch = 0;
  if (saved) {
    trainer.restore(saved.state);
    trainer.commit();
    step = saved.state.steps;
    epoch = metrics.at(-1)!.epoch;
  }
  const end = (status: Outcome['status'], stoppedBy: Outcome['stoppedBy']): TrainResult => ({
    outcome: {
      status,
      stoppedBy,
      epochs: epoch,
      steps: step,
      diverged: status === 'diverged' ? { step, lastLoss } : null,
    },
    metrics,
  });

  /** Ends an epoch; false when the evaluation is not finite. */
  async function closeEpoch(): Promise<boolean> {
    const onTrain = trainer.evaluate(split.train);
    const onTest = trainer.evaluate(split.test);
    if (!Number.isFinite(onTrain.loss) || !Number.isFinite(onTest.loss)) return false;
    const line: EpochMetrics = {
      epoch,
      step,
      learningRate: step === 0 ? 0 : learningRate(recipe, step - 1, steps),
      trainLoss: onTrain.loss,
      trainAccuracy: onTrain.accuracy,
      testLoss: onTest.loss,
      testAccuracy: onTest.accuracy,
    };
    metrics.push(line);
    trainer.commit();
    await options.onEpoch?.(line);
    return true;
  }

  if (!saved && !(await closeEpoch())) return end('diverged', 'divergence');
  const batch = emptyBatch(split.train, batchSize);
  const order = Int32Array.from({ length: split.train.shape[0] }, (_, i) => i);
  while (step < steps) {
    if (reached(recipe, metrics)) return end('trained', 'trainLoss');
    // From the sorted order, so that an epoch depends on the generator alone.
    order.forEach((_, i) => {
      order[i] = i;
    });
    generator.shuffle(order);
    epoch += 1;
    for (let i = 0; i < stepsPerEpoch && step < steps; i++) {
      // Gives timers, interrupts and messages their turn.
      await setImmediate();
      signal?.throwIfAborted();
      const indices = order.subarray(i * batchSize, (i + 1) * batchSize);
      fillBatch(batch, split.train, indices, recipe.augment, generator);
      const rate = learningRate(recipe, step, steps);
      const loss = trainer.step(batch, rate);
      step += 1;
      if (!Number.isFinite(loss)) return end('diverged', 'divergence');
      lastLoss = loss;
      options.onStep?.({ step, steps, epoch, loss, learningRate: rate });
    }
    if (!(await closeEpoch())) return end('diverged', 'divergence');
    if (checkpoint && (epoch % everyEpochs === 0 || step === steps)) {
      await writeCheckpoint(checkpoint.directory, run, {
        state: trainer.state(),
        random: generator.state,
        metrics,
        lastLoss,
      });
    }
  }
  if (step > 0 && reached(recipe, metrics)) return end('trained', 'trainLoss');
  const byEpochs =
    recipe.stop.steps === null || stepsPerEpoch * recipe.stop.epochs <= recipe.stop.steps;
  return end('trained', byEpochs ? 'epochs' : 'steps');
}

function reached(recipe: Recipe, metrics: readonly EpochMetrics[]): boolean {
  const level = recipe.stop.trainLoss;
  return level !== null && metrics.length > 1 && metrics.at(-1)!.trainLoss <= level;
}

/** Digest of all that a checkpoint depends on. */
function describeRun(graph: Graph, split: Split, recipe: Recipe): string {
  // Not the layers' names: tfjs counts them up, so that building the same net again gives others.
  const weights = parametersOf(graph).map(({ kind, variable }) => [kind, variable.shape]);
  const operations = graph.nodes.map(({ op, inputs, shape }) => [op, inputs, shape]);
  const text = JSON.stringify([
    RECIPE_VERSION,
    recipe,
    split.train.digest,
    split.test.digest,
    operations,
    weights,
  ]);
  return createHash('sha256').update(text).digest('hex');
}

function checkFit(graph: Graph, dataset: Dataset): void {
  const [count, ...image] = dataset.shape;
  const where = `dataset ${dataset.name}`;
  if (count === 0) throw new TrainingError(`${where} has no images`);
  if (image.join() !== graph.input.join()) {
    throw new TrainingError(
      `${where} has images of shape ${image.join('×')}, but the net takes ${graph.input.join('×')}`,
    );
  }
  const classes = graph.nodes.at(-1)!.shape[0]!;
  const wrong = dataset.labels.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0) {
    throw new TrainingError(
      `${where}: image ${wrong} has label ${dataset.labels[wrong]}, but the net has ${classes} classes`,
    );
  }
}
