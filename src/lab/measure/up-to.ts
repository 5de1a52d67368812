import type { Graph } from '../nets/graph.js';

/** The part of a net up to a node, whose output is then what the net gives: nothing above it is computed. */
export function upTo(graph: Graph, layer: string): Graph {
  const at = graph.nodes.findIndex(({ name }) => name === layer);
  return { ...graph, nodes: graph.nodes.slice(0, at + 1) };
}
