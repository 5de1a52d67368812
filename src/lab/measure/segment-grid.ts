// The pieces of a segment: cut where units switch, and rows of numbers by piece carried from a coarser cut to a finer one.
import { like, type Numbers } from './affine.js';
import type { Split } from './segment-switches.js';

/** Pieces of the chunk at hand; each split makes a new one. */
export interface Grid {
  /** Ends of pieces: one more than there are pieces. */
  readonly ends: Float64Array;
  /** For each piece, the piece of the grid before that it lies in. */
  readonly parent: Int32Array;
}

/** The grid with the splits put in, and for each split the first new piece that begins at it. */
export function insert(ends: Float64Array, splits: readonly Split[], tolerance: number) {
  const merged: number[] = [ends[0]!];
  const parent: number[] = [];
  const first = new Int32Array(splits.length);
  let next = 0;
  for (let piece = 0; piece < ends.length - 1; piece++) {
    parent.push(piece);
    while (next < splits.length && splits[next]!.piece === piece) {
      const { t } = splits[next]!;
      // Splits of several units at one point are one boundary.
      if (t - merged.at(-1)! > tolerance) {
        merged.push(t);
        parent.push(piece);
      }
      first[next] = parent.length - 1;
      next++;
    }
    merged.push(ends[piece + 1]!);
  }
  const grid: Grid = { ends: Float64Array.from(merged), parent: Int32Array.from(parent) };
  return { grid, first };
}

/** Rows of the refined grid: each copies its parent's row, then follows the branches that were taken at splits. */
export function spread(
  rows: Numbers,
  inputs: Numbers,
  units: number,
  splits: readonly Split[],
  { parent }: Grid,
  first: Int32Array,
  choose: (unit: number, branch: number) => number,
): Numbers {
  const made = like(rows, parent.length * units);
  const width = inputs.length / (rows.length / units);
  let next = 0;
  for (let piece = 0; piece < parent.length; piece++) {
    const from = parent[piece]!;
    if (piece > 0 && parent[piece - 1] === from) {
      made.copyWithin(piece * units, (piece - 1) * units, piece * units);
    } else {
      made.set(rows.subarray(from * units, (from + 1) * units), piece * units);
    }
    for (; next < splits.length && first[next] === piece; next++) {
      const { unit, branch } = splits[next]!;
      const source = choose(unit, branch);
      made[piece * units + unit] = source === -1 ? 0 : inputs[from * width + source]!;
    }
  }
  return made;
}

/** Rows made on an earlier grid, on the latest one. */
export function refine(rows: Numbers, size: number, grids: readonly Grid[], made: number): Numbers {
  let source = grids.at(-1)!.parent;
  for (let g = grids.length - 2; g > made; g--) {
    const { parent } = grids[g]!;
    source = source.map((piece) => parent[piece]!);
  }
  const refined = like(rows, source.length * size);
  for (let piece = 0; piece < source.length; piece++) {
    const from = source[piece]! * size;
    refined.set(rows.subarray(from, from + size), piece * size);
  }
  return refined;
}
