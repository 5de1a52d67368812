/**
 * The linear end of a rung, fitted in closed form, and what it gives for images that it was not fitted on. Each half of the
 * images is predicted by the map that was fitted on the other, so that the next rung sees the errors that are truly left.
 */
import { ridgeMaps } from '../ridge.js';

/** Candidates for the strength of the penalty, weak to strong; after them comes no map at all. */
const STRENGTHS = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100];

export interface Readout {
  /** The strength that was chosen; null where predicting nothing but the mean is best. */
  readonly strength: number | null;
  /** Predictions for the images that it was fitted on, each half by the map of the other. */
  readonly crossed: Float64Array;
  /** Predictions for any features by the map that was fitted on all images. */
  apply(features: Float32Array): Float64Array;
}

/**
 * @param features row-major, `count × width`.
 * @param targets row-major, `count × outputs`.
 * @param half which half each row belongs to; copies of an image belong together.
 */
export function readout(
  features: Float32Array,
  targets: Float64Array,
  count: number,
  half: (row: number) => 0 | 1,
): Readout {
  const width = features.length / count;
  const outputs = targets.length / count;
  const rows = [0, 1].map((side) =>
    Array.from({ length: count }, (_, row) => row).filter((row) => half(row) === side),
  ) as [number[], number[]];
  const parts = rows.map((own) => ({
    features: take(features, width, own, Float32Array),
    targets: take(targets, outputs, own, Float64Array),
  }));
  const crossed = STRENGTHS.map(() => new Float64Array(targets.length));
  const means = new Float64Array(targets.length);
  for (const side of [0, 1] as const) {
    const [from, to] = [parts[side]!, rows[1 - side]!];
    const other = parts[1 - side]!.features;
    const maps = ridgeMaps(from.features, from.targets, rows[side].length, STRENGTHS);
    for (const [k, map] of maps.entries()) put(crossed[k]!, outputs, to, map.apply(other));
    // A map of a feature that is always 0 gives the mean.
    const [flat] = ridgeMaps(
      new Float32Array(rows[side].length),
      from.targets,
      rows[side].length,
      [1],
    );
    put(means, outputs, to, flat!.apply(new Float32Array(to.length)));
  }
  const errors = [...crossed, means].map((made) =>
    made.reduce((sum, value, i) => sum + (value - targets[i]!) ** 2, 0),
  );
  let best = errors.length - 1;
  for (let k = errors.length - 2; k >= 0; k--) if (errors[k]! < errors[best]!) best = k;
  const none = best === STRENGTHS.length;
  const [map] = none
    ? ridgeMaps(new Float32Array(count), targets, count, [1])
    : ridgeMaps(features, targets, count, [STRENGTHS[best]!]);
  return {
    strength: none ? null : STRENGTHS[best]!,
    crossed: none ? means : crossed[best]!,
    apply: (given) => map!.apply(none ? new Float32Array(given.length / width) : given),
  };
}

function take<A extends Float32Array | Float64Array>(
  from: A,
  width: number,
  rows: readonly number[],
  kind: new (length: number) => A,
): A {
  const made = new kind(rows.length * width);
  for (const [to, row] of rows.entries()) {
    made.set(from.subarray(row * width, (row + 1) * width), to * width);
  }
  return made;
}

function put(into: Float64Array, width: number, rows: readonly number[], values: Float64Array) {
  for (const [from, row] of rows.entries()) {
    into.set(values.subarray(from * width, (from + 1) * width), row * width);
  }
}
