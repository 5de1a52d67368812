/** Batches of training images: drawn in random order, cropped and flipped at random. */
import type { Dataset } from '../data/dataset.js';
import type { Random } from '../tensor/index.js';
import type { Recipe } from './recipe.js';

/** Buffers that the next batch is written into, used again at each step. */
export interface Batch {
  readonly images: Float32Array;
  /** A class index an image, or the numbers that the outputs are to become, row by row. */
  readonly labels: Int32Array | Float32Array;
}

export function emptyBatch(dataset: Dataset, size: number): Batch {
  const [, height, width, channels] = dataset.shape;
  return {
    images: new Float32Array(size * height * width * channels),
    labels: new Int32Array(size),
  };
}

/**
 * Copies images into a batch.
 *
 * @param indices Positions in the dataset, one for each image of the batch.
 * @param augment Crop: the image is laid on `crop` zero pixels a side and cut out at a random place (He et al. 2016, §4.2).
 *   Flip: left and right change places for every second image, at random.
 */
export function fillBatch(
  batch: Batch,
  dataset: Dataset,
  indices: ArrayLike<number>,
  augment: Recipe['augment'],
  random: Random,
): void {
  const [, height, width, channels] = dataset.shape;
  const row = width * channels;
  const size = height * row;
  const { crop, flip } = augment;
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * size;
    const to = i * size;
    batch.labels[i] = dataset.labels[indices[i]!]!;
    const down = crop > 0 ? random.integer(2 * crop + 1) - crop : 0;
    const right = crop > 0 ? random.integer(2 * crop + 1) - crop : 0;
    const mirrored = flip && random.integer(2) === 1;
    if (down === 0 && right === 0 && !mirrored) {
      batch.images.set(dataset.images.subarray(from, from + size), to);
      continue;
    }
    const first = Math.min(width, Math.max(0, right));
    const last = Math.max(first, Math.min(width, width + right));
    batch.images.fill(0, to, to + size);
    for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
      const source = from + (y - down) * row;
      const target = to + y * row;
      if (!mirrored) {
        batch.images.set(
          dataset.images.subarray(
            source + (first - right) * channels,
            source + (last - right) * channels,
          ),
          target + first * channels,
        );
        continue;
      }
      for (let x = first; x < last; x++) {
        const pixel = source + (width - 1 - (x - right)) * channels;
        for (let c = 0; c < channels; c++) {
          batch.images[target + x * channels + c] = dataset.images[pixel + c]!;
        }
      }
    }
  }
}
