import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildNet, estimateStatistics, forward, graphOf } from '../../../src/lab/nets/index.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';

before(async () => {
  await ready();
});

for (const family of ['plain', 'residual', 'linear']) {
  test(`a new ${family} net then gives at inference what it gives in training`, () => {
    const model = buildNet({ family, depth: 20, width: 4, input: [12, 12, 1] });
    const graph = graphOf(model);
    const images = tf.randomUniform([32, 12, 12, 1], 0, 1, 'float32', 1);
    const difference = () =>
      tf.tidy(() => {
        const training = forward(graph, images, { training: true }).logits;
        const inference = model.predict(images) as tf.Tensor;
        const scale = training.abs().max().dataSync()[0]!;
        return training.sub(inference).abs().max().dataSync()[0]! / scale;
      });
    assert.ok(difference() > 0.1, 'the statistics of a new net should not fit by chance');
    const before = tf.memory().numTensors;
    estimateStatistics(graph, images);
    assert.equal(tf.memory().numTensors, before);
    assert.ok(difference() < 1e-3, `${difference()}`);
    model.dispose();
  });
}

test('the signal of an untrained residual net then no longer grows with depth', () => {
  const scale = (depth: number) => {
    const model = buildNet({ depth, width: 8, input: [12, 12, 1] });
    const images = tf.randomUniform([32, 12, 12, 1], 0, 1, 'float32', 1);
    estimateStatistics(graphOf(model), images);
    const result = Math.sqrt((model.predict(images) as tf.Tensor).square().mean().dataSync()[0]!);
    model.dispose();
    images.dispose();
    return result;
  };
  // Sums of n normalised branches grow as √n at most: 9 blocks a stage at depth 56 where depth 8 has 1.
  const ratio = scale(56) / scale(8);
  assert.ok(ratio > 0.3 && ratio < 6, `${ratio}`);
});

test('a net without batch normalisation stays as it is', () => {
  const model = buildNet({ depth: 5, width: 2, input: [6, 6, 1], batchNorm: false });
  const weights = () => model.getWeights().map((weight) => [...weight.dataSync()]);
  const before = weights();
  estimateStatistics(graphOf(model), tf.ones([4, 6, 6, 1]));
  assert.deepEqual(weights(), before);
});
