/**
 * Training with the whole step as one TensorFlow graph: forward, backward and update, written out by hand from the net's
 * `Graph`. The weights live in the session and return to the model on `commit`.
 */
import type { Graph } from '../nets/graph.js';
import {
  GraphBuilder,
  output,
  Session,
  tf,
  TYPE,
  type Output,
  type SessionVariable,
} from '../tensor/index.js';
import { evaluateWith } from './evaluate.js';
import { adamRate, slotsOf } from './optimizer.js';
import { parametersOf, type Parameter } from './parameters.js';
import type { Recipe } from './recipe.js';
import type { Objective, Trainer, TrainerState } from './trainer.js';
import { writeBackward } from './write-backward.js';
import { writeForward } from './write-forward.js';
import { T, mean, type Writer } from './write-operations.js';
import { writeMovingAverages, writeUpdate } from './write-updates.js';

export function compiledTrainer(
  graph: Graph,
  recipe: Recipe,
  batchSize: number,
  objective: Objective = 'classes',
): Trainer {
  const parameters = parametersOf(graph);
  const program = writeProgram(graph, recipe, batchSize, parameters, objective);
  const session = new Session(program.builder);
  const { values, slots, fetch } = program;
  let steps = 0;

  function assign(arrays: readonly Float32Array[], slotArrays: readonly Float32Array[]): void {
    tf.tidy(() => {
      const all = [...values, ...slots];
      const feeds = [...arrays, ...slotArrays].map(
        (array, i) => [all[i]!.next, tf.tensor(array, [...all[i]!.shape])] as const,
      );
      session.run(feeds, [fetch.assigned]);
    });
  }

  function read(variables: readonly SessionVariable[]): Float32Array[] {
    if (variables.length === 0) return [];
    return take(
      session.run(
        [],
        variables.map(({ value }) => value),
      ),
    );
  }

  assign(
    parameters.map(({ variable }) => variable.dataSync() as Float32Array),
    slots.map(({ shape }) => new Float32Array(shape.reduce((a, b) => a * b, 1))),
  );
  return {
    step(batch, learningRate) {
      steps += 1;
      const { optimizer } = recipe;
      const rate =
        optimizer.name === 'adam' ? adamRate(optimizer, learningRate, steps) : learningRate;
      return tf.tidy(() => {
        const feeds: [Output, tf.Tensor][] = [
          [program.images, tf.tensor(batch.images, [batchSize, ...graph.input])],
          [
            program.labels,
            objective === 'classes'
              ? tf.tensor1d(batch.labels, 'int32')
              : tf.tensor2d(batch.labels, [batchSize, graph.nodes.at(-1)!.shape[0]!]),
          ],
          [program.rate, tf.scalar(rate)],
        ];
        if (program.shrink) {
          feeds.push([program.shrink, tf.scalar(learningRate * recipe.weightDecay)]);
        }
        return session.run(feeds, [fetch.loss])[0]!.dataSync()[0]!;
      });
    },
    evaluate: (dataset) =>
      evaluateWith(
        dataset,
        (images) => take(session.run([[program.probe, images]], [fetch.logits]))[0]!,
      ),
    state: () => ({ values: read(values), slots: read(slots), steps }),
    restore(state: TrainerState) {
      assign(state.values, state.slots);
      steps = state.steps;
    },
    commit() {
      const arrays = read(values);
      for (const [i, { variable }] of parameters.entries()) {
        tf.tidy(() => variable.assign(tf.tensor(arrays[i]!, variable.shape)));
      }
    },
    dispose: () => session.dispose(),
  };
}

/** Values of tensors, which are freed. Not by a tidy: that looks for tensors in each number of what it returns. */
function take(tensors: readonly tf.Tensor[]): Float32Array[] {
  return tensors.map((tensor) => {
    const values = tensor.dataSync() as Float32Array;
    tensor.dispose();
    return values;
  });
}

interface Program {
  readonly builder: GraphBuilder;
  readonly images: Output;
  readonly labels: Output;
  readonly rate: Output;
  /** Learning rate × weight decay, for decoupled decay; null where there is none. */
  readonly shrink: Output | null;
  /** Images to evaluate on, any number. */
  readonly probe: Output;
  readonly values: readonly SessionVariable[];
  readonly slots: readonly SessionVariable[];
  readonly fetch: { readonly loss: Output; readonly assigned: Output; readonly logits: Output };
}

function writeProgram(
  graph: Graph,
  recipe: Recipe,
  batchSize: number,
  parameters: readonly Parameter[],
  objective: Objective,
): Program {
  const builder = new GraphBuilder();
  const images = builder.placeholder('images', TYPE.float32, [batchSize, ...graph.input]);
  const probe = builder.placeholder('probe', TYPE.float32, [-1, ...graph.input]);
  const outputs = graph.nodes.at(-1)!.shape[0]!;
  const labels =
    objective === 'classes'
      ? builder.placeholder('labels', TYPE.int32, [batchSize])
      : builder.placeholder('labels', TYPE.float32, [batchSize, outputs]);
  const rate = builder.placeholder('rate', TYPE.float32, []);
  const values = parameters.map((parameter, i) =>
    builder.variable(`value${i}`, parameter.variable.shape),
  );
  const held = new Map(parameters.map(({ variable }, i) => [variable, values[i]!]));
  const weight = (variable: tf.Variable) => held.get(variable)!;
  const writer: Writer = { builder, graph, batchSize, weight };

  const logits = writeForward(writer, probe, false).outputs.at(-1)!;
  const training = writeForward(writer, images, true);
  const { loss, slope } = writeLoss(writer, objective, training.outputs.at(-1)!, labels);
  const gradients = writeBackward(writer, training, slope);

  const updates: Output[] = writeMovingAverages(writer, training);
  const decoupled = recipe.optimizer.name === 'adam' && recipe.weightDecay > 0;
  const shrink = decoupled ? builder.placeholder('shrink', TYPE.float32, []) : null;
  const slots: SessionVariable[] = [];
  for (const [i, parameter] of parameters.entries()) {
    if (!parameter.trained) continue;
    const own = Array.from({ length: slotsOf(recipe) }, (_, k) =>
      builder.variable(`slot${i}_${k}`, parameter.variable.shape),
    );
    slots.push(...own);
    const gradient = gradients.get(parameter.variable);
    if (!gradient) continue;
    updates.push(
      ...writeUpdate(builder, recipe, values[i]!, own, gradient, rate, shrink, parameter.kind),
    );
  }
  const fetch = {
    loss: builder.signal('loss', updates, loss),
    assigned: builder.signal(
      'all_assigned',
      [...values, ...slots].map((v) => v.assigned),
    ),
    logits,
  };
  return { builder, images, labels, rate, shrink, probe, values, slots, fetch };
}

/** Loss of a batch, and its gradient with respect to the outputs. */
function writeLoss(
  { builder, graph, batchSize }: Writer,
  objective: Objective,
  outputs: Output,
  labels: Output,
): { loss: Output; slope: Output } {
  const times = (x: Output, factor: number) =>
    builder.add('Mul', [x, builder.constant([factor], [])], T);
  if (objective === 'classes') {
    const losses = builder.add('SparseSoftmaxCrossEntropyWithLogits', [outputs, labels], {
      ...T,
      Tlabels: { type: TYPE.int32 },
    });
    return { loss: mean(builder, losses, [0]), slope: times(output(losses, 1), 1 / batchSize) };
  }
  const error = builder.add('Sub', [outputs, labels], T);
  const loss = mean(builder, builder.add('Square', [error], T), [0, 1]);
  return { loss, slope: times(error, 2 / (batchSize * graph.nodes.at(-1)!.shape[0]!)) };
}
