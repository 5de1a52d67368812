/** This project, through the door that a user takes: `train`. */
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { recipe } from '../../../src/lab/train/recipe.js';
import { train } from '../../../src/lab/train/train.js';
import type { Dataset } from '../../../src/lab/data/dataset.js';
import { CLASSES, noise, plainNet, print, readTask, SIDE } from './net.js';

const task = readTask();
const info = await ready();
const { batchSize, warmup, steps } = task;
const dataset = (count: number): Dataset => ({
  name: 'noise',
  ...noise(count),
  shape: [count, SIDE, SIDE, 1],
  classes: Array.from({ length: CLASSES }, (_, i) => String(i)),
  digest: '',
});
let started = 0;
let ended = 0;
await train(
  plainNet(tf as never, task) as never,
  { train: dataset(batchSize * (warmup + steps)), test: dataset(batchSize) },
  recipe({ optimizer: { name: 'adam' }, batchSize, stop: { epochs: 1 } }),
  {
    onStep({ step }) {
      if (step === warmup) started = performance.now();
      if (step === warmup + steps) ended = performance.now();
    },
  },
);
print((batchSize * steps * 1000) / (ended - started), `${info.backend} ${info.tensorflow}`);
