import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import {
  type Measure,
  measure,
  measures,
  OptionError,
  ReadingError,
  RefusedError,
  readMeasure,
  readMeasures,
  settle,
  subject,
} from '../../../src/lab/measure/index.js';
import { checkReading } from '../../../src/lab/measure/reading.js';
import { UnknownNameError } from '../../../src/lab/registry.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { dataset, denseNet, noise } from './helpers.js';

/** Logits (x, −x): class 0 for positive x. */
const sign = () => denseNet([{ kernel: [[1, -1]] }]);
const held = dataset([2, 1, -1, -2, 3, -3, 1, 1], [0, 0, 1, 1, 0, 1, 1, 1], [1, 1, 1], 2);
const trained = dataset([2, -2, 1, -1], [0, 1, 0, 1], [1, 1, 1], 2);

describe('measures', () => {
  before(() => ready());

  it('are described: question, bounds of each option, a default within them', () => {
    for (const each of measures.all) {
      assert.match(each.question, /\?$/, each.name);
      assert.match(each.reference, /^[a-z]+\d{4}[a-z]*$/, each.name);
      assert.deepEqual(Object.keys(each.options).sort(), Object.keys(each.defaults).sort());
      for (const rule of Object.values(each.options)) assert.match(rule.about, /\.$/, each.name);
      const { options } = settle({ measure: each.name, options: { ...each.defaults } });
      assert.deepEqual(options, each.defaults);
    }
  });

  it('name a reference that the bibliography of the book has', () => {
    const path = new URL('../../../../notebooks/references.bib', import.meta.url);
    const keys = [...readFileSync(path, 'utf8').matchAll(/^@\w+\{([^,]+),/gm)].map(
      ([, key]) => key,
    );
    for (const { name, reference } of measures.all)
      assert.ok(keys.includes(reference), `${name}: ${reference}`);
    assert.equal(new Set(keys).size, keys.length);
  });

  it('are refused under an unknown name or option with the nearest known one', () => {
    assert.throws(
      () => settle('acuracy'),
      (error) => {
        assert.ok(error instanceof UnknownNameError);
        assert.equal(error.nearest, 'accuracy');
        return true;
      },
    );
    assert.throws(() => settle({ measure: 'accuracy', options: { levl: 0.9 } }), /"level"/);
    assert.throws(() => settle({ measure: 'accuracy', options: { level: 95 } }), OptionError);
    assert.throws(
      () => settle({ measure: 'accuracy', options: { level: '0.9' } }),
      /a number from/,
    );
    assert.throws(() => settle({ measure: 'loss', options: { resamples: 150.5 } }), /an integer/);
  });

  it('settle to plain JSON that says all there is to a reading', () => {
    const settled = settle({ measure: 'loss', options: { level: 0.9 } });
    assert.deepEqual(settled, {
      measure: 'loss',
      version: 1,
      options: { level: 0.9, resamples: 1000 },
    });
  });
});

describe('accuracy, loss and gap', () => {
  before(() => ready());

  it('give counted values', async () => {
    const of = subject(sign(), { train: trained, test: held });
    const { readings, refused } = await readMeasures(of, [
      'accuracy',
      'loss',
      'generalisation-gap',
    ]);
    assert.deepEqual(refused, []);
    const [accuracy, loss, gap] = readings;
    assert.equal(accuracy!.value, 6 / 8);
    assert.deepEqual(accuracy!.extra.confusion, [
      [3, 0],
      [2, 3],
    ]);
    assert.deepEqual(accuracy!.extra.byClass, [1, 3 / 5]);
    assert.equal(accuracy!.extra.majority, 5 / 8);
    // log(1 + e^(−2 x·sign)) for logits ±x.
    const terms = [2, 1, 1, 2, 3, 3, -1, -1].map((x) => Math.log1p(Math.exp(-2 * x)));
    const wanted = terms.reduce((a, b) => a + b, 0) / 8;
    assert.ok(Math.abs(loss!.value - wanted) < 1e-6);
    assert.ok(loss!.interval!.low < wanted && wanted < loss!.interval!.high);
    assert.equal(gap!.value, 1 - 6 / 8);
    assert.equal(gap!.saturation, 1);
    of.dispose();
  });

  it('survive huge logits', async () => {
    const of = subject(denseNet([{ kernel: [[1e4, -1e4]] }]), { train: trained, test: held });
    const { value } = await readMeasure(of, 'loss');
    assert.ok(Number.isFinite(value) && value > 1000);
    of.dispose();
  });

  it('note a class without images', async () => {
    const of = subject(sign(), { train: trained, test: dataset([1, 2], [0, 0], [1, 1, 1], 2) });
    const made = await readMeasure(of, 'accuracy');
    assert.deepEqual(made.notes, ['no test image of class c1']);
    assert.deepEqual(made.extra.byClass, [1, null]);
    of.dispose();
  });
});

describe('measure', () => {
  before(() => ready());

  it('reads any Layers model on tensors, lists or numbers with a shape', async () => {
    const labels = [0, 1, 0];
    const shape = [3, 1, 1, 1] as const;
    for (const images of [
      tf.tensor4d([2, -1, 1], [...shape]),
      [[[[2]]], [[[-1]]], [[[1]]]],
      { data: [2, -1, 1], shape },
    ]) {
      const { readings } = await measure(sign(), images, labels, { measures: ['accuracy'] });
      assert.equal(readings[0]!.value, 1);
    }
  });

  it('lists what does not apply, and refuses what was asked for by name', async () => {
    const images = { data: [2, -1, 1], shape: [3, 1, 1, 1] as const };
    const wanted = ['generalisation-gap'];
    const asked = measure(sign(), images, [0, 1, 0], { measures: wanted });
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof RefusedError);
      assert.equal(error.measure, 'generalisation-gap');
      assert.match(error.message, /images that the net was trained on/);
      return true;
    });
    const training = { images, labels: [0, 1, 0] };
    const { readings } = await measure(sign(), images, [0, 1, 1], { measures: wanted, training });
    assert.ok(Math.abs(readings[0]!.value - 1 / 3) < 1e-12);
  });

  it('names a layer that it cannot treat', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.depthwiseConv2d({ kernelSize: 1, inputShape: [1, 1, 1], name: 'odd' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 2 }),
      ],
    });
    const images = { data: [2, -1, 1], shape: [3, 1, 1, 1] as const };
    const asked = measure(model, images, [0, 1, 0], { measures: ['linear-regions'] });
    await assert.rejects(asked, /"odd" \(DepthwiseConv2D\)/);
  });

  it('leaves out what needs gradients where a layer has none, and reads the rest', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [6, 6, 1], filters: 2, kernelSize: 2, dilationRate: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 3 }),
      ],
    });
    const { images, labels } = noise(12, [6, 6, 1], 3);
    const { readings, refused } = await measure(
      model,
      { data: images, shape: [12, 6, 6, 1] },
      labels,
    );
    assert.ok(readings.some(({ measure: name }) => name === 'accuracy'));
    const { reason } = refused.find(({ measure: name }) => name === 'jacobian-norm')!;
    assert.match(reason, /gradients.*Conv2D/);
  });

  it('reads models of images of any size at the size of the images given', async () => {
    const layers = () => [
      tf.layers.conv2d({
        inputShape: [null, null, 1],
        filters: 2,
        kernelSize: 3,
        activation: 'relu',
      }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 3 }),
    ];
    const { images, labels } = noise(12, [6, 5, 1], 3);
    const given = { data: images, shape: [12, 6, 5, 1] as const };
    const model = tf.sequential({ layers: layers() });
    const { readings } = await measure(model, given, labels, {
      measures: ['linear-regions', 'accuracy'],
    });
    // 4 × 3 positions of 2 filters.
    assert.equal(readings[0]!.extra.neurons, 24);
    const outputs = (model.predict(tf.tensor4d(images, [12, 6, 5, 1])) as tf.Tensor).argMax(1);
    const right = [...outputs.dataSync()].filter((guess, i) => guess === labels[i]).length;
    assert.equal(readings[1]!.value, right / 12);
  });

  it('refuses models that do not give a row of classes for one image, saying what they have', async () => {
    const { images, labels } = noise(6, [4, 4, 1], 2);
    const given = { data: images, shape: [6, 4, 4, 1] as const };
    const one = () => tf.input({ shape: [4, 4, 1] });
    const conv = (x: tf.SymbolicTensor) =>
      tf.layers.conv2d({ filters: 2, kernelSize: 3 }).apply(x) as tf.SymbolicTensor;
    const dense = (x: tf.SymbolicTensor, units: number) =>
      tf.layers.dense({ units }).apply(tf.layers.flatten().apply(x)) as tf.SymbolicTensor;
    const [a, b, c, d] = [one(), one(), one(), one()] as const;
    const first = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [1, 4, 4],
          filters: 2,
          kernelSize: 3,
          dataFormat: 'channelsFirst',
        }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 2 }),
      ],
    });
    for (const [model, about] of [
      [
        tf.model({
          inputs: [a, b],
          outputs: dense(tf.layers.add().apply([a, b]) as tf.SymbolicTensor, 2),
        }),
        /2 inputs/,
      ],
      [tf.model({ inputs: c, outputs: conv(c) }), /2 × 2 × 2 for an image/],
      [
        tf.model({ inputs: d, outputs: dense(d, 1) }),
        /one number for an image.*two where there are two/,
      ],
      [first, /channels first/],
    ] as const) {
      await assert.rejects(measure(model, given, labels), about);
    }
  });

  it('refuses images and labels that do not belong together', async () => {
    const images = { data: [2, -1, 1], shape: [3, 1, 1, 1] as const };
    await assert.rejects(measure(sign(), images, [0, 1]), /2 labels/);
    await assert.rejects(measure(sign(), images, [0, 1, 0.5]), /label 2 is 0.5/);
    const bad = { data: [2, Number.NaN, 1], shape: [3, 1, 1, 1] as const };
    await assert.rejects(measure(sign(), bad, [0, 1, 0]), /image 1 holds NaN/);
    await assert.rejects(
      measure(sign(), [[[[1]], [[2]]], [[[3]]]], [0, 1]),
      /the net takes 1 × 1 × 1/,
    );
  });
});

describe('checkReading', () => {
  const made = {
    measure: 'accuracy',
    unit: 'share',
    options: {},
    value: 0.5,
    interval: null,
    saturation: null,
    layers: [],
    extra: {},
    notes: [],
  };
  const accuracy = measures.get('accuracy') as Measure;

  it('passes plain finite numbers and refuses all else, saying where', () => {
    checkReading(accuracy, made);
    for (const [broken, path] of [
      [{ ...made, value: Number.NaN }, 'value'],
      [{ ...made, value: 1.5 }, 'value'],
      [{ ...made, extra: { table: [1, [2, Number.POSITIVE_INFINITY]] } }, 'extra.table[1][1]'],
      [{ ...made, extra: { data: new Float32Array(2) } }, 'extra.data'],
      [{ ...made, interval: { low: 0.6, high: 0.5, level: 0.9, method: '' } }, 'interval'],
    ] as const) {
      assert.throws(
        () => checkReading(accuracy, broken),
        (error) => {
          assert.ok(error instanceof ReadingError);
          assert.equal(error.path, path);
          return true;
        },
      );
    }
  });
});
