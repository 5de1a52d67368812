/**
 * Linear regions on planes through three real images: how finely the function is cut in two dimensions, with the polygons as a
 * picture (B. Hanin and D. Rolnick, "Deep ReLU networks have surprisingly few activation patterns", NeurIPS 2019). See plane.ts.
 */
import { neuronsOf } from '../nets/index.js';
import { meanInterval } from '../stats/index.js';
import { random } from '../tensor/index.js';
import { pixelsOf } from './images.js';
import { needImages } from './logits.js';
import type { Measure, Subject } from './measure.js';
import { type Plane, planeRegions, TooManyRegionsError } from './plane.js';
import { reading } from './reading.js';

type Options = {
  planes: number;
  share: number;
  most: number;
  drawn: number;
  precision: 'single' | 'double';
  level: number;
};

/** Regions that a plane aims at when the share is left to the measure. */
const AIM = 300;
/** Halvings of a plane that turns out to have more regions than allowed. */
const TRIES = 12;

export const planeRegionsMeasure: Measure<Options> = {
  name: 'plane-regions',
  version: 1,
  title: 'Linear regions on planes',
  question: 'Of how many linear regions is the function made on a plane through three images?',
  unit: 'regions over √area squared, per neuron',
  range: [0, Infinity],
  cost: 'minutes',
  needs: ['weights'],
  reference: 'hanin2019few',
  defaults: { planes: 3, share: 0, most: 5000, drawn: 1, precision: 'single', level: 0.95 },
  options: {
    planes: {
      about: 'Planes, each through three random held-out images.',
      low: 1,
      high: 1000,
      integer: true,
    },
    share: {
      about:
        'Part of each side of the parallelogram between the images that is walked, at a random place; 0 takes a part that has a few hundred regions if there is half a region a neuron on a segment.',
      low: 0,
      high: 1,
    },
    most: {
      about: 'Regions above which a plane is halved and walked anew.',
      low: 10,
      integer: true,
    },
    drawn: { about: 'Planes whose polygons are kept for a picture.', low: 0, integer: true },
    precision: {
      about: 'Arithmetic: single runs in TensorFlow, double in plain arrays.',
      choices: ['single', 'double'],
    },
    level: { about: 'Level of the t interval over planes.', low: 0.5, high: 0.9999 },
  },
  async read(subject, options) {
    needImages('plane-regions', subject.test, 'held-out', 3);
    const found: { plane: Plane; share: number; images: number[] }[] = [];
    for (let index = 0; index < options.planes; index++) {
      found.push(walkOne(subject, options, index));
      // Other work of the process (heartbeats, interrupts) gets its turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { neurons } = found[0]!.plane;
    const per = Math.max(1, neurons);
    // A line of unit length meets about √(regions/area) boundaries: that compares with regions per unit length on segments.
    const densities = found.map(
      ({ plane }) => Math.sqrt((plane.regions - 1) / Math.max(plane.area, Number.MIN_VALUE)) / per,
    );
    const { value, interval } = meanInterval(densities, { level: options.level });
    return reading(planeRegionsMeasure, options, {
      value,
      interval: interval && { ...interval, low: Math.max(0, interval.low) },
      extra: {
        neurons,
        planes: found.map(({ plane, share, images }) => ({
          images,
          share,
          regions: plane.regions,
          area: plane.area,
          byNode: plane.byNode,
        })),
        /** Corners in the coordinates of the plane, the region and the answer of each polygon. */
        polygons: found.slice(0, options.drawn).map(({ plane }) => plane.polygons),
      },
      notes: neurons === 0 ? ['the net has no ReLU: every plane is one region'] : [],
    });
  },
};

function walkOne(subject: Subject, options: Options, index: number) {
  const { images: pixels, shape } = subject.test;
  const size = pixelsOf(subject.test);
  const generator = random(subject.seed, 'plane through three images', index);
  const images = Array.from(generator.permutation(shape[0]).subarray(0, 3));
  const [a, b, c] = images.map((image) => pixels.subarray(image * size, (image + 1) * size));
  const place = [generator.next(), generator.next()];
  let share = options.share || affordable(subject);
  for (let attempt = 0; ; attempt++) {
    const [x, y] = place.map((each) => each * (1 - share));
    const origin = Float64Array.from(
      a!,
      (value, i) => value + x! * (b![i]! - value) + y! * (c![i]! - value),
    );
    const side = (to: Float32Array) =>
      Float64Array.from(a!, (value, i) => share * (to[i]! - value));
    try {
      const plane = planeRegions(subject.graph, origin, [side(b!), side(c!)], {
        precision: options.precision,
        most: options.most,
      });
      return { plane, share, images };
    } catch (error) {
      if (!(error instanceof TooManyRegionsError) || attempt === TRIES) throw error;
      share /= 2;
    }
  }
}

/** With half a region a neuron on a segment, a plane of this share of a side has about AIM regions. */
function affordable({ graph }: Subject): number {
  return Math.min(1, Math.sqrt(AIM) / Math.max(1, 0.5 * neuronsOf(graph)));
}
