/**
 * Participation ratio: how many directions the activations of a layer spread over, (Σλ)² / Σλ² with λ the eigenvalues of
 * their covariance over images (P. Gao et al., "A theory of multineuronal dimensionality, dynamics and measurement", 2017).
 * r equal eigenvalues give r. Positions and channels are all features.
 *
 * A sample of N images of d independent features of equal variance reads d·N/(d + N) instead of d: that is given as the
 * saturation, and readings near it say how many images there were, not how many dimensions.
 */
import { dimensionsByLayer } from './dimensions.js';
import type { Measure } from './measure.js';
import { influences, jackknife, moments, type Scatter } from './spectrum.js';

type Options = { images: number; level: number };

export const participationRatio: Measure<Options> = {
  name: 'participation-ratio',
  version: 1,
  title: 'Participation ratio',
  question: 'Over how many directions do the activations of a layer spread?',
  unit: 'dimensions',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['activations'],
  reference: 'gao2017',
  defaults: { images: 1000, level: 0.95 },
  options: {
    images: { about: 'Most held-out images that are used.', low: 3, integer: true },
    level: { about: 'Level of the jackknife interval over images.', low: 0.5, high: 0.9999 },
  },
  wants: ({ images }) => [{ set: 'test', count: images, of: 'layers' }],
  read: (subject, options) =>
    dimensionsByLayer(participationRatio, subject, options, (scatter) => ({
      value: ratioOf(scatter, options.level),
      saturation: (scatter.features * scatter.images) / (scatter.features + scatter.images),
    })),
};

/** The ratio with an interval that leaves out each image in turn, exactly. */
export function ratioOf(scatter: Scatter, level: number) {
  const { sum, squares } = moments(scatter);
  const { lengths, forms } = influences(scatter);
  const value = (sum * sum) / squares;
  const n = scatter.images;
  // Without image i the mean moves too: S loses n/(n−1) xᵢxᵢᵀ.
  const c = n / (n - 1);
  const changes = lengths.map((length, i) => {
    const less = sum - c * length;
    const lessSquares = squares - 2 * c * forms[i]! + (c * length) ** 2;
    return less > 0 && lessSquares > 0 ? Math.log((less * less) / lessSquares / value) : 0;
  });
  return jackknife(value, changes, level, 'jackknife over images');
}
