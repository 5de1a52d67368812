/**
 * Topology of filters: whether the 3 × 3 filters of a net lie on a loop (R. B. Gabrielsson and G. Carlsson, "Exposition and
 * interpretation of the topology of neural networks", ICMLA 2019). Every 3 × 3 slice of a kernel is a point in R⁹, less its mean and
 * scaled to unit length; only the densest points are kept (nearest by their k-th neighbour). Filters that are edges of all
 * orientations form a circle: one long bar in dimension 1.
 *
 * The value is the length of the longest bar. A circle of unit radius gives √3 at most; as many random directions give
 * `extra.chance`, which is not 0.
 */
import { random } from '../tensor/index.js';
import type { Measure, Reading, Subject } from './measure.js';
import { layerReading, reading } from './reading.js';
import { pairwiseDistances, vietorisRips } from './topology/index.js';

type Options = { sample: number; share: number; neighbours: number; points: number; draws: number };

/** Fewer points have no loop worth the name. */
const LEAST = 8;

export const filterTopology: Measure<Options> = {
  name: 'filter-topology',
  version: 2,
  title: 'Topology of filters',
  question: 'Do the 3 × 3 filters lie on a loop, as edges of all orientations would?',
  unit: 'length of the longest loop',
  range: [0, 2],
  cost: 'seconds',
  needs: ['weights'],
  reference: 'gabrielsson2019',
  defaults: { sample: 1000, share: 0.3, neighbours: 15, points: 300, draws: 5 },
  options: {
    sample: {
      about:
        'Most filters that are looked at, drawn at random where there are more: time grows with their square.',
      low: LEAST,
      high: 10_000,
      integer: true,
    },
    share: { about: 'Share of the filters that is kept, the densest first.', low: 0.01, high: 1 },
    neighbours: {
      about: 'The neighbour whose distance says how dense it is around a filter.',
      low: 1,
      high: 200,
      integer: true,
    },
    points: { about: 'Most filters that are kept.', low: LEAST, high: 1000, integer: true },
    draws: {
      about: 'Sets of random directions that the reading is compared with.',
      low: 0,
      high: 100,
      integer: true,
    },
  },
  refuses: (subject) => (kernels(subject).length > 0 ? null : 'the net has no 3 × 3 convolution'),
  async read(subject, options) {
    const all: Float64Array[] = [];
    const layers: Reading['layers'][number][] = [];
    const notes: string[] = [];
    for (const { name, kernel } of kernels(subject)) {
      const filters = normalised(await kernel.data<'float32'>());
      all.push(filters);
      const kept = densest(sampled(filters, options.sample, subject.seed), options);
      if (kept.length / 9 < LEAST) {
        notes.push(`${name}: ${kept.length / 9} filters are left, too few for a loop`);
        continue;
      }
      const value = { value: longest(kept), interval: null };
      layers.push(layerReading(subject, name, value, Math.sqrt(3)));
    }
    const filters = new Float64Array(all.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const each of all) {
      filters.set(each, at);
      at += each.length;
    }
    const looked = sampled(filters, options.sample, subject.seed);
    const kept = densest(looked, options);
    const { loops } = vietorisRips(pairwiseDistances(kept, 9), kept.length / 9);
    return reading(filterTopology, options, {
      value: loops.length === 0 ? 0 : loops[0]!.death - loops[0]!.birth,
      saturation: Math.sqrt(3),
      layers,
      extra: {
        filters: filters.length / 9,
        looked: looked.length / 9,
        points: kept.length / 9,
        loops: loops.slice(0, 50),
        chance: chance(looked.length / 9, options, subject.seed),
      },
      notes,
    });
  },
};

function kernels({ graph }: Subject) {
  return graph.nodes.flatMap((node) =>
    node.op === 'conv2d' && node.kernel.shape[0] === 3 && node.kernel.shape[1] === 3
      ? [{ name: node.name, kernel: node.kernel }]
      : [],
  );
}

/** 3 × 3 slices (3, 3, in, out) as rows of nine, less their means and of unit length; constant ones are left out. */
export function normalised(kernel: Float32Array): Float64Array {
  const count = kernel.length / 9;
  const rows: number[] = [];
  for (let slice = 0; slice < count; slice++) {
    const filter = Array.from({ length: 9 }, (_, cell) => kernel[cell * count + slice]!);
    const centre = filter.reduce((sum, each) => sum + each, 0) / 9;
    const length = Math.hypot(...filter.map((each) => each - centre));
    const largest = Math.max(...filter.map(Math.abs));
    if (length > largest * 2 ** -20) rows.push(...filter.map((each) => (each - centre) / length));
  }
  return Float64Array.from(rows);
}

/** Rows drawn at random, all where there are no more than asked for. */
function sampled(rows: Float64Array, most: number, seed: number): Float64Array {
  const n = rows.length / 9;
  if (n <= most) return rows;
  const chosen = random(seed, 'filters looked at').permutation(n).subarray(0, most).sort();
  const found = new Float64Array(most * 9);
  for (const [to, from] of chosen.entries())
    found.set(rows.subarray(from * 9, (from + 1) * 9), to * 9);
  return found;
}

/** The densest rows, at most `points` of them. */
function densest(rows: Float64Array, { share, neighbours, points }: Options): Float64Array {
  const n = rows.length / 9;
  const distances = pairwiseDistances(rows, 9);
  const k = Math.min(neighbours, n - 1);
  const density = Array.from({ length: n }, (_, i) => {
    const row = distances.slice(i * n, (i + 1) * n).sort();
    return { i, distance: row[k] ?? 0 };
  });
  density.sort((a, b) => a.distance - b.distance || a.i - b.i);
  const kept = density.slice(0, Math.min(points, Math.max(LEAST, Math.round(share * n))));
  const found = new Float64Array(kept.length * 9);
  for (const [to, { i }] of kept.entries()) found.set(rows.subarray(i * 9, (i + 1) * 9), to * 9);
  return found;
}

function longest(rows: Float64Array): number {
  const [first] = vietorisRips(pairwiseDistances(rows, 9), rows.length / 9).loops;
  return first === undefined ? 0 : first.death - first.birth;
}

/** The same reading of as many filters with random weights, one a draw. */
function chance(filters: number, options: Options, seed: number): number[] {
  return Array.from({ length: options.draws }, (_, draw) => {
    const generator = random(seed, 'random filters', draw);
    const kernel = Float32Array.from({ length: 9 * filters }, () => generator.normal());
    return longest(densest(normalised(kernel), options));
  });
}
