// Which images are used, in which order, with which labels.
import { createHash } from 'node:crypto';
import { random } from '../tensor/random.js';
import { DataSpecError } from './data-spec.js';
import type { Dataset } from './dataset.js';
import type { Images, Source } from './source.js';

/**
 * Indices of a balanced subset in random order: each run of as many images as there are classes has one of every class, so
 * any beginning of it is balanced to within one image a class. The subset of n is the beginning of every larger one with
 * the same seed.
 *
 * @param labels class of each image of the whole part.
 * @param stream keeps the draws of training and test images apart.
 * Throws `DataSpecError` when a class has too few.
 */
export function balancedSubset(
  labels: Uint8Array,
  classes: number,
  count: number,
  seed: number,
  stream: string,
): Int32Array {
  const byClass = Array.from({ length: classes }, () => [] as number[]);
  for (let index = 0; index < labels.length; index++) byClass[labels[index]!]!.push(index);
  const fewest = Math.min(...byClass.map(({ length }) => length));
  if (count > fewest * classes) {
    const expected = `at most ${fewest * classes} (these files hold ${fewest} images of the rarest of ${classes} classes)`;
    throw new DataSpecError(stream, count, expected);
  }
  for (const [label, indices] of byClass.entries())
    random(seed, 'subset', stream, label).shuffle(indices);
  const order = random(seed, 'subset', stream, 'order');
  const chosen = new Int32Array(count);
  for (let round = 0, at = 0; at < count; round++) {
    for (const label of order.permutation(classes)) {
      if (at < count) chosen[at++] = byClass[label]![round]!;
    }
  }
  return chosen;
}

/**
 * Labels of which a share has been permuted among themselves (C. Zhang et al., "Understanding deep learning requires
 * rethinking generalization", ICLR 2017). Which images, and the permutation, come from the seed; how many images a class
 * has stays the same, and with k classes about 1 in k of the permuted labels stays right by chance.
 */
export function shuffleLabels(labels: Uint8Array, share: number, seed: number): Uint8Array {
  const count = Math.round(share * labels.length);
  const generator = random(seed, 'shuffled labels');
  const places = generator.permutation(labels.length).slice(0, count);
  const sources = generator.shuffle(places.slice());
  const shuffled = labels.slice();
  for (let i = 0; i < count; i++) shuffled[places[i]!] = labels[sources[i]!]!;
  return shuffled;
}

/** A dataset of some images of a part, in the order of `indices`, with `relabel` applied to their labels. */
export function datasetOf(
  source: Source,
  name: string,
  part: Images,
  indices: Int32Array,
  relabel: (labels: Uint8Array) => Uint8Array = (labels) => labels,
): Dataset {
  const size = source.shape[0] * source.shape[1] * source.shape[2];
  const pixels = new Uint8Array(indices.length * size);
  const own = new Uint8Array(indices.length);
  for (const [to, from] of indices.entries()) {
    pixels.set(part.pixels.subarray(from * size, (from + 1) * size), to * size);
    own[to] = part.labels[from]!;
  }
  const labels = relabel(own);
  const images = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) images[i] = pixels[i]! / 255;
  return {
    name,
    images,
    labels: Int32Array.from(labels),
    shape: [indices.length, ...source.shape],
    classes: source.classes,
    digest: createHash('sha256').update(pixels).update(labels).digest('hex'),
  };
}
