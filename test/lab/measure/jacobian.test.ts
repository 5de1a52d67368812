import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMeasure, subject } from '../../../src/lab/measure/index.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { dataset, denseNet, noiseSplit, unsettle } from './helpers.js';

const read = async (
  net: tf.LayersModel,
  split: ReturnType<typeof noiseSplit>,
  options: Record<string, unknown> = {},
) => {
  const of = subject(net, split);
  const made = await readMeasure(of, { measure: 'jacobian-norm', options });
  of.dispose();
  return made;
};

describe('jacobian-norm', () => {
  before(() => ready());

  it('is the norm of the product of matrices for a linear net, at every image', async () => {
    const spec = { depth: 6, width: 3, input: [6, 6, 1] as const, classes: 4, batchNorm: true };
    const net = unsettle(buildNet({ ...spec, family: 'linear' }));
    // Column i of the product: what the net adds to its answer to 0 when pixel i is 1.
    const basis = tf.tidy(() => {
      const zero = net.predict(tf.zeros([1, 6, 6, 1])) as tf.Tensor;
      const each = net.predict(tf.eye(36).reshape([36, 6, 6, 1])) as tf.Tensor;
      return tf.norm(tf.sub(each, zero)).dataSync()[0]!;
    });
    const made = await read(net, noiseSplit(40, [6, 6, 1], 4));
    assert.ok(Math.abs(made.value / basis - 1) < 1e-4, `${made.value}, product ${basis}`);
    assert.ok(made.interval!.high - made.interval!.low < 1e-3 * made.value);
    assert.equal(made.extra.exact, true);
  });

  it('is what finite differences give for a ReLU net', async () => {
    const spec = { depth: 8, width: 3, input: [5, 5, 1] as const, classes: 3, batchNorm: true };
    const net = unsettle(buildNet({ ...spec, family: 'residual' }));
    const split = noiseSplit(3, [5, 5, 1], 3);
    const step = 1e-3;
    const norms = [0, 1, 2].map((i) =>
      tf.tidy(() => {
        const x = tf.tensor(split.test.images.subarray(i * 25, (i + 1) * 25), [1, 25]);
        const moves = tf.eye(25).mul(step);
        const ahead = net.predict(tf.add(x, moves).reshape([25, 5, 5, 1])) as tf.Tensor;
        const back = net.predict(tf.sub(x, moves).reshape([25, 5, 5, 1])) as tf.Tensor;
        return tf.norm(tf.sub(ahead, back).div(2 * step)).dataSync()[0]!;
      }),
    );
    const made = await read(net, split);
    const wanted = norms.reduce((a, b) => a + b, 0) / 3;
    assert.ok(Math.abs(made.value / wanted - 1) < 0.02, `${made.value}, differences ${wanted}`);
  });

  it('has the closed form of softmax: |∂p/∂x|² = 2 (p q a)² for two classes of a logit difference a·x', async () => {
    const images = dataset([0, 0.2], [0, 1], [1, 1, 1], 2);
    const split = { train: images, test: images };
    const made = await read(denseNet([{ kernel: [[3, 0]] }]), split, { of: 'softmax' });
    const norm = (x: number) => {
      const p = 1 / (1 + Math.exp(-3 * x));
      return Math.SQRT2 * p * (1 - p) * 3;
    };
    assert.ok(Math.abs(made.value - (norm(0) + norm(0.2)) / 2) < 1e-6);
  });

  it('is met by random projections, and grows with the scale of the outputs', async () => {
    const kernel = Array.from({ length: 6 }, (_, i) =>
      Array.from({ length: 25 }, (_, j) => Math.sin(7 * i + j * j)),
    );
    const split = noiseSplit(30, [1, 1, 6], 25);
    const exact = Math.sqrt(kernel.flat().reduce((sum, value) => sum + value * value, 0));
    const made = await read(denseNet([{ kernel }]), split, { projections: 200 });
    assert.ok(Math.abs(made.value / exact - 1) < 0.03, `${made.value}, exact ${exact}`);
    assert.equal(made.extra.exact, false);
    assert.match(made.notes[0]!, /200 random projections/);
    // 25 classes are too many for one backward pass each.
    const usual = await read(denseNet([{ kernel }]), split);
    assert.equal(usual.extra.projections, 20);
    const double = kernel.map((row) => row.map((value) => 2 * value));
    const twice = await read(denseNet([{ kernel: double }]), split);
    assert.ok(Math.abs(twice.value / usual.value - 2) < 1e-5);
  });

  it('leaves no tensors behind', async () => {
    const net = buildNet({ family: 'plain', depth: 4, width: 2, input: [6, 6, 1], classes: 3 });
    const split = noiseSplit(5, [6, 6, 1], 3);
    await read(net, split);
    const before = tf.memory().numTensors;
    await read(net, split);
    assert.equal(tf.memory().numTensors, before);
  });
});
