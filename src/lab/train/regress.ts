/** Trains a net to give numbers instead of classes, with the trainer and the recipes of classification. */
import { setImmediate } from 'node:timers/promises';
import { graphOf } from '../nets/index.js';
import { random, ready, type tf } from '../tensor/index.js';
import type { Batch } from './batches.js';
import { createTrainer } from './create-trainer.js';
import type { Recipe } from './recipe.js';
import { learningRate, plannedSteps } from './schedule.js';
import { TrainingError } from './train.js';

/** Images and what the net is to give for each. */
export interface Examples {
  /** `count × height × width × channels`. */
  readonly images: Float32Array;
  /** `count × outputs`. */
  readonly targets: Float32Array;
  readonly count: number;
}

/**
 * Trains a model in place by mean squared error; augmentation and stopping at a loss are for classification and not used here.
 *
 * @returns the mean loss of each epoch, before its steps.
 * @throws TrainingError when images or targets do not fit the net, or the loss stops being finite.
 */
export async function regress(
  model: tf.LayersModel,
  examples: Examples,
  recipe: Recipe,
  options: { readonly signal?: AbortSignal } = {},
): Promise<number[]> {
  await ready();
  const graph = graphOf(model);
  const { images, targets, count } = examples;
  const pixels = images.length / count;
  const outputs = graph.nodes.at(-1)!.shape[0]!;
  if (pixels !== graph.input.reduce((size, axis) => size * axis, 1)) {
    throw new TrainingError(
      `${images.length} pixels do not make ${count} images of ${graph.input.join(' × ')}`,
    );
  }
  if (targets.length !== count * outputs) {
    throw new TrainingError(
      `${targets.length} targets do not make ${outputs} for each of ${count} images`,
    );
  }
  const { batchSize, stepsPerEpoch, steps } = plannedSteps(recipe, count);
  const trainer = createTrainer(graph, recipe, batchSize, 'numbers');
  const generator = random(recipe.seed, 'batches');
  const batch: Batch = {
    images: new Float32Array(batchSize * pixels),
    labels: new Float32Array(batchSize * outputs),
  };
  const losses: number[] = [];
  try {
    let step = 0;
    while (step < steps) {
      const order = generator.permutation(count);
      let sum = 0;
      let taken = 0;
      for (; taken < stepsPerEpoch && step < steps; taken++) {
        // Gives timers, interrupts and messages their turn.
        await setImmediate();
        options.signal?.throwIfAborted();
        for (let i = 0; i < batchSize; i++) {
          const from = order[taken * batchSize + i]!;
          batch.images.set(images.subarray(from * pixels, (from + 1) * pixels), i * pixels);
          batch.labels.set(targets.subarray(from * outputs, (from + 1) * outputs), i * outputs);
        }
        const loss = trainer.step(batch, learningRate(recipe, step, steps));
        step += 1;
        if (!Number.isFinite(loss)) {
          throw new TrainingError(
            `the squared error is ${loss} at step ${step}: lower the learning rate (${recipe.learningRate})`,
          );
        }
        sum += loss;
      }
      losses.push(sum / taken);
    }
    trainer.commit();
    return losses;
  } finally {
    trainer.dispose();
  }
}
