/** How a net is trained: the recipe, its defaults, and what training hands back. */
import { checkKeys, registry, type Registry } from '../registry.js';

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
  /** Set when the loss stopped being finite: the step, and the last finite loss (null where there never was one). */
  readonly diverged: { readonly step: number; readonly lastLoss: number | null } | null;
}

/** A recipe with a value that cannot be followed. */
export class RecipeError extends Error {
  override readonly name = 'RecipeError';
  /** @param key Path of the offending field: `schedule.final`. */
  constructor(
    message: string,
    readonly key: string,
  ) {
    super(message);
  }
}

/** What a user may leave out. A schedule or optimiser is named; its other fields have defaults. */
export interface RecipeOptions {
  readonly optimizer?:
    | { readonly name: 'sgd'; readonly momentum?: number; readonly nesterov?: boolean }
    | {
        readonly name: 'adam';
        readonly beta1?: number;
        readonly beta2?: number;
        readonly epsilon?: number;
      };
  readonly learningRate?: number;
  readonly schedule?:
    | { readonly name: 'constant' }
    | { readonly name: 'cosine'; readonly final?: number }
    | { readonly name: 'step'; readonly at?: readonly number[]; readonly factor?: number };
  readonly warmupSteps?: number;
  readonly weightDecay?: number;
  readonly batchSize?: number;
  readonly augment?: { readonly crop?: number; readonly flip?: boolean };
  readonly stop?: {
    readonly epochs?: number;
    readonly steps?: number | null;
    readonly trainLoss?: number | null;
  };
  readonly seed?: number;
  readonly deterministic?: boolean;
}

const optimizers = registry<Recipe['optimizer']>('optimizer', [
  { name: 'sgd', momentum: 0.9, nesterov: false },
  { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
]);
const schedules = registry<Recipe['schedule']>('learning-rate schedule', [
  { name: 'constant' },
  { name: 'cosine', final: 0 },
  { name: 'step', at: [0.5, 0.75], factor: 0.1 },
]);
/** Peak learning rate that suits each optimiser on nets with batch normalisation. */
const learningRates = { sgd: 0.1, adam: 0.001 };

/**
 * Fills in what a recipe leaves out and checks the rest: SGD with momentum 0.9, learning rate 0.1 (Adam: 0.001), constant,
 * batches of 64, no augmentation, 10 epochs, seed 0.
 *
 * @throws UnknownNameError on an unknown key, naming the nearest valid one; RecipeError on a value out of range.
 */
export function recipe(options: RecipeOptions = {}): Recipe {
  keysOf(options, 'recipe', [
    'optimizer',
    'learningRate',
    'schedule',
    'warmupSteps',
    'weightDecay',
    'batchSize',
    'augment',
    'stop',
    'seed',
    'deterministic',
  ]);
  const optimizer = fill('optimizer', optimizers, options.optimizer ?? { name: 'sgd' });
  const schedule = fill('schedule', schedules, options.schedule ?? { name: 'constant' });
  keysOf(options.augment ?? {}, 'augment', ['crop', 'flip']);
  keysOf(options.stop ?? {}, 'stop', ['epochs', 'steps', 'trainLoss']);
  const augment = { crop: 0, flip: false, ...options.augment };
  const stop = { epochs: 10, steps: null, trainLoss: null, ...options.stop };
  const result: Recipe = {
    optimizer,
    learningRate: options.learningRate ?? learningRates[optimizer.name],
    schedule,
    warmupSteps: options.warmupSteps ?? 0,
    weightDecay: options.weightDecay ?? 0,
    batchSize: options.batchSize ?? 64,
    augment,
    stop,
    seed: options.seed ?? 0,
    deterministic: options.deterministic ?? false,
  };
  checkValues(result);
  return result;
}

function keysOf(value: unknown, path: string, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RecipeError(`${path} must be an object with ${known.join(', ')}`, path);
  }
  checkKeys(`key of ${path}`, value, known);
}

/** The named kind of optimiser or schedule, with its defaults under what is given. */
function fill<Kind extends { readonly name: string }>(
  path: string,
  kinds: Registry<Kind>,
  value: { readonly name: string },
): Kind {
  if (typeof value !== 'object' || value === null) {
    throw new RecipeError(`${path} must be an object with a name: ${kinds.names.join(', ')}`, path);
  }
  const defaults = kinds.get(String(value.name));
  keysOf(value, path, Object.keys(defaults));
  return { ...defaults, ...value };
}

function checkValues(value: Recipe): void {
  const large = Number.MAX_SAFE_INTEGER;
  const inside = (key: string, x: unknown, low: number, high: number, whole = false) => {
    if (typeof x === 'number' && x >= low && x <= high && (!whole || Number.isInteger(x))) return;
    const kind = whole ? 'a whole number' : 'a number';
    const range = high < large ? `from ${low} to ${high}` : `of at least ${low}`;
    const given = typeof x === 'number' ? x : JSON.stringify(x);
    throw new RecipeError(`${key} must be ${kind} ${range}, not ${given}`, key);
  };
  const flag = (key: string, x: unknown) => {
    if (typeof x === 'boolean') return;
    throw new RecipeError(`${key} must be true or false, not ${JSON.stringify(x)}`, key);
  };
  const { optimizer, schedule, augment, stop } = value;
  if (optimizer.name === 'sgd') {
    inside('optimizer.momentum', optimizer.momentum, 0, 1);
    flag('optimizer.nesterov', optimizer.nesterov);
  } else {
    inside('optimizer.beta1', optimizer.beta1, 0, 1 - 1e-9);
    inside('optimizer.beta2', optimizer.beta2, 0, 1 - 1e-9);
    inside('optimizer.epsilon', optimizer.epsilon, 0, 1);
  }
  inside('learningRate', value.learningRate, 0, Number.MAX_VALUE);
  if (schedule.name === 'cosine') inside('schedule.final', schedule.final, 0, 1);
  if (schedule.name === 'step') {
    if (!Array.isArray(schedule.at)) {
      throw new RecipeError('schedule.at must be a list of shares of the steps', 'schedule.at');
    }
    for (const [i, share] of schedule.at.entries()) inside(`schedule.at[${i}]`, share, 0, 1);
    inside('schedule.factor', schedule.factor, 0, Number.MAX_VALUE);
  }
  inside('warmupSteps', value.warmupSteps, 0, large, true);
  inside('weightDecay', value.weightDecay, 0, Number.MAX_VALUE);
  inside('batchSize', value.batchSize, 1, large, true);
  inside('augment.crop', augment.crop, 0, 1024, true);
  flag('augment.flip', augment.flip);
  inside('stop.epochs', stop.epochs, 0, large, true);
  if (stop.steps !== null) inside('stop.steps', stop.steps, 0, large, true);
  if (stop.trainLoss !== null) inside('stop.trainLoss', stop.trainLoss, 0, Number.MAX_VALUE);
  inside('seed', value.seed, 0, large, true);
  flag('deterministic', value.deterministic);
}
