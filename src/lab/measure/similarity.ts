/**
 * How alike two representations of the same images are: activations X (n × p) and Y (n × q), one row an image. CKA, canonical
 * correlations and Procrustes are unchanged by rotating either side, scaling it and shifting it; canonical correlations also by
 * any invertible linear map; representational similarity by scaling and shifting each image's pattern.
 *
 * - Linear CKA, tr(KHLH)/√(tr(KHKH) tr(LHLH)) with K = XXᵀ, L = YYᵀ (S. Kornblith et al., "Similarity of neural network
 *   representations revisited", ICML 2019). Two independent Gaussian representations read about p/(n + p), so the unbiased
 *   HSIC₁ (L. Song et al., JMLR 2012; over minibatches: T. Nguyen, M. Raghu and S. Kornblith, ICLR 2021) is the default: it reads 0.
 * - Canonical correlations of the leading directions (M. Raghu et al., "SVCCA", NIPS 2017), their mean or weighted by how much
 *   of X each explains (A. Morcos, M. Raghu and S. Bengio, NeurIPS 2018).
 * - Procrustes: ‖XᵀY‖_* of both centred and of unit Frobenius norm; 1 less that is the distance after the best rotation.
 * - Representational similarity: rank correlation of the matrices of distances 1 − Pearson between images (N. Kriegeskorte, M. Mur
 *   and P. Bandettini, Frontiers in Systems Neuroscience 2008).
 */
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix';
import { mean } from '../stats/index.js';
import { centred, gram } from './gram.js';
import { dot } from './dot.js';

/** Everything that the indices need of one side. */
export interface Representation {
  /** Activations as they are. */
  readonly data: Float32Array;
  /** Centred rows, `images × width`. */
  readonly rows: Float64Array;
  readonly width: number;
  readonly images: number;
  /** Products of the centred rows, `images × images`. */
  readonly products: Float64Array;
}

export type Similarity = 'unbiased CKA' | 'CKA' | 'SVCCA' | 'PWCCA' | 'Procrustes' | 'RSA';

/** @returns null when all images give the same activations. */
export function representation(data: Float32Array, images: number): Representation | null {
  const width = data.length / images;
  const rows = centred(data, width);
  let largest = 0;
  let spread = 0;
  for (let i = 0; i < data.length; i++) {
    largest = Math.max(largest, Math.abs(data[i]!));
    spread = Math.max(spread, Math.abs(rows[i]!));
  }
  if (!(spread > largest * 2 ** -20)) return null;
  return { data, rows, width, images, products: gram(rows, width, 'rows').values };
}

/**
 * One index of two representations of the same images, 1 for equal ones. Unbiased CKA may read slightly below 0.
 *
 * @throws RangeError when the numbers of images differ or are too few: 4 for unbiased CKA, 2 otherwise.
 */
export function similarity(x: Representation, y: Representation, index: Similarity): number {
  if (x.images !== y.images) throw new RangeError(`${x.images} and ${y.images} images`);
  switch (index) {
    case 'unbiased CKA':
      return unbiasedCka([x], [y]);
    case 'CKA':
      return (
        dot(x.products, y.products) /
        Math.sqrt(dot(x.products, x.products) * dot(y.products, y.products))
      );
    case 'SVCCA':
      return mean(canonicalCorrelations(x, y).correlations);
    case 'PWCCA':
      return projectionWeighted(x, y);
    case 'Procrustes':
      return procrustes(x, y);
    case 'RSA':
      return spearman(dissimilarities(x), dissimilarities(y));
  }
}

/**
 * Unbiased CKA from batches: HSIC₁ is averaged over batches, then the ratio is taken, so that the value does not depend on the
 * size of the batches. One batch of all images is the plain unbiased CKA.
 */
export function unbiasedCka(xs: readonly Representation[], ys: readonly Representation[]): number {
  let both = 0;
  let own = 0;
  let other = 0;
  for (const [batch, x] of xs.entries()) {
    const y = ys[batch]!;
    both += hsic(x.products, y.products, x.images);
    own += hsic(x.products, x.products, x.images);
    other += hsic(y.products, y.products, y.images);
  }
  // A representation without structure beyond noise has an HSIC₁ around 0, and its root no meaning.
  return own > 0 && other > 0 ? both / Math.sqrt(own * other) : 0;
}

/** HSIC₁ of two kernels, unbiased; the diagonals are left out. */
export function hsic(k: Float64Array, l: Float64Array, n: number): number {
  if (n < 4) throw new RangeError(`unbiased HSIC needs at least 4 images, not ${n}`);
  let products = 0;
  let sumK = 0;
  let sumL = 0;
  let rowProducts = 0;
  for (let i = 0; i < n; i++) {
    let rowK = 0;
    let rowL = 0;
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const a = k[i * n + j]!;
      const b = l[i * n + j]!;
      products += a * b;
      rowK += a;
      rowL += b;
    }
    sumK += rowK;
    sumL += rowL;
    rowProducts += rowK * rowL;
  }
  const means = (sumK * sumL) / ((n - 1) * (n - 2));
  return (products + means - (2 / (n - 2)) * rowProducts) / (n * (n - 3));
}

/** Share of the summed singular values that SVCCA keeps. */
const KEPT = 0.99;
/** Images a kept direction: with fewer, chance alone gives correlations near 1. */
const IMAGES_A_DIRECTION = 5;

/** Orthonormal directions over images that carry most of a representation. */
function leading({ products, images }: Representation): { vectors: Matrix; values: number[] } {
  const rows = Array.from({ length: images }, (_, i) =>
    Array.from(products.subarray(i * images, (i + 1) * images)),
  );
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(new Matrix(rows), {
    assumeSymmetric: true,
  });
  const order = [...realEigenvalues.keys()].sort(
    (a, b) => realEigenvalues[b]! - realEigenvalues[a]!,
  );
  const singular = order.map((k) => Math.sqrt(Math.max(0, realEigenvalues[k]!)));
  const total = singular.reduce((sum, each) => sum + each, 0);
  let kept = 0;
  let sum = 0;
  const most = Math.max(1, Math.floor(images / IMAGES_A_DIRECTION));
  while (kept < most && sum < KEPT * total) sum += singular[kept++]!;
  const columns = order.slice(0, kept);
  return {
    vectors: eigenvectorMatrix.subMatrixColumn(columns),
    values: singular.slice(0, kept),
  };
}

/** Canonical correlations of the leading directions, largest first, and the directions over images on the side of x. */
export function canonicalCorrelations(
  x: Representation,
  y: Representation,
): { correlations: number[]; directions: Matrix } {
  const a = leading(x).vectors;
  const b = leading(y).vectors;
  const decomposition = new SingularValueDecomposition(a.transpose().mmul(b), {
    autoTranspose: true,
  });
  const count = Math.min(a.columns, b.columns);
  return {
    correlations: decomposition.diagonal.slice(0, count).map((each) => Math.min(1, each)),
    directions: a.mmul(decomposition.leftSingularVectors.subMatrix(0, a.columns - 1, 0, count - 1)),
  };
}

/** Each correlation counts by how much of x lies along its direction, Σⱼ |⟨h, xⱼ⟩| over the columns of x. */
function projectionWeighted(x: Representation, y: Representation): number {
  const { correlations, directions } = canonicalCorrelations(x, y);
  let total = 0;
  let weighted = 0;
  for (const [k, correlation] of correlations.entries()) {
    const along = new Float64Array(x.width);
    for (let i = 0; i < x.images; i++) {
      const weight = directions.get(i, k);
      for (let j = 0; j < x.width; j++) along[j]! += weight * x.rows[i * x.width + j]!;
    }
    const size = along.reduce((sum, each) => sum + Math.abs(each), 0);
    total += size;
    weighted += size * correlation;
  }
  return weighted / total;
}

function procrustes(x: Representation, y: Representation): number {
  // XᵀY has the singular values of S_x U_xᵀ U_y S_y, which is at most images × images.
  const side = (of: Representation) => {
    if (of.width <= of.images) {
      const rows = Array.from({ length: of.images }, (_, i) =>
        Array.from(of.rows.subarray(i * of.width, (i + 1) * of.width)),
      );
      return new Matrix(rows);
    }
    const rows = Array.from({ length: of.images }, (_, i) =>
      Array.from(of.products.subarray(i * of.images, (i + 1) * of.images)),
    );
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(new Matrix(rows), {
      assumeSymmetric: true,
    });
    return eigenvectorMatrix.mulRowVector(
      realEigenvalues.map((each) => Math.sqrt(Math.max(0, each))),
    );
  };
  const a = side(x);
  const b = side(y);
  const nuclear = new SingularValueDecomposition(a.transpose().mmul(b), {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  }).diagonal.reduce((sum, each) => sum + each, 0);
  return nuclear / (a.norm('frobenius') * b.norm('frobenius'));
}

/** 1 − Pearson correlation of the activations of each pair of images; a constant pattern is at 1 from all. */
export function dissimilarities({ data, width, images }: Representation): Float64Array {
  const standard = new Float64Array(data.length);
  for (let i = 0; i < images; i++) {
    const row = data.subarray(i * width, (i + 1) * width);
    const centre = row.reduce((sum, each) => sum + each, 0) / width;
    const length = Math.sqrt(row.reduce((sum, each) => sum + (each - centre) ** 2, 0));
    for (let j = 0; j < width; j++) {
      standard[i * width + j] = length > 0 ? (row[j]! - centre) / length : 0;
    }
  }
  const products = gram(standard, width, 'rows').values;
  const distances = new Float64Array((images * (images - 1)) / 2);
  let at = 0;
  for (let i = 0; i < images; i++) {
    for (let j = 0; j < i; j++) distances[at++] = 1 - products[i * images + j]!;
  }
  return distances;
}

/** Spearman's rank correlation; equal values share their mean rank. */
export function spearman(a: Float64Array, b: Float64Array): number {
  const x = ranks(a);
  const y = ranks(b);
  const centre = (x.length - 1) / 2;
  let both = 0;
  let own = 0;
  let other = 0;
  for (let i = 0; i < x.length; i++) {
    both += (x[i]! - centre) * (y[i]! - centre);
    own += (x[i]! - centre) ** 2;
    other += (y[i]! - centre) ** 2;
  }
  return own > 0 && other > 0 ? both / Math.sqrt(own * other) : 0;
}

function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((i, j) => values[i]! - values[j]!);
  const found = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let k = from; k < to; k++) found[order[k]!] = (from + to - 1) / 2;
    from = to;
  }
  return found;
}
