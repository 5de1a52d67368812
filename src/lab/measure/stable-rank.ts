/**
 * Stable rank of weights, ‖W‖_F²/‖W‖₂² by layer: how many directions a weight matrix uses, from 1 to its rank (in M. Rudelson and
 * R. Vershynin, Journal of the ACM 54, 2007). A convolution is taken as the matrix that maps a patch to its outputs,
 * (height · width · inputs) × outputs.
 *
 * Where a matrix has at least `least` eigenvalues, the exponent α of the power-law tail of the eigenvalues of WᵀW is given too
 * (C. H. Martin and M. W. Mahoney, JMLR 2021): about 2 in the best trained of large nets. A convolution is then taken slice by slice
 * of its kernel, the eigenvalues of all slices together, as they do. Narrow nets have too few: that is stated, not hidden.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { powerLaw, type PowerLaw } from '../stats/power-law.js';
import { gram } from './gram.js';
import type { Measure, Reading } from './measure.js';
import { layerReading, reading } from './reading.js';

type Options = { least: number };

export const stableRank: Measure<Options> = {
  name: 'stable-rank',
  version: 1,
  title: 'Stable rank of weights',
  question: 'How many directions does each weight matrix use?',
  unit: 'directions',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['weights'],
  reference: 'rudelson2007',
  defaults: { least: 50 },
  options: {
    least: {
      about: 'Eigenvalues that a power law is fitted to at least; fewer say nothing of a tail.',
      low: 10,
      integer: true,
    },
  },
  async read(subject, options) {
    const layers: Reading['layers'][number][] = [];
    const byLayer: Record<string, unknown>[] = [];
    const notes: string[] = [];
    const few: string[] = [];
    for (const node of subject.graph.nodes) {
      if (node.op !== 'conv2d' && node.op !== 'dense') continue;
      const kernel = await node.kernel.data<'float32'>();
      const columns = node.kernel.shape.at(-1)!;
      const rows = kernel.length / columns;
      const values = eigenvalues(kernel, columns);
      const largest = Math.max(...values);
      if (!(largest > 0)) {
        notes.push(`${node.name}: all weights are 0`);
        layers.push(layerReading(subject, node.name, { value: 0, interval: null }));
        continue;
      }
      const ceiling = Math.min(rows, columns);
      const rank = values.reduce((sum, each) => sum + each, 0) / largest;
      layers.push(layerReading(subject, node.name, { value: rank, interval: null }, ceiling));
      const tail = tailOf(kernel, node.kernel.shape, options.least);
      if (tail === null) few.push(node.name);
      byLayer.push({
        layer: node.name,
        rows,
        columns,
        spectralNorm: Math.sqrt(largest),
        frobeniusNorm: Math.sqrt(values.reduce((sum, each) => sum + each, 0)),
        share: rank / ceiling,
        ...(tail && { exponent: tail.exponent, tail: tail.count, tailDistance: tail.distance }),
      });
    }
    if (few.length > 0) {
      notes.push(`too few eigenvalues for a power law (least ${options.least}): ${few.join(', ')}`);
    }
    const found = layers.map(({ value }) => value);
    return reading(stableRank, options, {
      value: found.reduce((sum, each) => sum + each, 0) / found.length,
      layers,
      extra: { byLayer },
      notes,
    });
  },
};

/** Eigenvalues of WᵀW or WWᵀ, whichever is smaller; not below 0. */
export function eigenvalues(matrix: Float32Array, columns: number): number[] {
  const rows = matrix.length / columns;
  const { values, size } = gram(matrix, columns, rows < columns ? 'rows' : 'columns');
  const square = Array.from({ length: size }, (_, i) =>
    Array.from(values.subarray(i * size, (i + 1) * size)),
  );
  return new EigenvalueDecomposition(new Matrix(square), {
    assumeSymmetric: true,
  }).realEigenvalues.map((each) => Math.max(0, each));
}

/** The tail of the eigenvalues of all slices of a kernel; null where there are too few. */
function tailOf(kernel: Float32Array, shape: readonly number[], least: number): PowerLaw | null {
  const columns = shape.at(-1)!;
  const rows = shape.at(-2)!;
  const slices = kernel.length / (rows * columns);
  const values: number[] = [];
  for (let slice = 0; slice < slices; slice++) {
    const from = slice * rows * columns;
    values.push(...eigenvalues(kernel.subarray(from, from + rows * columns), columns));
  }
  const positive = values.filter((each) => each > Math.max(...values) * 1e-12);
  const differ = new Set(positive).size > 1;
  return positive.length < least || !differ ? null : powerLaw(positive, least);
}
