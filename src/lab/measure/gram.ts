/** Products of a data matrix with itself, the start of every spectrum and every least-squares fit. */
import { tf } from '../tensor/index.js';

/** Above this many multiplications a product is made by TensorFlow in single precision. */
const PLAIN_LIMIT = 2e8;
/** The same for products of two matrices, whose rounding no eigenvalue hangs on. */
const PLAIN_PRODUCT = 5e6;

export interface Gram {
  /** Row-major, symmetric. */
  readonly values: Float64Array;
  readonly size: number;
  /** Relative rounding of the products: 2⁻⁵² or, where TensorFlow made them, 2⁻²³. */
  readonly rounding: number;
}

/** XᵀX (`over` = `columns`) or XXᵀ (`over` = `rows`) of row-major `x` with `width` columns. */
export function gram(
  x: Float32Array | Float64Array,
  width: number,
  over: 'rows' | 'columns',
): Gram {
  const count = x.length / width;
  const size = over === 'rows' ? count : width;
  if (size * size * (x.length / size) <= PLAIN_LIMIT) {
    const values = over === 'rows' ? rowProducts(x, width) : columnProducts(x, width);
    return { values, size, rounding: 2 ** -52 };
  }
  const made = tf.tidy(() => {
    const matrix = tf.tensor2d(x instanceof Float32Array ? x : Float32Array.from(x), [
      count,
      width,
    ]);
    return tf.matMul(matrix, matrix, over === 'columns', over === 'rows');
  });
  const values = Float64Array.from(made.dataSync());
  made.dispose();
  return { values, size, rounding: 2 ** -23 };
}

/**
 * A·B of row-major matrices, or Aᵀ·B.
 *
 * @param inner the axis that both share: columns of A, or rows of A where it is transposed; rows of B in both cases.
 */
export function product(
  a: Float64Array,
  b: Float32Array | Float64Array,
  inner: number,
  kind: 'plain' | 'transposed',
): Float64Array {
  const rows = a.length / inner;
  const columns = b.length / inner;
  if (rows * inner * columns > PLAIN_PRODUCT) {
    const made = tf.tidy(() =>
      tf.matMul(
        tf.tensor2d(Float32Array.from(a), kind === 'plain' ? [rows, inner] : [inner, rows]),
        tf.tensor2d(Float32Array.from(b), [inner, columns]),
        kind === 'transposed',
      ),
    );
    const values = Float64Array.from(made.dataSync());
    made.dispose();
    return values;
  }
  const values = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const value = kind === 'plain' ? a[i * inner + k]! : a[k * rows + i]!;
      if (value === 0) continue;
      for (let j = 0; j < columns; j++) values[i * columns + j]! += value * b[k * columns + j]!;
    }
  }
  return values;
}

/** Means of the columns of a row-major matrix. */
export function columnMeans(x: Float32Array | Float64Array, width: number): Float64Array {
  const means = new Float64Array(width);
  for (let from = 0; from < x.length; from += width) {
    for (let j = 0; j < width; j++) means[j]! += x[from + j]!;
  }
  const count = x.length / width;
  return means.map((sum) => sum / count);
}

/** The matrix less the means of its columns. */
export function centred(x: Float32Array | Float64Array, width: number): Float64Array {
  const means = columnMeans(x, width);
  const away = new Float64Array(x.length);
  for (let from = 0; from < x.length; from += width) {
    for (let j = 0; j < width; j++) away[from + j] = x[from + j]! - means[j]!;
  }
  return away;
}

function rowProducts(x: Float32Array | Float64Array, width: number): Float64Array {
  const count = x.length / width;
  const values = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += x[i * width + k]! * x[j * width + k]!;
      values[i * count + j] = sum;
      values[j * count + i] = sum;
    }
  }
  return values;
}

function columnProducts(x: Float32Array | Float64Array, width: number): Float64Array {
  const values = new Float64Array(width * width);
  for (let from = 0; from < x.length; from += width) {
    for (let i = 0; i < width; i++) {
      const value = x[from + i]!;
      if (value === 0) continue;
      for (let j = 0; j <= i; j++) values[i * width + j]! += value * x[from + j]!;
    }
  }
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < i; j++) values[j * width + i] = values[i * width + j]!;
  }
  return values;
}
