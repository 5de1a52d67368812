/** The first images of a set: any beginning of a set is like the whole. */
import type { Dataset } from '../data/dataset.js';

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
