/** Comparison of tensors whose numbers come from two ways of computing the same. */
import assert from 'node:assert/strict';
import type { tf } from '../../../src/lab/tensor/index.js';

/** Asserts that no value differs by more than `tolerance` of the largest one. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  label: string,
  tolerance = 1e-4,
): void {
  assert.equal(actual.length, expected.length, `${label}: number of values`);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    // Written so that a NaN fails too.
    if (difference <= tolerance * largest) continue;
    assert.fail(
      `${label}: value ${i} is ${actual[i]}, not ${expected[i]} (largest ${largest}, tolerance ${tolerance})`,
    );
  }
}

/** The same, shapes included. */
export function assertSame(actual: tf.Tensor, expected: tf.Tensor, label: string): void {
  assert.deepEqual(actual.shape, expected.shape, `${label}: shape`);
  assertClose(actual.dataSync(), expected.dataSync(), label);
}
