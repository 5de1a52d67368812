/**
 * Fused operations for training, the same on both backends. tfjs composes each from many small ones, whose passes over
 * memory are most of a training step. On the native backend each is one TensorFlow operation and its gradient another; on
 * WebAssembly each is one or two loops.
 */
import { tf } from './library.js';
import { runNative, TYPE, type NativeBackend } from './native.js';
import { wasmMemory } from './wasm.js';

const FLOAT = { type: TYPE.float32 };

interface Normalized {
  y: tf.Tensor;
  /** Mean and population variance of each channel. */
  mean: tf.Tensor;
  variance: tf.Tensor;
  /** What the gradient needs. */
  saved: tf.Tensor[];
}

interface Primitives {
  batchNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): Normalized;
  batchNormGradient(
    dy: tf.Tensor,
    x: tf.Tensor,
    gamma: tf.Tensor,
    saved: tf.Tensor[],
    epsilon: number,
  ): [dx: tf.Tensor, dGamma: tf.Tensor, dBeta: tf.Tensor];
  batchNormInference(
    x: tf.Tensor,
    gamma: tf.Tensor,
    beta: tf.Tensor,
    mean: tf.Tensor,
    variance: tf.Tensor,
    epsilon: number,
  ): tf.Tensor;
  biasAdd(x: tf.Tensor, bias: tf.Tensor): tf.Tensor;
  biasGradient(dy: tf.Tensor): tf.Tensor;
  reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor;
  /** Loss of each row, and its gradient. */
  crossEntropy(logits: tf.Tensor, labels: tf.Tensor): [losses: tf.Tensor, gradient: tf.Tensor];
}

const native: Primitives = {
  batchNorm(x, gamma, beta, epsilon) {
    const empty = tf.zeros([0]);
    const outputs = execute(
      'FusedBatchNormV3',
      [x, gamma, beta, empty, empty],
      { ...batchNormTypes, epsilon: { float: epsilon }, is_training: { bool: true } },
      6,
    );
    const [y, mean, unbiased, ...saved] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor];
    const count = x.size / x.shape.at(-1)!;
    return { y, mean, variance: tf.mul(unbiased, (count - 1) / Math.max(1, count)), saved };
  },
  batchNormGradient(dy, x, gamma, saved, epsilon) {
    const [dx, dGamma, dBeta] = execute(
      'FusedBatchNormGradV3',
      [dy, x, gamma, ...saved],
      { ...batchNormTypes, epsilon: { float: epsilon }, is_training: { bool: true } },
      5,
    );
    return [dx!, dGamma!, dBeta!];
  },
  batchNormInference(x, gamma, beta, mean, variance, epsilon) {
    const [y] = execute(
      'FusedBatchNormV3',
      [x, gamma, beta, mean, variance],
      { ...batchNormTypes, epsilon: { float: epsilon }, is_training: { bool: false } },
      6,
    );
    return y!;
  },
  biasAdd: (x, bias) =>
    execute('BiasAdd', [x, bias], { T: FLOAT, data_format: { text: 'NHWC' } })[0]!,
  biasGradient: (dy) =>
    execute('BiasAddGrad', [dy], { T: FLOAT, data_format: { text: 'NHWC' } })[0]!,
  reluGradient: (dy, y) => execute('ReluGrad', [dy, y], { T: FLOAT })[0]!,
  crossEntropy(logits, labels) {
    const outputs = execute(
      'SparseSoftmaxCrossEntropyWithLogits',
      [logits, labels],
      { T: FLOAT, Tlabels: { type: TYPE.int32 } },
      2,
    );
    return [outputs[0]!, outputs[1]!];
  },
};

const batchNormTypes = {
  T: FLOAT,
  U: FLOAT,
  data_format: { text: 'NHWC' },
};

function execute(
  name: string,
  inputs: tf.Tensor[],
  attributes: Parameters<typeof runNative>[3],
  outputs = 1,
): tf.Tensor[] {
  return runNative(tf.backend() as unknown as NativeBackend, name, inputs, attributes, outputs);
}

const wasm: Primitives = {
  batchNorm(x, gamma, beta, epsilon) {
    const memory = wasmMemory();
    const channels = x.shape.at(-1)!;
    const count = x.size / channels;
    const y = memory.output(x.shape);
    const mean = memory.output([channels]);
    const variance = memory.output([channels]);
    const input = memory.view(x);
    const sum = new Float64Array(channels);
    const squares = new Float64Array(channels);
    for (let i = 0; i < input.length; i += channels) {
      for (let c = 0; c < channels; c++) {
        sum[c]! += input[i + c]!;
      }
    }
    for (let c = 0; c < channels; c++) sum[c]! /= count;
    // A second pass: the mean of squares less the square of the mean loses digits where the mean is large.
    for (let i = 0; i < input.length; i += channels) {
      for (let c = 0; c < channels; c++) {
        const difference = input[i + c]! - sum[c]!;
        squares[c]! += difference * difference;
      }
    }
    for (let c = 0; c < channels; c++) squares[c]! /= count;
    memory.view(mean).set(sum);
    memory.view(variance).set(squares);
    const [scale, shift] = affine(memory.view(gamma), memory.view(beta), sum, squares, epsilon);
    const output = memory.view(y);
    for (let i = 0; i < input.length; i += channels) {
      for (let c = 0; c < channels; c++) output[i + c] = input[i + c]! * scale[c]! + shift[c]!;
    }
    return { y, mean, variance, saved: [mean, variance] };
  },
  batchNormGradient(dy, x, gamma, [mean, variance], epsilon) {
    const memory = wasmMemory();
    const channels = x.shape.at(-1)!;
    const count = x.size / channels;
    const dx = memory.output(x.shape);
    const dGamma = memory.output([channels]);
    const dBeta = memory.output([channels]);
    const [input, slope] = [memory.view(x), memory.view(dy)];
    const [center, spread, weight] = [
      memory.view(mean!),
      memory.view(variance!),
      memory.view(gamma),
    ];
    const sum = new Float64Array(channels);
    const product = new Float64Array(channels);
    for (let i = 0; i < input.length; i += channels) {
      for (let c = 0; c < channels; c++) {
        const d = slope[i + c]!;
        sum[c]! += d;
        product[c]! += d * (input[i + c]! - center[c]!);
      }
    }
    // dx = γ/σ · (dy − mean(dy) − x̂ · mean(dy · x̂)), with x̂ = (x − μ)/σ.
    const outer = new Float64Array(channels);
    const linear = new Float64Array(channels);
    const constant = new Float64Array(channels);
    const inverse = new Float64Array(channels);
    for (let c = 0; c < channels; c++) {
      inverse[c] = 1 / Math.sqrt(spread[c]! + epsilon);
      outer[c] = weight[c]! * inverse[c]!;
      linear[c] = (product[c]! / count) * inverse[c]! * inverse[c]!;
      constant[c] = sum[c]! / count;
    }
    const result = memory.view(dx);
    for (let i = 0; i < input.length; i += channels) {
      for (let c = 0; c < channels; c++) {
        result[i + c] =
          outer[c]! * (slope[i + c]! - constant[c]! - (input[i + c]! - center[c]!) * linear[c]!);
      }
    }
    memory.view(dGamma).set(product.map((value, c) => value * inverse[c]!));
    memory.view(dBeta).set(sum);
    return [dx, dGamma, dBeta];
  },
  batchNormInference: (x, gamma, beta, mean, variance, epsilon) =>
    tf.batchNorm(
      x,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      beta as tf.Tensor1D,
      gamma as tf.Tensor1D,
      epsilon,
    ),
  biasAdd: (x, bias) => tf.add(x, bias),
  biasGradient(dy) {
    const memory = wasmMemory();
    const channels = dy.shape.at(-1)!;
    const gradient = memory.output([channels]);
    const slope = memory.view(dy);
    const sum = new Float64Array(channels);
    for (let i = 0; i < slope.length; i += channels) {
      for (let c = 0; c < channels; c++) sum[c]! += slope[i + c]!;
    }
    memory.view(gradient).set(sum);
    return gradient;
  },
  reluGradient(dy, y) {
    const memory = wasmMemory();
    const gradient = memory.output(dy.shape);
    const [result, slope, output] = [memory.view(gradient), memory.view(dy), memory.view(y)];
    for (let i = 0; i < result.length; i++) result[i] = output[i]! > 0 ? slope[i]! : 0;
    return gradient;
  },
  crossEntropy(logits, labels) {
    const memory = wasmMemory();
    const [rows, classes] = logits.shape as [number, number];
    const losses = memory.output([rows]);
    const gradient = memory.output([rows, classes]);
    const truth = labels.dataSync();
    const [z, loss, slope] = [memory.view(logits), memory.view(losses), memory.view(gradient)];
    for (let row = 0; row < rows; row++) {
      const start = row * classes;
      let max = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c++) max = Math.max(max, z[start + c]!);
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += Math.exp(z[start + c]! - max);
      for (let c = 0; c < classes; c++) slope[start + c] = Math.exp(z[start + c]! - max) / sum;
      slope[start + truth[row]!]! -= 1;
      loss[row] = Math.log(sum) + max - z[start + truth[row]!]!;
    }
    return [losses, gradient];
  },
};

function affine(
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  mean: ArrayLike<number>,
  variance: ArrayLike<number>,
  epsilon: number,
): [scale: Float64Array, shift: Float64Array] {
  const scale = new Float64Array(mean.length);
  const shift = new Float64Array(mean.length);
  for (let c = 0; c < mean.length; c++) {
    scale[c] = gamma[c]! / Math.sqrt(variance[c]! + epsilon);
    shift[c] = beta[c]! - mean[c]! * scale[c]!;
  }
  return [scale, shift];
}

function primitives(): Primitives {
  return tf.getBackend() === 'tensorflow' ? native : wasm;
}

/** Result of batch normalisation in training mode. */
export interface BatchNormalized {
  readonly y: tf.Tensor;
  /** Mean of each channel over the batch. */
  readonly mean: tf.Tensor;
  /** Population variance of each channel over the batch. */
  readonly variance: tf.Tensor;
}

/**
 * Batch normalisation with the statistics of this batch: y = γ·(x − μ)/√(σ² + ε) + β (Ioffe & Szegedy 2015).
 * Gradients flow into x, gamma and beta, not through the returned statistics.
 *
 * @param x `[batch, …, channels]`.
 * @param gamma `[channels]`.
 * @param beta `[channels]`.
 */
export function batchNormTraining(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
): BatchNormalized {
  const statistics: tf.Tensor[] = [];
  const flat = x.rank === 4 ? x : tf.reshape(x, [x.shape[0]!, 1, -1, x.shape.at(-1)!]);
  const normalize = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const { y, mean, variance, saved } = primitives().batchNorm(input, scale, shift, epsilon);
    statistics.push(tf.keep(tf.clone(mean)), tf.keep(tf.clone(variance)));
    save([input, scale, ...saved]);
    return {
      value: y,
      gradFunc: (dy, [kept, keptScale, ...rest]: tf.Tensor[]) =>
        primitives().batchNormGradient(dy, kept!, keptScale!, rest, epsilon),
    };
  });
  const y = normalize(flat, gamma, beta);
  // Cloned into the caller's scope, so that a tidy there frees them as it frees y.
  const [mean, variance] = statistics.map((kept) => {
    const tensor = tf.clone(kept);
    kept.dispose();
    return tensor;
  });
  return { y: x.rank === 4 ? y : tf.reshape(y, x.shape), mean: mean!, variance: variance! };
}

/** Batch normalisation with given statistics. Differentiable in every argument. Shapes as in `batchNormTraining`. */
export function batchNormInference(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  const normalize = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const inputs = args.slice(0, 5) as tf.Tensor[];
    const flat =
      x.rank === 4 ? inputs[0]! : tf.reshape(inputs[0]!, [x.shape[0]!, 1, -1, x.shape.at(-1)!]);
    const y = primitives().batchNormInference(
      flat,
      inputs[1]!,
      inputs[2]!,
      inputs[3]!,
      inputs[4]!,
      epsilon,
    );
    save(inputs);
    return {
      value: x.rank === 4 ? y : tf.reshape(y, x.shape),
      gradFunc: (dy, kept: tf.Tensor[]) => inferenceGradient(dy, kept, epsilon),
    };
  });
  return normalize(x, gamma, beta, mean, variance);
}

function inferenceGradient(dy: tf.Tensor, saved: tf.Tensor[], epsilon: number): tf.Tensor[] {
  const [x, gamma, , mean, variance] = saved as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const scale = tf.mul(gamma, inverse);
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const dBeta = tf.sum(dy, axes);
  const centered = tf.sum(tf.mul(dy, tf.sub(x, mean)), axes);
  const dGamma = tf.mul(centered, inverse);
  const dMean = tf.neg(tf.mul(dBeta, scale));
  const dVariance = tf.mul(tf.mul(dGamma, scale), tf.mul(inverse, -0.5));
  return [tf.mul(dy, scale), dGamma, dBeta, dMean, dVariance];
}

/**
 * Adds a bias to each channel and, where `relu` is set, cuts off below 0.
 *
 * @param x `[batch, …, channels]`.
 * @param bias `[channels]`.
 */
export function biasAdd(x: tf.Tensor, bias: tf.Tensor, relu = false): tf.Tensor {
  const run = tf.customGrad((...args) => {
    const [input, shift, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const shifted = primitives().biasAdd(input, shift);
    const y = relu ? tf.relu(shifted) : shifted;
    if (relu) shifted.dispose();
    save(relu ? [y] : []);
    return {
      value: y,
      gradFunc: (dy, [output]: tf.Tensor[]) => {
        const slope = output ? primitives().reluGradient(dy, output) : dy;
        return [slope === dy ? tf.clone(dy) : slope, primitives().biasGradient(slope)];
      },
    };
  });
  return run(x, bias);
}

/** max(x, 0), with a gradient of one operation. */
export function relu(x: tf.Tensor): tf.Tensor {
  const run = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const y = tf.relu(input);
    save([y]);
    return {
      value: y,
      gradFunc: (dy, [output]: tf.Tensor[]) => primitives().reluGradient(dy, output!),
    };
  });
  return run(x);
}

/**
 * Mean cross-entropy (nats) of softmax(logits) against class indices.
 *
 * @param logits `[batch, classes]`.
 * @param labels `[batch]`, int32.
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  const run = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const [losses, gradient] = primitives().crossEntropy(input, labels);
    save([gradient]);
    return {
      value: tf.mean(losses) as tf.Scalar,
      gradFunc: (dy, [slope]: tf.Tensor[]) => tf.mul(slope!, tf.div(dy, input.shape[0]!)),
    };
  });
  return run(logits) as tf.Scalar;
}
