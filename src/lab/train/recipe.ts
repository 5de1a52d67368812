/** How a net is trained, all fields filled in. JSON, part of a run's key. */
export interface Recipe {
  readonly optimizer:
    | { readonly name: 'sgd'; readonly momentum: number; readonly nesterov: boolean }
    | {
        readonly name: 'adam';
        readonly beta1: number;
        readonly beta2: number;
        readonly epsilon: number;
      };
  /** Peak learning rate. */
  readonly learningRate: number;
  readonly schedule:
    | { readonly name: 'constant' }
    /** Cosine from the peak to `final` × peak at the last step. */
    | { readonly name: 'cosine'; readonly final: number }
    /** Multiply by `factor` at each of these shares (0 to 1) of the planned steps. */
    | { readonly name: 'step'; readonly at: readonly number[]; readonly factor: number };
  /** Steps of linear warm-up from 0 to the peak. */
  readonly warmupSteps: number;
  /** L2 penalty ½·weightDecay·‖w‖² on kernels (not on biases or normalisation): coupled for SGD, decoupled for Adam. */
  readonly weightDecay: number;
  /** Images a step. */
  readonly batchSize: number;
  readonly augment: {
    /** Zero padding before the random crop, pixels a side; 0 switches it off. */
    readonly crop: number;
    /** Random horizontal flip. */
    readonly flip: boolean;
  };
  /** Training ends at whichever comes first. `epochs: 0` gives the untrained control. */
  readonly stop: {
    readonly epochs: number;
    readonly steps: number | null;
    /** Stop after the epoch whose mean training loss (nats) is at or below this. */
    readonly trainLoss: number | null;
  };
  /** Seed of batch order and augmentation. */
  readonly seed: number;
  /** Same seed and machine give the same bytes; one TensorFlow thread. */
  readonly deterministic: boolean;
}

/** One line of `metrics.jsonl`: the state after an epoch (epoch 0 is before training). */
export interface EpochMetrics {
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
  /** Mean cross-entropy (nats) and accuracy (0 to 1) in evaluation mode, on the training images and the held-out ones. */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
}

/** How training ended. */
export interface Outcome {
  readonly status: 'trained' | 'diverged';
  /** Which rule ended it. */
  readonly stoppedBy: 'epochs' | 'steps' | 'trainLoss' | 'divergence';
  readonly epochs: number;
  readonly steps: number;
  /** Set when the loss stopped being finite: the step, and the last finite loss. */
  readonly diverged: { readonly step: number; readonly lastLoss: number } | null;
}
