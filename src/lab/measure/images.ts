/** Parts of a set of images. */
import type { Dataset } from '../data/dataset.js';
import { tf } from '../tensor/index.js';

/** The first images of a set: any beginning of a set is like the whole. */
export function firstImages(set: Dataset, most: number): Dataset {
  const [all, height, width, channels] = set.shape;
  const count = Math.min(most, all);
  return {
    ...set,
    images: set.images.subarray(0, count * height * width * channels),
    labels: set.labels.subarray(0, count),
    shape: [count, height, width, channels],
  };
}

/** Numbers of one image. */
export function pixelsOf({ shape }: Dataset): number {
  return shape[1] * shape[2] * shape[3];
}

/** Images `from` … `to` − 1 as a net takes them; the caller's to free. @param input the net's input shape. */
export function imageBatch(
  set: Dataset,
  from: number,
  to: number,
  input: readonly number[],
): tf.Tensor {
  const size = pixelsOf(set);
  return tf.tensor(set.images.subarray(from * size, to * size), [to - from, ...input]);
}
