/**
 * Neural collapse by layer: how far the activations of the training images have shrunk to one point a class, and how regular
 * these points lie (V. Papyan, X. Han and D. Donoho, "Prevalence of neural collapse during the terminal phase of deep learning
 * training", PNAS 2020).
 *
 * With Σ_W the covariance within classes, Σ_B that of the K class means (each class counts alike), m the class means less their
 * mean, and W the last kernel:
 * NC1 = tr(Σ_W Σ_B⁺)/K, 0 when every class is one point; NC2: coefficient of variation of ‖m‖, and the cosines between them,
 * −1/(K−1) for a simplex; NC3 = ‖WM/‖WM‖ − E‖ with E the simplex (I − 11ᵀ/K)/√(K−1), at the last hidden layer; NC4: share of
 * images for which the nearest class mean says otherwise than the net.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { sizeOf } from '../nets/size.js';
import { jackknifeHalfWidth, mean, standardDeviation } from '../stats/index.js';
import { dot } from './dot.js';
import { missingClasses, predictions } from './logits.js';
import type { Measure, Reading, Subject, Value } from './measure.js';
import { layerReading, reading } from './reading.js';

type Options = { images: number; features: number; level: number };

/** Parts of the images that are left out in turn for the interval. */
const BLOCKS = 10;

export const neuralCollapse: Measure<Options> = {
  name: 'neural-collapse',
  version: 1,
  title: 'Neural collapse',
  question: 'How far have the images of a class shrunk to one point, layer by layer?',
  unit: 'scatter within over between classes',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['activations', 'labels', 'logits', 'training'],
  reference: 'papyan2020',
  defaults: { images: 1000, features: 512, level: 0.95 },
  options: {
    images: { about: 'Most training images that are used.', low: 20, integer: true },
    features: {
      about:
        'Most numbers an image; wider layers are pooled over positions first, as for the linear probe.',
      low: 1,
      high: 4096,
      integer: true,
    },
    level: {
      about: 'Level of the jackknife interval over tenths of the images.',
      low: 0.5,
      high: 0.9999,
    },
  },
  refuses({ train }, { images }) {
    const count = Math.min(images, train.shape[0]);
    const classes = new Set(train.labels.subarray(0, count));
    if (classes.size < 2) return 'the training images have fewer than two classes';
    return count < 2 * classes.size
      ? `${count} training images of ${classes.size} classes, at least two of each are needed`
      : null;
  },
  wants: ({ images, features }) => [
    { set: 'train', count: images, of: { limit: features } },
    { set: 'train', count: Infinity, of: 'logits' },
  ],
  async read(subject, options) {
    const { train } = subject;
    const images = Math.min(options.images, train.shape[0]);
    const outputs = subject.graph.nodes.at(-1)!.shape[0]!;
    const labels = train.labels.subarray(0, images);
    const answers = predictions(await subject.logits('train'), outputs).subarray(0, images);
    const notes = missingClasses({ ...train, labels }, 'training');
    const layers: Reading['layers'][number][] = [];
    const byLayer: Record<string, number | string | null>[] = [];
    for (const layer of subject.layers) {
      const { data, shape } = await subject.features(layer, 'train', images, options.features);
      const groups = classMeans(data, labels, shape[1]!);
      const within = withinOverBetween(data, labels, groups);
      if (within === null) {
        notes.push(`${layer}: the classes have the same mean, so nothing can collapse to it`);
        continue;
      }
      layers.push(
        layerReading(subject, layer, jackknifed(data, labels, shape[1]!, within, options)),
      );
      byLayer.push({
        layer,
        ...geometry(groups),
        disagreement: disagreement(data, groups, answers),
      });
    }
    const hidden = layers.find(({ layer }) => layer === subject.layers.at(-2)) ?? layers.at(-1);
    if (hidden === undefined) {
      return reading(neuralCollapse, options, { value: 0, notes, extra: { images, byLayer } });
    }
    if (hidden.layer !== subject.layers.at(-2)) {
      notes.push(`${hidden.layer} is the last layer that has a value, not the last hidden one`);
    }
    return reading(neuralCollapse, options, {
      value: hidden.value,
      interval: hidden.interval,
      layers,
      extra: {
        layer: hidden.layer,
        images,
        classes: new Set(labels).size,
        simplexCosine: -1 / (new Set(labels).size - 1),
        byLayer,
        selfDuality: await selfDuality(subject, images, labels, options.features),
      },
      notes,
    });
  },
};

interface ClassMeans {
  /** Labels that occur. */
  readonly present: readonly number[];
  readonly counts: readonly number[];
  /** Mean of each present class, `present.length × width`. */
  readonly means: Float64Array;
  /** The same less the mean of the class means. */
  readonly centred: Float64Array;
  readonly width: number;
}

export function classMeans(data: Float32Array, labels: Int32Array, width: number): ClassMeans {
  const present = [...new Set(labels)].sort((a, b) => a - b);
  const place = new Map(present.map((label, index) => [label, index]));
  const counts = present.map(() => 0);
  const means = new Float64Array(present.length * width);
  for (const [i, label] of labels.entries()) {
    const k = place.get(label)!;
    counts[k]! += 1;
    for (let j = 0; j < width; j++) means[k * width + j]! += data[i * width + j]!;
  }
  for (const [k, count] of counts.entries()) {
    for (let j = 0; j < width; j++) means[k * width + j]! /= count;
  }
  const centred = means.slice();
  for (let j = 0; j < width; j++) {
    let sum = 0;
    for (let k = 0; k < present.length; k++) sum += means[k * width + j]!;
    for (let k = 0; k < present.length; k++) centred[k * width + j]! -= sum / present.length;
  }
  return { present, counts, means, centred, width };
}

/** NC1, tr(Σ_W Σ_B⁺)/K; null when the class means are all the same. */
export function withinOverBetween(
  data: Float32Array,
  labels: Int32Array,
  { present, counts, means, centred, width }: ClassMeans,
): number | null {
  const classes = present.length;
  // Σ_B = MMᵀ/K has the eigenvalues of MᵀM/K, which is only K × K.
  const products = Matrix.zeros(classes, classes);
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < classes; b++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += centred[a * width + j]! * centred[b * width + j]!;
      products.set(a, b, sum / classes);
    }
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(products, {
    assumeSymmetric: true,
  });
  const largest = Math.max(...realEigenvalues);
  const scale = means.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  if (!(Math.sqrt(largest) > scale * 2 ** -20)) return null;
  // Single-precision activations leave rounding of about 1e-7 in a mean; its square is no direction.
  const kept = realEigenvalues.flatMap((value, k) => (value > largest * 1e-10 ? [k] : []));
  // The directions M v, each over λ√K: a component along them, squared and summed, is xᵀΣ_B⁺x.
  const directions = kept.map((k) => {
    const direction = new Float64Array(width);
    for (let c = 0; c < classes; c++) {
      const weight = eigenvectorMatrix.get(c, k) / (realEigenvalues[k]! * Math.sqrt(classes));
      for (let j = 0; j < width; j++) direction[j]! += weight * centred[c * width + j]!;
    }
    return direction;
  });
  const place = new Map(present.map((label, index) => [label, index]));
  const sums = present.map(() => 0);
  for (const [i, label] of labels.entries()) {
    const k = place.get(label)!;
    for (const direction of directions) {
      let along = 0;
      for (let j = 0; j < width; j++) {
        along += (data[i * width + j]! - means[k * width + j]!) * direction[j]!;
      }
      sums[k]! += along * along;
    }
  }
  return sums.reduce((total, sum, k) => total + sum / counts[k]!, 0) / classes / classes;
}

/** Interval on a logarithmic scale from leaving out each tenth of the images in turn. */
function jackknifed(
  data: Float32Array,
  labels: Int32Array,
  width: number,
  value: number,
  { level }: Options,
): Value {
  const logs: number[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const kept = [...labels.keys()].filter((i) => i % BLOCKS !== block);
    const rows = new Float32Array(kept.length * width);
    for (const [to, from] of kept.entries()) {
      rows.set(data.subarray(from * width, (from + 1) * width), to * width);
    }
    const left = Int32Array.from(kept, (i) => labels[i]!);
    const part = withinOverBetween(rows, left, classMeans(rows, left, width));
    if (part !== null && part > 0) logs.push(Math.log(part));
  }
  if (logs.length < BLOCKS || value <= 0) return { value, interval: null };
  const factor = Math.exp(jackknifeHalfWidth(logs, level));
  return {
    value,
    interval: {
      low: value / factor,
      high: value * factor,
      level,
      method: `jackknife over ${BLOCKS} parts of ${labels.length} images`,
    },
  };
}

/** NC2: spread of the lengths of the class means, and their cosines. */
export function geometry({ present, centred, width }: ClassMeans): {
  lengthVariation: number;
  cosine: number;
  cosineSpread: number;
} {
  const row = (k: number) => centred.subarray(k * width, (k + 1) * width);
  const lengths = present.map((_, k) => Math.sqrt(dot(row(k), row(k))));
  const cosines: number[] = [];
  for (let a = 0; a < present.length; a++) {
    for (let b = 0; b < a; b++) {
      const length = lengths[a]! * lengths[b]!;
      if (length > 0) cosines.push(dot(row(a), row(b)) / length);
    }
  }
  return {
    lengthVariation: standardDeviation(lengths) / mean(lengths),
    cosine: cosines.length > 0 ? mean(cosines) : 0,
    cosineSpread: standardDeviation(cosines),
  };
}

/** NC4: share of rows whose nearest class mean is not what the net says. */
export function disagreement(
  data: Float32Array,
  { present, means, width }: ClassMeans,
  answers: Int32Array,
): number {
  let differ = 0;
  for (const [i, answer] of answers.entries()) {
    let best = 0;
    let least = Infinity;
    for (let k = 0; k < present.length; k++) {
      let squared = 0;
      for (let j = 0; j < width; j++)
        squared += (data[i * width + j]! - means[k * width + j]!) ** 2;
      if (squared < least) {
        least = squared;
        best = k;
      }
    }
    if (present[best] !== answer) differ++;
  }
  return differ / answers.length;
}

/**
 * NC3 between the last kernel and the class means of what it reads; null where the net does not end in a dense layer or a class
 * is missing.
 */
async function selfDuality(
  subject: Subject,
  images: number,
  labels: Int32Array,
  features: number,
): Promise<number | null> {
  const last = subject.graph.nodes.at(-1)!;
  if (last.op !== 'dense') return null;
  const input = subject.graph.nodes[last.inputs[0]!]!;
  const width = sizeOf(input.shape);
  // Where nothing is reduced away, the pass that the other readings were made from has it.
  const { data } =
    width <= features && subject.layers.includes(input.name)
      ? await subject.features(input.name, 'train', images, features)
      : await subject.activations(input.name, 'train', images);
  const groups = classMeans(data, labels, width);
  const classes = last.shape[0]!;
  if (groups.present.length !== classes) return null;
  return dualityOf(await last.kernel.data<'float32'>(), groups);
}

/** ‖WM/‖WM‖ − E‖ in the Frobenius norm. @param kernel `width × classes`. */
export function dualityOf(
  kernel: ArrayLike<number>,
  { centred, width, present }: ClassMeans,
): number {
  const classes = present.length;
  const products = new Float64Array(classes * classes);
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < classes; b++) {
      for (let j = 0; j < width; j++) {
        products[a * classes + b]! += kernel[j * classes + a]! * centred[b * width + j]!;
      }
    }
  }
  const length = Math.sqrt(products.reduce((sum, each) => sum + each * each, 0));
  if (length === 0) return Math.SQRT2;
  let squared = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < classes; b++) {
      const ideal = ((a === b ? 1 : 0) - 1 / classes) / Math.sqrt(classes - 1);
      squared += (products[a * classes + b]! / length - ideal) ** 2;
    }
  }
  return Math.sqrt(squared);
}
