/**
 * Spectrum along data paths: how fast the logits wiggle on closed curves through real images. The logits at even points of a closed
 * polygon are a periodic signal; its energy by frequency says whether the function is smooth between images or rough (in the sense of
 * N. Rahaman et al., ICML 2019, section 4 on data manifolds). The value is the mean frequency, weighted by energy, in cycles a curve.
 *
 * The polygon has corners and so a spectrum of its own: that of the pixels is given beside it, and is what a linear net reads.
 */
import { forward } from '../nets/forward.js';
import { meanInterval } from '../stats/index.js';
import { random, tf } from '../tensor/index.js';
import { closedCurve } from './closed-curve.js';
import { pixelsOf } from './images.js';
import type { Measure, Subject } from './measure.js';
import { reading } from './reading.js';

type Options = { curves: number; corners: number; points: number; level: number };

/** Points in one pass. */
const BATCH = 128;

export const pathSpectrum: Measure<Options> = {
  name: 'path-spectrum',
  version: 2,
  title: 'Frequencies along data paths',
  question: 'How fast do the logits wiggle on the way from image to image?',
  unit: 'cycles a curve',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['logits'],
  reference: 'rahaman2019',
  defaults: { curves: 8, corners: 3, points: 192, level: 0.95 },
  options: {
    curves: { about: 'Closed curves.', low: 2, high: 1000, integer: true },
    corners: { about: 'Images that a curve passes through.', low: 2, high: 100, integer: true },
    points: {
      about:
        'Points on a curve; what is faster than half of them is not seen. Rounded up to a multiple of the corners.',
      low: 8,
      high: 65_536,
      integer: true,
    },
    level: { about: 'Level of the t interval over curves.', low: 0.5, high: 0.9999 },
  },
  refuses: ({ test }, { corners }) =>
    test.shape[0] < corners ? `${corners} corners of ${test.shape[0]} held-out images` : null,
  async read(subject, options) {
    const steps = Math.ceil(options.points / options.corners);
    const count = steps * options.corners;
    const means: number[] = [];
    const ofPixels: number[] = [];
    const energies = new Float64Array(Math.floor(count / 2));
    let still = 0;
    for (let curve = 0; curve < options.curves; curve++) {
      const generator = random(subject.seed, 'closed curve', curve);
      const { points } = closedCurve(subject.test, options.corners, steps, generator);
      const logits = spectrumOf(await logitsOn(subject, points, count), count);
      const pixels = spectrumOf(points, count);
      const total = logits.reduce((sum, each) => sum + each, 0);
      if (total === 0) {
        still++;
        continue;
      }
      means.push(meanFrequency(logits));
      ofPixels.push(meanFrequency(pixels));
      for (let k = 0; k < energies.length; k++) energies[k]! += logits[k]! / total;
    }
    const notes =
      still > 0 ? [`on ${still} curves the logits do not change: they are left out`] : [];
    if (means.length === 0) return reading(pathSpectrum, options, { value: 0, notes });
    return reading(pathSpectrum, options, {
      ...meanInterval(means, { level: options.level }),
      saturation: energies.length,
      extra: {
        points: count,
        ofPixels: meanInterval(ofPixels).value,
        /** Share of the energy at 1, 2, … cycles a curve, the mean over curves. */
        energy: Array.from(energies, (each) => each / means.length),
      },
      notes,
    });
  },
};

async function logitsOn(
  { graph, test }: Subject,
  points: Float32Array,
  count: number,
): Promise<Float32Array> {
  const size = pixelsOf(test);
  const classes = graph.nodes.at(-1)!.shape[0]!;
  const values = new Float32Array(count * classes);
  for (let from = 0; from < count; from += BATCH) {
    const to = Math.min(from + BATCH, count);
    const logits = tf.tidy(() => {
      const x = tf.tensor(points.subarray(from * size, to * size), [to - from, ...graph.input]);
      return forward(graph, x).logits;
    });
    values.set(await logits.data<'float32'>(), from * classes);
    logits.dispose();
  }
  return values;
}

/**
 * Energy at 1, 2, … cycles of a periodic signal of several channels, summed over the channels.
 *
 * @param values row-major, `count` rows.
 */
export function spectrumOf(values: Float32Array, count: number): Float64Array {
  const channels = values.length / count;
  const energies = new Float64Array(Math.floor(count / 2));
  const cosines = Float64Array.from({ length: count }, (_, i) =>
    Math.cos((2 * Math.PI * i) / count),
  );
  const sines = Float64Array.from({ length: count }, (_, i) => Math.sin((2 * Math.PI * i) / count));
  const real = new Float64Array(channels);
  const imaginary = new Float64Array(channels);
  for (let k = 1; k <= energies.length; k++) {
    real.fill(0);
    imaginary.fill(0);
    for (let i = 0; i < count; i++) {
      const at = (i * k) % count;
      const [c, s] = [cosines[at]!, sines[at]!];
      for (let channel = 0; channel < channels; channel++) {
        const value = values[i * channels + channel]!;
        real[channel]! += value * c;
        imaginary[channel]! -= value * s;
      }
    }
    for (let channel = 0; channel < channels; channel++) {
      energies[k - 1]! += real[channel]! ** 2 + imaginary[channel]! ** 2;
    }
  }
  // The energy at k stands for that at −k too; half a cycle a point is its own opposite.
  if (count % 2 === 0) energies[energies.length - 1]! /= 2;
  // What rounding of single precision leaves of a constant is no energy.
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const floor = (largest * 2 ** -22) ** 2 * count * channels;
  return energies.map((each) => (each > floor ? each : 0));
}

/** Mean of 1, 2, … cycles, weighted by their energy. */
export function meanFrequency(energies: Float64Array): number {
  let total = 0;
  let weighted = 0;
  for (const [k, each] of energies.entries()) {
    total += each;
    weighted += (k + 1) * each;
  }
  return total === 0 ? 0 : weighted / total;
}
