import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { choleskySolve, random, ready } from '../../../src/lab/tensor/index.js';

before(() => ready());

/** A positive definite system with a known solution. */
function system(size: number, columns: number) {
  const generator = random(1);
  const factor = Float64Array.from({ length: size * size }, () => generator.normal());
  const a = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = i === j ? 5 : 0;
      for (let k = 0; k < size; k++) sum += factor[i * size + k]! * factor[j * size + k]!;
      a[i * size + j] = Math.fround(sum);
    }
  }
  const x = Float64Array.from({ length: size * columns }, () => generator.normal());
  const b = new Float64Array(size * columns);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      for (let c = 0; c < columns; c++)
        b[i * columns + c]! += a[i * size + k]! * x[k * columns + c]!;
    }
  }
  return { a, b, x };
}

// Small systems are solved by a loop, large ones in TensorFlow where it is native.
for (const size of [1, 20, 95, 96, 150]) {
  test(`a system of ${size} gives the solution that it was made from`, () => {
    const { a, b, x } = system(size, 3);
    const found = choleskySolve(a, size, b, 3);
    for (const [i, value] of found.entries()) {
      assert.ok(Math.abs(value - x[i]!) < 1e-3, `${value}, expected ${x[i]}`);
    }
  });
}

test('a matrix that is not positive definite leaves no NaN where the diagonal has a floor', () => {
  for (const size of [10, 120]) {
    const ones = new Float64Array(size * size).fill(1);
    const found = choleskySolve(ones, size, new Float64Array(size).fill(1), 1, 1e-6);
    assert.ok(found.every(Number.isFinite));
  }
});
