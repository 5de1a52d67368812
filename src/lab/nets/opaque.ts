/**
 * A net of which only the outputs are known: a graph model, or a Layers model with a layer that no graph has an operation for. As a
 * graph it is its input and one node that runs it, so that what needs only outputs treats it like any other.
 */
import { tf } from '../tensor/index.js';
import type { Graph } from './graph.js';

/** A model whose inputs or outputs are not one image and one row of classes. */
export class OpaqueNetError extends Error {
  override readonly name = 'OpaqueNetError';
}

/**
 * @param reason why its layers are not known, for refusals.
 * @param example images in the shape that the model takes, `[count, height, width, channels]`: what the outputs mean is read off them.
 * @throws OpaqueNetError for a model that does not give one row of numbers an image.
 */
export function opaqueGraph(
  model: tf.LayersModel | tf.GraphModel,
  reason: string,
  example: tf.Tensor4D,
): Graph {
  const name = 'outputs';
  const apply = (x: tf.Tensor) => model.predict(x) as tf.Tensor | tf.Tensor[];
  const outputs = tf.tidy(() => {
    const made = apply(example);
    if (Array.isArray(made) || !(made instanceof tf.Tensor)) {
      throw new OpaqueNetError('the model has several outputs; one is needed');
    }
    if (made.rank !== 2 || made.shape[0] !== example.shape[0]) {
      throw new OpaqueNetError(
        `the model gives ${made.shape.join(' × ')} for ${example.shape[0]} images; one row of classes an image is needed`,
      );
    }
    return { values: Array.from(made.dataSync()), classes: made.shape[1]! };
  });
  const { values, classes } = outputs;
  // Probabilities become logits, as a softmax at the end of a graph is left out.
  const sums = Array.from({ length: values.length / classes }, (_, row) =>
    values.slice(row * classes, (row + 1) * classes).reduce((sum, value) => sum + value, 0),
  );
  const probabilities =
    classes > 1 &&
    values.every((value) => value >= 0) &&
    sums.every((sum) => Math.abs(sum - 1) < 1e-3);
  return {
    model,
    input: example.shape.slice(1),
    nodes: [
      { op: 'input', name: 'input', inputs: [], shape: example.shape.slice(1) },
      {
        op: 'opaque',
        name,
        inputs: [0],
        shape: [classes],
        reason,
        differentiable: model instanceof tf.LayersModel && hasGradient(apply, example),
        run: (x) =>
          tf.tidy(() => {
            const made = apply(x) as tf.Tensor2D;
            return probabilities ? tf.log(tf.maximum(made, 1e-30)) : made;
          }),
      },
    ],
  };
}

/** Some kernels have no gradient, such as dilated convolutions; those of a graph model are run without a tape. */
function hasGradient(
  apply: (x: tf.Tensor) => tf.Tensor | tf.Tensor[],
  example: tf.Tensor4D,
): boolean {
  try {
    tf.tidy(() =>
      tf.grad((x: tf.Tensor) => tf.sum(apply(x) as tf.Tensor))(tf.slice(example, 0, 1)),
    );
    return true;
  } catch {
    return false;
  }
}
