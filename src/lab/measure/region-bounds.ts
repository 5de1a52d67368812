/**
 * Bounds on the regions of an architecture: the most linear regions that nets of this shape could have, as powers of ten. Beside
 * the regions that are met on real segments they show how little of it is used. Formulas and sources: bounds.ts.
 *
 * Upper: every layer cuts each region, an affine image of at most n₀ dimensions (n₀ inputs), into at most Σ_{j ≤ d} C(units, j); d is
 * the smallest layer so far where the net is a chain (Montúfar 2017), and n₀ where shortcuts go round layers. Lower, for chains of
 * convolutions without padding or strides of the same number of inputs at least: Xiong et al. 2020, theorem 5, in which each layer
 * folds its input ⌊d_l/d₀⌋ times.
 */
import type { Graph } from '../nets/graph.js';
import { sizeOf } from '../nets/index.js';
import { chooseUpTo, log10 } from './bounds.js';
import type { Measure } from './measure.js';
import { layerReading, reading } from './reading.js';

type Options = Record<string, never>;

export const regionBounds: Measure<Options> = {
  name: 'region-bounds',
  version: 1,
  title: 'Upper bound on linear regions',
  question: 'Of how many linear regions could a net of this shape consist at most?',
  unit: 'powers of ten',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['weights'],
  reference: 'montufar2017',
  defaults: {},
  options: {},
  refuses({ graph }) {
    const pool = graph.nodes.find(({ op }) => op === 'maxPool');
    return pool ? `${pool.name} is a max pooling, whose pieces the bound does not count` : null;
  },
  async read(subject, options) {
    const { graph } = subject;
    const inputs = sizeOf(graph.input);
    const chain = graph.nodes.every(({ op }) => op !== 'add');
    let least = inputs;
    let total = 0;
    const layers: Parameters<typeof layerReading>[] = [];
    let neurons = 0;
    for (const node of graph.nodes) {
      const size = sizeOf(node.shape);
      if (node.op !== 'relu') {
        // Whatever lies between cannot raise the dimension again.
        if (chain && node.op !== 'input') least = Math.min(least, size);
        continue;
      }
      neurons += size;
      total += log10(chooseUpTo(size, least));
      layers.push([subject, node.name, { value: total, interval: null }]);
    }
    return reading(regionBounds, options, {
      value: total,
      layers: layers.map((each) => layerReading(...each)),
      extra: {
        inputs,
        neurons,
        chain,
        /** Patterns of so many units, whether or not any input shows them. */
        patterns: neurons * Math.log10(2),
        lower: lowerOf(graph),
      },
      notes: neurons === 0 ? ['the net has no ReLU: it is one region'] : [],
    });
  },
};

/** log₁₀ of Xiong's lower bound; null where its conditions do not hold. */
function lowerOf({ nodes, input }: Graph): number | null {
  const channels = input[2];
  if (channels === undefined) return null;
  let total = 0;
  const convolutions = nodes.flatMap((node) => (node.op === 'conv2d' ? [node] : []));
  for (const [index, node] of convolutions.entries()) {
    const plain = node.strides.every((stride) => stride === 1) && node.padding === 'valid';
    if (!plain || nodes.some(({ op }) => op === 'add' || op === 'averagePool')) return null;
    const [height, width, filters] = node.shape as [number, number, number];
    if (filters < channels) return null;
    // The last layer counts at least its hyperplanes at one position, which is below its own number of regions.
    total +=
      index === convolutions.length - 1
        ? log10(chooseUpTo(filters, channels))
        : height * width * channels * Math.log10(Math.floor(filters / channels));
  }
  return convolutions.length === 0 ? null : total;
}
