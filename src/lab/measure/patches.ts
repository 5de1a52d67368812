/** Images with only some of their patches shown, and how sure a net is of the true class then. */
import { forward } from '../nets/forward.js';
import type { Graph } from '../nets/graph.js';
import { tf } from '../tensor/index.js';

/** Images a pass of the net. */
const BATCH = 256;

/** Cells of a square grid over an image: for each pixel the cell that it lies in, row by row. */
export function patchesOf(height: number, width: number, grid: number): Int32Array {
  const cell = (at: number, size: number) => Math.floor((at * grid) / size);
  return Int32Array.from({ length: height * width }, (_, pixel) => {
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    return cell(y, height) * grid + cell(x, width);
  });
}

/**
 * log p / (1 − p) of a class for an image that shows only some patches, what is hidden being replaced by `baseline`.
 *
 * @param shown for each wanted value the patches that are shown.
 */
export function logOdds(
  graph: Graph,
  image: Float32Array,
  baseline: Float32Array,
  patches: Int32Array,
  label: number,
  shown: readonly ((patch: number) => boolean)[],
): Float64Array {
  const channels = image.length / patches.length;
  const values = new Float64Array(shown.length);
  for (let from = 0; from < shown.length; from += BATCH) {
    const to = Math.min(shown.length, from + BATCH);
    const pixels = new Float32Array((to - from) * image.length);
    for (let row = from; row < to; row++) {
      const is = shown[row]!;
      const at = (row - from) * image.length;
      for (let pixel = 0; pixel < patches.length; pixel++) {
        const source = is(patches[pixel]!) ? image : baseline;
        for (let c = pixel * channels; c < (pixel + 1) * channels; c++) pixels[at + c] = source[c]!;
      }
    }
    const made = tf.tidy(
      () => forward(graph, tf.tensor(pixels, [to - from, ...graph.input])).logits,
    );
    const logits = made.dataSync() as Float32Array;
    made.dispose();
    const classes = logits.length / (to - from);
    for (let row = from; row < to; row++) {
      values[row] = oddsOf(
        logits.subarray((row - from) * classes, (row - from + 1) * classes),
        label,
      );
    }
  }
  return values;
}

/** zᵧ − log Σ_{c ≠ y} exp z_c, which is log p / (1 − p) without forming p. */
function oddsOf(logits: Float32Array, label: number): number {
  let largest = -Infinity;
  for (const [c, z] of logits.entries()) if (c !== label) largest = Math.max(largest, z);
  let sum = 0;
  for (const [c, z] of logits.entries()) if (c !== label) sum += Math.exp(z - largest);
  return logits[label]! - largest - Math.log(sum);
}
