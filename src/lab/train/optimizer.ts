/**
 * One update of one parameter, on plain arrays. The same arithmetic as TensorFlow's `ResourceApplyMomentum` and
 * `ResourceApplyAdam`, which the compiled trainer runs.
 */
import type { Recipe } from './recipe.js';

/** Number of arrays that the optimiser keeps for each trained parameter. */
export function slotsOf(recipe: Recipe): number {
  return recipe.optimizer.name === 'adam' ? 2 : 1;
}

/**
 * Adam's step size with the bias correction of both moments folded in (Kingma & Ba 2015, §2, the efficient order), so that
 * ε is added to the uncorrected √v.
 *
 * @param step 1 for the first.
 */
export function adamRate(
  optimizer: Recipe['optimizer'] & { name: 'adam' },
  learningRate: number,
  step: number,
): number {
  return (learningRate * Math.sqrt(1 - optimizer.beta2 ** step)) / (1 - optimizer.beta1 ** step);
}

/**
 * Changes `weights` and `slots` in place.
 *
 * @param slots SGD: velocity. Adam: first and second moment.
 * @param step 1 for the first.
 * @param decay Weight decay of this parameter, 0 for biases and normalisation.
 */
export function update(
  recipe: Recipe,
  weights: Float32Array,
  gradient: Float32Array,
  slots: readonly Float32Array[],
  learningRate: number,
  step: number,
  decay: number,
): void {
  const { optimizer } = recipe;
  if (optimizer.name === 'sgd') {
    const velocity = slots[0]!;
    const { momentum, nesterov } = optimizer;
    for (let i = 0; i < weights.length; i++) {
      const slope = gradient[i]! + decay * weights[i]!;
      velocity[i] = momentum * velocity[i]! + slope;
      weights[i]! -= learningRate * (nesterov ? slope + momentum * velocity[i]! : velocity[i]!);
    }
    return;
  }
  const [first, second] = slots as [Float32Array, Float32Array];
  const { beta1, beta2, epsilon } = optimizer;
  const rate = adamRate(optimizer, learningRate, step);
  const shrink = 1 - learningRate * decay;
  for (let i = 0; i < weights.length; i++) {
    const slope = gradient[i]!;
    first[i]! += (1 - beta1) * (slope - first[i]!);
    second[i]! += (1 - beta2) * (slope * slope - second[i]!);
    weights[i] = weights[i]! * shrink - (rate * first[i]!) / (Math.sqrt(second[i]!) + epsilon);
  }
}
