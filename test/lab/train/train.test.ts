import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildNet, graphOf } from '../../../src/lab/nets/index.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { CheckpointError } from '../../../src/lab/train/checkpoint.js';
import { parametersOf } from '../../../src/lab/train/parameters.js';
import { recipe, type EpochMetrics } from '../../../src/lab/train/recipe.js';
import { train, TrainingError, type StepReport } from '../../../src/lab/train/train.js';
import { smallNet, split, weightsOf } from './fixture.js';

const directory = mkdtempSync(join(tmpdir(), 'fathom-train-'));
let threads = 1;
before(async () => {
  threads = (await ready()).threads;
});
after(() => rmSync(directory, { recursive: true, force: true }));

const data = split();
const quick = { batchSize: 16, learningRate: 0.05 };

/** All weights but batch statistics. */
function learned(model: tf.LayersModel): unknown[] {
  return parametersOf(graphOf(model))
    .filter(({ kind }) => kind !== 'mean' && kind !== 'variance')
    .map(({ kind, variable }) => [kind, variable.dataSync().slice()]);
}

describe('training', () => {
  it('learns, and says how at each epoch', async () => {
    const model = smallNet();
    const steps: StepReport[] = [];
    const lines: EpochMetrics[] = [];
    const { outcome, metrics } = await train(
      model,
      data,
      recipe({ ...quick, stop: { epochs: 8 }, schedule: { name: 'cosine' } }),
      { onStep: (step) => steps.push(step), onEpoch: (line) => void lines.push(line) },
    );
    assert.deepEqual(outcome, {
      status: 'trained',
      stoppedBy: 'epochs',
      epochs: 8,
      steps: 48,
      diverged: null,
    });
    assert.deepEqual(lines, metrics);
    assert.deepEqual(
      metrics.map(({ epoch, step }) => [epoch, step]),
      Array.from({ length: 9 }, (_, epoch) => [epoch, 6 * epoch]),
    );
    assert.deepEqual(
      steps.map(({ step }) => step),
      Array.from({ length: 48 }, (_, i) => i + 1),
    );
    assert.ok(metrics.at(-1)!.testAccuracy > 0.9, JSON.stringify(metrics.at(-1)));
    // The model itself has learned: what it predicts scores as the last line says.
    const [count] = data.test.shape;
    const guesses = tf.tidy(() =>
      (model.predict(tf.tensor4d(data.test.images, [count, 8, 8, 1])) as tf.Tensor)
        .argMax(1)
        .dataSync(),
    );
    const correct = guesses.filter((guess, i) => guess === data.test.labels[i]).length;
    assert.equal(correct / count, metrics.at(-1)!.testAccuracy);
  });

  it('gives the untrained control for 0 epochs', async () => {
    const model = smallNet();
    const before = learned(model);
    const { outcome, metrics } = await train(model, data, recipe({ stop: { epochs: 0 } }));
    assert.deepEqual(outcome, {
      status: 'trained',
      stoppedBy: 'epochs',
      epochs: 0,
      steps: 0,
      diverged: null,
    });
    assert.equal(metrics.length, 1);
    assert.deepEqual(learned(model), before);
  });

  it('normalises the untrained control, so that its logits do not grow with depth', async () => {
    const scale = async (depth: number, trained: boolean) => {
      const model = buildNet({ depth, width: 4, input: [8, 8, 1], classes: 4 });
      if (trained) await train(model, data, recipe({ stop: { epochs: 0 } }));
      const size = tf.tidy(() => {
        const images = tf.tensor4d(data.test.images, [...data.test.shape]);
        return Math.sqrt((model.predict(images) as tf.Tensor).square().mean().dataSync()[0]!);
      });
      model.dispose();
      return size;
    };
    const [shallow, deep] = [await scale(8, true), await scale(56, true)];
    // Sums of n normalised branches grow as √n at most: 9 blocks a stage where the shallow net has 1.
    assert.ok(deep / shallow > 0.3 && deep / shallow < 6, `${shallow} to ${deep}`);
    assert.ok((await scale(56, false)) / (await scale(8, false)) > 100);
  });

  it('leaves batch statistics alone that a net already has', async () => {
    const model = smallNet();
    const rate = { ...quick, stop: { epochs: 1 } };
    await train(model, data, recipe(rate));
    const trained = weightsOf(model);
    await train(model, data, recipe({ stop: { epochs: 0 } }));
    assert.deepEqual(weightsOf(model), trained);
  });

  it('stops in mid-epoch at a number of steps', async () => {
    const stop = { epochs: 5, steps: 9 };
    const { outcome, metrics } = await train(smallNet(), data, recipe({ ...quick, stop }));
    assert.equal(outcome.stoppedBy, 'steps');
    assert.equal(outcome.steps, 9);
    assert.deepEqual(
      metrics.map(({ step }) => step),
      [0, 6, 9],
    );
  });

  it('stops after the epoch that reaches the training loss', async () => {
    const stop = { epochs: 50, trainLoss: 0.5 };
    const { outcome, metrics } = await train(smallNet(), data, recipe({ ...quick, stop }));
    assert.equal(outcome.stoppedBy, 'trainLoss');
    assert.ok(metrics.at(-1)!.trainLoss <= 0.5);
    for (const { trainLoss } of metrics.slice(0, -1)) assert.ok(trainLoss > 0.5);
  });

  it('records divergence with its step and keeps the weights of the last whole epoch', async () => {
    const model = smallNet();
    const { outcome, metrics } = await train(
      model,
      data,
      recipe({ ...quick, learningRate: 1e38, stop: { epochs: 3 } }),
    );
    assert.equal(outcome.status, 'diverged');
    assert.equal(outcome.stoppedBy, 'divergence');
    assert.ok(outcome.diverged !== null);
    assert.equal(outcome.diverged.step, outcome.steps);
    assert.ok(Number.isFinite(outcome.diverged.lastLoss));
    for (const line of metrics) {
      for (const value of Object.values(line)) assert.ok(Number.isFinite(value));
    }
    for (const values of weightsOf(model)) assert.ok(values.every(Number.isFinite));
  });

  it('ends between two steps when it is told to', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let seen = 0;
    const promise = train(smallNet(), data, recipe(quick), {
      signal: controller.signal,
      onStep: ({ step }) => {
        seen = step;
        if (step === 3) controller.abort(reason);
      },
    });
    await assert.rejects(promise, (error) => error === reason);
    assert.equal(seen, 3);
  });

  it('leaves no tensors behind, however it ends', async () => {
    const model = smallNet();
    const { numTensors } = tf.memory();
    await train(model, data, recipe({ ...quick, stop: { epochs: 1 } }));
    await train(model, data, recipe({ ...quick, learningRate: 1e38, stop: { epochs: 1 } }));
    const signal = AbortSignal.abort();
    await assert.rejects(train(model, data, recipe(quick), { signal }));
    assert.equal(tf.memory().numTensors, numTensors);
  });

  it('refuses data that does not fit the net, saying what and where', async () => {
    const narrow = { ...data.train, shape: [192, 8, 4, 1] as const };
    await assert.rejects(train(smallNet(), { ...data, train: narrow }, recipe()), (error) => {
      assert.ok(error instanceof TrainingError);
      assert.match(error.message, /quadrants.*8×4×1.*8×8×1/);
      return true;
    });
    const labels = data.train.labels.slice();
    labels[5] = 4;
    const wrong = { ...data.train, labels };
    await assert.rejects(
      train(smallNet(), { ...data, train: wrong }, recipe()),
      /image 5 has label 4, but the net has 4 classes/,
    );
  });

  it('refuses determinism where it cannot be had, and says how to have it', async (t) => {
    if (threads === 1) return t.skip('this process runs one thread');
    await assert.rejects(
      train(smallNet(), data, recipe({ deterministic: true })),
      /one TensorFlow thread.*TF_NUM_INTRAOP_THREADS=1/,
    );
  });
});

describe('a checkpoint', () => {
  const rules = recipe({ ...quick, stop: { epochs: 2 } });
  let number = 0;
  const folder = () => join(directory, `run-${number++}`);

  it('leaves one whole file', async () => {
    const checkpoint = { directory: folder() };
    await train(smallNet(), data, rules, { checkpoint });
    assert.deepEqual(readdirSync(checkpoint.directory), ['checkpoint.bin']);
  });

  it('of a finished run gives its result without training', async () => {
    const checkpoint = { directory: folder() };
    const first = smallNet();
    const { outcome, metrics } = await train(first, data, rules, { checkpoint });
    const second = smallNet();
    let steps = 0;
    const again = await train(second, data, rules, { checkpoint, onStep: () => steps++ });
    assert.deepEqual(again, { outcome, metrics });
    assert.equal(steps, 0);
    assert.deepEqual(weightsOf(second), weightsOf(first));
  });

  it('is written every so many epochs', async () => {
    const checkpoint = { directory: folder(), everyEpochs: 2 };
    const written: boolean[] = [];
    const look = () => {
      try {
        written.push(readdirSync(checkpoint.directory).length > 0);
      } catch {
        written.push(false);
      }
    };
    const longer = recipe({ ...quick, stop: { epochs: 3 } });
    await train(smallNet(), data, longer, { checkpoint, onEpoch: look });
    // Each line is made before its own checkpoint.
    assert.deepEqual(written, [false, false, false, true]);
  });

  it('of another run is refused', async () => {
    const checkpoint = { directory: folder() };
    await train(smallNet(), data, rules, { checkpoint });
    await assert.rejects(
      train(smallNet(), data, recipe({ ...quick, seed: 1, stop: { epochs: 2 } }), { checkpoint }),
      (error) => error instanceof CheckpointError && /another run/.test(error.message),
    );
  });

  it('that is damaged is refused, wherever it is damaged', async () => {
    const checkpoint = { directory: folder() };
    await train(smallNet(), data, rules, { checkpoint });
    const path = join(checkpoint.directory, 'checkpoint.bin');
    const bytes = readFileSync(path);
    const damaged = [
      bytes.subarray(0, 2),
      bytes.subarray(0, 100),
      bytes.subarray(0, bytes.length - 4),
      Buffer.from(bytes).fill(1, bytes.length - 40, bytes.length - 30),
    ];
    for (const file of damaged) {
      writeFileSync(path, file);
      await assert.rejects(
        train(smallNet(), data, rules, { checkpoint }),
        (error) =>
          error instanceof CheckpointError && error.path === path && /damaged/.test(error.message),
      );
    }
  });
});
