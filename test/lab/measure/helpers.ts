/** Small nets with known weights, and images for them. */
import type { Dataset, Split } from '../../../src/lab/data/dataset.js';
import { random, tf } from '../../../src/lab/tensor/index.js';

export function dataset(
  images: ArrayLike<number>,
  labels: ArrayLike<number>,
  image: readonly [number, number, number],
  classes: number,
): Dataset {
  return {
    name: 'test',
    images: Float32Array.from(images),
    labels: Int32Array.from(labels),
    shape: [labels.length, ...image],
    classes: Array.from({ length: classes }, (_, c) => `c${c}`),
    digest: 'of-a-test',
  };
}

/** Uniform noise with labels in turn. */
export function noise(
  count: number,
  image: readonly [number, number, number],
  classes: number,
  seed = 1,
): Dataset {
  const generator = random(seed);
  const size = image[0] * image[1] * image[2];
  return dataset(
    Float32Array.from({ length: count * size }, () => generator.next()),
    Int32Array.from({ length: count }, (_, i) => i % classes),
    image,
    classes,
  );
}

export function noiseSplit(
  count: number,
  image: readonly [number, number, number],
  classes: number,
): Split {
  return { train: noise(count, image, classes, 2), test: noise(count, image, classes, 3) };
}

/**
 * A stack of dense layers on a 1 × 1 × n image, ReLU between them and none at the end.
 *
 * @param weights kernel (inputs × units) and bias of each layer.
 */
export function denseNet(
  weights: readonly { readonly kernel: number[][]; readonly bias?: number[] }[],
): tf.LayersModel {
  const inputs = weights[0]!.kernel.length;
  const model = tf.sequential();
  model.add(tf.layers.flatten({ inputShape: [1, 1, inputs] }));
  for (const [i, { kernel, bias }] of weights.entries()) {
    const layer = tf.layers.dense({
      units: kernel[0]!.length,
      activation: i < weights.length - 1 ? 'relu' : 'linear',
    });
    model.add(layer);
    layer.setWeights([tf.tensor2d(kernel), tf.tensor1d(bias ?? kernel[0]!.map(() => 0))]);
  }
  return model;
}

/** Batch normalisation statistics and offsets as training would leave them: not 0 and 1. */
export function unsettle(model: tf.LayersModel, seed = 5): tf.LayersModel {
  const generator = random(seed);
  for (const layer of model.layers) {
    if (layer.getClassName() !== 'BatchNormalization') continue;
    const [gamma, beta, mean, variance] = layer.getWeights();
    const draw = (like: tf.Tensor, of: () => number) =>
      tf.tensor(Float32Array.from({ length: like.size }, of), like.shape);
    layer.setWeights([
      draw(gamma!, () => 1 + 0.3 * generator.normal()),
      draw(beta!, () => 0.3 * generator.normal()),
      draw(mean!, () => 0.3 * generator.normal()),
      draw(variance!, () => 0.5 + generator.next()),
    ]);
  }
  return model;
}
