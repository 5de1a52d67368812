/**
 * Every fused operation against what tfjs composes of its own, values and gradients. Runs on the backend of the process;
 * `wasm.test.ts` runs this file once more on WebAssembly.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  batchNormInference,
  batchNormTraining,
  biasAdd,
  crossEntropy,
  random,
  ready,
  relu,
  tf,
} from '../../../src/lab/tensor/index.js';
import { assertClose, assertSame } from './close.js';

type Function = (...inputs: tf.Tensor[]) => tf.Tensor;

before(async () => {
  await ready();
});

const generator = random(3, 'operations');
function normal(shape: number[], mean = 0, scale = 1): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => mean + scale * generator.normal()),
    shape,
  );
}
function positive(shape: number[]): tf.Tensor {
  return tf.tidy(() => tf.add(tf.abs(normal(shape)), 0.5));
}

/** Asserts that two functions have the same value, and the same gradients of a weighted sum of it. */
function assertEqualFunctions(fused: Function, composed: Function, inputs: tf.Tensor[]): void {
  tf.tidy(() => {
    const expected = composed(...inputs);
    assertSame(fused(...inputs), expected, 'value');
    const weights = normal(expected.shape);
    const gradients = (f: Function) => tf.grads((...x) => tf.sum(tf.mul(f(...x), weights)))(inputs);
    const slopes = gradients(composed);
    for (const [i, slope] of gradients(fused).entries()) {
      assertSame(slope, slopes[i]!, `gradient of input ${i}`);
    }
  });
}

describe('batch normalisation in training', () => {
  const composed =
    (axes: number[]): Function =>
    (x, gamma, beta) => {
      const { mean, variance } = tf.moments(x!, axes);
      return tf.add(
        tf.mul(tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, 1e-3))), gamma!),
        beta!,
      );
    };
  for (const shape of [
    [4, 6, 5, 3],
    [2, 1, 1, 7],
    [9, 5],
  ]) {
    it(`equals the composed version for shape ${shape.join('×')}`, () => {
      const channels = shape.at(-1)!;
      assertEqualFunctions(
        (x, gamma, beta) => batchNormTraining(x!, gamma!, beta!, 1e-3).y,
        composed(shape.slice(0, -1).map((_, axis) => axis)),
        [normal(shape, 2, 3), normal([channels], 1), normal([channels])],
      );
    });
  }

  it('returns the mean and population variance of the batch', () => {
    tf.tidy(() => {
      const x = normal([3, 4, 4, 5], 10, 2);
      const result = batchNormTraining(x, tf.ones([5]), tf.zeros([5]), 1e-3);
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      assertSame(result.mean, mean, 'mean');
      assertSame(result.variance, variance, 'variance');
    });
  });

  it('keeps its digits where the mean is large against the spread', () => {
    tf.tidy(() => {
      const x = normal([8, 8, 8, 2], 1000, 1);
      const { variance } = batchNormTraining(x, tf.ones([2]), tf.zeros([2]), 1e-3);
      const values = [...x.dataSync()];
      const expected = [0, 1].map((channel) => {
        const own = values.filter((_, i) => i % 2 === channel);
        const mean = own.reduce((a, b) => a + b, 0) / own.length;
        return own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length;
      });
      assertClose(variance.dataSync(), expected, 'variance', 1e-3);
    });
  });

  it('leaves no tensor behind', () => {
    const inputs = [normal([2, 3, 3, 2]), normal([2]), normal([2])];
    const count = tf.memory().numTensors;
    tf.tidy(() => {
      tf.grads((x, gamma, beta) => tf.sum(batchNormTraining(x!, gamma!, beta!, 1e-3).y))(inputs);
    });
    assert.equal(tf.memory().numTensors, count);
  });
});

describe('batch normalisation with given statistics', () => {
  for (const shape of [
    [3, 4, 5, 6],
    [7, 4],
  ]) {
    it(`equals the composed version for shape ${shape.join('×')}`, () => {
      const channels = shape.at(-1)!;
      assertEqualFunctions(
        (x, gamma, beta, mean, variance) =>
          batchNormInference(x!, gamma!, beta!, mean!, variance!, 1e-3),
        (x, gamma, beta, mean, variance) =>
          tf.add(
            tf.mul(tf.mul(tf.sub(x!, mean!), tf.rsqrt(tf.add(variance!, 1e-3))), gamma!),
            beta!,
          ),
        [
          normal(shape),
          normal([channels], 1),
          normal([channels]),
          normal([channels]),
          positive([channels]),
        ],
      );
    });
  }
});

describe('bias and ReLU', () => {
  for (const shape of [
    [3, 4, 5, 6],
    [7, 4],
  ]) {
    for (const cut of [false, true]) {
      it(`equals the composed version ${cut ? 'with' : 'without'} ReLU for shape ${shape.join('×')}`, () => {
        assertEqualFunctions(
          (x, bias) => biasAdd(x!, bias!, cut),
          (x, bias) => (cut ? tf.relu(tf.add(x!, bias!)) : tf.add(x!, bias!)),
          [normal(shape), normal([shape.at(-1)!])],
        );
      });
    }
  }

  it('equals the composed ReLU', () => {
    assertEqualFunctions(
      (x) => relu(x!),
      (x) => tf.relu(x!),
      [normal([2, 3, 4, 5])],
    );
  });
});

describe('cross-entropy', () => {
  it('equals the composed version', () => {
    const labels = tf.tensor1d([0, 3, 1, 1, 2], 'int32');
    assertEqualFunctions(
      (logits) => crossEntropy(logits!, labels),
      (logits) => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 4), logits!),
      [normal([5, 4], 0, 5)],
    );
  });

  it('stays finite where the softmax underflows', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([[1000, 0, -1000]]);
      const loss = crossEntropy(logits, tf.tensor1d([2], 'int32'));
      assert.equal(loss.dataSync()[0], 2000);
    });
  });
});

describe('gradients of convolution and pooling', () => {
  /** Value and gradients on the plain JavaScript backend, which tfjs tests its others against. */
  async function onCpu(f: Function, inputs: tf.Tensor[], weights: tf.Tensor): Promise<number[][]> {
    const copies = [...inputs, weights].map((t) => ({ data: t.dataSync(), shape: t.shape }));
    const backend = tf.getBackend();
    const warn = console.warn;
    // The plain backend announces itself at length.
    console.warn = () => {};
    await tf.setBackend('cpu');
    try {
      return tf.tidy(() => {
        const tensors = copies.map(({ data, shape }) => tf.tensor(data, shape));
        return results(f, tensors.slice(0, -1), tensors.at(-1)!);
      });
    } finally {
      await tf.setBackend(backend);
      console.warn = warn;
    }
  }
  function results(f: Function, inputs: tf.Tensor[], weights: tf.Tensor): number[][] {
    const slopes = tf.grads((...x) => tf.sum(tf.mul(f(...x), weights)))(inputs);
    return [f(...inputs), ...slopes].map((t) => [...t.dataSync()]);
  }
  async function check(f: Function, inputs: tf.Tensor[]): Promise<void> {
    const weights = tf.tidy(() => normal(f(...inputs).shape));
    const expected = await onCpu(f, inputs, weights);
    const actual = tf.tidy(() => results(f, inputs, weights));
    for (const [i, values] of actual.entries()) assertClose(values, expected[i]!, `result ${i}`);
  }

  for (const padding of ['same', 'valid'] as const) {
    for (const [stride, kernel, size] of [
      [1, 3, 7],
      [2, 3, 7],
      [2, 3, 8],
      [1, 1, 5],
      [2, 1, 6],
      [3, 2, 9],
    ] as const) {
      it(`convolution ${kernel}×${kernel}, stride ${stride}, ${padding}, on ${size} rows`, async () => {
        await check(
          (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, padding),
          [normal([2, size, size - 1, 3]), normal([kernel, kernel, 3, 4])],
        );
      });
    }
    it(`max pooling, ${padding}`, async () => {
      await check((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, padding), [normal([2, 7, 6, 3])]);
    });

    it(`average pooling, ${padding}, as a convolution divided by the number of pixels it met`, () => {
      // The plain backend is no reference here: its gradient divides by the padding too.
      const sum = (x: tf.Tensor) =>
        tf.conv2d(
          x as tf.Tensor4D,
          tf.reshape(tf.eye(3), [1, 1, 3, 3]).tile([3, 3, 1, 1]) as tf.Tensor4D,
          2,
          padding,
        );
      assertEqualFunctions(
        (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, padding),
        (x) => tf.div(sum(x!), sum(tf.ones(x!.shape))),
        [normal([2, 7, 6, 3])],
      );
    });
  }

  it('global average pooling', async () => {
    await check((x) => tf.mean(x!, [1, 2]), [normal([2, 5, 4, 3])]);
  });
});
