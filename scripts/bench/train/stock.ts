/** tfjs-node as it comes: `tf.layers` and `model.fit`. */
import { createRequire } from 'node:module';
import type * as util from 'node:util';
import type * as TensorFlow from '@tensorflow/tfjs';
import { CLASSES, noise, plainNet, print, readTask, SIDE } from './net.js';

const require = createRequire(import.meta.url);
const helpers = require('node:util') as typeof util & { isNullOrUndefined?: unknown };
helpers.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
const tf = require('@tensorflow/tfjs-node') as typeof TensorFlow;

const task = readTask();
const { batchSize, warmup, steps } = task;
const net = plainNet(tf, task);
net.add(tf.layers.softmax());
net.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });

async function fit(count: number): Promise<number> {
  const { images, labels } = noise(count * batchSize);
  const x = tf.tensor4d(images, [count * batchSize, SIDE, SIDE, 1]);
  const y = tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES);
  let started = 0;
  let ended = 0;
  await net.fit(x, y, {
    batchSize,
    epochs: 1,
    verbose: 0,
    callbacks: {
      onEpochBegin: async () => {
        started = performance.now();
      },
      onEpochEnd: async () => {
        ended = performance.now();
      },
    },
  });
  tf.dispose([x, y]);
  return ended - started;
}

await fit(warmup);
const milliseconds = await fit(steps);
const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
print((batchSize * steps * 1000) / milliseconds, `tfjs-node, tensorflow ${binding.TF_Version}`);
