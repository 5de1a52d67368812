/** What a step changes: moving averages and weights, as a part of a TensorFlow graph. */
import type { Node } from '../nets/graph.js';
import {
  type GraphBuilder,
  type Output,
  output,
  type SessionVariable,
  TYPE,
} from '../tensor/index.js';
import type { Parameter } from './parameters.js';
import type { Recipe } from './recipe.js';
import { type Pass, T, type Writer } from './write-operations.js';

/** moving ← moving − (1 − momentum)·(moving − batch), with the population variance as tfjs has it. */
export function writeMovingAverages(writer: Writer, pass: Pass): Output[] {
  const { builder, graph, batchSize, weight } = writer;
  const updates: Output[] = [];
  for (const [index, norm] of pass.norms) {
    const node = graph.nodes[index] as Node & { op: 'batchNorm' };
    const count = node.shape.slice(0, -1).reduce((a, b) => a * b, batchSize);
    for (const [kind, which, factor] of [
      ['mean', 1, 1],
      // The operation gives the unbiased variance.
      ['variance', 2, (count - 1) / Math.max(1, count)],
    ] as const) {
      const moving = weight(node[kind]);
      const batch =
        factor === 1
          ? output(norm, which)
          : builder.add('Mul', [output(norm, which), builder.constant([factor], [])], T);
      const change = builder.add(
        'Mul',
        [builder.add('Sub', [moving.value, batch], T), builder.constant([1 - node.momentum], [])],
        T,
      );
      updates.push(
        builder.add('AssignSubVariableOp', [moving.handle, change], {
          dtype: { type: TYPE.float32 },
        }),
      );
    }
  }
  return updates;
}

/** The operations that change one weight and what the optimiser keeps of it. */
export function writeUpdate(
  builder: GraphBuilder,
  recipe: Recipe,
  value: SessionVariable,
  slots: readonly SessionVariable[],
  gradient: Output,
  rate: Output,
  shrink: Output | null,
  kind: Parameter['kind'],
): Output[] {
  const { optimizer, weightDecay } = recipe;
  const decays = kind === 'kernel' && weightDecay > 0;
  const number = (x: number) => builder.constant([x], []);
  if (optimizer.name === 'sgd') {
    const slope = decays
      ? builder.add(
          'AddV2',
          [gradient, builder.add('Mul', [value.value, number(weightDecay)], T)],
          T,
        )
      : gradient;
    return [
      builder.add(
        'ResourceApplyMomentum',
        [value.handle, slots[0]!.handle, rate, slope, number(optimizer.momentum)],
        { ...T, use_locking: false, use_nesterov: optimizer.nesterov },
      ),
    ];
  }
  // The decay reads the weights before the update, which then waits for it.
  const before: Output[] = [];
  if (decays && shrink) {
    const loss = builder.add('Mul', [value.value, shrink], T);
    before.push(
      builder.add('AssignSubVariableOp', [value.handle, loss], {
        dtype: { type: TYPE.float32 },
      }),
    );
  }
  const zero = number(0);
  return [
    ...before,
    builder.add(
      'ResourceApplyAdam',
      [
        value.handle,
        slots[0]!.handle,
        slots[1]!.handle,
        // The bias correction is in the rate already.
        zero,
        zero,
        rate,
        number(optimizer.beta1),
        number(optimizer.beta2),
        number(optimizer.epsilon),
        gradient,
      ],
      { ...T, use_locking: false, use_nesterov: false },
      { after: before },
    ),
  ];
}
