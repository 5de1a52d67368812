/**
 * Simplicity bias: random parameters make simple functions far more often than complex ones (G. Valle-Pérez, C. Camargo and A. Louis,
 * "Deep learning generalizes because the parameter-function map is biased towards simple functions", ICLR 2019). A net with n Boolean
 * inputs is a string of 2ⁿ bits; its complexity is K = log₂ N · (LZ(x) + LZ(reversed x))/2 of that string of N bits, LZ the number of
 * words of A. Lempel and J. Ziv (IEEE Transactions on Information Theory 1976), and log₂ N for a constant string.
 */
import { random, tf } from '../tensor/index.js';

/** Number of words of the Lempel–Ziv parsing of 1976: each word is the shortest that has not occurred before. */
export function lempelZivWords(text: string): number {
  const n = text.length;
  let words = 0;
  let start = 0;
  while (start < n) {
    let length = 1;
    // The word may overlap with its earlier occurrence, but must begin before it.
    while (
      start + length <= n &&
      text.slice(0, start + length - 1).includes(text.slice(start, start + length))
    ) {
      length++;
    }
    words++;
    start += length;
  }
  return words;
}

/** K of a string, bits (up to a constant). @throws RangeError for an empty string. */
export function lempelZivComplexity(text: string): number {
  const n = text.length;
  if (n === 0) throw new RangeError('an empty string has no complexity');
  if (text === text[0]!.repeat(n)) return Math.log2(n);
  const reversed = [...text].reverse().join('');
  return (Math.log2(n) * (lempelZivWords(text) + lempelZivWords(reversed))) / 2;
}

export interface BooleanNetsOptions {
  /** Boolean inputs; 7 when left out, which gives strings of 128 bits. */
  readonly inputs?: number;
  /** Widths of the hidden ReLU layers; 40 and 40 when left out. */
  readonly widths?: readonly number[];
  /** Nets that are drawn. */
  readonly nets: number;
  /** σ_w² and σ_b² of the weights, over the width; 1 and 1 when left out. */
  readonly weightVariance?: number;
  readonly biasVariance?: number;
  readonly seed?: number;
}

export interface BooleanFunction {
  /** Outputs on all inputs, counted up in binary. */
  readonly bits: string;
  readonly complexity: number;
  /** How many of the nets compute it. */
  readonly count: number;
}

/** Nets in one product. */
const BATCH = 500;

/** Functions that random nets compute, the most frequent first. */
export async function booleanNets(options: BooleanNetsOptions): Promise<BooleanFunction[]> {
  const {
    inputs = 7,
    widths = [40, 40],
    nets,
    weightVariance = 1,
    biasVariance = 1,
    seed = 0,
  } = options;
  if (!Number.isInteger(inputs) || inputs < 1 || inputs > 12) {
    throw new RangeError(`${inputs} Boolean inputs: 1 to 12 can be gone through`);
  }
  if (!Number.isInteger(nets) || nets < 1) throw new RangeError(`${nets} nets`);
  const all = 1 << inputs;
  const table = Float32Array.from({ length: all * inputs }, (_, i) => {
    const row = Math.floor(i / inputs);
    return (row >> (inputs - 1 - (i % inputs))) & 1;
  });
  const counts = new Map<string, number>();
  for (let from = 0; from < nets; from += BATCH) {
    const batch = Math.min(BATCH, nets - from);
    const generator = random(seed, 'Boolean nets', from);
    const normal = (count: number, deviation: number) =>
      Float32Array.from({ length: count }, () => deviation * generator.normal());
    const sizes = [inputs, ...widths, 1];
    const outputs = tf.tidy(() => {
      let x: tf.Tensor = tf.tile(tf.tensor3d(table, [1, all, inputs]), [batch, 1, 1]);
      for (let layer = 1; layer < sizes.length; layer++) {
        const [rows, columns] = [sizes[layer - 1]!, sizes[layer]!];
        const kernel = tf.tensor3d(
          normal(batch * rows * columns, Math.sqrt(weightVariance / rows)),
          [batch, rows, columns],
        );
        const bias = tf.tensor3d(normal(batch * columns, Math.sqrt(biasVariance)), [
          batch,
          1,
          columns,
        ]);
        const sums = tf.add(tf.matMul(x as tf.Tensor3D, kernel), bias);
        x = layer === sizes.length - 1 ? sums : tf.relu(sums);
      }
      return tf.greater(x, 0);
    });
    const values = await outputs.data<'bool'>();
    outputs.dispose();
    for (let net = 0; net < batch; net++) {
      const bits = values.subarray(net * all, (net + 1) * all).join('');
      counts.set(bits, (counts.get(bits) ?? 0) + 1);
    }
  }
  return [...counts]
    .map(([bits, count]) => ({ bits, complexity: lempelZivComplexity(bits), count }))
    .sort((a, b) => b.count - a.count || a.complexity - b.complexity || (a.bits < b.bits ? -1 : 1));
}
