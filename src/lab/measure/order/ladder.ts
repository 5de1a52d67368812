/**
 * The ladder: for each order l the best approximation Φ⁽ˡ⁾ of a function that l nonlinear layers give. Each rung adds to the
 * rung below what its own features say of the error that is left, Φ⁽ˡ⁾ = Φ⁽ˡ⁻⁾ + c⁽ˡ⁾, which is a net of l nonlinear layers
 * with shortcuts. Order 0 is ridge regression from pixels, order 1 ridge regression from random convolutional features, both
 * in closed form; from order 2 on the features are learned by a net with a linear end, and that end is then fitted anew in
 * closed form.
 */
import { random, tf } from '../../tensor/index.js';
import { recipe } from '../../train/recipe.js';
import { regress } from '../../train/regress.js';
import { disentangler, featuresOf, type Stack, stackOf } from './disentangler.js';
import { readout } from './readout.js';
import type { Sample } from './sample.js';

/** Share of the variance below which no rung is fitted any more: single precision and a sample hold no more. */
const NOTHING_LEFT = 1e-4;

/** Filters of the random features, 16 numbers each. */
const RANDOM_FILTERS = 48;

export interface LadderOptions {
  /** Numbers of nonlinear layers, rising. */
  readonly orders: readonly number[];
  /** Channels of the nets. */
  readonly width: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

export interface Rung {
  readonly order: number;
  /** Φ⁽ˡ⁾ on the first images of the fit (those that were not moved), and on the held-out images; `count × units`. */
  readonly fitted: Float64Array;
  readonly held: Float64Array;
  /** Strength of the penalty of the linear end; null where the order adds nothing. */
  readonly strength: number | null;
  /** Mean squared error of each epoch of the net, in units of the variance; empty for the closed forms. */
  readonly losses: readonly number[];
}

/**
 * Climbs the ladder.
 *
 * @param fit images to learn from with the values of the function; the first `distinct` are different images, the others
 *   copies of them in the same order.
 * @param held images that the rungs are judged on. Values of both are scaled alike.
 */
export async function climb(
  fit: Sample,
  held: Sample,
  distinct: number,
  input: readonly number[],
  options: LadderOptions,
): Promise<Rung[]> {
  const { units } = fit;
  const half = (row: number) => ((row % distinct) % 2) as 0 | 1;
  const { centre, scale } = brightness(fit.images);
  const [pixels, heldPixels] = [fit.images, held.images].map((images) =>
    images.map((value) => (value - centre) * scale),
  ) as [Float32Array, Float32Array];
  let stack: Stack | null = null;
  /** Predictions below: those of the other half for the fit, to see the errors that are left. */
  let below: Record<'crossed' | 'fitted' | 'held', Float64Array> = {
    crossed: new Float64Array(fit.values.length),
    fitted: new Float64Array(fit.values.length),
    held: new Float64Array(held.values.length),
  };
  const rungs: Rung[] = [];
  for (const order of options.orders) {
    /** What the rungs below do not say, on images that they were not fitted on. */
    const left = Float64Array.from(fit.values, (value, i) => value - below.crossed[i]!);
    if (meanSquare(left) < NOTHING_LEFT) {
      rungs.push({ ...rungs.at(-1)!, order, strength: null, losses: [] });
      continue;
    }
    let losses: number[] = [];
    let features: { fit: Float32Array; held: Float32Array };
    if (order === 0) {
      features = { fit: pixels, held: heldPixels };
    } else if (order === 1) {
      const random = randomFeatures(input, RANDOM_FILTERS, options.seed);
      features = { fit: random(pixels, fit.count), held: random(heldPixels, held.count) };
    } else {
      const net: tf.LayersModel = disentangler(
        input,
        order,
        options.width,
        units,
        stack,
        options.seed,
      );
      try {
        losses = await regress(
          net,
          { images: pixels, targets: unit(left), count: fit.count },
          recipe({
            optimizer: { name: 'adam' },
            learningRate: options.learningRate,
            schedule: { name: 'cosine', final: 0.01 },
            warmupSteps: 20,
            stop: { epochs: options.epochs },
            seed: options.seed,
          }),
          options.signal ? { signal: options.signal } : {},
        );
        stack = stackOf(net);
        features = {
          fit: beside(featuresOf(net, pixels, fit.count), below.crossed, fit.count),
          held: beside(featuresOf(net, heldPixels, held.count), below.held, held.count),
        };
      } finally {
        net.dispose();
      }
    }
    const end = readout(features.fit, left, fit.count, half);
    below = {
      crossed: sum(below.crossed, end.crossed),
      fitted: sum(below.fitted, end.apply(features.fit)),
      held: sum(below.held, end.apply(features.held)),
    };
    rungs.push({
      order,
      fitted: below.fitted.subarray(0, Math.min(distinct, fit.count) * units),
      held: below.held,
      strength: end.strength,
      losses,
    });
  }
  return rungs;
}

/** Shift and factor that give pixels mean 0 and variance 1. */
function brightness(images: Float32Array): { centre: number; scale: number } {
  let total = 0;
  for (const value of images) total += value;
  const centre = total / images.length;
  let squares = 0;
  for (const value of images) squares += (value - centre) ** 2;
  return { centre, scale: squares > 0 ? Math.sqrt(images.length / squares) : 1 };
}

/**
 * One layer of random 5 × 5 filters with a ReLU, averaged over a 4 × 4 grid: A. Rahimi and B. Recht, "Weighted sums of random
 * kitchen sinks", NIPS 2008, with filters in place of projections.
 */
function randomFeatures(input: readonly number[], filters: number, seed: number) {
  const net = disentangler(input, 1, filters, 1, null, seed);
  const convolution = net.layers.find((layer) => layer.getClassName() === 'Conv2D')!;
  const { normal } = random(seed, 'random features');
  tf.tidy(() => {
    // Thresholds spread over what a filter of variance 2 gives, so that kinks lie everywhere.
    const bias = tf.tensor1d(Float32Array.from({ length: filters }, () => normal()));
    convolution.setWeights([convolution.getWeights()[0]!, bias]);
  });
  return (images: Float32Array, count: number) => featuresOf(net, images, count);
}

/** Features with the predictions from below beside them. */
function beside(features: Float32Array, below: Float64Array, count: number): Float32Array {
  const [width, units] = [features.length / count, below.length / count];
  const made = new Float32Array(count * (width + units));
  for (let row = 0; row < count; row++) {
    const to = row * (width + units);
    made.set(features.subarray(row * width, (row + 1) * width), to);
    made.set(below.subarray(row * units, (row + 1) * units), to + width);
  }
  return made;
}

/** Values of mean square 1, for a learning rate that means the same on every rung. */
function unit(values: Float64Array): Float32Array {
  const scale = 1 / Math.sqrt(meanSquare(values));
  return Float32Array.from(values, (value) => value * scale);
}

function meanSquare(values: Float64Array): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return squares / values.length;
}

function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}
