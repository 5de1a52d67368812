import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { wrapped } from '../../src/cli/measure-words.js';
import { measurePageHead } from '../../src/cli/measure-pages.js';
import { buildNet, saveNet } from '../../src/lab/nets/index.js';
import { measure, measures } from '../../src/lab/measure/index.js';
import { ready, tf } from '../../src/lab/tensor/index.js';
import { fathom as run } from './program.js';

const fathom = (...args: string[]) => run(process.cwd(), args);

describe('fathom measures', () => {
  it('lists what can be measured, and explains one', async () => {
    const { code, out } = await fathom('measures');
    assert.equal(code, 0);
    assert.match(out, /linear-regions\n {2}Of how many linear pieces/);
    const one = await fathom('measures', 'linear-probe');
    assert.match(one.out, /Needs {6}activations, labels/);
    assert.match(one.out, /fitOn = "training"/);
    const plain = JSON.parse((await fathom('measures', '--json')).out) as {
      name: string;
      range: unknown[];
    }[];
    assert.deepEqual(plain.find(({ name }) => name === 'loss')!.range, [0, 'Infinity']);
  });

  it('names the nearest of what does not exist', async () => {
    const { code, err } = await fathom('measures', 'linear-prob');
    assert.equal(code, 2);
    assert.match(err, /unknown measure "linear-prob"; did you mean "linear-probe"\?/);
  });
});

describe('words in a narrow terminal', () => {
  it('are wrapped between words, and never lost', () => {
    for (const { question } of measures.all) {
      const lines = wrapped(question, '  ', 40).split('\n');
      assert.ok(
        lines.every((line) => line.startsWith('  ') && line.length <= 40),
        question,
      );
      assert.equal(lines.map((line) => line.trim()).join(' '), question);
    }
    assert.equal(wrapped('a b', '  ', 0), '  a b');
  });
});

describe('the pages of the measures', () => {
  it('are in the docs, one for each, word by word what the sources say, with an example', async () => {
    const docs = new URL('../../../docs/measures/', import.meta.url);
    for (const measure of measures.all) {
      const page = await readFile(new URL(`${measure.name}.md`, docs), 'utf8').catch(() => '');
      const head = await measurePageHead(measure);
      const mend = `npm run fathom -- measures --pages docs/measures makes the page of ${measure.name}`;
      assert.equal(page.slice(0, head.length), head, mend);
      assert.match(page.slice(head.length), /\*\*[−\d]/, mend);
    }
  });
});

describe('fathom measure', () => {
  let folder: string;
  before(async () => {
    await ready();
    folder = await mkdtemp(join(tmpdir(), 'fathom-measure-'));
    await saveNet(
      buildNet({ family: 'plain', depth: 8, width: 2, input: [28, 28, 1], classes: 10 }),
      join(folder, 'net'),
    );
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('finds out before it measures that an option or a place is wrong', async () => {
    const net = join(folder, 'net');
    const given = ['measure', net, '--data', 'mnist', '--images', '60'];
    const unknown = await fathom(...given, '-O', 'accuracy.imagse=1');
    assert.deepEqual([unknown.code, unknown.out], [2, '']);
    assert.match(unknown.err, /accuracy has no options|option of accuracy/);
    const wrong = await fathom(...given, '-O', 'participation-ratio.images=many');
    assert.equal(wrong.code, 2);
    assert.match(
      wrong.err,
      /option images of participation-ratio must be an integer of at least 3, not "many"/,
    );
    const report = await fathom(...given, '--report', join(net, 'model.json', 'out'));
    assert.deepEqual([report.code, report.out], [2, '']);
    assert.match(report.err, /--report .*model\.json is a file, not a folder/);
  });

  it('prints a table, what does not apply and why, and writes JSON and a page', async () => {
    const json = join(folder, 'readings.json');
    const { code, out, err } = await fathom(
      'measure',
      join(folder, 'net', 'model.json'),
      '--data',
      'mnist',
      '--images',
      '60',
      '--measures',
      'accuracy,participation-ratio,generalisation-gap',
      '-O',
      'participation-ratio.images=40',
      '--json',
      json,
    );
    // A measure that is asked for by name and does not apply is an error.
    assert.equal(code, 1);
    assert.match(
      err,
      /generalisation-gap does not apply: it needs the images that the net was trained on/,
    );
    assert.equal(out.includes('participation-ratio'), false);
    const again = await fathom(
      'measure',
      join(folder, 'net'),
      '--data',
      'mnist',
      '--images',
      '60',
      '--measures',
      'accuracy,participation-ratio',
      '-O',
      'participation-ratio.images=40',
      '--json',
      json,
    );
    assert.equal(again.code, 0, again.err);
    assert.match(again.out, /^measure +value/m);
    const { readings } = JSON.parse(await readFile(json, 'utf8')) as {
      readings: { measure: string; options: { images?: number } }[];
    };
    assert.deepEqual(
      readings.map(({ measure: name }) => name),
      ['accuracy', 'participation-ratio'],
    );
    assert.equal(readings[1]!.options.images, 40);
  });

  it('says what is wrong with model, data and options in one line', async () => {
    const net = join(folder, 'net');
    for (const [args, message, wanted] of [
      [[join(folder, 'none'), '--data', 'mnist'], /model\.json: no such file/, 1],
      [[net, '--data', 'mnis'], /did you mean "mnist"\?/, 2],
      [[net, '--data', 'mnist', '--measures', 'accurac'], /did you mean "accuracy"\?/, 2],
      [[net, '--data', 'mnist', '-O', 'accuracy'], /expected measure\.option=value/, 2],
      [[net, '--data', 'mnist', '--images', 'many'], /--images many: expected a whole number/, 2],
      [[net, '--data', 'cifar-10x/'], /expected a folder or a \.npy file/, 1],
    ] as const) {
      const { code, err } = await fathom('measure', ...args);
      assert.equal(code, wanted, err);
      assert.match(err, message);
      assert.equal(
        err
          .trim()
          .split('\n')
          .filter((line) => line.startsWith('fathom')).length,
        1,
      );
    }
  });
});

describe('measure on nets whose layers are not known', () => {
  before(() => ready());

  it('reads what needs only outputs, and refuses the rest by the name of the layer', async () => {
    const net = tf.sequential({
      layers: [
        tf.layers.depthwiseConv2d({ inputShape: [6, 6, 1], kernelSize: 3, name: 'depthwise' }),
        tf.layers.flatten({}),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    const images = {
      data: Float32Array.from({ length: 12 * 36 }, (_, i) => Math.sin(i)),
      shape: [12, 6, 6, 1] as const,
    };
    const labels = Int32Array.from({ length: 12 }, (_, i) => i % 3);
    const { readings, refused } = await measure(net, images, labels);
    const names = readings.map(({ measure: name }) => name);
    for (const name of ['accuracy', 'loss', 'jacobian-norm', 'gradient-cosine']) {
      assert.ok(names.includes(name), `${name}: ${names}`);
    }
    const reason = refused.find(({ measure: name }) => name === 'linear-regions')!.reason;
    assert.match(
      reason,
      /needs weights, and only the outputs are known: layer "depthwise" \(DepthwiseConv2D\)/,
    );
    // Probabilities are taken for what they are.
    const own = tf.tidy(
      () =>
        tf.losses
          .softmaxCrossEntropy(
            tf.oneHot(tf.tensor1d([...labels], 'int32'), 3),
            tf.log(net.predict(tf.tensor4d(images.data, [12, 6, 6, 1])) as tf.Tensor),
          )
          .dataSync()[0]!,
    );
    const loss = readings.find(({ measure: name }) => name === 'loss')!.value;
    assert.ok(Math.abs(loss - own) < 1e-4, `${loss} ${own}`);
  });
});
