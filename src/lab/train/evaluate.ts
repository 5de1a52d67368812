/** Loss and accuracy of a net on a set of images, in evaluation mode. */
import type { Dataset } from '../data/dataset.js';
import { forward } from '../nets/forward.js';
import type { Graph } from '../nets/graph.js';
import { tf } from '../tensor/index.js';

export interface Score {
  /** Mean cross-entropy, nats. */
  readonly loss: number;
  /** Share of images whose largest logit is the label's, 0 to 1. */
  readonly accuracy: number;
}

/** Images evaluated at a time: the activations of a batch fit the cache of a processor core or two. */
const BATCH = 256;

/**
 * Loss and accuracy on every image of the dataset.
 *
 * @throws RangeError when the dataset is empty.
 */
export function evaluate(graph: Graph, dataset: Dataset): Score {
  return evaluateWith(dataset, (images) => {
    // The values are read outside the tidy: it looks for tensors in each number of what it returns.
    const logits = tf.tidy(() => forward(graph, images).logits);
    const values = logits.dataSync() as Float32Array;
    logits.dispose();
    return values;
  });
}

/**
 * The same with any function from images to logits.
 *
 * @param logits Takes `[batch, height, width, channels]`, gives `batch × classes` values, row by row.
 */
export function evaluateWith(
  dataset: Dataset,
  logits: (images: tf.Tensor4D) => Float32Array,
): Score {
  const [count, height, width, channels] = dataset.shape;
  if (count === 0) throw new RangeError(`the dataset ${dataset.name} has no images to evaluate on`);
  const size = height * width * channels;
  let loss = 0;
  let correct = 0;
  for (let start = 0; start < count; start += BATCH) {
    const end = Math.min(count, start + BATCH);
    const images = tf.tensor4d(dataset.images.subarray(start * size, end * size), [
      end - start,
      height,
      width,
      channels,
    ]);
    const z = logits(images);
    images.dispose();
    const classes = z.length / (end - start);
    for (let i = start; i < end; i++) {
      const row = (i - start) * classes;
      const label = dataset.labels[i]!;
      let best = 0;
      for (let c = 1; c < classes; c++) if (z[row + c]! > z[row + best]!) best = c;
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += Math.exp(z[row + c]! - z[row + best]!);
      loss += Math.log(sum) + z[row + best]! - z[row + label]!;
      if (best === label) correct += 1;
    }
  }
  return { loss: loss / count, accuracy: correct / count };
}
