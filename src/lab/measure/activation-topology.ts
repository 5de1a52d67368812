/**
 * Topology of activations by layer: components and loops of the cloud that the images form in each layer, by persistent homology
 * (G. Naitzat, A. Zhitnikov and L.-H. Lim, "Topology of deep neural networks", JMLR 2020, who find that layers simplify it).
 *
 * Lengths are in units of the median distance between two images in that layer, so that layers of different scale compare. The
 * value is the total length of the loops at the last hidden layer; `extra.byLayer` has components and the longest loop too.
 */
import { quantile } from '../stats/index.js';
import { needImages } from './logits.js';
import type { Measure, Reading } from './measure.js';
import { layerReading, reading } from './reading.js';
import { pairwiseDistances, vietorisRips } from './topology/index.js';

type Options = { images: number; features: number };

export const activationTopology: Measure<Options> = {
  name: 'activation-topology',
  version: 1,
  title: 'Topology of activations',
  question:
    'How many loops does the cloud of images have in each layer, and how long do they last?',
  unit: 'total length of loops over the median distance',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['activations'],
  reference: 'naitzat2020',
  defaults: { images: 150, features: 1024 },
  options: {
    images: {
      about:
        'Most held-out images that are used; the longest loops need some, and time grows fast.',
      low: 8,
      high: 1000,
      integer: true,
    },
    features: {
      about: 'Most numbers an image; wider layers are pooled over positions first.',
      low: 1,
      integer: true,
    },
  },
  wants: ({ images, features }) => [{ set: 'test', count: images, of: { limit: features } }],
  async read(subject, options) {
    needImages('activation-topology', subject.test, 'held-out', 8);
    const images = Math.min(options.images, subject.test.shape[0]);
    const notes: string[] = [];
    const layers: Reading['layers'][number][] = [];
    const byLayer: Record<string, number | string>[] = [];
    for (const layer of subject.layers) {
      const { data, shape } = await subject.features(layer, 'test', images, options.features);
      const distances = pairwiseDistances(data, shape[1]!);
      const scale = median(distances, images);
      if (scale === 0) {
        notes.push(`${layer}: most images lie at one point, no loops`);
        layers.push(layerReading(subject, layer, { value: 0, interval: null }));
        continue;
      }
      const { components, loops } = vietorisRips(
        distances.map((each) => each / scale),
        images,
      );
      const total = loops.reduce((sum, { birth, death }) => sum + death - birth, 0);
      layers.push(layerReading(subject, layer, { value: total, interval: null }));
      byLayer.push({
        layer,
        loops: loops.length,
        longestLoop: loops.length === 0 ? 0 : loops[0]!.death - loops[0]!.birth,
        componentLength: components.reduce(
          (sum, { death }) => sum + (death < Infinity ? death : 0),
          0,
        ),
      });
    }
    const hidden = layers.at(-2)!;
    return reading(activationTopology, options, {
      value: hidden.value,
      layers,
      extra: { layer: hidden.layer, images, byLayer },
      notes,
    });
  },
};

function median(distances: Float64Array, n: number): number {
  const list: number[] = [];
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) list.push(distances[i * n + j]!);
  return quantile(
    list.sort((a, b) => a - b),
    0.5,
  );
}
