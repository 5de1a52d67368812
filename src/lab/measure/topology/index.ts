/** Topology of point clouds: persistent homology in dimensions 0 and 1, and distances between its diagrams. */
export { bottleneckDistance, wassersteinDistance } from './diagram-distance.js';
export { pairwiseDistances, vietorisRips, type Bar, type Persistence } from './vietoris-rips.js';
