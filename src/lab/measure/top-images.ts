/**
 * Images that most excite a unit (R. Girshick et al., "Rich feature hierarchies …", CVPR 2014), and how much these images are
 * of one class. A unit is a channel, its activation the largest over positions. Units are shown in their order, not chosen by
 * their looks.
 */
import { mean, meanInterval } from '../stats/index.js';
import { random } from '../tensor/index.js';
import { channelSummary } from './channels.js';
import { needImages } from './logits.js';
import type { Measure, Reading } from './measure.js';
import { layerReading, reading } from './reading.js';
import { imageTile, layersAsked, noPictures, pixelRange, type TileRow } from './tiles.js';

type Options = { layers: string[]; units: number; images: number; sample: number };

export const topImages: Measure<Options> = {
  name: 'top-images',
  version: 1,
  title: 'Images that most excite a unit',
  question: 'What do the images that a unit answers to most strongly have in common?',
  unit: 'share of one class',
  range: [0, 1],
  cost: 'seconds',
  needs: ['activations', 'labels'],
  reference: 'girshick2014',
  defaults: { layers: [], units: 6, images: 8, sample: 1000 },
  options: {
    layers: {
      about:
        'Graph nodes whose units are shown; the first, middle and last hidden layer when empty.',
      items: 'string',
    },
    units: { about: 'Most units of a layer that are shown.', low: 1, integer: true },
    images: {
      about: 'Images that a unit is judged by and shown with.',
      low: 2,
      high: 100,
      integer: true,
    },
    sample: { about: 'Most held-out images that are looked through.', low: 10, integer: true },
  },
  refuses: noPictures,
  wants: ({ sample }) => [{ set: 'test', count: sample, of: 'layers' }],
  async read(subject, options) {
    const { test } = subject;
    needImages('top-images', test, 'held-out', 2 * options.images);
    const sample = Math.min(options.sample, test.shape[0]);
    const size = test.images.length / test.shape[0];
    const range = pixelRange(subject);
    const shown = layersAsked(subject, options.layers);
    const rows: TileRow[] = [];
    const layers: Reading['layers'][number][] = [];
    const notes: string[] = [];
    for (const layer of new Set([...subject.layers.slice(1, -1), ...shown])) {
      const { channels, largest } = channelSummary(
        await subject.activations(layer, 'test', sample),
      );
      const purities: number[] = [];
      let drawn = 0;
      for (let c = 0; c < channels; c++) {
        const activation = (image: number) => largest[image * channels + c]!;
        const order = Array.from({ length: sample }, (_, image) => image).sort(
          (a, b) => activation(b) - activation(a) || a - b,
        );
        const best = order.slice(0, options.images);
        // A unit whose best images are no better than the next one prefers nothing.
        if (!(activation(best.at(-1)!) > activation(order.at(-1)!))) continue;
        purities.push(purity(best.map((image) => test.labels[image]!)));
        if (!shown.includes(layer) || drawn >= options.units) continue;
        drawn++;
        rows.push({
          name: `${layer} · ${c}`,
          tiles: best.map((image) =>
            imageTile(test.images.subarray(image * size, (image + 1) * size), test.shape, range),
          ),
        });
      }
      if (purities.length < channels) {
        notes.push(`${layer}: ${channels - purities.length} of ${channels} units prefer no image`);
      }
      if (purities.length > 0) layers.push(layerReading(subject, layer, meanInterval(purities), 1));
    }
    const chance = chancePurity(test.labels.subarray(0, sample), options.images, subject.seed);
    const last = layers.at(-1) ?? { value: 0, interval: null, layer: null };
    return reading(topImages, options, {
      value: last.value,
      interval: last.interval,
      saturation: 1,
      layers,
      extra: { layer: last.layer, sample, chance, rows },
      notes: layers.length === 0 ? [...notes, 'no unit prefers any image'] : notes,
    });
  },
};

/** Share of the most frequent label. */
function purity(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / labels.length;
}

/** Mean purity of as many images drawn at random, from 500 draws. */
function chancePurity(labels: Int32Array, images: number, seed: number): number {
  const generator = random(seed, 'chance purity');
  return mean(
    Array.from({ length: 500 }, () =>
      purity([...generator.permutation(labels.length).subarray(0, images)].map((i) => labels[i]!)),
    ),
  );
}
