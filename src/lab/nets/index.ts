// What the rest of the lab uses of nets.
export { buildNet, specOf, BATCH_NORM } from './build.js';
export { layerCounts, multiplyAdds, parameters, type LayerCount } from './count.js';
export { estimateStatistics, hasSeenImages } from './estimate-statistics.js';
export { families } from './families.js';
export type { Family } from './family.js';
export {
  convolve,
  forward,
  gather,
  UnknownNodeError,
  type Forward,
  type ForwardOptions,
  type Weighted,
} from './forward.js';
export type { Graph, Node, Padding } from './graph.js';
export { graphOf, UnsupportedLayerError } from './graph-of.js';
export { NET_DEFAULTS, NetSpecError, netSpec } from './net-spec.js';
export type { NetSpec } from './spec.js';
export { ladder, LadderError, rungs, type LadderOptions, type Rung } from './ladder.js';
export { neuronsOf, sizeOf } from './size.js';
export { OpaqueNetError, opaqueGraph } from './opaque.js';
export { loadModel, loadNet, NetFileError, saveNet } from './save-net.js';
