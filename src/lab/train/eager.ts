/** Training with operations one by one: the tape of tfjs over fused operations, the update on plain arrays. */
import { forward } from '../nets/forward.js';
import type { Graph } from '../nets/graph.js';
import { crossEntropy, tf } from '../tensor/index.js';
import { evaluate } from './evaluate.js';
import { slotsOf, update } from './optimizer.js';
import { parametersOf } from './parameters.js';
import type { Recipe } from './recipe.js';
import type { Objective, Trainer, TrainerState } from './trainer.js';

export function eagerTrainer(
  graph: Graph,
  recipe: Recipe,
  batchSize: number,
  objective: Objective = 'classes',
): Trainer {
  const parameters = parametersOf(graph);
  const trained = parameters.filter((parameter) => parameter.trained);
  const perParameter = slotsOf(recipe);
  let slots = trained.flatMap(({ variable }) =>
    Array.from({ length: perParameter }, () => new Float32Array(variable.size)),
  );
  let steps = 0;

  return {
    step(batch, learningRate) {
      steps += 1;
      const shape = [batchSize, ...graph.input];
      const statistics: { node: number; mean: Float32Array; variance: Float32Array }[] = [];
      const loss = tf.tidy(() => {
        const x = tf.tensor(batch.images, shape);
        const { value, grads } = tf.variableGrads(
          () => {
            const result = forward(graph, x, { training: true });
            for (const [node, { mean, variance }] of result.statistics) {
              statistics.push({
                node,
                mean: mean.dataSync() as Float32Array,
                variance: variance.dataSync() as Float32Array,
              });
            }
            const { logits } = result;
            return objective === 'classes'
              ? crossEntropy(logits, tf.tensor1d(batch.labels, 'int32'))
              : tf.mean(tf.squaredDifference(logits, tf.tensor2d(batch.labels, logits.shape)));
          },
          trained.map(({ variable }) => variable),
        );
        for (const [i, { variable, kind }] of trained.entries()) {
          const weights = variable.dataSync().slice() as Float32Array;
          update(
            recipe,
            weights,
            grads[variable.name]!.dataSync() as Float32Array,
            slots.slice(i * perParameter, (i + 1) * perParameter),
            learningRate,
            steps,
            kind === 'kernel' ? recipe.weightDecay : 0,
          );
          variable.assign(tf.tensor(weights, variable.shape));
        }
        return value.dataSync()[0]!;
      });
      for (const { node, mean, variance } of statistics) {
        const target = graph.nodes[node]!;
        if (target.op !== 'batchNorm') continue;
        average(target.mean, mean, target.momentum);
        average(target.variance, variance, target.momentum);
      }
      return loss;
    },
    evaluate: (dataset) => evaluate(graph, dataset),
    state: () => ({
      values: parameters.map(({ variable }) => variable.dataSync().slice() as Float32Array),
      slots: slots.map((slot) => slot.slice()),
      steps,
    }),
    restore(state: TrainerState) {
      for (const [i, { variable }] of parameters.entries()) {
        tf.tidy(() => variable.assign(tf.tensor(state.values[i]!, variable.shape)));
      }
      slots = state.slots.map((slot) => slot.slice());
      steps = state.steps;
    },
    commit() {},
    dispose() {},
  };
}

function average(moving: tf.Variable, batch: Float32Array, momentum: number): void {
  const values = moving.dataSync().slice();
  for (let i = 0; i < values.length; i++) {
    values[i] = values[i]! - (1 - momentum) * (values[i]! - batch[i]!);
  }
  tf.tidy(() => moving.assign(tf.tensor(values, moving.shape)));
}
