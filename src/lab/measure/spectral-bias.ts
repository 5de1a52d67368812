/**
 * Spectral bias: a net that is trained on a sum of sines learns the slow ones first (N. Rahaman et al., "On the spectral bias of neural
 * networks", ICML 2019). A ReLU net of one input is fitted to Σ sin(2πkt + φ_k) on even points of [0, 1] by Adam on all points at once; the
 * amplitude of each k in what it has learned is followed.
 */
import { random, tf } from '../tensor/index.js';

export interface SpectralBiasOptions {
  /** Frequencies k, cycles over the interval. */
  readonly frequencies: readonly number[];
  /** Hidden layers, and units in each. */
  readonly layers: number;
  readonly width: number;
  readonly steps: number;
  /** Steps from one look at the amplitudes to the next. */
  readonly every: number;
  /** Points; 200 when left out, as in the paper. */
  readonly points?: number;
  /** Of Adam; 3e-4 in the paper, 1e-3 when left out. */
  readonly learningRate?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

export interface SpectralStep {
  readonly step: number;
  /** Mean squared error. */
  readonly loss: number;
  /** For each frequency the amplitude learned, 1 where all of it is. */
  readonly amplitudes: readonly number[];
}

/** @throws RangeError for frequencies that the points cannot tell apart (k ≥ points/2). */
export async function spectralBias(options: SpectralBiasOptions): Promise<SpectralStep[]> {
  const {
    frequencies,
    layers,
    width,
    steps,
    every,
    points = 200,
    learningRate = 1e-3,
    seed = 0,
  } = options;
  for (const k of frequencies) {
    if (!Number.isInteger(k) || k < 1 || 2 * k >= points) {
      throw new RangeError(
        `frequency ${k} needs to be an integer from 1 to ${Math.ceil(points / 2) - 1}`,
      );
    }
  }
  const generator = random(seed, 'spectral bias');
  const phases = frequencies.map(() => 2 * Math.PI * generator.next());
  const t = Float32Array.from({ length: points }, (_, i) => i / points);
  const target = t.map((time) =>
    frequencies.reduce((sum, k, i) => sum + Math.sin(2 * Math.PI * k * time + phases[i]!), 0),
  );
  const sizes = [1, ...Array.from({ length: layers }, () => width), 1];
  const variables: tf.Variable[] = [];
  for (let layer = 1; layer < sizes.length; layer++) {
    const [rows, columns] = [sizes[layer - 1]!, sizes[layer]!];
    const bound = Math.sqrt(1 / rows);
    // Uniform within ±1/√inputs, biases too: the kinks are spread over the interval from the start.
    const uniform = (count: number) =>
      Float32Array.from({ length: count }, () => bound * (2 * generator.next() - 1));
    variables.push(tf.variable(tf.tensor2d(uniform(rows * columns), [rows, columns])));
    variables.push(tf.variable(tf.tensor1d(uniform(columns))));
  }
  const x = tf.tensor2d(t, [points, 1]);
  const y = tf.tensor2d(target, [points, 1]);
  const optimizer = tf.train.adam(learningRate);
  const outputs = () => {
    let value: tf.Tensor = x;
    for (let layer = 0; layer < variables.length; layer += 2) {
      const sums = tf.add(
        tf.matMul(value as tf.Tensor2D, variables[layer] as tf.Tensor2D),
        variables[layer + 1]!,
      );
      value = layer + 2 < variables.length ? tf.relu(sums) : sums;
    }
    return value;
  };
  const found: SpectralStep[] = [];
  try {
    for (let step = 0; step <= steps; step++) {
      if (step % every === 0 || step === steps) {
        options.signal?.throwIfAborted();
        const values = await tf.tidy(outputs).data<'float32'>();
        found.push({
          step,
          loss: values.reduce((sum, value, i) => sum + (value - target[i]!) ** 2, 0) / points,
          amplitudes: frequencies.map((k, i) => amplitudeOf(values, k, phases[i]!)),
        });
      }
      if (step === steps) break;
      tf.tidy(() => {
        const { grads } = tf.variableGrads(
          () => tf.mean(tf.square(tf.sub(outputs(), y))) as tf.Scalar,
          variables,
        );
        optimizer.applyGradients(variables.map(({ name }) => ({ name, tensor: grads[name]! })));
      });
    }
  } finally {
    tf.dispose([x, y, ...variables]);
    optimizer.dispose();
  }
  return found;
}

/** Projection of the values on sin(2πkt + φ), 1 for that sine itself. */
function amplitudeOf(values: ArrayLike<number>, k: number, phase: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]! * Math.sin((2 * Math.PI * k * i) / values.length + phase);
  }
  return (2 * sum) / values.length;
}
