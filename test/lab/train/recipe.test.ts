import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnknownNameError } from '../../../src/lab/registry.js';
import { recipe, RecipeError, type RecipeOptions } from '../../../src/lab/train/recipe.js';
import { learningRate, plannedSteps } from '../../../src/lab/train/schedule.js';

describe('a recipe', () => {
  it('fills in every field', () => {
    assert.deepEqual(recipe(), {
      optimizer: { name: 'sgd', momentum: 0.9, nesterov: false },
      learningRate: 0.1,
      schedule: { name: 'constant' },
      warmupSteps: 0,
      weightDecay: 0,
      batchSize: 64,
      augment: { crop: 0, flip: false },
      stop: { epochs: 10, steps: null, trainLoss: null },
      seed: 0,
      deterministic: false,
    });
    assert.deepEqual(recipe({ optimizer: { name: 'adam', beta1: 0.8 } }).optimizer, {
      name: 'adam',
      beta1: 0.8,
      beta2: 0.999,
      epsilon: 1e-7,
    });
    assert.equal(recipe({ optimizer: { name: 'adam' } }).learningRate, 0.001);
  });

  it('is its own normal form', () => {
    const once = recipe({ schedule: { name: 'step' }, stop: { trainLoss: 0.1 } });
    assert.deepEqual(recipe(once), once);
  });

  const unknown: [object, string, string][] = [
    [{ learningrate: 0.1 }, 'learningrate', 'learningRate'],
    [{ stop: { epoch: 3 } }, 'epoch', 'epochs'],
    [{ optimizer: { name: 'adm' } }, 'adm', 'adam'],
    [{ optimizer: { name: 'sgd', nestrov: true } }, 'nestrov', 'nesterov'],
    [{ schedule: { name: 'cosin' } }, 'cosin', 'cosine'],
    [{ augment: { flips: true } }, 'flips', 'flip'],
  ];
  for (const [options, given, nearest] of unknown) {
    it(`refuses ${JSON.stringify(options)} and offers ${nearest}`, () => {
      assert.throws(
        () => recipe(options as RecipeOptions),
        (error: unknown) =>
          error instanceof UnknownNameError && error.given === given && error.nearest === nearest,
      );
    });
  }

  it('says what a number may be in words', () => {
    assert.throws(() => recipe({ learningRate: Number.NaN }), {
      message: 'learningRate must be a number of at least 0, not NaN',
    });
    assert.throws(() => recipe({ augment: { crop: 5000 } }), {
      message: 'augment.crop must be a whole number from 0 to 1024, not 5000',
    });
  });

  const wrong: [object, string][] = [
    [{ learningRate: Number.NaN }, 'learningRate'],
    [{ learningRate: -1 }, 'learningRate'],
    [{ batchSize: 0 }, 'batchSize'],
    [{ batchSize: 1.5 }, 'batchSize'],
    [{ batchSize: '64' }, 'batchSize'],
    [{ stop: { epochs: -1 } }, 'stop.epochs'],
    [{ stop: { trainLoss: Number.POSITIVE_INFINITY } }, 'stop.trainLoss'],
    [{ stop: 3 }, 'stop'],
    [{ schedule: { name: 'step', at: [0.5, 2] } }, 'schedule.at[1]'],
    [{ schedule: { name: 'step', at: 0.5 } }, 'schedule.at'],
    [{ optimizer: { name: 'adam', beta1: 1 } }, 'optimizer.beta1'],
    [{ augment: { flip: 1 } }, 'augment.flip'],
    [{ seed: -1 }, 'seed'],
  ];
  for (const [options, key] of wrong) {
    it(`names ${key} in ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => recipe(options as RecipeOptions),
        (error: unknown) =>
          error instanceof RecipeError && error.key === key && error.message.startsWith(key),
      );
    });
  }
});

describe('the learning rate', () => {
  const rates = (options: RecipeOptions, steps: number) =>
    Array.from({ length: steps }, (_, step) =>
      Number(learningRate(recipe({ learningRate: 1, ...options }), step, steps).toFixed(6)),
    );

  it('is constant', () => {
    assert.deepEqual(rates({}, 3), [1, 1, 1]);
  });
  it('warms up linearly to the peak', () => {
    assert.deepEqual(rates({ warmupSteps: 4 }, 6), [0.25, 0.5, 0.75, 1, 1, 1]);
  });
  it('falls along a cosine to its final share at the last step', () => {
    assert.deepEqual(
      rates({ schedule: { name: 'cosine', final: 0.2 } }, 5),
      [1, 0.882843, 0.6, 0.317157, 0.2],
    );
    assert.deepEqual(
      rates({ schedule: { name: 'cosine' }, warmupSteps: 2 }, 5),
      [0.5, 1, 1, 0.5, 0],
    );
  });
  it('drops at the shares of the steps', () => {
    assert.deepEqual(
      rates({ schedule: { name: 'step', at: [0.5, 0.75], factor: 0.1 } }, 8),
      [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01],
    );
  });
  it('is planned over whole batches, no larger than the set', () => {
    const plan = (options: RecipeOptions, count: number) => plannedSteps(recipe(options), count);
    assert.deepEqual(plan({ batchSize: 32, stop: { epochs: 3 } }, 100), {
      batchSize: 32,
      stepsPerEpoch: 3,
      steps: 9,
    });
    assert.equal(plan({ batchSize: 32, stop: { epochs: 3, steps: 5 } }, 100).steps, 5);
    assert.deepEqual(plan({ batchSize: 64, stop: { epochs: 2 } }, 10), {
      batchSize: 10,
      stepsPerEpoch: 1,
      steps: 2,
    });
  });
});
