/**
 * Spectral norms of the affine maps of a net: the most by which a layer can stretch a difference.
 *
 * A convolution with circular padding is diagonal over frequencies: its norm is the largest singular value of the outputs × inputs
 * matrix of the kernel's Fourier transform at any of them, exact (H. Sedghi, V. Gupta and P. Long, "The singular values of
 * convolutional layers", ICLR 2019). A convolution with zero padding or strides keeps some rows and columns of a circular one on a
 * larger grid, so that one's norm bounds its norm from above; power iteration on AᵀA bounds it from below. The reshaped kernel, the
 * usual stand-in, is neither.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Node } from '../nets/graph.js';
import type { Weighted } from '../nets/index.js';
import { random, tf } from '../tensor/index.js';
import type { Subject } from './measure.js';
import { once } from './once.js';
import { eigenvalues } from './stable-rank.js';

/** A norm by power iteration, which lies below the true one, and what the true one cannot exceed; equal for exact ones. */
export interface OperatorNorm {
  readonly value: number;
  readonly atMost: number;
}

/** `‖W‖₂` of a matrix. @param matrix row-major with `columns` columns. */
export function matrixNorm(matrix: Float32Array, columns: number): number {
  return Math.sqrt(Math.max(...eigenvalues(matrix, columns)));
}

/**
 * Norm of a stride-1 convolution with circular padding on `height × width` positions, exact.
 *
 * @param kernel row-major `[kernel height, kernel width, inputs, outputs]`; it must fit into the grid.
 */
export function circularNorm(
  kernel: Float32Array,
  shape: readonly number[],
  height: number,
  width: number,
): number {
  const [rows, columns, inputs, outputs] = shape as [number, number, number, number];
  if (rows > height || columns > width) {
    throw new RangeError(`a ${rows} × ${columns} kernel on ${height} × ${width} positions`);
  }
  const products: { product: Product; bound: number }[] = [];
  for (let u = 0; u < height; u++) {
    for (let v = 0; v < width; v++) {
      // A real kernel has conjugate values at opposite frequencies.
      const mirrored = ((height - u) % height) * width + ((width - v) % width);
      if (mirrored < u * width + v) continue;
      const real = new Float64Array(inputs * outputs);
      const imaginary = new Float64Array(inputs * outputs);
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          const angle = -2 * Math.PI * ((u * y) / height + (v * x) / width);
          const [c, s] = [Math.cos(angle), Math.sin(angle)];
          const from = (y * columns + x) * inputs * outputs;
          for (let k = 0; k < inputs * outputs; k++) {
            real[k]! += kernel[from + k]! * c;
            imaginary[k]! += kernel[from + k]! * s;
          }
        }
      }
      const product = hermitianProduct(real, imaginary, inputs, outputs);
      products.push({ product, bound: eigenvalueBound(product) });
    }
  }
  // Only frequencies that could hold the largest are decomposed.
  products.sort((a, b) => b.bound - a.bound);
  let most = 0;
  for (const { product, bound } of products) {
    if (bound <= most) break;
    most = Math.max(most, largestEigenvalue(product));
  }
  return Math.sqrt(most);
}

/** A Hermitian matrix: symmetric real part, antisymmetric imaginary part, `size × size`. */
interface Product {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  readonly size: number;
}

/** MᴴM or MMᴴ of a complex `rows × columns` matrix, whichever is smaller (conjugated, which leaves eigenvalues as they are). */
function hermitianProduct(
  real: Float64Array,
  imaginary: Float64Array,
  rows: number,
  columns: number,
): Product {
  const wide = rows < columns;
  const size = wide ? rows : columns;
  const inner = wide ? columns : rows;
  const [step, next] = wide ? [columns, 1] : [1, columns];
  const product = {
    real: new Float64Array(size * size),
    imaginary: new Float64Array(size * size),
    size,
  };
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let same = 0;
      let crossed = 0;
      for (let k = 0; k < inner; k++) {
        const a = i * step + k * next;
        const b = j * step + k * next;
        same += real[a]! * real[b]! + imaginary[a]! * imaginary[b]!;
        crossed += imaginary[a]! * real[b]! - real[a]! * imaginary[b]!;
      }
      product.real[i * size + j] = same;
      product.real[j * size + i] = same;
      product.imaginary[i * size + j] = crossed;
      product.imaginary[j * size + i] = -crossed;
    }
  }
  return product;
}

/** (tr G⁴)^¼, which no eigenvalue of G exceeds. */
function eigenvalueBound({ real, imaginary, size }: Product): number {
  let squares = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let a = 0;
      let b = 0;
      for (let k = 0; k < size; k++) {
        const [x, y] = [i * size + k, k * size + j];
        a += real[x]! * real[y]! - imaginary[x]! * imaginary[y]!;
        b += real[x]! * imaginary[y]! + imaginary[x]! * real[y]!;
      }
      squares += a * a + b * b;
    }
  }
  return squares ** 0.25;
}

/** As a real symmetric matrix of twice the size it has each eigenvalue twice. */
function largestEigenvalue({ real, imaginary, size }: Product): number {
  const doubled = Matrix.zeros(2 * size, 2 * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      doubled.set(i, j, real[i * size + j]!);
      doubled.set(size + i, size + j, real[i * size + j]!);
      doubled.set(size + i, j, imaginary[i * size + j]!);
      doubled.set(i, size + j, -imaginary[i * size + j]!);
    }
  }
  const { realEigenvalues } = new EigenvalueDecomposition(doubled, { assumeSymmetric: true });
  return Math.max(0, ...realEigenvalues);
}

export interface PowerOptions {
  /** Most rounds; 100 when left out. */
  readonly rounds?: number;
  /** Stops when the relative residual ‖AᵀAv − σ²v‖/σ² is below this; 1e-4 when left out. */
  readonly tolerance?: number;
  readonly seed?: number;
}

/**
 * Norm of a convolution as the net applies it (strides, `same` or `valid` padding), by power iteration: never above the true one.
 *
 * @param input `[height, width, inputs]`.
 */
export async function powerNorm(
  kernel: tf.Tensor4D,
  input: readonly number[],
  strides: readonly [number, number],
  padding: 'same' | 'valid',
  options: PowerOptions = {},
): Promise<number> {
  const { rounds = 100, tolerance = 1e-4, seed = 0 } = options;
  const shape = [1, ...input] as [number, number, number, number];
  const generator = random(seed, 'power iteration');
  const size = input.reduce((product, axis) => product * axis, 1);
  let vector = tf.tensor4d(
    Float32Array.from({ length: size }, () => generator.normal()),
    shape,
  );
  let value = 0;
  let residual = 1;
  try {
    for (let round = 0; round < rounds && residual > tolerance; round++) {
      const [next, numbers] = tf.tidy(() => {
        const unit = tf.div(vector, tf.norm(vector)) as tf.Tensor4D;
        const image = tf.conv2d(unit, kernel, strides as [number, number], padding);
        const back = tf.conv2dTranspose(
          image,
          kernel,
          shape,
          strides as [number, number],
          padding,
        ) as tf.Tensor4D;
        const squared = tf.sum(tf.square(image));
        const away = tf.norm(tf.sub(back, tf.mul(unit, squared)));
        return [back, tf.stack([squared, away])];
      });
      vector.dispose();
      vector = next as tf.Tensor4D;
      const [squared, away] = await (numbers as tf.Tensor1D).data<'float32'>();
      numbers!.dispose();
      value = Math.sqrt(squared!);
      residual = squared! > 0 ? away! / squared! : 0;
    }
  } finally {
    vector.dispose();
  }
  return value;
}

/** The same, with what the true one cannot exceed. */
export async function convolutionNorm(
  kernel: tf.Tensor4D,
  input: readonly number[],
  strides: readonly [number, number],
  padding: 'same' | 'valid',
  options: PowerOptions = {},
): Promise<OperatorNorm> {
  const value = await powerNorm(kernel, input, strides, padding, options);
  return { value, atMost: Math.max(value, await paddedNorm(kernel, input)) };
}

/** The circular norm on the grid with its padding: no convolution with zero padding or strides exceeds it. */
async function paddedNorm(kernel: tf.Tensor4D, input: readonly number[]): Promise<number> {
  const [rows, columns] = kernel.shape;
  return circularNorm(
    await kernel.data<'float32'>(),
    kernel.shape,
    input[0]! + rows - 1,
    input[1]! + columns - 1,
  );
}

/**
 * Norm of a weighted layer with the batch normalisation after it folded in: exact for a dense one, by power iteration for a
 * convolution.
 *
 * @param input shape of what the layer reads.
 */
export async function layerNorm(
  node: Weighted,
  after: (Node & { op: 'batchNorm' }) | null,
  input: readonly number[],
): Promise<number> {
  const kernel = foldedKernel(node, after);
  try {
    return node.op === 'dense'
      ? matrixNorm(await kernel.data<'float32'>(), kernel.shape.at(-1)!)
      : await powerNorm(kernel as tf.Tensor4D, input, node.strides, node.padding);
  } finally {
    kernel.dispose();
  }
}

/** What that norm cannot exceed. @param norm as `layerNorm` gave it. */
export async function layerNormAtMost(
  node: Weighted,
  after: (Node & { op: 'batchNorm' }) | null,
  input: readonly number[],
  norm: number,
): Promise<number> {
  if (node.op === 'dense') return norm;
  const kernel = foldedKernel(node, after);
  try {
    return Math.max(norm, await paddedNorm(kernel as tf.Tensor4D, input));
  } finally {
    kernel.dispose();
  }
}

/** `layerNorm`, computed once for a subject: power iterations take seconds on a deep net. */
export function sharedNorms(subject: Subject): typeof layerNorm {
  return (node, after, input) =>
    once(subject, `norm of ${node.name} before ${after?.name}`, () =>
      layerNorm(node, after, input),
    );
}

/** The kernel of a convolution or dense layer with the scale of the batch normalisation after it folded in; the caller's to free. */
export function foldedKernel(
  node: Weighted,
  after: (Node & { op: 'batchNorm' }) | null,
): tf.Tensor {
  return tf.tidy(() =>
    after === null ? tf.clone(node.kernel) : tf.mul(node.kernel, scaleOf(after)),
  );
}

/** γ/√(variance + ε) of each channel. */
export function scaleOf({ gamma, variance, epsilon }: Node & { op: 'batchNorm' }): tf.Tensor {
  return tf.tidy(() => {
    const factor = tf.rsqrt(tf.add(variance, epsilon));
    return gamma === null ? factor : tf.mul(factor, gamma);
  });
}
