/** The variables of a graph, in a fixed order that training state is kept in. */
import type { Graph } from '../nets/graph.js';
import type { tf } from '../tensor/index.js';

export interface Parameter {
  readonly kind: 'kernel' | 'bias' | 'gamma' | 'beta' | 'mean' | 'variance';
  readonly variable: tf.Variable;
  /** Whether the optimiser updates it. Moving statistics are updated, but not by the optimiser. */
  readonly trained: boolean;
}

/** Every variable of the graph once, in order of evaluation; nodes may share one. */
export function parametersOf(graph: Graph): Parameter[] {
  const list: Parameter[] = [];
  const seen = new Set<tf.Variable>();
  for (const node of graph.nodes) {
    const add = (kind: Parameter['kind'], variable: tf.Variable | null, trained: boolean) => {
      if (variable === null || seen.has(variable)) return;
      seen.add(variable);
      list.push({ kind, variable, trained });
    };
    if (node.op === 'conv2d' || node.op === 'dense') {
      add('kernel', node.kernel, node.trainable);
      add('bias', node.bias, node.trainable);
    } else if (node.op === 'batchNorm') {
      add('gamma', node.gamma, node.gamma?.trainable ?? false);
      add('beta', node.beta, node.beta?.trainable ?? false);
      add('mean', node.mean, false);
      add('variance', node.variance, false);
    }
  }
  return list;
}
