/** Which trainer a net gets on the backend that runs. */
import type { Graph } from '../nets/graph.js';
import { tf } from '../tensor/index.js';
import { compiledTrainer } from './compiled.js';
import { eagerTrainer } from './eager.js';
import type { Recipe } from './recipe.js';
import type { Objective, Trainer } from './trainer.js';

/** The fastest trainer of the backend that runs: a compiled TensorFlow graph, or operations one by one on WebAssembly. */
export function createTrainer(
  graph: Graph,
  recipe: Recipe,
  batchSize: number,
  objective: Objective = 'classes',
): Trainer {
  return tf.getBackend() === 'tensorflow'
    ? compiledTrainer(graph, recipe, batchSize, objective)
    : eagerTrainer(graph, recipe, batchSize, objective);
}
