/**
 * Intrinsic dimension: on how many numbers the activations of a layer depend locally, whatever the curved shape that they lie
 * on.
 *
 * `two nearest neighbours` (E. Facco et al., "Estimating the intrinsic dimension of datasets by a minimal neighborhood
 * information", Scientific Reports 7, 2017; on the layers of deep nets: A. Ansuini et al., NeurIPS 2019): on a locally even
 * d-dimensional set the ratio μ = r₂/r₁ of a point's two nearest distances has P(μ > x) = x⁻ᵈ, so −log(1 − F(μ)) against log μ
 * is a line of slope d through the origin; the largest ratios are left out.
 * `maximum likelihood` (E. Levina and P. Bickel, NIPS 2004, averaged as D. MacKay and Z. Ghahramani proposed in 2005): the
 * inverse of the mean over points of (1/(k−1)) Σⱼ log(Tₖ/Tⱼ), Tⱼ the distance to the j-th neighbour.
 *
 * Both read too little in high dimension, the more so the fewer the images: a cube of 10 dimensions reads about 9 with 2,000
 * points. The value at half and a quarter of the images is given beside it.
 */
import { bootstrapInterval } from '../stats/index.js';
import { needImages } from './logits.js';
import type { Measure, Reading, Value } from './measure.js';
import { nearestNeighbours } from './neighbours.js';
import { layerReading, reading } from './reading.js';

type Options = {
  estimator: 'two nearest neighbours' | 'maximum likelihood';
  images: number;
  keep: number;
  neighbours: number;
  level: number;
};

const RESAMPLES = 200;
/** Fewer distinct images say nothing of a dimension. */
const LEAST = 20;

export const intrinsicDimension: Measure<Options> = {
  name: 'intrinsic-dimension',
  version: 1,
  title: 'Intrinsic dimension',
  question: 'On how many numbers does what a layer computes depend, locally?',
  unit: 'dimensions',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['activations'],
  reference: 'facco2017',
  defaults: {
    estimator: 'two nearest neighbours',
    images: 1000,
    keep: 0.9,
    neighbours: 20,
    level: 0.95,
  },
  options: {
    estimator: {
      about: 'From the ratio of the two nearest distances, or from the distances to k neighbours.',
      choices: ['two nearest neighbours', 'maximum likelihood'],
    },
    images: { about: 'Most held-out images that are used.', low: LEAST, integer: true },
    keep: {
      about: 'Share of the smallest ratios that the line is fitted to (two nearest neighbours).',
      low: 0.1,
      high: 1,
    },
    neighbours: {
      about: 'Neighbours k of each image (maximum likelihood).',
      low: 3,
      high: 100,
      integer: true,
    },
    level: { about: 'Level of the bootstrap interval over images.', low: 0.5, high: 0.9999 },
  },
  wants: ({ images }) => [{ set: 'test', count: images, of: 'layers' }],
  async read(subject, options) {
    needImages('intrinsic-dimension', subject.test, 'held-out', LEAST);
    const images = Math.min(options.images, subject.test.shape[0]);
    const notes: string[] = [];
    const layers: Reading['layers'][number][] = [];
    const bySize: { layer: string; images: number; value: number }[] = [];
    for (const layer of subject.layers) {
      const { data } = await subject.activations(layer, 'test', images);
      const width = data.length / images;
      const whole = await dimensionOf(data, width, options, subject.seed);
      if (whole === null) {
        notes.push(`${layer}: fewer than ${LEAST} images differ in it, 0 dimensions`);
        layers.push(layerReading(subject, layer, { value: 0, interval: null }));
        continue;
      }
      if (whole.distinct < images) {
        notes.push(`${layer}: ${images - whole.distinct} images repeat others and are left out`);
      }
      layers.push(layerReading(subject, layer, whole));
      for (const share of [4, 2]) {
        const some = Math.floor(images / share);
        const part = await dimensionOf(data.subarray(0, some * width), width, options, null);
        if (part !== null) bySize.push({ layer, images: some, value: part.value });
      }
      bySize.push({ layer, images, value: whole.value });
    }
    const hidden = layers.at(-2)!;
    return reading(intrinsicDimension, options, {
      value: hidden.value,
      interval: hidden.interval,
      layers,
      extra: { layer: hidden.layer, images, bySize },
      notes,
    });
  },
};

/**
 * Dimension of rows; null when fewer than 20 of them differ.
 *
 * @param x row-major with `width` columns. @param seed of the bootstrap; null leaves the interval out.
 */
export async function dimensionOf(
  x: Float32Array,
  width: number,
  options: Omit<Options, 'images'>,
  seed: number | null,
): Promise<(Value & { distinct: number }) | null> {
  const rows = distinctRows(x, width);
  const distinct = rows.length / width;
  const twoNearest = options.estimator === 'two nearest neighbours';
  if (distinct < LEAST) return null;
  const k = twoNearest ? 2 : Math.min(options.neighbours, distinct - 1);
  const { distances } = await nearestNeighbours(rows, null, width, k);
  const logs = new Float64Array(distinct);
  for (let i = 0; i < distinct; i++) {
    const last = distances[i * k + k - 1]!;
    for (let j = 0; j < k - 1; j++) logs[i]! += Math.log(last / distances[i * k + j]!) / (k - 1);
  }
  const statistic = twoNearest
    ? (sample: Float64Array) => slope(sample, options.keep)
    : (sample: Float64Array) => sample.length / sample.reduce((sum, each) => sum + each, 0);
  const value = statistic(logs.slice());
  // Equal distances everywhere (a regular lattice) have no ratio to read.
  if (!Number.isFinite(value)) return null;
  if (seed === null) return { value, interval: null, distinct };
  const { low, high } = bootstrapInterval(logs, statistic, {
    level: options.level,
    resamples: RESAMPLES,
    seed,
    corrected: false,
  });
  const method = `percentile bootstrap over images, n = ${distinct}, ${RESAMPLES} resamples`;
  const finite = Number.isFinite(low) && Number.isFinite(high);
  return {
    value,
    interval: finite ? { low, high, level: options.level, method } : null,
    distinct,
  };
}

/** Slope through the origin of −log(1 − i/n) on the i-th smallest log μ of n, over the smallest `keep` of them. */
function slope(logs: Float64Array, keep: number): number {
  const n = logs.length;
  logs.sort();
  let products = 0;
  let squares = 0;
  // The largest of all has F = 1, and no finite logarithm.
  for (let i = 1; i <= Math.min(Math.floor(n * keep), n - 1); i++) {
    const log = logs[i - 1]!;
    products += log * -Math.log1p(-i / n);
    squares += log * log;
  }
  return products / squares;
}

/** Rows without those that repeat an earlier one: a distance of 0 has no ratio. */
function distinctRows(x: Float32Array, width: number): Float32Array {
  const seen = new Set<string>();
  const kept: number[] = [];
  const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  for (let i = 0; i < x.length / width; i++) {
    const key = Buffer.from(bytes.subarray(i * width * 4, (i + 1) * width * 4)).toString('latin1');
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push(i);
  }
  if (kept.length * width === x.length) return x;
  const rows = new Float32Array(kept.length * width);
  for (const [to, from] of kept.entries()) {
    rows.set(x.subarray(from * width, (from + 1) * width), to * width);
  }
  return rows;
}
