// What measures of dimension share: a number from the spectrum of each layer, a dead layer stated as 0, the last hidden layer
// as the reading's value.
import { needImages } from './logits.js';
import type { Measure, Reading, Subject, Value } from './measure.js';
import { layerReading, reading } from './reading.js';
import { type Scatter, scatterOf } from './spectrum.js';

/** Value of a layer, and the most that so many images could have given. */
export interface Dimensions {
  readonly value: Value;
  readonly saturation: number;
}

/**
 * Reads `dimensionsOf` on the activations of every layer on the first `options.images` held-out images (or as many as there
 * are). @throws ProbeImagesError below 3 images.
 */
export async function dimensionsByLayer<Options extends { readonly images: number }>(
  measure: Measure<Options>,
  subject: Subject,
  options: Options,
  dimensionsOf: (scatter: Scatter) => Dimensions,
): Promise<Reading> {
  needImages(measure.name, subject.test, 'held-out', 3);
  const images = Math.min(options.images, subject.test.shape[0]);
  const notes: string[] = [];
  const layers: Reading['layers'][number][] = [];
  for (const layer of subject.layers) {
    const { data } = await subject.activations(layer, 'test', images);
    const scatter = scatterOf(data, images);
    if (scatter === null) {
      notes.push(`${layer}: all images give the same activations, 0 dimensions`);
      layers.push(layerReading(subject, layer, { value: 0, interval: null }));
      continue;
    }
    const { value, saturation } = dimensionsOf(scatter);
    layers.push(layerReading(subject, layer, value, saturation));
  }
  const hidden = layers.at(-2)!;
  return reading(measure, options, {
    value: hidden.value,
    interval: hidden.interval,
    saturation: hidden.saturation,
    layers,
    extra: { layer: hidden.layer, images },
    notes,
  });
}
