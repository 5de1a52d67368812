/**
 * Feature-order spectrum: how many nonlinear layers it takes to compute what a layer has learned. The order of a component of
 * a feature is the least number l of nonlinear layers that can compute it; f = Σ c⁽ˡ⁾ + Δf, with Φ⁽ˡ⁾ = Σ_{k ≤ l} c⁽ᵏ⁾ the best
 * that a net of l nonlinear layers does, and Δf what the last rung of the ladder does not reach (J. Ren, M. Li, Z. Liu and
 * Q. Zhang, "Interpreting and disentangling feature components of various complexity from DNNs", ICML 2021).
 *
 * The value is the mean order, weighted by variance, with Δf counted as twice the last order. Significance ρ⁽ˡ⁾ =
 * Var[c⁽ˡ⁾] / Var[f] and everything else is taken on held-out images. "l layers" means: of the family of
 * nets that the ladder is made of, on this many images and epochs; `planted` nets, whose order is known, show how far it goes.
 */
import { PLANTED } from '../nets/planted.js';
import { RefusedError } from './errors.js';
import { needImages } from './logits.js';
import type { Measure, Subject } from './measure.js';
import { componentGame, effectOf, headOf } from './order/effect.js';
import { beyond, componentsOf, less, varianceOf } from './order/components.js';
import { climb, type Rung } from './order/ladder.js';
import { peersFor } from './order/peers.js';
import { reliability } from './order/reliability.js';
import { type Sample, sampleLayer, spread } from './order/sample.js';
import { reading } from './reading.js';
import { reductionOf } from './reduce.js';

type Options = {
  layer: string;
  orders: number[];
  fitImages: number;
  testImages: number;
  units: number;
  width: number;
  epochs: number;
  learningRate: number;
  peers: number;
  peerEpochs: number;
  level: number;
};

export const featureOrder: Measure<Options> = {
  name: 'feature-order',
  version: 1,
  title: 'Feature order',
  question: 'How many nonlinear layers does it take to compute what the net has learned?',
  unit: 'nonlinear layers',
  range: [0, Infinity],
  cost: 'minutes',
  needs: ['activations', 'labels', 'training'],
  reference: 'ren2021',
  defaults: {
    layer: '',
    orders: [0, 1, 2, 4, 8],
    fitImages: 4000,
    testImages: 1000,
    units: 64,
    width: 32,
    epochs: 8,
    learningRate: 0.002,
    peers: 2,
    peerEpochs: 8,
    level: 0.95,
  },
  options: {
    layer: {
      about:
        'The layer whose feature is taken apart: a node that all of the signal passes through; the last before the logits when empty.',
    },
    orders: {
      about: 'Rungs of the ladder, in nonlinear layers, rising.',
      low: 0,
      high: 64,
      integer: true,
    },
    fitImages: {
      about:
        'Images that the rungs learn from: those the net was trained on, and copies moved by up to two pixels where they are fewer.',
      low: 40,
      integer: true,
    },
    testImages: {
      about: 'Most held-out images that components are judged on.',
      low: 20,
      integer: true,
    },
    units: {
      about: 'Most numbers of the feature; a larger layer is averaged over positions.',
      low: 1,
      high: 4096,
      integer: true,
    },
    width: { about: 'Channels of the nets of the ladder.', low: 1, high: 512, integer: true },
    epochs: { about: 'Passes over the images for each net of the ladder.', low: 1, integer: true },
    learningRate: { about: 'Peak learning rate of Adam for the nets of the ladder.', low: 0 },
    peers: {
      about: 'Independently trained nets that reliability is asked of; 0 leaves reliability out.',
      low: 0,
      high: 8,
      integer: true,
    },
    peerEpochs: {
      about: 'Passes over the training images for each of those.',
      low: 1,
      integer: true,
    },
    level: { about: 'Level of the jackknife interval over images.', low: 0.5, high: 0.9999 },
  },
  refuses(subject, { layer, orders }) {
    const { layers } = subject;
    if (layer !== '' && !layers.includes(layer)) {
      return `there is no layer ${layer} that all of the signal passes through; there are ${layers.join(', ')}`;
    }
    if (subject.graph.input.length !== 3) return 'the input is no image';
    const rising = orders.every((order, i) => i === 0 || order > orders[i - 1]!);
    return orders.length > 0 && rising ? null : `orders must rise, not ${orders.join(', ')}`;
  },
  async read(subject, options) {
    const { train, test, graph, seed } = subject;
    needImages('feature-order', train, 'training', 20);
    needImages('feature-order', test, 'held-out', 20);
    const layer = options.layer || subject.layers.at(-2)!;
    const tested = Math.min(options.testImages, test.shape[0]);
    const distinct = Math.min(options.fitImages, train.shape[0]);
    const fitImages = spread(train, options.fitImages, seed);
    const heldImages = test.images.subarray(0, (test.images.length / test.shape[0]) * tested);
    const sample = (images: Float32Array, count: number) =>
      sampleLayer(graph, layer, images, count, options.units, seed);
    const raw = { fit: sample(fitImages, options.fitImages), held: sample(heldImages, tested) };
    const { fit, held, centres, scale } = scaled(raw.fit, raw.held, layer);
    const rungs = await climb(fit, held, distinct, graph.input, { ...options, seed });
    const found = componentsOf(
      held.values,
      rungs.map((rung) => rung.held),
      options.orders,
      tested,
      options.level,
    );
    const notes: string[] = [];
    const shape = graph.nodes.find(({ name }) => name === layer)!.shape;
    const { grid, projected } = reductionOf(shape, options.units);
    if (grid) notes.push(`${layer} averaged over a grid of ${grid.join(' × ')} positions`);
    if (projected) notes.push(`${layer} projected to ${options.units} numbers`);
    if (found.remainder > 0.5) {
      notes.push(
        `the ladder explains less than half of the feature (remainder ${found.remainder.toFixed(2)}): the mean order is mostly that the remainder is counted as`,
      );
    }
    const whole = grid === null && !projected;
    const effect = whole ? effects(subject, layer, raw, rungs, centres, scale, distinct) : null;
    if (!whole) notes.push('no effectiveness: the net cannot go on from a reduced feature');
    return reading(featureOrder, options, {
      ...found.mean,
      // All of it above the ladder.
      saturation: beyond(options.orders),
      extra: {
        layer,
        units: fit.units,
        orders: options.orders,
        significance: found.significance,
        explained: found.explained,
        remainder: found.remainder,
        explainedMean: found.explainedMean,
        variance: varianceOf(raw.held.values, tested) / fit.units,
        fitted: options.fitImages,
        distinct,
        tested,
        strengths: rungs.map(({ strength }) => strength),
        losses: rungs.map(({ losses }) => losses),
        ...(effect ? { effect } : {}),
        ...(options.peers > 0 && layer !== PLANTED
          ? { reliability: await reliabilities(subject, options, rungs, held) }
          : {}),
      },
      notes,
    });
  },
};

/** Share of the feature's variance below which a component is not asked what it is good for. */
const NEXT_TO_NOTHING = 1e-4;

/** Values shifted by the mean of each unit over the fit, and divided by the root of their mean variance there. */
function scaled(fit: Sample, held: Sample, layer: string) {
  const { units, count } = fit;
  const centres = new Float64Array(units);
  let largest = 0;
  for (let i = 0; i < fit.values.length; i++) {
    centres[i % units]! += fit.values[i]! / count;
    largest = Math.max(largest, Math.abs(fit.values[i]!));
  }
  const deviation = Math.sqrt(varianceOf(fit.values, count) / units);
  const heldDeviation = Math.sqrt(varianceOf(held.values, held.count) / units);
  // What rounding of the activations leaves is no variance.
  if (!(Math.min(deviation, heldDeviation) > largest * 2 ** -20)) {
    throw new RefusedError(
      featureOrder.name,
      `layer ${layer} gives the same for all images: there is nothing to take apart`,
    );
  }
  const apply = (sample: Sample): Sample => ({
    ...sample,
    values: sample.values.map((value, i) => (value - centres[i % units]!) / deviation),
  });
  return { fit: apply(fit), held: apply(held), centres, scale: deviation };
}

/** Shapley values of the components, in the units of the layer. */
function effects(
  { graph, train, test }: Subject,
  layer: string,
  raw: { fit: Sample; held: Sample },
  rungs: readonly Rung[],
  centres: Float64Array,
  scale: number,
  distinct: number,
) {
  const head = headOf(graph, layer);
  const { units } = raw.fit;
  const back = (values: Float64Array) =>
    values.map((value, i) => value * scale + centres[i % units]!);
  const trained = componentGame(
    head,
    raw.fit.values.subarray(0, distinct * units),
    rungs.map(({ fitted }) => back(fitted)),
    train.labels.subarray(0, distinct),
  );
  const tested = componentGame(
    head,
    raw.held.values,
    rungs.map((rung) => back(rung.held)),
    test.labels.subarray(0, raw.held.count),
  );
  const { effect, gap, losses } = effectOf(trained, tested);
  const spreads = rungs.map(({ fitted }, i) => {
    const part = i === 0 ? fitted : less(fitted, rungs[i - 1]!.fitted);
    return scale * Math.sqrt(varianceOf(part, distinct));
  });
  return {
    nats: effect,
    gap,
    /** α of the paper: the Shapley value over the standard deviation of the component; null for one without variance. */
    effectiveness: spreads.map((spread, i) =>
      spread > Math.sqrt(NEXT_TO_NOTHING * units) * scale ? effect[i]! / spread : null,
    ),
    /** What all components together take off the loss. */
    total: losses,
  };
}

/** What independently trained nets carry of Φ⁽ˡ⁾ and of c⁽ˡ⁾. */
async function reliabilities(
  { train, test }: Subject,
  options: Options,
  rungs: readonly Rung[],
  { values, count }: Sample,
) {
  const peers = await peersFor(train, test, count, {
    count: options.peers,
    depth: 8,
    width: 8,
    epochs: options.peerEpochs,
  });
  const whole = varianceOf(values, count);
  /** Null for what is next to nothing: there is no share of it. */
  const share = (rows: Float64Array) =>
    varianceOf(rows, count) > NEXT_TO_NOTHING * whole ? reliability(rows, peers, count) : null;
  return {
    upTo: rungs.map(({ held }) => share(held)),
    component: rungs.map(({ held }, i) => share(i === 0 ? held : less(held, rungs[i - 1]!.held))),
  };
}
