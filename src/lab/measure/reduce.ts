/** Fewer numbers an image, the same way for every net: average pooling over positions, then a seeded projection. */
import { random, tf } from '../tensor/index.js';

/** How a layer of a given shape is reduced; plain words for the notes of a reading. */
export interface Reduction {
  readonly features: number;
  /** Grid of positions that is pooled to, or null where positions are kept as they are. */
  readonly grid: readonly [rows: number, columns: number] | null;
  /** Whether a Gaussian projection follows. */
  readonly projected: boolean;
}

/** The reduction of activations of `shape` (without the batch axis) to at most `limit` numbers an image. */
export function reductionOf(shape: readonly number[], limit: number): Reduction {
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (size <= limit) return { features: size, grid: null, projected: false };
  if (shape.length !== 3) return { features: limit, grid: null, projected: true };
  const [height, width, channels] = shape as [number, number, number];
  for (let rows = height; rows >= 1; rows--) {
    const columns = Math.max(1, Math.round((rows * width) / height));
    if (rows * columns * channels <= limit) {
      return { features: rows * columns * channels, grid: [rows, columns], projected: false };
    }
  }
  return { features: limit, grid: [1, 1], projected: true };
}

/**
 * Reduces activations, row-major with images first.
 *
 * Pooling averages over the rows ⌊i·h/g⌋ … ⌈(i+1)·h/g⌉ − 1 of each cell, so that cells cover every position. The projection
 * has independent N(0, 1/features) entries from the seed.
 */
export function reduce(
  data: Float32Array,
  shape: readonly number[],
  reduction: Reduction,
  seed: number,
): Float32Array {
  const pooled = reduction.grid === null ? data : pool(data, shape, reduction.grid);
  if (!reduction.projected) return pooled;
  const from = reduction.grid === null ? product(shape) : shape[2]!;
  const generator = random(seed, 'projection', from);
  const scale = 1 / Math.sqrt(reduction.features);
  const matrix = Float32Array.from(
    { length: from * reduction.features },
    () => generator.normal() * scale,
  );
  const made = tf.tidy(() => {
    const rows = tf.tensor2d(pooled, [pooled.length / from, from]);
    return rows.matMul(tf.tensor2d(matrix, [from, reduction.features]));
  });
  const values = made.dataSync<'float32'>();
  made.dispose();
  return values;
}

/** Average over a grid of cells; `data` is `[count, height, width, channels]`. */
export function pool(
  data: Float32Array,
  shape: readonly number[],
  grid: readonly [number, number],
): Float32Array {
  const [height, width, channels] = shape as [number, number, number];
  const [rows, columns] = grid;
  const size = height * width * channels;
  const count = data.length / size;
  const pooled = new Float32Array(count * rows * columns * channels);
  const cell = new Float64Array(channels);
  for (let image = 0; image < count; image++) {
    for (let i = 0; i < rows; i++) {
      const top = Math.floor((i * height) / rows);
      const bottom = Math.ceil(((i + 1) * height) / rows);
      for (let j = 0; j < columns; j++) {
        const left = Math.floor((j * width) / columns);
        const right = Math.ceil(((j + 1) * width) / columns);
        cell.fill(0);
        for (let y = top; y < bottom; y++) {
          let at = image * size + (y * width + left) * channels;
          for (let x = left; x < right; x++) {
            for (let c = 0; c < channels; c++) cell[c]! += data[at++]!;
          }
        }
        const area = (bottom - top) * (right - left);
        const to = ((image * rows + i) * columns + j) * channels;
        for (let c = 0; c < channels; c++) pooled[to + c] = cell[c]! / area;
      }
    }
  }
  return pooled;
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, axis) => all * axis, 1);
}
