/**
 * Symmetric positive definite systems. On the native backend in double precision inside TensorFlow, some thirty times as fast
 * as a loop in JavaScript; tfjs has no double tensors, so the numbers go in and come out in single precision.
 */
import { tf } from './library.js';
import { GraphBuilder, type Output, Session } from './session.js';
import { TYPE } from './native.js';

const DOUBLE = 2;
/** Below this the way to TensorFlow takes longer than the loop. */
const PLAIN_SIZE = 96;

interface Solver {
  readonly session: Session;
  readonly a: Output;
  readonly b: Output;
  readonly x: Output;
}

/** Made at the first use, and then kept. */
let solver: Solver | null = null;

/**
 * Solves A X = B.
 *
 * @param a `size × size`, symmetric and positive definite; the lower half is read.
 * @param b `size × columns`.
 * @param floor least value of the squared diagonal of the factor, which rounding may leave below what it can be.
 * @returns `size × columns`.
 */
export function choleskySolve(
  a: Float64Array,
  size: number,
  b: Float64Array,
  columns: number,
  floor = 0,
): Float64Array {
  if (size < PLAIN_SIZE || tf.getBackend() !== 'tensorflow') {
    return inPlainArithmetic(a, size, b, columns, floor);
  }
  solver ??= makeSolver();
  const { session, ...ends } = solver;
  const [x] = tf.tidy(() =>
    session.run(
      [
        [ends.a, tf.tensor2d(Float32Array.from(a), [size, size])],
        [ends.b, tf.tensor2d(Float32Array.from(b), [size, columns])],
      ],
      [ends.x],
    ),
  );
  const values = Float64Array.from(x!.dataSync());
  x!.dispose();
  // Rounding on the way in can take a matrix that is barely positive definite over the edge.
  return values.every(Number.isFinite) ? values : inPlainArithmetic(a, size, b, columns, floor);
}

function makeSolver(): Solver {
  const builder = new GraphBuilder();
  const T = { T: { type: DOUBLE } };
  const cast = (x: Output, from: number, to: number) =>
    builder.add('Cast', [x], { SrcT: { type: from }, DstT: { type: to }, Truncate: false });
  const a = builder.placeholder('a', TYPE.float32, [-1, -1]);
  const b = builder.placeholder('b', TYPE.float32, [-1, -1]);
  const factor = builder.add('Cholesky', [cast(a, TYPE.float32, DOUBLE)], T);
  const half = builder.add('MatrixTriangularSolve', [factor, cast(b, TYPE.float32, DOUBLE)], {
    ...T,
    lower: true,
    adjoint: false,
  });
  const x = builder.add('MatrixTriangularSolve', [factor, half], {
    ...T,
    lower: true,
    adjoint: true,
  });
  const out = cast(x, DOUBLE, TYPE.float32);
  return { session: new Session(builder), a, b, x: out };
}

function inPlainArithmetic(
  a: Float64Array,
  size: number,
  b: Float64Array,
  columns: number,
  floor: number,
): Float64Array {
  const l = a.slice();
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let sum = l[row + j]!;
      for (let k = 0; k < j; k++) sum -= l[row + k]! * l[other + k]!;
      l[row + j] = i === j ? Math.sqrt(Math.max(sum, floor)) : sum / l[other + j]!;
    }
  }
  const x = b.slice();
  for (let i = 0; i < size; i++) {
    const to = i * columns;
    for (let k = 0; k < i; k++) {
      const factor = l[i * size + k]!;
      for (let c = 0; c < columns; c++) x[to + c]! -= factor * x[k * columns + c]!;
    }
    for (let c = 0; c < columns; c++) x[to + c]! /= l[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    const to = i * columns;
    for (let k = i + 1; k < size; k++) {
      const factor = l[k * size + i]!;
      for (let c = 0; c < columns; c++) x[to + c]! -= factor * x[k * columns + c]!;
    }
    for (let c = 0; c < columns; c++) x[to + c]! /= l[i * size + i]!;
  }
  return x;
}
