/** Holds a net in training: takes steps, evaluates, hands its state out and back. */
import type { Dataset } from '../data/dataset.js';
import type { Batch } from './batches.js';
import type { Score } from './evaluate.js';

/**
 * What the outputs are to become: the logits of classes (mean cross-entropy, nats), or given numbers (mean squared error over
 * the batch and the outputs).
 */
export type Objective = 'classes' | 'numbers';

/** Everything that the next step depends on, beside the batch. */
export interface TrainerState {
  /** Weights and moving statistics, in the order of `parametersOf`. */
  readonly values: readonly Float32Array[];
  /** What the optimiser remembers of each trained parameter, `slotsOf(recipe)` arrays each, in the same order. */
  readonly slots: readonly Float32Array[];
  /** Steps taken; Adam's bias correction needs it. */
  readonly steps: number;
}

export interface Trainer {
  /** Takes one step and returns the loss of the batch before it. Not finite: the net has diverged. */
  step(batch: Batch, learningRate: number): number;
  evaluate(dataset: Dataset): Score;
  state(): TrainerState;
  restore(state: TrainerState): void;
  /** Writes the weights into the model's variables. */
  commit(): void;
  dispose(): void;
}
