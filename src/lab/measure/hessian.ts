/**
 * Curvature of the loss: the largest eigenvalue of its Hessian, the trace, and the density of the spectrum (Z. Yao et al., "PyHessian:
 * neural networks through the lens of the Hessian", IEEE Big Data 2020; density by stochastic Lanczos quadrature, S. Ubaru, J. Chen
 * and Y. Saad, SIAM J. Matrix Anal. Appl. 2017).
 *
 * One Lanczos run a probe gives all three: its first coefficient is one Hutchinson sample of the trace, its extreme Ritz values are
 * those of the Hessian, and its Ritz values with their weights are the density. Products Hv are exact (hessian-product.ts).
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { meanInterval } from '../stats/index.js';
import { random } from '../tensor/index.js';
import { NotFiniteError } from './errors.js';
import { firstImages } from './images.js';
import { type HessianProduct, hessianProduct, undifferentiated } from './hessian-product.js';
import type { Measure } from './measure.js';
import { reading } from './reading.js';
import { dot } from './dot.js';

type Options = {
  images: number;
  on: 'training' | 'held-out';
  steps: number;
  probes: number;
  level: number;
};

export const hessian: Measure<Options> = {
  name: 'hessian',
  version: 1,
  title: 'Curvature of the loss',
  question: 'How sharply does the loss curve around the weights that were found?',
  unit: 'loss per squared weight',
  range: [-Infinity, Infinity],
  cost: 'minutes',
  needs: ['weights', 'gradients', 'labels'],
  reference: 'yao2020',
  defaults: { images: 300, on: 'training', steps: 15, probes: 3, level: 0.95 },
  options: {
    images: { about: 'Most images that the loss is averaged over.', low: 1, integer: true },
    on: {
      about: 'Which images: those of training, where the loss was made small, or held-out ones.',
      choices: ['training', 'held-out'],
    },
    steps: { about: 'Lanczos steps a probe, one product each.', low: 2, high: 500, integer: true },
    probes: { about: 'Random probes.', low: 1, high: 100, integer: true },
    level: { about: 'Level of the t interval of the trace over probes.', low: 0.5, high: 0.9999 },
  },
  refuses({ graph, train, test }, { on }) {
    const pool = undifferentiated(graph);
    if (pool !== null) return `${pool} is a max pooling, whose second derivative is not built`;
    const count = (on === 'training' ? train : test).shape[0];
    return count === 0 ? `there are no ${on} images` : null;
  },
  async read(subject, options) {
    const set = options.on === 'training' ? subject.train : subject.test;
    const some = firstImages(set, options.images);
    const product = hessianProduct(subject.graph, some);
    const runs: Lanczos[] = [];
    for (let probe = 0; probe < options.probes; probe++) {
      const generator = random(subject.seed, 'Rademacher probe', probe);
      const start = Float64Array.from({ length: product.size }, () =>
        generator.next() < 0.5 ? -1 : 1,
      );
      runs.push(await lanczos(product, start, options.steps));
    }
    const top = runs.reduce((best, run) => (run.largest > best.largest ? run : best));
    const traces = runs.map(({ trace }) => trace);
    const { value: trace, interval } = meanInterval(traces, { level: options.level });
    return reading(hessian, options, {
      value: top.largest,
      extra: {
        images: some.shape[0],
        weights: product.size,
        /** The eigenvalue lies within this of an eigenvalue of the Hessian. */
        residual: top.residual,
        smallest: Math.min(...runs.map(({ smallest }) => smallest)),
        trace,
        traceInterval: interval,
        meanEigenvalue: trace / product.size,
        /** Eigenvalues and the share of the spectrum that each stands for. */
        density: runs.flatMap(({ ritz, weights }) =>
          ritz.map((value, i) => ({ eigenvalue: value, share: weights[i]! / runs.length })),
        ),
      },
      notes:
        top.residual > 0.05 * Math.abs(top.largest)
          ? [
              `the largest eigenvalue is known to ${top.residual.toPrecision(2)} only: more steps help`,
            ]
          : [],
    });
  },
};

export interface Lanczos {
  readonly largest: number;
  readonly smallest: number;
  /** Residual of the largest Ritz pair. */
  readonly residual: number;
  /** vᵀHv of the start, a sample of the trace for a vector of ±1. */
  readonly trace: number;
  readonly ritz: readonly number[];
  /** Squares of the first components of the Ritz vectors; they add up to 1. */
  readonly weights: readonly number[];
}

/** Lanczos with full reorthogonalisation. @throws NotFiniteError when a product is not finite. */
export async function lanczos(
  product: HessianProduct,
  start: Float64Array,
  steps: number,
): Promise<Lanczos> {
  const length = Math.sqrt(dot(start, start));
  const basis: Float64Array[] = [start.map((each) => each / length)];
  const diagonal: number[] = [];
  const beside: number[] = [];
  const most = Math.min(steps, product.size);
  for (let k = 0; k < most; k++) {
    const next = await product.multiply(basis[k]!);
    const along = dot(next, basis[k]!);
    if (!Number.isFinite(along)) throw new NotFiniteError('the Hessian', null);
    diagonal.push(along);
    // Twice is enough: once leaves what rounding adds.
    for (let pass = 0; pass < 2; pass++) {
      for (const vector of basis) {
        const part = dot(next, vector);
        for (let i = 0; i < next.length; i++) next[i]! -= part * vector[i]!;
      }
    }
    const rest = Math.sqrt(dot(next, next));
    beside.push(rest);
    // The space is exhausted, as far as single-precision products can tell.
    if (rest <= 1e-6 * Math.max(...diagonal.map(Math.abs), 1e-30)) break;
    basis.push(next.map((each) => each / rest));
  }
  const m = diagonal.length;
  const tridiagonal = Matrix.zeros(m, m);
  for (let k = 0; k < m; k++) {
    tridiagonal.set(k, k, diagonal[k]!);
    if (k + 1 < m) {
      tridiagonal.set(k, k + 1, beside[k]!);
      tridiagonal.set(k + 1, k, beside[k]!);
    }
  }
  const { realEigenvalues: ritz, eigenvectorMatrix } = new EigenvalueDecomposition(tridiagonal, {
    assumeSymmetric: true,
  });
  const largest = Math.max(...ritz);
  const at = ritz.indexOf(largest);
  return {
    largest,
    smallest: Math.min(...ritz),
    residual: Math.abs(beside[m - 1]! * eigenvectorMatrix.get(m - 1, at)),
    trace: diagonal[0]! * length * length,
    ritz,
    weights: ritz.map((_, k) => eigenvectorMatrix.get(0, k) ** 2),
  };
}
