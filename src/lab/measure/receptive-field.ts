/**
 * Receptive fields by layer: the theoretical one, the pixels that could matter to the middle unit, and the effective one, the pixels
 * that do (W. Luo et al., "Understanding the effective receptive field in deep convolutional neural networks", NIPS 2016).
 *
 * The effective field is the mean over images of |∂y/∂x|, y the sum of the middle unit's channels with random signs. Its size is the
 * root of the number of pixels above 4.55 % of the peak, and σ is its standard deviation along an axis, the mean of both. A stack of L
 * convolutions of 3 × 3 with equal weights has σ = √(2L/3), so the effective field grows as √L and the theoretical one as L.
 *
 * The images end at their borders: `saturation` is what the theoretical field could see of them.
 */
import { forward } from '../nets/forward.js';
import type { Graph } from '../nets/graph.js';
import { meanInterval } from '../stats/index.js';
import { random, tf } from '../tensor/index.js';
import { imageBatch } from './images.js';
import { needImages } from './logits.js';
import type { Measure, Reading, Subject } from './measure.js';
import { layerReading, reading } from './reading.js';
import { upTo } from './up-to.js';

type Options = { images: number; threshold: number; level: number };

/** Images in one backward pass. */
const BATCH = 16;
/** Parts of the images whose sizes give the interval. */
const PARTS = 4;

export const receptiveField: Measure<Options> = {
  name: 'receptive-field',
  version: 1,
  title: 'Effective receptive field',
  question: 'How much of the image does a unit in the middle really depend on, layer by layer?',
  unit: 'pixels across',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['gradients'],
  reference: 'luo2016',
  defaults: { images: 64, threshold: 0.0455, level: 0.95 },
  options: {
    images: { about: 'Most held-out images that are used.', low: PARTS, integer: true },
    threshold: {
      about: 'Share of the peak above which a pixel counts; 1 − 95.45 % in the paper.',
      low: 1e-6,
      high: 1,
    },
    level: {
      about: 'Level of the t interval over four parts of the images.',
      low: 0.5,
      high: 0.9999,
    },
  },
  refuses: ({ graph, layers }) =>
    maps(graph, layers).length > 0 ? null : 'the net has no feature maps',
  async read(subject, options) {
    needImages('receptive-field', subject.test, 'held-out', PARTS);
    const images = Math.min(options.images, subject.test.shape[0]);
    const theory = theoreticalFields(subject.graph);
    const [height, width] = subject.graph.input as [number, number];
    const layers: Reading['layers'][number][] = [];
    const byLayer: Record<string, unknown>[] = [];
    const notes: string[] = [];
    for (const layer of maps(subject.graph, subject.layers)) {
      const parts = await gradientMaps(subject, layer, images);
      const whole = parts[0]!.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0) / PARTS);
      const field = theory.get(layer)!;
      const seen = Math.sqrt(Math.min(field[0], height) * Math.min(field[1], width));
      if (Math.max(...whole) === 0) {
        notes.push(`${layer}: the middle unit answers to no pixel`);
        layers.push(layerReading(subject, layer, { value: 0, interval: null }, seen));
        continue;
      }
      const spread = meanInterval(
        parts.map((part) => across(part, options.threshold)),
        { level: options.level },
      ).interval;
      const value = across(whole, options.threshold);
      const half = spread === null ? 0 : (spread.high - spread.low) / 2;
      layers.push(
        layerReading(
          subject,
          layer,
          {
            value,
            interval: spread && {
              ...spread,
              low: Math.max(0, value - half),
              high: value + half,
              method: `Student t over ${PARTS} parts of ${images} images`,
            },
          },
          seen,
        ),
      );
      byLayer.push({
        layer,
        theoretical: field,
        sigma: sigmaOf(whole, height, width),
        shareOfTheoretical: value / seen,
        map: Array.from(whole, (each) => each / Math.max(...whole)),
      });
    }
    const last = layers.at(-1)!;
    return reading(receptiveField, options, {
      value: last.value,
      interval: last.interval,
      saturation: last.saturation,
      layers,
      extra: { layer: last.layer, images, size: [height, width], byLayer },
      notes,
    });
  },
};

/** Layers that are feature maps, the input left out. */
function maps({ nodes }: Graph, layers: readonly string[]): string[] {
  const shapes = new Map(nodes.map(({ name, shape }) => [name, shape]));
  return layers.filter((layer) => layer !== nodes[0]!.name && shapes.get(layer)!.length === 3);
}

/** Height and width of the input that a unit of each node can see, borders left out of account. */
export function theoreticalFields({ nodes }: Graph): Map<string, [number, number]> {
  const fields: { size: [number, number]; jump: [number, number] }[] = [];
  for (const node of nodes) {
    const from = node.inputs.map((input) => fields[input]!);
    const [first] = from;
    if (first === undefined) {
      fields.push({ size: [1, 1], jump: [1, 1] });
      continue;
    }
    const window =
      node.op === 'conv2d'
        ? (node.kernel.shape as number[])
        : node.op === 'maxPool' || node.op === 'averagePool'
          ? node.poolSize
          : [1, 1];
    const strides = 'strides' in node ? node.strides : [1, 1];
    const axis = (of: 0 | 1) => ({
      size: Math.max(...from.map(({ size }) => size[of])) + (window[of]! - 1) * first.jump[of],
      jump: first.jump[of] * strides[of]!,
    });
    const [rows, columns] = [axis(0), axis(1)];
    fields.push({ size: [rows.size, columns.size], jump: [rows.jump, columns.jump] });
  }
  return new Map(nodes.map(({ name }, i) => [name, fields[i]!.size]));
}

/** Mean |∂y/∂x| over each quarter of the images and the channels of the input, `height × width`. */
async function gradientMaps(
  { graph, test, seed }: Subject,
  layer: string,
  images: number,
): Promise<Float64Array[]> {
  const [height, width, channels] = graph.input as [number, number, number];
  const [rows, columns, outputs] = graph.nodes.find(({ name }) => name === layer)!.shape as [
    number,
    number,
    number,
  ];
  const parts = Array.from({ length: PARTS }, () => new Float64Array(height * width));
  const counts = parts.map(() => 0);
  for (let from = 0; from < images; from += BATCH) {
    const to = Math.min(from + BATCH, images);
    const count = to - from;
    const generator = random(seed, 'signs of channels', layer, from);
    const signs = Float32Array.from({ length: count * outputs }, () =>
      generator.next() < 0.5 ? -1 : 1,
    );
    const found = tf.tidy(() => {
      const x = imageBatch(test, from, to, graph.input);
      const weights = tf.tensor(signs, [count, 1, 1, outputs]);
      const gradient = tf.grad((input: tf.Tensor) => {
        const maps: tf.Tensor = forward(upTo(graph, layer), input).logits;
        const middle = tf.slice(maps, [0, rows >> 1, columns >> 1, 0], [count, 1, 1, outputs]);
        return tf.sum(tf.mul(middle, weights));
      })(x);
      return tf.mean(tf.abs(gradient).reshape([count, height * width, channels]), 2);
    });
    const values = await found.data<'float32'>();
    found.dispose();
    for (let i = 0; i < count; i++) {
      const part = (from + i) % PARTS;
      counts[part]! += 1;
      for (let k = 0; k < height * width; k++) parts[part]![k]! += values[i * height * width + k]!;
    }
  }
  return parts.map((part, p) => part.map((each) => each / counts[p]!));
}

/** Root of the number of pixels above the threshold. */
export function across(map: Float64Array, threshold: number): number {
  const peak = map.reduce((most, each) => Math.max(most, each), 0);
  if (peak === 0) return 0;
  return Math.sqrt(map.reduce((sum, each) => sum + (each > threshold * peak ? 1 : 0), 0));
}

/** Standard deviation of the map along an axis, the root of the mean of both variances. */
export function sigmaOf(map: Float64Array, height: number, width: number): number {
  let total = 0;
  const first = [0, 0];
  const second = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const weight = map[y * width + x]!;
      total += weight;
      for (const [axis, place] of [y, x].entries()) {
        first[axis]! += weight * place;
        second[axis]! += weight * place * place;
      }
    }
  }
  const variance = (axis: 0 | 1) => second[axis]! / total - (first[axis]! / total) ** 2;
  return Math.sqrt((variance(0) + variance(1)) / 2);
}
