/** Spectrum of the covariance of a layer's activations, and how uncertain what is computed from it is. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { jackknifeHalfWidth } from '../stats/index.js';
import type { Value } from './measure.js';
import { centred, type Gram, gram } from './gram.js';

export interface Scatter {
  /** Products of the centred data over the smaller of its sides: both have the same non-zero eigenvalues. */
  readonly products: Gram;
  /** Whether `products` runs over images (XXᵀ) or over features (XᵀX). */
  readonly over: 'rows' | 'columns';
  readonly data: Float64Array;
  readonly images: number;
  readonly features: number;
}

/** Centred products of `images × features` activations; null when all images give the same activations. */
export function scatterOf(data: Float32Array, images: number): Scatter | null {
  const features = data.length / images;
  const away = centred(data, features);
  let largest = 0;
  let spread = 0;
  for (let i = 0; i < data.length; i++) {
    largest = Math.max(largest, Math.abs(data[i]!));
    spread = Math.max(spread, Math.abs(away[i]!));
  }
  // What rounding of the activations leaves is no variance.
  if (!(spread > largest * 2 ** -20)) return null;
  // A common scale leaves ratios as they are, and squares of squares finite.
  for (let i = 0; i < away.length; i++) away[i]! /= spread;
  const over = images <= features ? 'rows' : 'columns';
  return { products: gram(away, features, over), over, data: away, images, features };
}

/** Sum of the eigenvalues, and of their squares. */
export function moments({ products: { values, size } }: Scatter): { sum: number; squares: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < size; i++) sum += values[i * size + i]!;
  for (const value of values) squares += value * value;
  return { sum, squares };
}

/**
 * For each image i, |xᵢ|² and xᵢᵀ S xᵢ, S the scatter matrix: what the moments lose when the image is left out.
 */
export function influences(scatter: Scatter): { lengths: Float64Array; forms: Float64Array } {
  const { products, over, data, images, features } = scatter;
  const { values, size } = products;
  const lengths = new Float64Array(images);
  const forms = new Float64Array(images);
  for (let i = 0; i < images; i++) {
    if (over === 'rows') {
      // xᵢᵀ(Σ xⱼxⱼᵀ)xᵢ is the squared length of row i of XXᵀ.
      lengths[i] = values[i * size + i]!;
      for (let j = 0; j < size; j++) forms[i]! += values[i * size + j]! ** 2;
      continue;
    }
    const x = data.subarray(i * features, (i + 1) * features);
    for (let a = 0; a < features; a++) {
      lengths[i]! += x[a]! ** 2;
      let sum = 0;
      for (let b = 0; b < features; b++) sum += values[a * size + b]! * x[b]!;
      forms[i]! += x[a]! * sum;
    }
  }
  return { lengths, forms };
}

/**
 * Eigenvalues of the scatter matrix that stand above rounding, and for each image the share of each that it carries: the
 * square of its component along the eigenvector, so that the shares of an eigenvalue add up to 1.
 */
export function eigen(scatter: Scatter): { values: number[]; shares: number[][] } {
  const { products, over, data, images, features } = scatter;
  const { size, rounding } = products;
  const rows = Array.from({ length: size }, (_, i) =>
    products.values.subarray(i * size, (i + 1) * size),
  );
  const made = new EigenvalueDecomposition(new Matrix(rows.map((row) => Array.from(row))), {
    assumeSymmetric: true,
  });
  const all = made.realEigenvalues;
  const floor = Math.max(...all) * rounding * Math.max(images, features);
  const kept = [...all.keys()].filter((k) => all[k]! > floor).sort((a, b) => all[b]! - all[a]!);
  const vectors = made.eigenvectorMatrix;
  const shares = kept.map((k) => {
    if (over === 'rows') return Array.from({ length: images }, (_, i) => vectors.get(i, k) ** 2);
    return Array.from({ length: images }, (_, i) => {
      let along = 0;
      for (let j = 0; j < features; j++) along += data[i * features + j]! * vectors.get(j, k);
      return along ** 2 / all[k]!;
    });
  });
  return { values: kept.map((k) => all[k]!), shares };
}

/**
 * Jackknife interval of a positive value on a logarithmic scale.
 *
 * @param changes for each image, log(value without it) − log(value with all).
 */
export function jackknife(
  value: number,
  changes: Float64Array,
  level: number,
  method: string,
): Value {
  const n = changes.length;
  if (n < 3) return { value, interval: null };
  const factor = Math.exp(jackknifeHalfWidth(changes, level));
  return {
    value,
    interval: { low: value / factor, high: value * factor, level, method: `${method}, n = ${n}` },
  };
}
