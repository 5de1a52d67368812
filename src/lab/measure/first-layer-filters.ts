/**
 * Filters of the first weighted layer as pictures, and how many of them are effectively different: exp of the entropy of
 * their normalised squared singular values (effective rank of Roy and Vetterli 2007, not centred: a filter and its negative
 * are one direction).
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Graph, Node } from '../nets/graph.js';
import { gram } from './gram.js';
import type { Measure, Subject } from './measure.js';
import { reading } from './reading.js';
import { type Tile, tile } from './tiles.js';

type Options = { filters: number };

type Weighted = Node & { op: 'conv2d' | 'dense' };

export const firstLayerFilters: Measure<Options> = {
  name: 'first-layer-filters',
  version: 1,
  title: 'First-layer filters',
  question: 'What does the first layer look for, and how many different things?',
  unit: 'filters',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['weights'],
  reference: 'roy2007',
  defaults: { filters: 64 },
  options: { filters: { about: 'Most filters that are shown.', low: 1, integer: true } },
  refuses(subject) {
    const { channels } = geometry(subject);
    return channels === 1 || channels === 3
      ? null
      : `filters are pictures of 1 or 3 channels, those of ${firstWeighted(subject.graph).name} have ${channels}`;
  },
  async read(subject, options) {
    const node = firstWeighted(subject.graph);
    const { height, width, channels } = geometry(subject);
    const count = node.kernel.shape.at(-1)!;
    const size = height * width * channels;
    const kernel = node.kernel.dataSync<'float32'>();
    const filters = Array.from({ length: count }, (_, filter) =>
      Float32Array.from({ length: size }, (_, i) => kernel[i * count + filter]!),
    );
    const rank = uncentredRank(kernel, count);
    const tiles = filters
      .slice(0, options.filters)
      .map((values) => filterTile(values, height, width, channels as 1 | 3));
    return reading(firstLayerFilters, options, {
      value: rank,
      saturation: Math.min(count, size),
      extra: { layer: node.name, filters: count, size, rows: [{ name: node.name, tiles }] },
      notes: rank === 0 ? [`${node.name}: all weights are 0`] : [],
    });
  },
};

function firstWeighted({ nodes }: Graph): Weighted {
  return nodes.find((node): node is Weighted => node.op === 'conv2d' || node.op === 'dense')!;
}

/** Shape of a filter; a dense layer's is that of the image. */
function geometry({ graph, test }: Subject): { height: number; width: number; channels: number } {
  const node = firstWeighted(graph);
  const [height, width, channels] =
    node.op === 'conv2d' ? node.kernel.shape.slice(0, 3) : test.shape.slice(1);
  return { height: height!, width: width!, channels: channels! };
}

function uncentredRank(kernel: Float32Array, count: number): number {
  const { values, size, rounding } = gram(kernel, count, 'columns');
  const rows = Array.from({ length: size }, (_, i) =>
    Array.from(values.subarray(i * size, (i + 1) * size)),
  );
  const all = new EigenvalueDecomposition(new Matrix(rows), { assumeSymmetric: true })
    .realEigenvalues;
  const largest = Math.max(...all);
  if (!(largest > 0)) return 0;
  const kept = all.filter((value) => value > largest * rounding * kernel.length);
  const total = kept.reduce((sum, value) => sum + value, 0);
  return Math.exp(-kept.reduce((sum, value) => sum + (value / total) * Math.log(value / total), 0));
}

/** Grey filters keep their signs; coloured ones are moved so that 0 is mid-grey and the largest weight 0 or 1. */
function filterTile(values: Float32Array, height: number, width: number, channels: 1 | 3): Tile {
  if (channels === 1) return tile(values, height, width);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return tile(
    values.map((value) => 0.5 + value / largest / 2),
    height,
    width,
    3,
  );
}
