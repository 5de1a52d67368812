// `fathom measure` on a graph model, as converters from other frameworks write it, and on a folder of PNG files by class.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encode } from 'fast-png';
import { fathom } from './program.js';

const SIDE = 8;
const float = { type: 'DT_FLOAT' };
const constant = (name: string, dtype: string, shape: readonly number[]) => ({
  name,
  op: 'Const',
  attr: {
    dtype: { type: dtype },
    value: {
      tensor: { dtype, tensorShape: { dim: shape.map((size) => ({ size: String(size) })) } },
    },
  },
});

/** softmax(flatten(x) · kernel): class 0 sums the left half of the image, class 1 the right half. */
const topology = {
  node: [
    {
      name: 'x',
      op: 'Placeholder',
      attr: {
        dtype: float,
        shape: { shape: { dim: [-1, SIDE, SIDE, 1].map((size) => ({ size: String(size) })) } },
      },
    },
    constant('shape', 'DT_INT32', [2]),
    constant('kernel', 'DT_FLOAT', [SIDE * SIDE, 2]),
    {
      name: 'flat',
      op: 'Reshape',
      input: ['x', 'shape'],
      attr: { T: float, Tshape: { type: 'DT_INT32' } },
    },
    {
      name: 'sums',
      op: 'MatMul',
      input: ['flat', 'kernel'],
      attr: { T: float, transpose_a: { b: false }, transpose_b: { b: false } },
    },
    { name: 'probabilities', op: 'Softmax', input: ['sums'], attr: { T: float } },
  ],
  versions: { producer: 1 },
};
const isLeft = (pixel: number) => pixel % SIDE < SIDE / 2;
const kernel = Float32Array.from({ length: SIDE * SIDE * 2 }, (_, i) =>
  isLeft(i >> 1) === (i % 2 === 0) ? 0.5 : 0,
);

describe('fathom measure of a graph model', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fathom-graph-model-'));
    const weights = [
      { name: 'shape', shape: [2], dtype: 'int32' },
      { name: 'kernel', shape: [SIDE * SIDE, 2], dtype: 'float32' },
    ];
    await writeFile(
      join(folder, 'model.json'),
      JSON.stringify({
        format: 'graph-model',
        modelTopology: topology,
        weightsManifest: [{ paths: ['weights.bin'], weights }],
      }),
    );
    await writeFile(
      join(folder, 'weights.bin'),
      Buffer.concat([
        Buffer.from(Int32Array.of(-1, SIDE * SIDE).buffer),
        Buffer.from(kernel.buffer),
      ]),
    );
    for (const [name, wanted] of [
      ['left', true],
      ['right', false],
    ] as const) {
      await mkdir(join(folder, 'images', name), { recursive: true });
      for (let k = 0; k < 6; k++) {
        // Images of all brightnesses, and of each class one that is darker on its own side.
        const own = k === 0 ? 40 : 120 + 20 * k;
        const data = Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
          isLeft(i) === wanted ? own : 60,
        );
        await writeFile(
          join(folder, 'images', name, `${k}.png`),
          encode({ width: SIDE, height: SIDE, data, channels: 1 }),
        );
      }
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const measured = (measures: string, ...more: string[]) =>
    fathom(folder, ['measure', 'model.json', '--data', 'images', '--measures', measures, ...more]);

  it('reads what needs only outputs', async () => {
    const json = join(folder, 'readings.json');
    const { code, err } = await measured('accuracy,loss', '--json', json);
    assert.equal(code, 0, err);
    const { readings } = JSON.parse(await readFile(json, 'utf8')) as {
      readings: { measure: string; value: number }[];
    };
    const value = Object.fromEntries(readings.map((reading) => [reading.measure, reading.value]));
    // Ten of twelve images are brighter on the side of their class.
    assert.ok(Math.abs(value.accuracy! - 10 / 12) < 1e-6, `${value.accuracy}`);
    // Each side has 32 pixels that count half: the logits differ by 16 · (own − other) / 255.
    const losses = [40, 140, 160, 180, 200, 220].map((own) =>
      Math.log(1 + Math.exp((-16 * (own - 60)) / 255)),
    );
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    assert.ok(Math.abs(value.loss! - mean) < 1e-4, `${value.loss} is not ${mean}`);
  });

  it('refuses what needs the layers, by name and with the reason', async () => {
    const { code, err } = await measured('linear-regions');
    assert.equal(code, 1);
    assert.match(err, /linear-regions does not apply: .*graph model/);
  });
});
