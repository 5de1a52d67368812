import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { hessianProduct } from '../../../src/lab/measure/hessian-product.js';
import { lanczos } from '../../../src/lab/measure/hessian.js';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import { buildNet, graphOf } from '../../../src/lab/nets/index.js';
import { evaluate } from '../../../src/lab/train/evaluate.js';
import { random, ready, tf } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { dataset, noise, noiseSplit, unsettle } from './helpers.js';

interface Curvature {
  images: number[][][][];
  labels: number[];
  kernel: number[][][][];
  gamma: number[];
  beta: number[];
  mean: number[];
  variance: number[];
  dense: number[][];
  bias: number[];
  loss: number;
  hessian: number[][];
  eigenvalues: number[];
  pyhessian_top: number;
}

function given(of: Curvature) {
  const net = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [5, 5, 1], filters: 2, kernelSize: 3, useBias: false }),
      tf.layers.batchNormalization({ epsilon: 1e-3 }),
      tf.layers.reLU(),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 3 }),
    ],
  });
  net.layers[0]!.setWeights([tf.tensor4d(of.kernel)]);
  net.layers[1]!.setWeights(
    [of.gamma, of.beta, of.mean, of.variance].map((each) => tf.tensor1d(each)),
  );
  net.layers[4]!.setWeights([tf.tensor2d(of.dense), tf.tensor1d(of.bias)]);
  return { net, images: dataset(of.images.flat(3), of.labels, [5, 5, 1], 3) };
}

describe('Hessian of the loss', () => {
  before(() => ready());

  it("gives the columns of torch's full Hessian", async () => {
    const of = golden<Curvature>('curvature');
    const { net, images } = given(of);
    close(evaluate(graphOf(net), images).loss, of.loss, 1e-5);
    const product = hessianProduct(graphOf(net), images);
    assert.equal(product.size, of.hessian.length);
    const scale = Math.max(...of.hessian.flat().map(Math.abs));
    for (const [column, wanted] of of.hessian.entries()) {
      const unit = new Float64Array(product.size);
      unit[column] = 1;
      const made = await product.multiply(unit);
      for (const [i, value] of wanted.entries()) {
        assert.ok(Math.abs(made[i]! - value) < 1e-5 * scale, `${column} ${i}: ${made[i]} ${value}`);
      }
    }
  });

  it('reads the largest eigenvalue of PyHessian, and the trace', async () => {
    const of = golden<Curvature>('curvature');
    const { net, images } = given(of);
    const seen = subject(net, { train: images, test: images });
    const made = await readMeasure(seen, {
      measure: 'hessian',
      options: { steps: 31, probes: 20 },
    });
    close(made.value, of.pyhessian_top, 1e-4);
    close(made.extra.smallest as number, of.eigenvalues[0]!, 1e-3);
    const trace = of.eigenvalues.reduce((sum, each) => sum + each, 0);
    const { low, high } = made.extra.traceInterval as { low: number; high: number };
    assert.ok(low < trace && trace < high, `${low} ${trace} ${high}`);
    const shares = (made.extra.density as { share: number }[]).map(({ share }) => share);
    close(
      shares.reduce((sum, each) => sum + each, 0),
      1,
      1e-6,
    );
    seen.dispose();
  });

  it('of a diagonal matrix gives its trace exactly in each draw, and its ends', async () => {
    const values = [5, 1, -2, 0.5, 3];
    const product = {
      size: 5,
      multiply: async (v: Float64Array) => v.map((each, i) => each * values[i]!),
    };
    const run = await lanczos(product, Float64Array.of(1, -1, 1, 1, -1), 5);
    close(run.trace, 7.5, 1e-12);
    close(run.largest, 5, 1e-9);
    close(run.smallest, -2, 1e-9);
  });

  it('is symmetric and linear through residual sums', async () => {
    const net = unsettle(
      buildNet({ family: 'residual', depth: 8, width: 2, input: [8, 8, 1], classes: 3 }),
    );
    const graph = graphOf(net);
    const images = noise(20, [8, 8, 1], 3);
    const product = hessianProduct(graph, images);
    const generator = random(9);
    const v = Float64Array.from({ length: product.size }, () => generator.normal());
    const w = Float64Array.from({ length: product.size }, () => generator.normal());
    const [hv, hw] = [await product.multiply(v), await product.multiply(w)];
    const dot = (a: Float64Array, b: Float64Array) =>
      a.reduce((sum, each, i) => sum + each * b[i]!, 0);
    // Symmetric, and linear.
    close(dot(w, hv), dot(v, hw), 1e-3);
    const both = await product.multiply(v.map((each, i) => 2 * each - w[i]!));
    for (let i = 0; i < both.length; i++) {
      assert.ok(Math.abs(both[i]! - (2 * hv[i]! - hw[i]!)) < 1e-4 * Math.sqrt(dot(hv, hv)));
    }
  });

  it('refuses max pooling by name', async () => {
    const pooled = tf.sequential({
      layers: [
        tf.layers.maxPooling2d({ inputShape: [4, 4, 1], poolSize: 2, name: 'pool' }),
        tf.layers.flatten({}),
        tf.layers.dense({ units: 2 }),
      ],
    });
    const of = subject(pooled, noiseSplit(4, [4, 4, 1], 2));
    await assert.rejects(readMeasure(of, 'hessian'), (error) => {
      assert.ok(error instanceof RefusedError && /pool is a max pooling/.test(error.message));
      return true;
    });
    of.dispose();
  });
});
