import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { graphOf } from '../../../src/lab/nets/graph-of.js';
import { random, ready, tf } from '../../../src/lab/tensor/index.js';
import { createTrainer } from '../../../src/lab/train/create-trainer.js';
import { eagerTrainer } from '../../../src/lab/train/eager.js';
import { recipe } from '../../../src/lab/train/recipe.js';
import { regress } from '../../../src/lab/train/regress.js';
import { TrainingError } from '../../../src/lab/train/train.js';
import { assertClose } from '../tensor/close.js';
import { everyOperation, quadrants } from './fixture.js';

/** Two outputs that are linear in the four pixels of an image. */
function linear(count: number) {
  const generator = random(3);
  const images = Float32Array.from({ length: count * 4 }, () => generator.next());
  const targets = new Float32Array(count * 2);
  for (let i = 0; i < count; i++) {
    const [a, b, c, d] = images.subarray(4 * i);
    targets[2 * i] = 2 * a! - b! + 0.5;
    targets[2 * i + 1] = c! + 3 * d! - 1;
  }
  return { images, targets, count };
}

function net(): tf.LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.flatten({ inputShape: [2, 2, 1] }));
  model.add(tf.layers.dense({ units: 2, kernelInitializer: 'zeros' }));
  return model;
}

describe('regression', () => {
  before(() => ready());

  it('takes the same steps in one graph as operation by operation', () => {
    const size = 24;
    const { images } = quadrants(size, 9);
    const outputs = graphOf(everyOperation()).nodes.at(-1)!.shape[0]!;
    const generator = random(5);
    const labels = Float32Array.from({ length: size * outputs }, () => generator.normal());
    const rules = recipe({ optimizer: { name: 'adam', epsilon: 1e-3 }, learningRate: 0.01 });
    const [one, two] = [createTrainer, eagerTrainer].map((make) =>
      make(graphOf(everyOperation()), rules, size, 'numbers'),
    );
    for (let step = 0; step < 3; step++) {
      const loss = two!.step({ images, labels }, 0.01);
      assertClose([one!.step({ images, labels }, 0.01)], [loss], `loss of step ${step}`);
      if (step > 0) continue;
      // The first loss is the mean squared error of the untrained net.
      assert.ok(loss > 0);
    }
    for (const [i, values] of one!.state().values.entries()) {
      assertClose(values, two!.state().values[i]!, `weight ${i}`, 1e-3);
    }
    one!.dispose();
    two!.dispose();
  });

  it('finds a linear map', async () => {
    const model = net();
    const losses = await regress(
      model,
      linear(256),
      recipe({ learningRate: 0.1, batchSize: 16, stop: { epochs: 60 } }),
    );
    assert.equal(losses.length, 60);
    assert.ok(losses.at(-1)! < 1e-4 && losses[0]! > 0.1, `${losses.at(-1)}`);
    const [kernel, bias] = model.getWeights().map((weight) => weight.dataSync());
    assertClose(kernel!, [2, 0, -1, 0, 0, 1, 0, 3], 'kernel', 0.02);
    assertClose(bias!, [0.5, -1], 'bias', 0.02);
  });

  it('refuses what does not fit, and a loss that is not finite', async () => {
    const examples = linear(20);
    await assert.rejects(regress(net(), { ...examples, count: 19 }, recipe()), TrainingError);
    const short = { ...examples, targets: examples.targets.subarray(1) };
    await assert.rejects(regress(net(), short, recipe()), /do not make 2 for each of 20 images/);
    await assert.rejects(
      regress(net(), examples, recipe({ learningRate: 1e30, stop: { epochs: 20 } })),
      /squared error is .* at step/,
    );
  });
});
