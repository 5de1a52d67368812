/** Trains the small net deterministically and prints a line an epoch, then a digest of the weights. Run by `resume.test.ts`. */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { recipe } from '../../../src/lab/train/recipe.js';
import { train } from '../../../src/lab/train/train.js';
import { smallNet, split, weightsOf } from './fixture.js';

const [directory, pauseAfter] = process.argv.slice(2);
const model = smallNet();
const { metrics } = await train(
  model,
  split(),
  recipe({
    batchSize: 16,
    learningRate: 0.01,
    optimizer: { name: 'adam' },
    weightDecay: 0.01,
    augment: { crop: 1, flip: true },
    schedule: { name: 'cosine' },
    stop: { epochs: 6 },
    deterministic: true,
  }),
  {
    ...(directory ? { checkpoint: { directory, everyEpochs: 2 } } : {}),
    async onEpoch({ epoch }) {
      writeSync(1, `epoch ${epoch}\n`);
      // Stands still until it is killed.
      if (epoch === Number(pauseAfter)) await new Promise(() => setInterval(() => {}, 1000));
    },
  },
);
const hash = createHash('sha256');
for (const values of weightsOf(model)) hash.update(values);
writeSync(1, `result ${hash.digest('hex')} ${JSON.stringify(metrics)}\n`);
