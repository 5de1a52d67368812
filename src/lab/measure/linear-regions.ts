/**
 * Linear regions on segments between real images: a ReLU net is affine on each of finitely many convex regions of input
 * space; counted exactly along straight lines (B. Hanin and D. Rolnick, "Complexity of linear regions in deep networks",
 * ICML 2019, who show that their number on a line grows with the number of neurons, whatever the depth, at initialisation).
 *
 * An *activation region* is where every ReLU and every max keeps its branch. A *linear piece* is where the outputs are one
 * affine function along the segment: a switch that no output feels ends a region but no piece.
 */
import type { Dataset } from '../data/dataset.js';
import { random } from '../tensor/index.js';
import { meanInterval } from '../stats/index.js';
import { RefusedError } from './errors.js';
import { needImages } from './logits.js';
import type { Measure, Subject } from './measure.js';
import { layerReading, reading } from './reading.js';
import { segmentWalker, type Segment } from './segment.js';

type Options = {
  segments: number;
  pairs: 'any' | 'between classes' | 'within class' | 'closed path';
  share: number;
  precision: 'single' | 'double';
};

export const linearRegions: Measure<Options> = {
  name: 'linear-regions',
  version: 2,
  title: 'Linear regions on segments',
  question: 'Of how many linear pieces is the function made on the way from one image to another?',
  unit: 'regions',
  range: [0, Infinity],
  cost: 'minutes',
  needs: ['weights', 'labels'],
  reference: 'hanin2019',
  defaults: { segments: 8, pairs: 'any', share: 0, precision: 'single' },
  options: {
    segments: {
      about: 'Number of segments between held-out images.',
      low: 1,
      high: 10_000,
      integer: true,
    },
    pairs: {
      about:
        'Which images a segment joins; a closed path goes from one random image to the next and back to the first.',
      choices: ['any', 'between classes', 'within class', 'closed path'],
    },
    share: {
      about:
        'Part of each segment that is walked, at a random place: the count is exact there and scaled up to the whole. 0 takes what the size of the net allows in less than a second, without regard to its weights; 1 walks all.',
      low: 0,
      high: 1,
    },
    precision: {
      about:
        'Arithmetic of slopes: single runs in TensorFlow, double in plain arrays about 30 times slower.',
      choices: ['single', 'double'],
    },
  },
  async read(subject, options) {
    needImages('linear-regions', subject.test, 'held-out', 2);
    const { images, labels, shape } = subject.test;
    const size = shape[1] * shape[2] * shape[3];
    const image = (index: number) => images.subarray(index * size, (index + 1) * size);
    const generator = random(subject.seed, 'linear regions');
    const share = options.share || affordable(subject);
    const chosen = pairsOf(subject, options);
    const walker = segmentWalker(subject.graph, options.precision);
    const walked: (Segment & { from: number; to: number })[] = [];
    try {
      for (const [from, to] of chosen) {
        const start = generator.next() * (1 - share);
        const part = [start, Math.min(1, start + share)] as const;
        const segment = walker.walk(image(from), image(to), { part });
        walked.push({ ...segment, from, to });
        // Other work of the process (heartbeats, interrupts) gets its turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      walker.dispose();
    }
    const whole = (found: number) => 1 + (found - 1) / share;
    const regions = walked.map((segment) => whole(segment.activationRegions));
    const { neurons } = walked[0]!;
    const drift = Math.max(...walked.map((segment) => segment.drift));
    return reading(linearRegions, options, {
      ...meanInterval(regions),
      layers: walked[0]!.byNode.map(({ node }, i) =>
        layerReading(
          subject,
          node,
          meanInterval(walked.map(({ byNode }) => byNode[i]!.boundaries / share)),
        ),
      ),
      extra: {
        share,
        neurons,
        linearPieces: meanInterval(walked.map((segment) => whole(segment.linearPieces))),
        perUnitLength: meanInterval(
          walked.map(({ activationRegions, length }) => (activationRegions - 1) / length),
        ),
        perNeuron:
          neurons === 0 ? null : meanInterval(regions.map((count) => (count - 1) / neurons)),
        /** How much the outputs' slope changes at a boundary, as a share of the slope. */
        slopeChange: meanInterval(walked.map((segment) => segment.slopeChange)),
        unitsByLayer: walked[0]!.byNode.map(({ units }) => units),
        drift,
        segments: walked.map(({ from, to, length, activationRegions, linearPieces }) => ({
          from,
          to,
          labels: [labels[from]!, labels[to]!],
          length,
          activationRegions,
          linearPieces,
        })),
      },
      notes: [
        ...(share < 1
          ? [
              `counted on ${Number((share * 100).toPrecision(3))} % of each segment and scaled up to the whole`,
            ]
          : []),
        ...(drift > 1e-4
          ? [
              `slopes in single precision moved values by up to ${drift.toExponential(1)} of their layer's largest; use precision: double`,
            ]
          : []),
      ],
    });
  },
};

/** Multiply-adds that take less than a second on two cores, what comes with each piece included. */
const SECOND = 1e10;

/**
 * The part of a segment that takes less than a second: with half a region a neuron, and each region pushed through half of the
 * net on average, a whole one takes ¼ · neurons · multiply-adds of the net.
 */
function affordable({ graph }: Subject): number {
  let neurons = 0;
  let products = 0;
  for (const { op, shape, ...node } of graph.nodes) {
    const size = shape.reduce((all, axis) => all * axis, 1);
    if (op === 'relu') neurons += size;
    if ('kernel' in node) products += (node.kernel.size / shape.at(-1)!) * size;
  }
  return Math.min(1, SECOND / Math.max(1, 0.25 * neurons * products));
}

/** Pairs of different held-out images, drawn without regard to the net. */
function pairsOf(subject: Subject, { segments, pairs }: Options): [number, number][] {
  const { labels } = subject.test;
  const fits = (from: number, to: number) =>
    !alike(subject.test, from, to) &&
    (pairs === 'any' || (labels[from] === labels[to]) === (pairs === 'within class'));
  const generator = random(subject.seed, 'pairs of images');
  if (pairs === 'closed path') {
    const corners = generator.permutation(labels.length).subarray(0, segments);
    if (corners.length < segments) {
      throw new RefusedError('linear-regions', `${segments} corners of ${corners.length} images`);
    }
    const sides = Array.from(corners, (corner, i): [number, number] => [
      corner,
      corners[(i + 1) % segments]!,
    ]);
    const still = sides.find(([from, to]) => alike(subject.test, from, to));
    if (still !== undefined) {
      throw new RefusedError(
        'linear-regions',
        `held-out images ${still.join(' and ')} are the same: no segment joins them`,
      );
    }
    return sides;
  }
  const found: [number, number][] = [];
  for (let tries = 0; found.length < segments; tries++) {
    if (tries > 1000 * segments) {
      throw new RefusedError(
        'linear-regions',
        `no two held-out images that differ make a pair of the kind "${pairs}"`,
      );
    }
    const from = generator.integer(labels.length);
    const to = generator.integer(labels.length);
    if (fits(from, to)) found.push([from, to]);
  }
  return found;
}

function alike({ images, shape }: Dataset, a: number, b: number): boolean {
  const size = shape[1] * shape[2] * shape[3];
  const other = images.subarray(b * size, (b + 1) * size);
  return images.subarray(a * size, (a + 1) * size).every((value, i) => value === other[i]);
}
