// How many numbers a shape holds, and how many units of a net bend.
import type { Graph } from './graph.js';

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

/** ReLU units of a net. */
export function neuronsOf({ nodes }: Graph): number {
  return nodes.reduce((sum, { op, shape }) => sum + (op === 'relu' ? sizeOf(shape) : 0), 0);
}
