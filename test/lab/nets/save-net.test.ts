import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { buildNet, loadNet, NetFileError, saveNet, specOf } from '../../../src/lab/nets/index.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';

let folder: string;
before(async () => {
  await ready();
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-nets-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const spec = {
  family: 'residual',
  depth: 8,
  width: 3,
  input: [8, 8, 2],
  classes: 4,
  seed: 5,
} as const;

function predict(model: tf.LayersModel): number[] {
  return tf.tidy(() => {
    const x = tf.linspace(0, 1, 2 * 8 * 8 * 2).reshape([2, 8, 8, 2]);
    return [...(model.predict(x) as tf.Tensor).dataSync()];
  });
}

test('a net comes back as it was saved, with its spec and frozen shortcuts, and leaks nothing', async () => {
  const model = buildNet(spec);
  const directory = path.join(folder, 'round', 'net');
  await saveNet(model, directory);
  const before = tf.memory().numTensors;
  const loaded = await loadNet(directory);
  assert.deepEqual(predict(loaded), predict(model));
  assert.deepEqual(specOf(loaded), specOf(model));
  assert.equal(loaded.getLayer('stage2_block1_shortcut').trainable, false);
  assert.equal(loaded.trainableWeights.length, model.trainableWeights.length);
  loaded.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test('the same net gives the same bytes; saving again replaces the old net and leaves no other file', async () => {
  const bytes = async (seed: number, directory: string) => {
    const model = buildNet({ ...spec, seed });
    await saveNet(model, directory);
    model.dispose();
    const names = (await readdir(directory)).sort();
    return Promise.all(
      names.map(async (name) => [
        name,
        (await readFile(path.join(directory, name))).toString('hex'),
      ]),
    );
  };
  const one = await bytes(1, path.join(folder, 'one'));
  const other = await bytes(1, path.join(folder, 'other'));
  assert.deepEqual(one, other);
  const replaced = await bytes(2, path.join(folder, 'other'));
  assert.equal(replaced.length, 2);
  assert.notDeepEqual(replaced, one);
});

test('stock tfjs-node opens a saved net from its file and predicts the same', async (context) => {
  const model = buildNet(spec);
  const directory = path.join(folder, 'stock');
  await saveNet(model, directory);
  // A plain script that knows nothing of this project.
  const script = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (value) => value == null;
    const tf = require('@tensorflow/tfjs-node');
    (async () => {
      const model = await tf.loadLayersModel('file://' + process.argv[1]);
      const x = tf.linspace(0, 1, 2 * 8 * 8 * 2).reshape([2, 8, 8, 2]);
      const trainable = model.trainableWeights.length;
      console.log(JSON.stringify({ y: [...model.predict(x).dataSync()], trainable }));
    })();`;
  let stdout: string;
  try {
    ({ stdout } = await promisify(execFile)(
      process.execPath,
      ['-e', script, path.join(directory, 'model.json')],
      {
        env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
      },
    ));
  } catch (error) {
    if (/native addon|tfjs_binding/.test(String(error)))
      return context.skip('tfjs-node has no native library here');
    throw error;
  }
  const { y, trainable } = JSON.parse(stdout.trim().split('\n').at(-1)!);
  assert.equal(trainable, model.trainableWeights.length);
  const expected = predict(model);
  assert.equal(y.length, expected.length);
  for (const [index, value] of expected.entries()) {
    assert.ok(
      Math.abs(y[index] - value) <= 1e-5 * Math.max(1, Math.abs(value)),
      `${y[index]} is not ${value}`,
    );
  }
});

test('a net that stock tfjs saved with several weight files is read too', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 3 })] });
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const directory = await mkdtemp(path.join(folder, 'sharded-'));
  const weights = Buffer.from(tf.io.CompositeArrayBuffer.join(artifacts!.weightData!));
  await writeFile(path.join(directory, 'group1-shard1of2.bin'), weights.subarray(0, 10));
  await writeFile(path.join(directory, 'group1-shard2of2.bin'), weights.subarray(10));
  const manifest = [
    { paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights: artifacts!.weightSpecs },
  ];
  await writeFile(
    path.join(directory, 'model.json'),
    JSON.stringify({ modelTopology: artifacts!.modelTopology, weightsManifest: manifest }),
  );
  const loaded = await loadNet(directory);
  const x = tf.tensor2d([[1, 2]]);
  assert.deepEqual(
    (loaded.predict(x) as tf.Tensor).dataSync(),
    (model.predict(x) as tf.Tensor).dataSync(),
  );
});

test('a saved net with something wrong is refused, naming the file', async () => {
  const model = buildNet({ depth: 2, width: 1, input: [3, 3, 1], classes: 2 });
  const damaged = async (
    name: string,
    damage: (directory: string, weights: string) => Promise<unknown>,
  ) => {
    const directory = path.join(folder, name);
    await saveNet(model, directory);
    const weights = (await readdir(directory)).find((file) => file.startsWith('weights-'))!;
    await damage(directory, path.join(directory, weights));
    return loadNet(directory);
  };
  const refused = (file: RegExp, message: RegExp) => (error: unknown) =>
    error instanceof NetFileError && file.test(error.file) && message.test(error.message);
  await assert.rejects(
    loadNet(path.join(folder, 'nowhere')),
    refused(/model\.json$/, /no such file/),
  );
  await assert.rejects(
    damaged('short', (_, weights) => truncate(weights, 10)),
    refused(/weights-.*\.bin$/, /10 bytes of weights where model.json lists \d+/),
  );
  await assert.rejects(
    damaged('gone', (_, weights) => rm(weights)),
    refused(/weights-.*\.bin$/, /no such file/),
  );
  await assert.rejects(
    damaged('cut', (directory) => truncate(path.join(directory, 'model.json'), 50)),
    refused(/model\.json$/, /not JSON/),
  );
  await assert.rejects(
    damaged('other', (directory) => writeFile(path.join(directory, 'model.json'), '{"a":1}')),
    refused(/model\.json$/, /not a tfjs model/),
  );
});
