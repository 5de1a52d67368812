/** The registry of measures: one line each. */
import { registry } from '../registry.js';
import { accuracy } from './accuracy.js';
import { activationMaximisation } from './activation-maximisation.js';
import { activationTopology } from './activation-topology.js';
import { capacityNorms } from './capacity-norms.js';
import { effectiveRank } from './effective-rank.js';
import { featureMaps } from './feature-maps.js';
import { filterTopology } from './filter-topology.js';
import { featureOrder } from './feature-order.js';
import { firstLayerFilters } from './first-layer-filters.js';
import { flatness } from './flatness.js';
import { gatingEntropy } from './gating-entropy.js';
import { generalisationGap } from './generalisation-gap.js';
import { gradientCosine } from './gradient-cosine.js';
import { hessian } from './hessian.js';
import { interactionOrder } from './interaction-order.js';
import { intrinsicDimension } from './intrinsic-dimension.js';
import { jacobianNorm } from './jacobian-norm.js';
import { layerSimilarity } from './layer-similarity.js';
import { linearProbe } from './linear-probe.js';
import { linearRegions } from './linear-regions.js';
import { lipschitz } from './lipschitz.js';
import { loss } from './loss.js';
import { lossSurface } from './loss-surface.js';
import type { Measure } from './measure.js';
import { neuralCollapse } from './neural-collapse.js';
import { participationRatio } from './participation-ratio.js';
import { pathSpectrum } from './path-spectrum.js';
import { planeRegionsMeasure } from './plane-regions.js';
import { predictionDepth } from './prediction-depth.js';
import { receptiveField } from './receptive-field.js';
import { regionBounds } from './region-bounds.js';
import { stableRank } from './stable-rank.js';
import { topImages } from './top-images.js';
import { trajectoryLength } from './trajectory-length.js';

export const measures = registry<Measure>('measure', [
  accuracy,
  loss,
  generalisationGap,
  linearProbe,
  participationRatio,
  effectiveRank,
  intrinsicDimension,
  layerSimilarity,
  predictionDepth,
  neuralCollapse,
  gatingEntropy,
  stableRank,
  filterTopology,
  activationTopology,
  linearRegions,
  planeRegionsMeasure,
  regionBounds,
  jacobianNorm,
  lipschitz,
  trajectoryLength,
  pathSpectrum,
  gradientCosine,
  receptiveField,
  capacityNorms,
  flatness,
  hessian,
  lossSurface,
  featureMaps,
  firstLayerFilters,
  topImages,
  activationMaximisation,
  featureOrder,
  interactionOrder,
]);
