/**
 * Effective rank: exp of the entropy of a layer's normalised spectrum (O. Roy and M. Vetterli, "The effective rank: a measure
 * of effective dimensionality", EUSIPCO 2007). r equal values give r.
 *
 * Of which spectrum is a convention. `eigenvalues` of the covariance (default): then this and the participation ratio are two
 * entropies (Shannon, Rényi of order 2) of one distribution, with effective rank ≥ participation ratio. `singular values` of
 * the centred activations: as Roy and Vetterli define it; it gives small directions more weight, also those of noise.
 */
import { dimensionsByLayer } from './dimensions.js';
import type { Measure, Value } from './measure.js';
import { eigen, jackknife, type Scatter } from './spectrum.js';

type Spectrum = 'eigenvalues' | 'singular values';
type Options = { spectrum: Spectrum; images: number; level: number };

export const effectiveRank: Measure<Options> = {
  name: 'effective-rank',
  version: 1,
  title: 'Effective rank',
  question: 'How many directions would carry the variety of a layer, were they used equally?',
  unit: 'dimensions',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['activations'],
  reference: 'roy2007',
  defaults: { spectrum: 'eigenvalues', images: 400, level: 0.95 },
  options: {
    spectrum: {
      about:
        'Which spectrum is normalised: eigenvalues of the covariance or singular values of the centred activations.',
      choices: ['eigenvalues', 'singular values'],
    },
    images: {
      about: 'Most held-out images that are used; the time grows with their cube.',
      low: 3,
      high: 3000,
      integer: true,
    },
    level: { about: 'Level of the jackknife interval over images.', low: 0.5, high: 0.9999 },
  },
  wants: ({ images }) => [{ set: 'test', count: images, of: 'layers' }],
  read: (subject, options) =>
    dimensionsByLayer(effectiveRank, subject, options, (scatter) => ({
      value: rankOf(scatter, options.spectrum, options.level),
      saturation: Math.min(scatter.features, scatter.images - 1),
    })),
};

/** The rank with an interval from its first-order change when an image is left out (infinitesimal jackknife). */
export function rankOf(scatter: Scatter, spectrum: Spectrum, level: number): Value {
  const { values, shares } = eigen(scatter);
  const parts = spectrum === 'eigenvalues' ? values : values.map(Math.sqrt);
  const total = parts.reduce((sum, part) => sum + part, 0);
  const share = parts.map((part) => part / total);
  const entropy = -share.reduce((sum, p) => sum + p * Math.log(p), 0);
  const n = scatter.images;
  // λ loses λ·n/(n−1)·share of the image; a singular value, its root, half of that relatively.
  const c = (n / (n - 1)) * (spectrum === 'eigenvalues' ? 1 : 0.5);
  const changes = new Float64Array(n);
  for (const [k, p] of share.entries()) {
    const pull = c * p * (Math.log(p) + entropy);
    for (let i = 0; i < n; i++) changes[i]! += pull * shares[k]![i]!;
  }
  return jackknife(Math.exp(entropy), changes, level, 'infinitesimal jackknife over images');
}
