/** Nearest neighbours of rows under Euclidean distance, exact in double precision: what estimates of dimension and probes share. */
import { tf } from '../tensor/index.js';
import { columnMeans } from './gram.js';

export interface Neighbours {
  /** Row-major, `queries × k`: indices into the reference rows, nearest first. */
  readonly indices: Int32Array;
  /** Their distances. */
  readonly distances: Float64Array;
  readonly k: number;
}

/** Squared distances from single precision may order near ties wrongly: so many more candidates are measured again. */
const SPARE = 8;
/** Queries in one product. */
const BATCH = 256;

/**
 * The `k` nearest reference rows of each query row; when `queries` is null the rows are each other's references, and a row is
 * not its own neighbour.
 *
 * Candidates come from one matrix product in single precision; the distances of k + 8 candidates are then computed in double,
 * so that only rows beyond these could be missed.
 *
 * @param reference row-major with `width` columns. @throws RangeError when there are fewer than k others.
 */
export async function nearestNeighbours(
  reference: Float32Array,
  queries: Float32Array | null,
  width: number,
  k: number,
): Promise<Neighbours> {
  const rows = reference.length / width;
  const own = queries === null;
  const others = own ? rows - 1 : rows;
  if (k < 1 || k > others) throw new RangeError(`${k} neighbours of ${others} rows`);
  const asked = queries ?? reference;
  const count = asked.length / width;
  const candidates = Math.min(rows, k + SPARE + (own ? 1 : 0));
  const indices = new Int32Array(count * k);
  const distances = new Float64Array(count * k);

  // Far from the origin single precision has no digits left for small distances.
  const means = columnMeans(reference, width);
  const centre = (from: Float32Array) => {
    const away = new Float32Array(from.length);
    for (let row = 0; row < from.length; row += width) {
      for (let j = 0; j < width; j++) away[row + j] = from[row + j]! - means[j]!;
    }
    return away;
  };
  const [points, lengths] = tf.tidy(() => {
    const all = tf.tensor2d(centre(reference), [rows, width]);
    return [all, tf.sum(tf.square(all), 1)];
  });
  try {
    for (let from = 0; from < count; from += BATCH) {
      const to = Math.min(from + BATCH, count);
      const found = tf.tidy(() => {
        const x = own
          ? tf.slice(points as tf.Tensor2D, [from, 0], [to - from, width])
          : tf.tensor2d(centre(asked.subarray(from * width, to * width)), [to - from, width]);
        const products = tf.matMul(x, points!, false, true) as tf.Tensor2D;
        // −(|r|² − 2 q·r): the query's own length moves no order.
        return tf.topk(tf.sub(tf.mul(products, 2), lengths!), candidates).indices;
      });
      const chosen = await found.data<'int32'>();
      found.dispose();
      for (let query = from; query < to; query++) {
        const list: { index: number; squared: number }[] = [];
        for (let c = 0; c < candidates; c++) {
          const index = chosen[(query - from) * candidates + c]!;
          if (own && index === query) continue;
          list.push({ index, squared: squaredDistance(reference, index, asked, query, width) });
        }
        list.sort((a, b) => a.squared - b.squared || a.index - b.index);
        for (let n = 0; n < k; n++) {
          indices[query * k + n] = list[n]!.index;
          distances[query * k + n] = Math.sqrt(list[n]!.squared);
        }
      }
    }
  } finally {
    tf.dispose([points!, lengths!]);
  }
  return { indices, distances, k };
}

function squaredDistance(
  a: Float32Array,
  rowOfA: number,
  b: Float32Array,
  rowOfB: number,
  width: number,
): number {
  const fromA = rowOfA * width;
  const fromB = rowOfB * width;
  // Four sums at once, as each addition waits for the one before.
  let one = 0;
  let two = 0;
  let three = 0;
  let four = 0;
  let j = 0;
  for (; j + 3 < width; j += 4) {
    const p = a[fromA + j]! - b[fromB + j]!;
    const q = a[fromA + j + 1]! - b[fromB + j + 1]!;
    const r = a[fromA + j + 2]! - b[fromB + j + 2]!;
    const s = a[fromA + j + 3]! - b[fromB + j + 3]!;
    one += p * p;
    two += q * q;
    three += r * r;
    four += s * s;
  }
  for (; j < width; j++) {
    const away = a[fromA + j]! - b[fromB + j]!;
    one += away * away;
  }
  return one + two + three + four;
}
