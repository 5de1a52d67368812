/** Learning rate as a function of the step. */
import type { Recipe } from './recipe.js';

/** Steps that a recipe plans for a training set of `count` images: whole batches, the rest of each epoch left out. */
export function plannedSteps(
  recipe: Recipe,
  count: number,
): { batchSize: number; stepsPerEpoch: number; steps: number } {
  const batchSize = Math.min(recipe.batchSize, count);
  const stepsPerEpoch = Math.floor(count / batchSize);
  const steps = stepsPerEpoch * recipe.stop.epochs;
  return { batchSize, stepsPerEpoch, steps: Math.min(steps, recipe.stop.steps ?? steps) };
}

/**
 * Learning rate of a step.
 *
 * @param step 0 for the first.
 * @param steps Planned steps in all.
 */
export function learningRate(recipe: Recipe, step: number, steps: number): number {
  const { schedule, warmupSteps, learningRate: peak } = recipe;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  switch (schedule.name) {
    case 'constant':
      return peak;
    case 'cosine': {
      const span = Math.max(1, steps - 1 - warmupSteps);
      const progress = Math.min(1, (step - warmupSteps) / span);
      const cosine = (1 + Math.cos(Math.PI * progress)) / 2;
      return peak * (schedule.final + (1 - schedule.final) * cosine);
    }
    case 'step':
      return peak * schedule.factor ** schedule.at.filter((share) => step >= share * steps).length;
  }
}
