/**
 * Feature maps by layer for given images, and the share of channels that are dead: the same for every image and position
 * (M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014).
 */
import { channelSummary, liveChannels } from './channels.js';
import { needImages } from './logits.js';
import type { Measure, Reading } from './measure.js';
import { layerReading, reading } from './reading.js';
import { hasPictures, imageTile, mapTile, pixelRange, type TileRow } from './tiles.js';

type Options = { images: number[]; channels: number; sample: number };

export const featureMaps: Measure<Options> = {
  name: 'feature-maps',
  version: 1,
  title: 'Feature maps and dead channels',
  question:
    'What does each layer make of an image, and how many of its channels make nothing of any?',
  unit: 'share of channels',
  range: [0, 1],
  cost: 'seconds',
  needs: ['activations'],
  reference: 'zeiler2014',
  defaults: { images: [0], channels: 8, sample: 200 },
  options: {
    images: { about: 'Indices of the held-out images that are shown.', low: 0, integer: true },
    channels: {
      about: 'Most channels of a layer that are shown: those that answer most strongly on average.',
      low: 1,
      high: 1024,
      integer: true,
    },
    sample: {
      about: 'Held-out images among which a live channel must change.',
      low: 2,
      integer: true,
    },
  },
  refuses({ test }, { images }) {
    const outside = images.find((index) => index >= test.shape[0]);
    return outside === undefined
      ? null
      : `image ${outside} is asked for, the held-out images are 0 … ${test.shape[0] - 1}`;
  },
  wants: ({ sample }) => [{ set: 'test', count: sample, of: 'layers' }],
  async read(subject, options) {
    const { test, graph } = subject;
    needImages('feature-maps', test, 'held-out', 2);
    const sample = Math.min(options.sample, test.shape[0]);
    const needed = Math.max(sample, ...options.images.map((index) => index + 1));
    const shapes = new Map(graph.nodes.map(({ name, shape }) => [name, shape]));
    const rows: TileRow[] = [];
    if (hasPictures(subject) && options.images.length > 0) {
      const range = pixelRange(subject);
      const size = test.images.length / test.shape[0];
      const tiles = options.images.map((index) =>
        imageTile(test.images.subarray(index * size, (index + 1) * size), test.shape, range),
      );
      rows.push({ name: 'image', tiles });
    }
    const layers: Reading['layers'][number][] = [];
    const notes: string[] = [];
    let dead = 0;
    let all = 0;
    for (const layer of subject.layers.slice(1, -1)) {
      const shape = shapes.get(layer)!;
      const { data } = await subject.activations(layer, 'test', needed);
      const size = data.length / needed;
      const sampled = { data: data.subarray(0, sample * size), shape: [sample, ...shape] };
      const live = liveChannels(sampled);
      const off = live.filter((each) => !each).length;
      dead += off;
      all += live.length;
      layers.push(layerReading(subject, layer, { value: off / live.length, interval: null }, 1));
      if (off === live.length) notes.push(`${layer}: all ${off} channels are dead`);
      if (shape.length !== 3) continue;
      const { mean, channels } = channelSummary(sampled);
      const strength = Array.from({ length: channels }, (_, c) => {
        let sum = 0;
        for (let i = 0; i < sample; i++) sum += mean[i * channels + c]!;
        return live[c] ? sum : -Infinity;
      });
      const shown = [...strength.keys()]
        .sort((a, b) => strength[b]! - strength[a]! || a - b)
        .slice(0, options.channels)
        .sort((a, b) => a - b);
      const tiles = options.images.flatMap((image) =>
        shown.map((channel) => mapTile(data, shape, image, channel)),
      );
      rows.push({ name: layer, tiles });
    }
    return reading(featureMaps, options, {
      value: all === 0 ? 0 : dead / all,
      saturation: 1,
      layers,
      extra: { dead, channels: all, sample, rows },
      notes,
    });
  },
};
