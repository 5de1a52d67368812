/**
 * Activation maximisation: the image that most excites a unit, found by gradient ascent from noise (D. Erhan et al.,
 * "Visualizing higher-layer features of a deep network", 2009), kept natural by decay towards the middle grey, a light blur
 * now and then, and random shifts of a pixel (A. Mordvintsev et al., 2015; J. Yosinski et al., 2015).
 *
 * A unit is a channel, its activation the mean over positions. The value says how far the made image takes the unit beyond
 * the best of the real ones: 1 is as far.
 */
import { forward } from '../nets/forward.js';
import type { Graph } from '../nets/graph.js';
import { meanInterval } from '../stats/index.js';
import { random, tf } from '../tensor/index.js';
import { channelSummary, liveChannels } from './channels.js';
import { needImages } from './logits.js';
import type { Measure, Reading } from './measure.js';
import { layerReading, reading } from './reading.js';
import { imageTile, layersAsked, noPictures, pixelRange, type TileRow } from './tiles.js';
import { upTo } from './up-to.js';

type Options = {
  layers: string[];
  units: number;
  steps: number;
  rate: number;
  decay: number;
  blurEvery: number;
  jitter: number;
  sample: number;
};

export const activationMaximisation: Measure<Options> = {
  name: 'activation-maximisation',
  version: 1,
  title: 'Activation maximisation',
  question: 'What image would a unit like best, and how much better than any real one?',
  unit: 'times the best real image',
  range: [-Infinity, Infinity],
  cost: 'seconds',
  needs: ['gradients', 'activations'],
  reference: 'erhan2009',
  defaults: {
    layers: [],
    units: 6,
    steps: 64,
    rate: 0.05,
    decay: 0.005,
    blurEvery: 8,
    jitter: 1,
    sample: 500,
  },
  options: {
    layers: {
      about:
        'Graph nodes whose units are shown; the first, middle and last hidden layer when empty.',
      items: 'string',
    },
    units: {
      about: 'Most live units of a layer that an image is made for.',
      low: 1,
      high: 256,
      integer: true,
    },
    steps: { about: 'Steps of gradient ascent.', low: 1, high: 100_000, integer: true },
    rate: {
      about: 'Root mean square change of a pixel in a step, as a share of the range of pixels.',
      low: 1e-6,
      high: 1,
    },
    decay: {
      about: 'Share by which a step draws pixels to the middle of their range.',
      low: 0,
      high: 1,
    },
    blurEvery: {
      about: 'Steps from one light blur to the next in the first three quarters; 0 for none.',
      low: 0,
      integer: true,
    },
    jitter: {
      about: 'Most pixels by which the image is shifted in a step.',
      low: 0,
      high: 64,
      integer: true,
    },
    sample: {
      about: 'Most held-out images among which the best real one is looked for.',
      low: 2,
      integer: true,
    },
  },
  refuses: noPictures,
  wants: ({ sample }) => [{ set: 'test', count: sample, of: 'layers' }],
  async read(subject, options) {
    const { test } = subject;
    needImages('activation-maximisation', test, 'held-out', 2);
    const sample = Math.min(options.sample, test.shape[0]);
    const range = pixelRange(subject);
    const [, height, width, channelsIn] = test.shape;
    const size = height * width * channelsIn;
    const rows: TileRow[] = [];
    const layers: Reading['layers'][number][] = [];
    const notes: string[] = [];
    const ratios: number[] = [];
    for (const layer of layersAsked(subject, options.layers)) {
      const activations = await subject.activations(layer, 'test', sample);
      const { channels, mean: real } = channelSummary(activations);
      const live = liveChannels(activations);
      const units = [...live.keys()].filter((c) => live[c]).slice(0, options.units);
      if (units.length === 0) {
        notes.push(`${layer}: all units are dead`);
        continue;
      }
      const made = await ascend(subject.graph, layer, units, test.shape, range, {
        ...options,
        seed: subject.seed,
      });
      rows.push({
        name: layer,
        tiles: units.map((_, k) =>
          imageTile(made.images.subarray(k * size, (k + 1) * size), test.shape, range),
        ),
      });
      const own: number[] = [];
      for (const [k, unit] of units.entries()) {
        let best = -Infinity;
        for (let i = 0; i < sample; i++) best = Math.max(best, real[i * channels + unit]!);
        // Below 0 (a linear layer) "times as much" says nothing.
        if (best > 0) own.push(made.reached[k]! / best);
      }
      if (own.length < units.length) {
        notes.push(`${layer}: ${units.length - own.length} units answer to no real image`);
      }
      if (own.length > 0) layers.push(layerReading(subject, layer, meanInterval(own)));
      ratios.push(...own);
    }
    return reading(activationMaximisation, options, {
      ...(ratios.length > 0 ? meanInterval(ratios) : { value: 0, interval: null }),
      layers,
      extra: { sample, units: ratios.length, rows },
      notes: ratios.length > 0 ? notes : [...notes, 'no unit to compare with real images'],
    });
  },
};

/**
 * Images `units × height × width × channels` that maximise the mean activation of each unit, and what they reach. Each is
 * on its own, though they share the batch. Pixels stay within the range.
 */
export async function ascend(
  graph: Graph,
  layer: string,
  units: readonly number[],
  shape: readonly number[],
  [low, high]: readonly [number, number],
  options: Omit<Options, 'layers' | 'units' | 'sample'> & { readonly seed: number },
): Promise<{ images: Float32Array; reached: number[] }> {
  const { steps, rate, decay, blurEvery, jitter, seed } = options;
  const [, height, width, channels] = shape as [number, number, number, number];
  const size = height * width * channels;
  const span = high > low ? high - low : 1;
  const middle = (low + high) / 2;
  const { shape: output } = graph.nodes.find(({ name }) => name === layer)!;
  const generator = random(seed, 'activation maximisation', layer);
  const images = Float32Array.from(
    { length: units.length * size },
    () => middle + 0.1 * span * generator.normal(),
  );
  clip(images, low, high);
  const shiftRandom = () => generator.integer(2 * jitter + 1) - jitter;
  const positions = output.slice(0, -1);
  const wanted = tf.tidy(() =>
    tf
      .oneHot(tf.tensor1d([...units], 'int32'), output.at(-1)!)
      .toFloat()
      .reshape([units.length, ...positions.map(() => 1), output.at(-1)!]),
  );
  const places = positions.reduce((product, axis) => product * axis, 1);
  const activation = (x: tf.Tensor) => {
    const kept: tf.Tensor = forward(upTo(graph, layer), x).logits;
    return tf.sum(tf.mul(kept, wanted).reshape([units.length, -1]), 1).div(places);
  };
  try {
    for (let step = 0; step < steps; step++) {
      const [dy, dx] = [shiftRandom(), shiftRandom()];
      const moved = shift(images, height, width, channels, dy, dx);
      const gradient = tf.tidy(() => {
        const x = tf.tensor(moved, [units.length, ...graph.input]);
        return tf.grad((input: tf.Tensor) => tf.sum(activation(input)))(x);
      });
      const slopes = shift(await gradient.data<'float32'>(), height, width, channels, -dy, -dx);
      gradient.dispose();
      for (let k = 0; k < units.length; k++) {
        let squares = 0;
        for (let i = k * size; i < (k + 1) * size; i++) squares += slopes[i]! ** 2;
        const scale = squares > 0 ? (rate * span) / Math.sqrt(squares / size) : 0;
        for (let i = k * size; i < (k + 1) * size; i++) {
          images[i] = middle + (images[i]! - middle) * (1 - decay) + scale * slopes[i]!;
        }
      }
      // The last quarter is left to sharpen what the blurs have kept.
      if (blurEvery > 0 && step % blurEvery === blurEvery - 1 && step < 0.75 * steps) {
        blur(images, height, width, channels);
      }
      clip(images, low, high);
    }
    const reached = tf.tidy(() => activation(tf.tensor(images, [units.length, ...graph.input])));
    const values = [...(await reached.data<'float32'>())];
    reached.dispose();
    return { images, reached: values };
  } finally {
    wanted.dispose();
  }
}

function clip(values: Float32Array, low: number, high: number): void {
  for (let i = 0; i < values.length; i++) values[i] = Math.min(high, Math.max(low, values[i]!));
}

/** Images moved down and right, around the edges. */
function shift(
  images: Float32Array,
  height: number,
  width: number,
  channels: number,
  down: number,
  right: number,
): Float32Array {
  if (down === 0 && right === 0) return images.slice();
  const moved = new Float32Array(images.length);
  const size = height * width * channels;
  const wrap = (at: number, length: number) => ((at % length) + length) % length;
  for (let from = 0; from < images.length; from += size) {
    for (let y = 0; y < height; y++) {
      const row = from + wrap(y + down, height) * width * channels;
      for (let x = 0; x < width; x++) {
        const to = row + wrap(x + right, width) * channels;
        const at = from + (y * width + x) * channels;
        for (let c = 0; c < channels; c++) moved[to + c] = images[at + c]!;
      }
    }
  }
  return moved;
}

/** Binomial 3-tap blur (¼ ½ ¼) down and across, in place; edges repeat. */
function blur(images: Float32Array, height: number, width: number, channels: number): void {
  const size = height * width * channels;
  for (const [stride, length] of [
    [width * channels, height],
    [channels, width],
  ] as const) {
    const before = images.slice();
    for (let i = 0; i < images.length; i++) {
      const place = Math.floor((i % size) / stride) % length;
      const back = place > 0 ? before[i - stride]! : before[i]!;
      const ahead = place < length - 1 ? before[i + stride]! : before[i]!;
      images[i] = 0.25 * back + 0.5 * before[i]! + 0.25 * ahead;
    }
  }
}
