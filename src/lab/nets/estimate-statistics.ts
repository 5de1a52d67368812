// Running statistics of batch normalisation for a net that has seen no image yet.
import { tf } from '../tensor/index.js';
import { forward } from './forward.js';
import type { Graph } from './graph.js';

/**
 * Sets the running mean and variance of each batch normalisation to those of a batch of training images. A new net has 0
 * and 1 there, so that at inference it normalises nothing: the signal of a residual net then doubles in variance at each
 * block, and its logits say nothing about the net. Afterwards the net gives at inference, on these images, what it gives
 * in training. Nothing is trained, and a net without batch normalisation stays as it is.
 *
 * @param images `[count, height, width, channels]`; a few hundred are enough.
 */
export function estimateStatistics(graph: Graph, images: tf.Tensor): void {
  tf.tidy(() => {
    for (const [index, { mean, variance }] of forward(graph, images, { training: true })
      .statistics) {
      const node = graph.nodes[index]!;
      if (node.op !== 'batchNorm') continue;
      node.mean.assign(mean);
      node.variance.assign(variance);
    }
  });
}

/**
 * Whether any batch normalisation has running statistics of its own, and so the net has seen images. A net without batch
 * normalisation has none.
 */
export function hasSeenImages(graph: Graph): boolean {
  return graph.nodes.some(
    (node) =>
      node.op === 'batchNorm' &&
      (node.mean.dataSync<'float32'>().some((value) => value !== 0) ||
        node.variance.dataSync<'float32'>().some((value) => value !== 1)),
  );
}
