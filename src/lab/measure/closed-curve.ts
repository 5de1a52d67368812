/** Closed curves through images: what measures that walk along data share. */
import type { Dataset } from '../data/dataset.js';
import type { Random } from '../tensor/random.js';

/**
 * Points on the closed polygon through `corners` random images, evenly spaced on each side.
 *
 * @returns the points, `corners · steps × pixels`, and which images the corners are.
 */
export function closedCurve(
  set: Dataset,
  corners: number,
  steps: number,
  generator: Random,
): { points: Float32Array; images: number[] } {
  const [count, height, width, channels] = set.shape;
  const size = height * width * channels;
  const images = Array.from(generator.permutation(count).subarray(0, corners));
  const points = new Float32Array(corners * steps * size);
  for (const [corner, image] of images.entries()) {
    const next = images[(corner + 1) % corners]!;
    for (let step = 0; step < steps; step++) {
      const share = step / steps;
      const to = (corner * steps + step) * size;
      for (let k = 0; k < size; k++) {
        points[to + k] =
          (1 - share) * set.images[image * size + k]! + share * set.images[next * size + k]!;
      }
    }
  }
  return { points, images };
}
