/** Largest resident memory of a process that trains a residual net for a few steps, and of one that only starts. */
import type { Dataset } from '../../../src/lab/data/dataset.js';
import { buildNet, netSpec } from '../../../src/lab/nets/index.js';
import { ready } from '../../../src/lab/tensor/index.js';
import { recipe } from '../../../src/lab/train/recipe.js';
import { train } from '../../../src/lab/train/train.js';
import { print } from './net.js';

const { depth, width, batchSize, steps, side, channels } = JSON.parse(process.argv[2]!) as {
  depth: number;
  width: number;
  batchSize: number;
  steps: number;
  side: number;
  channels: number;
};
const info = await ready();
const dataset = (count: number): Dataset => ({
  name: 'noise',
  images: Float32Array.from({ length: count * side * side * channels }, Math.random),
  labels: Int32Array.from({ length: count }, (_, i) => i % 10),
  shape: [count, side, side, channels],
  classes: Array.from({ length: 10 }, (_, i) => String(i)),
  digest: '',
});
if (steps > 0) {
  const net = buildNet(
    netSpec({ family: 'residual', depth, width, input: [side, side, channels], classes: 10 }),
  );
  await train(
    net,
    { train: dataset(batchSize * steps), test: dataset(batchSize) },
    recipe({ batchSize, stop: { epochs: 1 } }),
  );
}
print(0, `${info.backend} ${info.tensorflow}`);
