/** The compiled step against the tape of tfjs, for every operation of a graph and every optimiser. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { graphOf } from '../../../src/lab/nets/graph-of.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { createTrainer } from '../../../src/lab/train/create-trainer.js';
import { eagerTrainer } from '../../../src/lab/train/eager.js';
import { evaluate } from '../../../src/lab/train/evaluate.js';
import { parametersOf } from '../../../src/lab/train/parameters.js';
import { recipe, type RecipeOptions } from '../../../src/lab/train/recipe.js';
import type { Trainer } from '../../../src/lab/train/trainer.js';
import { assertClose } from '../tensor/close.js';
import { everyOperation, quadrants, smallNet } from './fixture.js';

before(async () => {
  await ready();
});

const SIZE = 24;
const data = quadrants(SIZE, 9);
const batch = { images: data.images, labels: data.labels };

const recipes: Record<string, RecipeOptions> = {
  'SGD without momentum': { optimizer: { name: 'sgd', momentum: 0 }, learningRate: 0.05 },
  'SGD with momentum and weight decay': { learningRate: 0.05, weightDecay: 0.02 },
  'SGD with Nesterov momentum': {
    optimizer: { name: 'sgd', momentum: 0.8, nesterov: true },
    learningRate: 0.05,
  },
  Adam: { optimizer: { name: 'adam', epsilon: 1e-3 }, learningRate: 0.01 },
  'Adam with weight decay': {
    optimizer: { name: 'adam', epsilon: 1e-3 },
    learningRate: 0.01,
    weightDecay: 0.1,
  },
};

describe('the trainer of this backend', () => {
  for (const [name, options] of Object.entries(recipes)) {
    it(`takes the same steps as plain tfjs: ${name}`, () => {
      // Composed by tfjs alone: layers, tape, and the update written out below.
      const rules = recipe(options);
      const model = everyOperation();
      const graph = graphOf(model);
      const trainer = createTrainer(graph, rules, SIZE);
      const reference = plainTrainer(everyOperation(), options);
      for (let step = 1; step <= 3; step++) {
        const loss = trainer.step(batch, rules.learningRate);
        assertClose([loss], [reference.step(step)], `loss of step ${step}`);
      }
      trainer.commit();
      const expected = reference.weights();
      const actual = model.getWeights().map((weight) => weight.dataSync());
      for (const [i, values] of actual.entries()) {
        assertClose(values, expected[i]!, model.weights[i]!.originalName, 1e-3);
      }
      trainer.dispose();
    });
  }

  it('takes the same steps as the tape where batch normalisation has no scale or no shift', () => {
    const rules = recipe({ learningRate: 0.05 });
    const [one, two] = [createTrainer, eagerTrainer].map((make) =>
      make(graphOf(everyOperation(true)), rules, SIZE),
    ) as [Trainer, Trainer];
    for (let step = 1; step <= 3; step++) {
      assertClose([one.step(batch, 0.05)], [two.step(batch, 0.05)], `loss of step ${step}`);
    }
    const expected = two.state().values;
    for (const [i, values] of one.state().values.entries()) {
      assertClose(values, expected[i]!, `value ${i}`, 1e-3);
    }
    one.dispose();
    two.dispose();
  });

  it('evaluates as the forward pass does', () => {
    const model = everyOperation();
    const graph = graphOf(model);
    const trainer = createTrainer(graph, recipe(), SIZE);
    for (let i = 0; i < 3; i++) trainer.step(batch, 0.05);
    const inside = trainer.evaluate(quadrants(300, 4));
    trainer.commit();
    const outside = evaluate(graph, quadrants(300, 4));
    assertClose([inside.loss], [outside.loss], 'loss');
    assertClose([inside.accuracy], [outside.accuracy], 'accuracy');
    trainer.dispose();
  });

  it('goes on from a state to the same weights', () => {
    const rules = recipe({ optimizer: { name: 'adam' } });
    const one = createTrainer(graphOf(smallNet()), rules, SIZE);
    for (let i = 0; i < 2; i++) one.step(batch, 0.01);
    const state = one.state();
    one.step(batch, 0.01);
    const two = createTrainer(graphOf(smallNet()), rules, SIZE);
    two.restore(state);
    two.step(batch, 0.01);
    const [a, b] = [one.state(), two.state()];
    assert.equal(a.steps, b.steps);
    for (const [i, values] of a.values.entries()) assertClose(b.values[i]!, values, `value ${i}`);
    for (const [i, values] of a.slots.entries()) assertClose(b.slots[i]!, values, `slot ${i}`);
    one.dispose();
    two.dispose();
  });

  it('leaves frozen layers alone and writes nothing before commit', () => {
    const model = everyOperation();
    const before = model.getWeights().map((weight) => weight.dataSync().slice());
    const graph = graphOf(model);
    const frozen = parametersOf(graph).filter(({ kind, trained }) => kind === 'kernel' && !trained);
    assert.equal(frozen.length, 1);
    const kernel = frozen[0]!.variable.dataSync().slice();
    const trainer = createTrainer(graph, recipe(), SIZE);
    trainer.step(batch, 0.1);
    if (tf.getBackend() === 'tensorflow') {
      const now = model.getWeights().map((weight) => weight.dataSync());
      assert.deepEqual(now, before);
    }
    trainer.commit();
    assert.deepEqual(frozen[0]!.variable.dataSync(), kernel);
    trainer.dispose();
  });

  const flat = (name: string, make: () => Trainer, steps: number) =>
    it(`keeps the number of tensors flat over ${steps} steps: ${name}`, () => {
      const trainer = make();
      trainer.step(batch, 0.01);
      const { numTensors, numBytes } = tf.memory();
      for (let i = 0; i < steps; i++) trainer.step(batch, 0.01);
      assert.equal(tf.memory().numTensors, numTensors);
      assert.equal(tf.memory().numBytes, numBytes);
      trainer.dispose();
    });
  flat('this backend', () => createTrainer(graphOf(smallNet()), recipe(), SIZE), 1000);
  flat('one by one', () => eagerTrainer(graphOf(everyOperation()), recipe(), SIZE), 20);
});

/** Training with nothing but stock tfjs: `tf.layers` in training mode, `tf.variableGrads`, and plain arithmetic. */
function plainTrainer(model: tf.LayersModel, options: RecipeOptions) {
  const { optimizer, learningRate: rate, weightDecay } = recipe(options);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const kernels = model.trainableWeights.map((weight) => weight.originalName.endsWith('kernel'));
  const slots = variables.map(({ size }) => [new Float64Array(size), new Float64Array(size)]);
  return {
    step(step: number): number {
      return tf.tidy(() => {
        const x = tf.tensor4d(data.images, [SIZE, 8, 8, 1]);
        const truth = tf.oneHot(tf.tensor1d(data.labels, 'int32'), 4);
        const { value, grads } = tf.variableGrads(
          () =>
            tf.losses.softmaxCrossEntropy(truth, model.apply(x, { training: true }) as tf.Tensor),
          variables,
        );
        for (const [i, variable] of variables.entries()) {
          const weights = Float64Array.from(variable.dataSync());
          const slope = grads[variable.name]!.dataSync();
          const [first, second] = slots[i] as [Float64Array, Float64Array];
          const decay = kernels[i] ? weightDecay : 0;
          for (let k = 0; k < weights.length; k++) {
            if (optimizer.name === 'sgd') {
              const g = slope[k]! + decay * weights[k]!;
              first[k] = optimizer.momentum * first[k]! + g;
              weights[k]! -=
                rate * (optimizer.nesterov ? g + optimizer.momentum * first[k]! : first[k]!);
            } else {
              const { beta1, beta2, epsilon } = optimizer;
              const g = slope[k]!;
              first[k] = beta1 * first[k]! + (1 - beta1) * g;
              second[k] = beta2 * second[k]! + (1 - beta2) * g * g;
              const corrected = (rate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
              weights[k] =
                weights[k]! * (1 - rate * decay) -
                (corrected * first[k]!) / (Math.sqrt(second[k]!) + epsilon);
            }
          }
          variable.assign(tf.tensor(Float32Array.from(weights), variable.shape));
        }
        return value.dataSync()[0]!;
      });
    },
    weights: () => model.getWeights().map((weight) => weight.dataSync()),
  };
}
