/**
 * Similarity of layers: how little each layer changes what the one before it says of the images, and which layers of a net say
 * the same (the block structure of very deep nets: T. Nguyen, M. Raghu and S. Kornblith, "Do wide and deep networks learn the
 * same things?", ICLR 2021). `compareLayers` does the same across two nets. The indices are those of similarity.ts.
 */
import { jackknifeHalfWidth, mean } from '../stats/index.js';
import { ProbeImagesError } from './errors.js';
import { needImages } from './logits.js';
import type { Measure, Subject, Value } from './measure.js';
import { layerReading, reading } from './reading.js';
import { type Representation, representation, similarity, type Similarity } from './similarity.js';

type Options = { index: Similarity; images: number; features: number; level: number };

const INDICES: readonly Similarity[] = [
  'unbiased CKA',
  'CKA',
  'SVCCA',
  'PWCCA',
  'Procrustes',
  'RSA',
];
/** Parts of the images that are left out in turn for the interval. */
const BLOCKS = 10;
/** What needs a decomposition for every pair takes seconds with more images than this. */
const DECOMPOSED_IMAGES = 200;

export const layerSimilarity: Measure<Options> = {
  name: 'layer-similarity',
  version: 1,
  title: 'Similarity of layers',
  question: 'How much of what a layer says of the images did the layer before it say already?',
  unit: 'similarity',
  range: [-1, 1],
  cost: 'seconds',
  needs: ['activations'],
  reference: 'kornblith2019',
  defaults: { index: 'unbiased CKA', images: 500, features: 8192, level: 0.95 },
  options: {
    index: {
      about: 'Index of similarity; the unbiased one reads 0 for what is unrelated.',
      choices: INDICES,
    },
    images: {
      about:
        'Most held-out images that are used; indices that need a decomposition for each pair (SVCCA, PWCCA, Procrustes) take at most 200.',
      low: 10,
      integer: true,
    },
    features: {
      about: 'Most numbers an image; wider layers are pooled over positions first.',
      low: 1,
      integer: true,
    },
    level: {
      about: 'Level of the jackknife interval over tenths of the images.',
      low: 0.5,
      high: 0.9999,
    },
  },
  wants: (options) => [
    { set: 'test', count: mostImages(options), of: { limit: options.features } },
  ],
  async read(subject, options) {
    needImages('layer-similarity', subject.test, 'held-out', 10);
    const images = imagesOf(subject, options);
    const found = await representations(subject, images, options.features);
    const alive = found.filter(({ of }) => of !== null);
    const notes = found
      .filter(({ of }) => of === null)
      .map(({ layer }) => `${layer}: all images give the same activations, it is left out`);
    if (alive.length < 2) {
      notes.push('fewer than two layers tell images apart: nothing to compare');
      return reading(layerSimilarity, options, { value: 0, notes, extra: { images } });
    }
    const steps = alive.slice(1).map(({ of }, i) => jackknifed(alive[i]!.of!, of!, options.index));
    const layers = steps.map((step, i) =>
      layerReading(subject, alive[i + 1]!.layer, interval(step, images, options.level), 1),
    );
    const matrix = alive.map(() => new Array<number>(alive.length).fill(1));
    for (const [row, { of: x }] of alive.entries()) {
      for (const [column, { of: y }] of alive.entries()) {
        if (column <= row) continue;
        const found = similarity(x!, y!, options.index);
        matrix[row]![column] = found;
        // PWCCA weighs by its first side; here that is the earlier layer.
        matrix[column]![row] = found;
      }
    }
    return reading(layerSimilarity, options, {
      ...interval(meanOf(steps), images, options.level),
      saturation: 1,
      layers,
      extra: { images, names: alive.map(({ layer }) => layer), matrix },
      notes,
    });
  },
};

/**
 * Similarity of every layer of one net with every layer of another, on the same held-out images: across depths, seeds, or before
 * and after training.
 *
 * @returns `matrix[i][j]`: layer i of `a` with layer j of `b`.
 * @throws ProbeImagesError when the subjects do not have the same held-out images.
 */
export async function compareLayers(
  a: Subject,
  b: Subject,
  options: { index?: Similarity; images?: number; features?: number } = {},
): Promise<{ rows: string[]; columns: string[]; matrix: number[][]; images: number }> {
  if (a.test.digest !== b.test.digest) {
    throw new ProbeImagesError('layers can be compared only on the same held-out images');
  }
  const settled = { ...layerSimilarity.defaults, ...options };
  const images = imagesOf(a, settled);
  const [x, y] = [
    await representations(a, images, settled.features),
    await representations(b, images, settled.features),
  ].map((all) => all.filter(({ of }) => of !== null));
  return {
    rows: x!.map(({ layer }) => layer),
    columns: y!.map(({ layer }) => layer),
    matrix: x!.map(({ of }) => y!.map((other) => similarity(of!, other.of!, settled.index))),
    images,
  };
}

function mostImages({ images, index }: Pick<Options, 'images' | 'index'>): number {
  return ['SVCCA', 'PWCCA', 'Procrustes'].includes(index)
    ? Math.min(images, DECOMPOSED_IMAGES)
    : images;
}

function imagesOf(subject: Subject, options: Pick<Options, 'images' | 'index'>): number {
  return Math.min(mostImages(options), subject.test.shape[0]);
}

async function representations(
  subject: Subject,
  images: number,
  features: number,
): Promise<{ layer: string; of: Representation | null }[]> {
  const found: { layer: string; of: Representation | null }[] = [];
  for (const layer of subject.layers) {
    const { data } = await subject.features(layer, 'test', images, features);
    found.push({ layer, of: representation(data, images) });
  }
  return found;
}

/** A value with the same value without each tenth of the images; no parts for indices whose every part is a decomposition. */
interface Jackknifed {
  readonly value: number;
  readonly parts: readonly number[];
}

function jackknifed(x: Representation, y: Representation, index: Similarity): Jackknifed {
  const value = similarity(x, y, index);
  if (index !== 'unbiased CKA' && index !== 'CKA') return { value, parts: [] };
  const parts = Array.from({ length: BLOCKS }, (_, block) =>
    similarity(without(x, block), without(y, block), index),
  );
  return { value, parts };
}

function meanOf(steps: readonly Jackknifed[]): Jackknifed {
  return {
    value: mean(steps.map(({ value }) => value)),
    parts: steps[0]!.parts.map((_, block) => mean(steps.map(({ parts }) => parts[block]!))),
  };
}

function interval({ value, parts }: Jackknifed, images: number, level: number): Value {
  if (parts.length === 0) return { value, interval: null };
  const half = jackknifeHalfWidth(parts, level);
  return {
    value,
    interval: {
      low: Math.max(-1, value - half),
      high: Math.min(1, value + half),
      level,
      method: `jackknife over ${BLOCKS} parts of ${images} images`,
    },
  };
}

/** The products of a representation without one tenth of its images, centred again; its rows are left out. */
function without(of: Representation, block: number): Representation {
  const { products, images } = of;
  const kept = Array.from({ length: images }, (_, i) => i).filter((i) => i % BLOCKS !== block);
  const n = kept.length;
  const part = new Float64Array(n * n);
  const sums = new Float64Array(n);
  let total = 0;
  for (const [row, from] of kept.entries()) {
    for (const [column, other] of kept.entries()) {
      const product = products[from * images + other]!;
      part[row * n + column] = product;
      sums[row]! += product / n;
    }
    total += sums[row]! / n;
  }
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      part[row * n + column]! += total - sums[row]! - sums[column]!;
    }
  }
  return { ...of, rows: new Float64Array(0), images: n, products: part };
}
