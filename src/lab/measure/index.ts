/** Measures of learned functions and features, all with the same interface. */
export {
  NotFiniteError,
  OptionError,
  ProbeImagesError,
  ReadingError,
  RefusedError,
} from './errors.js';
export type {
  Activations,
  Measure,
  Need,
  OptionRule,
  Reading,
  Subject,
  Value,
} from './measure.js';
export * from './bounds.js';
export { hessianProduct, type HessianProduct } from './hessian-product.js';
export { compareLayers } from './layer-similarity.js';
export { lipschitzBound } from './lipschitz.js';
export {
  type ActivationName,
  criticalWeightVariance,
  lengthMap,
  type MeanField,
  meanField,
  simulateCurve,
  simulateGradientCosine,
  slopeMap,
} from './mean-field.js';
export { measures } from './measures.js';
export {
  type Connectivity,
  type ConnectivityOptions,
  DifferentNetsError,
  modeConnectivity,
} from './mode-connectivity.js';
export { circularNorm, convolutionNorm, matrixNorm, type OperatorNorm } from './operator-norm.js';
export { measure, type Images, type MeasureOwnOptions } from './own.js';
export {
  readMeasure,
  readMeasures,
  settle,
  type MeasureRequest,
  type Refusal,
  type SettledRequest,
} from './read.js';
export {
  segmentWalker,
  walkSegment,
  type Segment,
  type SegmentOptions,
  type SegmentWalker,
} from './segment.js';
export {
  canonicalCorrelations,
  representation,
  similarity,
  type Representation,
  type Similarity,
  unbiasedCka,
} from './similarity.js';
export {
  type Plane,
  type PlaneOptions,
  type PlanePolygon,
  planeRegions,
  TooManyRegionsError,
} from './plane.js';
export { theoreticalFields } from './receptive-field.js';
export {
  booleanNets,
  type BooleanFunction,
  type BooleanNetsOptions,
  lempelZivComplexity,
  lempelZivWords,
} from './simplicity.js';
export { spectralBias, type SpectralBiasOptions, type SpectralStep } from './spectral-bias.js';
export { subject, type SubjectOptions } from './subject.js';
export {
  bottleneckDistance,
  pairwiseDistances,
  vietorisRips,
  wassersteinDistance,
  type Bar,
  type Persistence,
} from './topology/index.js';
