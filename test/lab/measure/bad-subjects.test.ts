/** Every measure of the registry on nets and images that have something wrong: a named refusal or a reading, never NaN. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Dataset, Split } from '../../../src/lab/data/dataset.js';
import {
  measures,
  NotFiniteError,
  RefusedError,
  readMeasure,
  subject,
} from '../../../src/lab/measure/index.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { dataset, denseNet, noise } from './helpers.js';

const image = [8, 8, 1] as const;
const classes = 3;

/** Two convolutions of 3 × 3, pooling, a residual sum, global pooling and a dense layer, with weights from a fixed seed. */
function smallNet(change: (weights: tf.Tensor[], layer: string) => tf.Tensor[] = (w) => w) {
  const input = tf.input({ shape: [...image] });
  const conv = (name: string, x: tf.SymbolicTensor) =>
    tf.layers
      .conv2d({
        name,
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        kernelInitializer: tf.initializers.heNormal({ seed: name.length }),
      })
      .apply(x) as tf.SymbolicTensor;
  const relu = (name: string, x: tf.SymbolicTensor) =>
    tf.layers.reLU({ name }).apply(x) as tf.SymbolicTensor;
  const first = relu('first_relu', conv('first', input));
  const pooled = tf.layers.maxPooling2d({ poolSize: 2 }).apply(first) as tf.SymbolicTensor;
  const second = conv('second_', pooled);
  const sum = tf.layers.add().apply([second, pooled]) as tf.SymbolicTensor;
  const top = relu('second_relu', sum);
  const features = tf.layers.globalAveragePooling2d({}).apply(top) as tf.SymbolicTensor;
  const logits = tf.layers
    .dense({
      name: 'logits',
      units: classes,
      kernelInitializer: tf.initializers.glorotNormal({ seed: 3 }),
    })
    .apply(features) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: logits });
  for (const layer of model.layers) {
    if (layer.weights.length > 0) layer.setWeights(change(layer.getWeights(), layer.name));
  }
  return model;
}

const split = (train: Dataset, test: Dataset): Split => ({ train, test });
const healthy = split(noise(40, image, classes, 2), noise(30, image, classes, 3));

/** The same set with other images or labels. */
const changed = (
  set: Dataset,
  { pixels, labels }: { pixels?: (i: number) => number; labels?: (i: number) => number },
): Dataset => ({
  ...set,
  images: pixels ? set.images.map((_, i) => pixels(i)) : set.images,
  labels: labels ? set.labels.map((_, i) => labels(i)) : set.labels,
});
const both = (change: Parameters<typeof changed>[1]) =>
  split(changed(healthy.train, change), changed(healthy.test, change));
const few = (count: number) => {
  const of = (seed: number) => noise(count, image, classes, seed);
  return split(of(2), of(3));
};
const times = (factor: number) => (weights: tf.Tensor[]) =>
  weights.map((weight) => tf.mul(weight, factor));
/** Biases this low leave no unit on. */
const dead = (names: readonly string[]) => (weights: tf.Tensor[], layer: string) =>
  names.includes(layer) ? [tf.mul(weights[0]!, 0), tf.fill(weights[1]!.shape, -1)] : weights;

const bad: Record<string, () => { net: tf.LayersModel; split: Split }> = {
  'images all alike': () => ({ net: smallNet(), split: both({ pixels: () => 0.5 }) }),
  'images all black': () => ({ net: smallNet(), split: both({ pixels: () => 0 }) }),
  'every image there twice': () => ({
    net: smallNet(),
    split: both({ pixels: (i) => healthy.test.images[i % (15 * 64)]! }),
  }),
  'one class missing': () => ({ net: smallNet(), split: both({ labels: (i) => i % 2 }) }),
  'one class only': () => ({ net: smallNet(), split: both({ labels: () => 1 }) }),
  'one image': () => ({ net: smallNet(), split: few(1) }),
  'two images': () => ({ net: smallNet(), split: few(2) }),
  'four images': () => ({ net: smallNet(), split: few(4) }),
  'training images unknown': () => ({
    net: smallNet(),
    split: split(noise(0, image, classes), healthy.test),
  }),
  'first layer dead': () => ({ net: smallNet(dead(['first'])), split: healthy }),
  'all layers dead': () => ({ net: smallNet(dead(['first', 'second_'])), split: healthy }),
  'all weights zero': () => ({ net: smallNet(times(0)), split: healthy }),
  'constant logits': () => ({ net: smallNet(dead(['logits'])), split: healthy }),
  'weights tiny': () => ({ net: smallNet(times(1e-12)), split: healthy }),
  'weights huge': () => ({ net: smallNet(times(1e4)), split: healthy }),
  'weights that overflow': () => ({ net: smallNet(times(1e20)), split: healthy }),
  'a linear net': () => ({
    net: tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [...image] }),
        tf.layers.dense({
          units: classes,
          kernelInitializer: tf.initializers.glorotNormal({ seed: 1 }),
        }),
      ],
    }),
    split: healthy,
  }),
  'one pixel': () => ({
    net: denseNet([
      { kernel: [[1, -1]] },
      {
        kernel: [
          [1, 0, -1],
          [-1, 0, 1],
        ],
      },
    ]),
    split: split(
      dataset([0.1, 0.9, 0.4, 0.7, 0.2, 0.6], [0, 1, 2, 0, 1, 2], [1, 1, 1], 3),
      dataset([0.3, 0.8, 0.5, 0.15, 0.95, 0.55], [0, 1, 2, 0, 1, 2], [1, 1, 1], 3),
    ),
  }),
};

/** Small enough that the table takes seconds. */
const small: Record<string, Record<string, unknown>> = {
  'feature-order': {
    orders: [0, 1, 2],
    fitImages: 60,
    width: 4,
    epochs: 1,
    peers: 1,
    peerEpochs: 1,
  },
  'activation-maximisation': { steps: 4 },
  'interaction-order': { images: 4, pairs: 4 },
  flatness: { draws: 2, steps: 5 },
  hessian: { steps: 5 },
  'filter-topology': { draws: 2 },
};

describe('measures on bad subjects', () => {
  before(() => ready());

  for (const [name, made] of Object.entries(bad)) {
    it(`read or refuse: ${name}`, async () => {
      const { net, split: of } = made();
      const looked = subject(net, of);
      for (const measure of measures.all) {
        const options = small[measure.name] ?? {};
        try {
          // It checks every number of the reading, those of the pictures too.
          await readMeasure(looked, { measure: measure.name, options });
          if (name === 'weights that overflow') assert.deepEqual(measure.needs, ['weights']);
        } catch (error) {
          assert.ok(
            error instanceof RefusedError || error instanceof NotFiniteError,
            `${measure.name}: ${(error as Error).stack}`,
          );
          assert.ok(error.message.length > 20, error.message);
        }
      }
      looked.dispose();
      net.dispose();
    });
  }
});
