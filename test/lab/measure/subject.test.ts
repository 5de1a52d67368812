import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import {
  NotFiniteError,
  ProbeImagesError,
  type Reading,
  readMeasure,
  readMeasures,
  subject,
} from '../../../src/lab/measure/index.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { dataset, denseNet, noise, noiseSplit, unsettle } from './helpers.js';

const image = [8, 8, 1] as const;
const spec = { width: 4, input: image, classes: 3, batchNorm: true, seed: 1 };

describe('subject', () => {
  before(() => ready());

  it('names the input, the end of each block and the logits as layers, with their depth', () => {
    const split = noiseSplit(6, image, 3);
    for (const [family, depth] of [
      ['plain', 5],
      ['linear', 5],
      ['residual', 8],
    ] as const) {
      const net = buildNet({ ...spec, family, depth });
      const of = subject(net, split);
      const ends = of.layers.map((layer) => of.graph.nodes.find(({ name }) => name === layer)!.op);
      const places = of.layers.map((layer) => of.position(layer));
      assert.equal(ends[0], 'input');
      assert.equal(ends.at(-1), 'dense');
      assert.equal(ends.at(-2), 'globalAveragePool');
      const inner = { plain: 'relu', linear: 'batchNorm', residual: 'relu' }[family];
      for (const op of ends.slice(1, -2)) assert.equal(op, inner, family);
      assert.equal(places[0], 0);
      assert.equal(places.at(-1), 1);
      assert.deepEqual(
        places,
        [...places].sort((a, b) => a - b),
      );
      // Plain: one block a convolution. Residual: the stem, and one block for two convolutions.
      assert.equal(of.layers.length, (family === 'residual' ? 1 + (depth - 2) / 2 : depth - 1) + 3);
      of.dispose();
    }
  });

  it('gives the activations of the net itself, the same from memory and from files', async () => {
    const net = unsettle(buildNet({ ...spec, family: 'residual', depth: 8 }));
    const split = noiseSplit(10, image, 3);
    const scratch = mkdtempSync(join(tmpdir(), 'fathom-test-'));
    const inMemory = subject(net, split);
    const inFiles = subject(net, split, { memoryBytes: 1000, scratch });
    const truth = net.predict(tf.tensor(split.test.images, [10, 8, 8, 1])) as tf.Tensor;
    const wanted = truth.dataSync();
    for (const of of [inMemory, inFiles]) {
      for (const logits of [
        await of.logits('test'),
        (await of.activations(of.layers.at(-1)!)).data,
      ]) {
        for (const [i, value] of wanted.entries()) {
          assert.ok(Math.abs(logits[i]! - value) < 1e-4);
        }
      }
    }
    for (const layer of inMemory.layers) {
      const few = await inFiles.activations(layer, 'train', 4);
      const all = await inFiles.activations(layer, 'train');
      const other = await inMemory.activations(layer, 'train');
      assert.deepEqual(all, other);
      assert.equal(few.shape[0], 4);
      assert.deepEqual([...few.data], [...all.data.subarray(0, few.data.length)]);
    }
    // Nothing is left in the folder even while the files are in use.
    if (process.platform !== 'win32') assert.deepEqual(readdirSync(scratch), []);
    inMemory.dispose();
    inFiles.dispose();
    assert.deepEqual(readdirSync(scratch), []);
    rmSync(scratch, { recursive: true });
  });

  it('computes each image once however often and at whatever counts it is asked', async () => {
    const net = buildNet({ ...spec, family: 'plain', depth: 5 });
    const of = subject(net, noiseSplit(12, image, 3));
    const before = await of.activations(of.layers[1]!, 'test', 5);
    const profile = await tf.profile(async () => {
      const [one, two] = await Promise.all(
        of.layers.slice(1, 3).map((l) => of.activations(l, 'test', 5)),
      );
      assert.deepEqual(one, before);
      return tf.scalar(two!.shape[0]!);
    });
    assert.ok(!profile.kernelNames.some((name) => /conv/i.test(name)));
    of.dispose();
  });

  it('sweeps over each set once for all measures that were asked for, and says the same as one by one', async () => {
    const net = buildNet({ ...spec, family: 'residual', depth: 8 });
    const split = noiseSplit(40, image, 3);
    const requests = [
      { measure: 'participation-ratio', options: { images: 15 } },
      'accuracy',
      'loss',
      'generalisation-gap',
      { measure: 'linear-probe', options: { features: 8 } },
      { measure: 'prediction-depth', options: { neighbours: 3, features: 16, testImages: 20 } },
      { measure: 'neural-collapse', options: { features: 16, images: 30 } },
      { measure: 'layer-similarity', options: { images: 25, features: 32 } },
      { measure: 'activation-topology', options: { images: 20, features: 16 } },
      'effective-rank',
      'intrinsic-dimension',
      'feature-maps',
      'top-images',
    ];
    const alone: Reading[] = [];
    for (const request of requests) {
      const own = subject(net, split);
      alone.push(await readMeasure(own, request));
      own.dispose();
    }
    const of = subject(net, split);
    let made: Awaited<ReturnType<typeof readMeasures>> | null = null;
    const { kernels } = await tf.profile(async () => {
      made = await readMeasures(of, requests);
      return tf.scalar(0);
    });
    of.dispose();
    // Images that went through the first layer: it alone reads pictures.
    const swept = kernels
      .filter(({ name, inputShapes }) => /conv/i.test(name) && inputShapes[0]?.at(-1) === image[2])
      .reduce((sum, { inputShapes }) => sum + inputShapes[0]![0]!, 0);
    assert.equal(swept, 40 + 40);
    assert.deepEqual(made!.refused, []);
    for (const [i, reading] of made!.readings.entries()) {
      // Batches of other lengths round otherwise.
      const away = Math.abs(reading.value - alone[i]!.value);
      assert.ok(away <= 1e-4 * Math.abs(alone[i]!.value), reading.measure);
    }
  });

  it('leaves no tensors behind', async () => {
    const net = buildNet({ ...spec, family: 'residual', depth: 8 });
    const of = subject(net, noiseSplit(5, image, 3));
    await of.logits('test');
    const before = tf.memory().numTensors;
    await of.activations(of.layers[2]!);
    await of.features(of.layers[1]!, 'train', 5, 7);
    assert.equal(tf.memory().numTensors, before);
    of.dispose();
  });

  it('reduces activations by pooling over positions, keeping the mean', async () => {
    const net = buildNet({ ...spec, family: 'plain', depth: 5 });
    const of = subject(net, noiseSplit(5, image, 3));
    const layer = of.layers[1]!;
    const whole = await of.activations(layer, 'test');
    const channels = whole.shape[3]!;
    const { data, shape } = await of.features(layer, 'test', 5, 4 * channels);
    assert.deepEqual(shape, [5, 4 * channels]);
    const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;
    assert.ok(Math.abs(mean(data) - mean(whole.data)) < 1e-6);
    const asIs = await of.features(layer, 'test', 5, 1e6);
    assert.deepEqual(asIs.data, whole.data);
    of.dispose();
  });

  it('projects where even one position has too many channels, keeping lengths on average', async () => {
    const net = denseNet([
      { kernel: [Array.from({ length: 400 }, (_, i) => Math.sin(i))] },
      { kernel: Array.from({ length: 400 }, () => [1, 2]) },
    ]);
    const images = dataset([0.5, 1, 1.5, 2], [0, 1, 0, 1], [1, 1, 1], 2);
    const of = subject(net, { train: images, test: images });
    const wide = of.layers.find((layer) => of.position(layer) === 0.5)!;
    const { data, shape } = await of.features(wide, 'test', 4, 100);
    assert.deepEqual(shape, [4, 100]);
    const whole = await of.activations(wide);
    const square = (values: Float32Array) => values.reduce((a, b) => a + b * b, 0);
    const ratio = square(data) / square(whole.data);
    assert.ok(ratio > 0.5 && ratio < 2, `${ratio}`);
    of.dispose();
  });

  it('refuses nets and images that do not fit, by name', async () => {
    const net = buildNet({ ...spec, family: 'plain', depth: 5 });
    const good = noiseSplit(4, image, 3);
    const small = noise(4, [4, 4, 1], 3);
    assert.throws(
      () => subject(net, { ...good, test: small }),
      /4 × 4 × 1, the net takes 8 × 8 × 1/,
    );
    const labels = { ...good.test, labels: Int32Array.of(0, 1, 5, 2) };
    assert.throws(() => subject(net, { ...good, test: labels }), /label 2 is 5/);
    const short = { ...good.test, images: good.test.images.subarray(1) };
    assert.throws(() => subject(net, { ...good, test: short }), ProbeImagesError);
    const of = subject(net, good);
    await assert.rejects(of.activations(of.layers[0]!, 'test', 9), /9 test images asked for/);
    await assert.rejects(of.activations('nowhere'), /no node nowhere/);
    of.dispose();
  });

  it('refuses a diverged net, naming the weight, and NaN pixels, naming the image', async () => {
    const net = buildNet({ ...spec, family: 'plain', depth: 5 });
    const split = noiseSplit(4, image, 3);
    const images = split.test.images.slice();
    images[2 * 64 + 5] = Number.NaN;
    const of = subject(net, { ...split, test: { ...split.test, images } });
    await assert.rejects(of.activations(of.layers[1]!), (error) => {
      assert.ok(error instanceof NotFiniteError);
      assert.equal(error.image, 2);
      return true;
    });
    of.dispose();
    const layer = net.layers.at(-1)!;
    layer.setWeights(layer.getWeights().map((weight) => tf.fill(weight.shape, Number.NaN)));
    assert.throws(() => subject(net, split), NotFiniteError);
  });
});
