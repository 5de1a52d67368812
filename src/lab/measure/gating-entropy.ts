/**
 * Gating entropy: how many different linear maps a ReLU layer uses over a set of images. A gating state σ says which units are
 * on; H = −(1/n) Σᵢ log₂ (1/n) Σⱼ exp(−‖σᵢ − σⱼ‖² / (2λD)), D the number of units (J. Ren et al., "Towards theoretical analysis of
 * transformation complexity of ReLU DNNs", ICML 2022; λ = 0.01 for vectors and 0.04 for maps as in its experiments).
 *
 * It cannot exceed log₂ n: readings near that say only that all patterns differ. The value is that of all ReLU layers together.
 */
import { jackknifeHalfWidth } from '../stats/index.js';
import { forward } from '../nets/forward.js';
import { tf } from '../tensor/index.js';
import { imageBatch } from './images.js';
import { needImages } from './logits.js';
import type { Measure, Reading, Subject, Value } from './measure.js';
import { layerReading, reading } from './reading.js';

type Options = { images: number; vectorWidth: number; mapWidth: number; level: number };

/** Images in one pass. */
const BATCH = 64;

export const gatingEntropy: Measure<Options> = {
  name: 'gating-entropy',
  version: 1,
  title: 'Gating entropy',
  question: 'How many different linear maps does the net use over the images?',
  unit: 'bits',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['activations'],
  reference: 'ren2022',
  defaults: { images: 500, vectorWidth: 0.01, mapWidth: 0.04, level: 0.95 },
  options: {
    images: {
      about: 'Most held-out images that are used; the ceiling is their log₂.',
      low: 2,
      integer: true,
    },
    vectorWidth: { about: 'Kernel width λ for layers of single numbers.', low: 1e-9 },
    mapWidth: { about: 'Kernel width λ for layers of feature maps.', low: 1e-9 },
    level: { about: 'Level of the jackknife interval over images.', low: 0.5, high: 0.9999 },
  },
  refuses: ({ graph }) =>
    graph.nodes.some(({ op }) => op === 'relu') ? null : 'the net has no ReLU, so nothing is gated',
  async read(subject, options) {
    needImages('gating-entropy', subject.test, 'held-out', 2);
    const images = Math.min(options.images, subject.test.shape[0]);
    const gates = await gatesOf(subject, images);
    const ceiling = Math.log2(images);
    const layers: Reading['layers'][number][] = [];
    const exponents = new Float64Array(images * images);
    const notes: string[] = [];
    let units = 0;
    let open = 0;
    for (const { layer, bits, map } of gates) {
      const size = bits.length / images;
      const differing = hammingDistances(bits, size);
      const width = map ? options.mapWidth : options.vectorWidth;
      const of = kernelEntropy(
        differing.map((count) => count / (2 * width * size)),
        images,
        options.level,
      );
      layers.push(layerReading(subject, layer, of, ceiling));
      // All layers together: each bit counts as its layer's width says.
      for (let i = 0; i < exponents.length; i++) exponents[i]! += differing[i]! / (2 * width);
      units += size;
      const on = bits.reduce((sum, bit) => sum + bit, 0);
      open += on;
      if (on === 0) notes.push(`${layer}: no unit is ever on`);
    }
    const all = kernelEntropy(
      exponents.map((each) => each / units),
      images,
      options.level,
    );
    return reading(gatingEntropy, options, {
      ...all,
      saturation: ceiling,
      layers,
      extra: { images, units, ceiling, shareOn: open / (units * images) },
      notes,
    });
  },
};

/** Which ReLU units are on for each image, layer by layer, `images × units` of 0 and 1. */
async function gatesOf(
  subject: Subject,
  images: number,
): Promise<{ layer: string; bits: Uint8Array; map: boolean }[]> {
  const { graph, test } = subject;
  const nodes = graph.nodes.filter(({ op }) => op === 'relu');
  const gates = nodes.map(({ name, shape }) => ({
    layer: name,
    bits: new Uint8Array(images * shape.reduce((product, axis) => product * axis, 1)),
    map: shape.length > 1,
  }));
  const keep = nodes.map(({ name }) => name);
  for (let from = 0; from < images; from += BATCH) {
    const to = Math.min(from + BATCH, images);
    const found = tf.tidy(() => {
      const x = imageBatch(test, from, to, graph.input);
      const { kept } = forward(graph, x, { keep });
      return keep.map((name) => tf.greater(kept.get(name)!, 0));
    });
    for (const [index, tensor] of found.entries()) {
      const { bits } = gates[index]!;
      bits.set(await tensor.data<'bool'>(), (bits.length / images) * from);
    }
    tf.dispose(found);
  }
  return gates;
}

/** Number of differing bits between all pairs of rows, `rows × rows`. */
export function hammingDistances(bits: Uint8Array, width: number): Float64Array {
  const rows = bits.length / width;
  // Counts up to 2²⁴ are exact in single precision.
  const common = tf.tidy(() => {
    const matrix = tf.tensor2d(Float32Array.from(bits), [rows, width]);
    return tf.matMul(matrix, matrix, false, true);
  });
  const both = common.dataSync<'float32'>();
  common.dispose();
  const distances = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      distances[i * rows + j] = both[i * rows + i]! + both[j * rows + j]! - 2 * both[i * rows + j]!;
    }
  }
  return distances;
}

/**
 * Entropy in bits of n patterns under the kernel exp(−exponent), with a jackknife interval over patterns.
 *
 * @param exponents `n × n`, 0 on the diagonal.
 */
export function kernelEntropy(exponents: Float64Array, n: number, level: number): Value {
  const kernel = exponents.map((each) => Math.exp(-each));
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sums[i]! += kernel[i * n + j]!;
  let value = 0;
  for (let i = 0; i < n; i++) value -= Math.log2(sums[i]! / n) / n;
  value = Math.max(0, value);
  if (n < 3) return { value, interval: null };
  const without = new Float64Array(n);
  for (let left = 0; left < n; left++) {
    for (let i = 0; i < n; i++) {
      if (i === left) continue;
      without[left]! -= Math.log2((sums[i]! - kernel[i * n + left]!) / (n - 1)) / (n - 1);
    }
  }
  const half = jackknifeHalfWidth(without, level);
  return {
    value,
    interval: {
      low: Math.max(0, value - half),
      high: Math.min(Math.log2(n), value + half),
      level,
      method: `jackknife over images, n = ${n}`,
    },
  };
}
