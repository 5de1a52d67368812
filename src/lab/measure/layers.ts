/** Which nodes of a net are worth a reading, and how deep each lies. */
import type { Graph, Node } from '../nets/graph.js';

/**
 * The input, the last operation of each block, and the output.
 *
 * A block ends where all of the net's signal passes through one node (inside a residual block it does not) and a weighted
 * layer, a branch or global pooling follows. Flattening changes no value, so the node before it stands for both.
 */
export function blockEnds(graph: Graph): string[] {
  const { nodes } = graph;
  const cuts = cutNodes(nodes);
  const ends: string[] = [];
  for (const [k, index] of cuts.entries()) {
    const next = cuts[k + 1];
    const node = nodes[index]!;
    if (next === undefined) {
      ends.push(node.name);
      continue;
    }
    const after = nodes[next]!;
    const branches = next !== index + 1;
    // An unread node may lie between two cut nodes, but a branch always does.
    const follows = after.op === 'flatten' ? nodes[cuts[k + 2] ?? next]! : after;
    const ended = branches || isWeighted(follows) || follows.op === 'globalAveragePool';
    if (index === 0 || (ended && node.op !== 'flatten')) ends.push(node.name);
  }
  return ends;
}

/** For each node, the weighted layers on the longest way to it from the input, as a share of those to the output. */
export function positions(graph: Graph): Map<string, number> {
  const depth: number[] = [];
  for (const node of graph.nodes) {
    const before = node.inputs.map((input) => depth[input]!);
    depth.push(Math.max(0, ...before) + (isWeighted(node) ? 1 : 0));
  }
  const last = depth.at(-1)!;
  return new Map(
    graph.nodes.map((node, i) => [node.name, last === 0 ? (i === 0 ? 0 : 1) : depth[i]! / last]),
  );
}

function isWeighted(node: Node): boolean {
  return node.op === 'conv2d' || node.op === 'dense';
}

/** Indices of the nodes that every way from the input to the output passes: those that no edge of such a way jumps over. */
function cutNodes(nodes: readonly Node[]): number[] {
  const live = nodes.map(() => false);
  live[nodes.length - 1] = true;
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (live[i]) for (const input of nodes[i]!.inputs) live[input] = true;
  }
  /** Furthest live reader of any node so far. */
  let reach = 0;
  const cuts: number[] = [];
  for (let i = 0; i < nodes.length; i++) {
    if (live[i] && reach <= i) cuts.push(i);
    if (!live[i]) continue;
    for (let reader = i + 1; reader < nodes.length; reader++) {
      if (live[reader] && nodes[reader]!.inputs.includes(i)) reach = Math.max(reach, reader);
    }
  }
  return cuts;
}
