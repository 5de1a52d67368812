/** What the logits of a net say of labelled images. */
import { RefusedError } from './errors.js';
import type { Dataset } from '../data/dataset.js';

/** Index of the largest logit of each row; the first of equal ones. */
export function predictions(logits: Float32Array, classes: number): Int32Array {
  const count = logits.length / classes;
  const found = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (logits[i * classes + c]! > logits[i * classes + best]!) best = c;
    }
    found[i] = best;
  }
  return found;
}

/** Cross-entropy of each image in nats, −log softmax(logits)[label], in double precision. */
export function crossEntropies(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
): Float64Array {
  const losses = new Float64Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const row = i * classes;
    let largest = logits[row]!;
    for (let c = 1; c < classes; c++) largest = Math.max(largest, logits[row + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[row + c]! - largest);
    losses[i] = largest + Math.log(sum) - logits[row + labels[i]!]!;
  }
  return losses;
}

/** How many images are given their label. */
export function countCorrect(logits: Float32Array, labels: Int32Array, classes: number): number {
  const guesses = predictions(logits, classes);
  let correct = 0;
  for (let i = 0; i < labels.length; i++) if (guesses[i] === labels[i]) correct++;
  return correct;
}

/** A note that names the classes of which there is no image, or none. */
export function missingClasses({ labels, classes }: Dataset, set: string): string[] {
  const present = new Set(labels);
  const missing = classes.filter((_, label) => !present.has(label));
  return missing.length === 0 ? [] : [`no ${set} image of class ${missing.join(', ')}`];
}

/** @throws RefusedError when a set has fewer images than a measure needs. */
export function needImages(measure: string, dataset: Dataset, set: string, least: number): void {
  const count = dataset.shape[0];
  if (count < least) {
    throw new RefusedError(measure, `${count} ${set} images, at least ${least} are needed`);
  }
}
