/**
 * Norms of the weights that bounds on generalisation are made of (the pack of Y. Jiang et al., "Fantastic generalization measures and
 * where to find them", ICLR 2020, and G. K. Dziugaite et al., NeurIPS 2020; P. Bartlett, D. Foster and M. Telgarsky, NeurIPS 2017;
 * B. Neyshabur, R. Tomioka and N. Srebro, COLT 2015). They grow with depth while generalisation improves: as meters of what was learned
 * along depth they are known to fail, and are here to be seen failing.
 *
 * Batch normalisation is folded into the layer before it. With W the kernels, d of them, and γ the 10th percentile of the margins (the
 * right logit less the best other) on the training images:
 * spectral product Π‖W‖₂², Frobenius product Π‖W‖_F², each over γ² too; Σ‖W‖_F²; Σ‖W‖_F²/‖W‖₂²; distance from initialisation
 * Σ‖W − W₀‖_F² where the net's beginning is known; path norm, the sum of the outputs of the net with all weights squared on an input of
 * ones; Bartlett's Π‖W‖₂ (Σ (‖Wᵀ‖₂,₁/‖W‖₂)^⅔)^1.5. Products are given as log₁₀.
 */
import {
  buildNet,
  convolve,
  gather,
  type Graph,
  graphOf,
  type Node,
  type Weighted,
} from '../nets/index.js';
import { quantile } from '../stats/index.js';
import { tf } from '../tensor/index.js';
import type { Measure, Subject } from './measure.js';
import { foldedKernel, scaleOf, sharedNorms } from './operator-norm.js';
import { layerReading, reading } from './reading.js';

type Options = { margin: number };

export const capacityNorms: Measure<Options> = {
  name: 'capacity-norms',
  version: 1,
  title: 'Norms and margins',
  question: 'What do the norms that bounds on generalisation are made of say of the net?',
  unit: 'powers of ten',
  range: [-Infinity, Infinity],
  cost: 'seconds',
  needs: ['weights', 'logits', 'labels', 'training'],
  reference: 'jiang2020',
  defaults: { margin: 0.1 },
  options: {
    margin: {
      about: 'Quantile of the training margins that products are divided by.',
      low: 0,
      high: 0.5,
    },
  },
  refuses({ graph }) {
    const lone = graph.nodes.find(
      (node, i) => node.op === 'batchNorm' && layerBefore(graph, i) === null,
    );
    return lone ? `${lone.name} is a batch normalisation that no layer can take in` : null;
  },
  wants: () => [{ set: 'train', count: Infinity, of: 'logits' }],
  async read(subject, options) {
    const { graph } = subject;
    const weights = await kernelsOf(graph);
    const first = subject.spec === null ? null : await initialKernels(subject);
    const margin = quantile(await trainingMargins(subject), options.margin);
    const frobenius = weights.map(({ values }) => squares(values));
    const norms = await spectralNorms(subject);
    const notes: string[] = [];
    const dead = weights.filter((_, l) => !(norms[l]! > 0)).map(({ layer }) => layer);
    if (dead.length > 0)
      notes.push(`all weights are 0 in ${dead.join(', ')}: products are left out`);
    if (!(margin > 0)) {
      notes.push(
        `the margin is ${margin.toPrecision(3)}: the training images are not told apart, nothing is divided by it`,
      );
    }
    const log = Math.log10;
    const sum = (values: readonly number[]) => values.reduce((all, each) => all + each, 0);
    const product = dead.length === 0 ? 2 * sum(norms.map(log)) : null;
    const over = (value: number | null) =>
      value === null || !(margin > 0) ? null : value - 2 * log(margin);
    const frobeniusProduct = dead.length === 0 ? sum(frobenius.map(log)) : null;
    return reading(capacityNorms, options, {
      value: product ?? 0,
      layers: weights.map(({ layer }, l) =>
        layerReading(subject, layer, {
          value: norms[l]! > 0 ? 2 * log(norms[l]!) : 0,
          interval: null,
        }),
      ),
      extra: {
        margin,
        layers: weights.length,
        log10SpectralProduct: product,
        log10SpectralProductOverMargin: over(product),
        log10FrobeniusProduct: frobeniusProduct,
        log10FrobeniusProductOverMargin: over(frobeniusProduct),
        frobeniusSum: sum(frobenius),
        frobeniusOverSpectral:
          dead.length === 0 ? sum(frobenius.map((each, l) => each / norms[l]! ** 2)) : null,
        distanceFromInitialisation:
          first === null
            ? null
            : sum(
                weights.map(({ values }, l) =>
                  squares(values.map((each, i) => each - first[l]!.values[i]!)),
                ),
              ),
        log10PathNorm: log10PathNorm(graph),
        log10Bartlett: dead.length === 0 ? log(bartlett(weights, norms)) : null,
      },
      notes,
    });
  },
};

interface Weights {
  readonly layer: string;
  readonly values: Float32Array;
  /** Outputs of the layer: the last axis of its kernel. */
  readonly columns: number;
}

function layerBefore({ nodes }: Graph, index: number): Weighted | null {
  const before = nodes[nodes[index]!.inputs[0]!]!;
  return before.op === 'conv2d' || before.op === 'dense' ? before : null;
}

/** Kernels with the batch normalisation after them folded in, that of `normalised` where the nets are two of one shape. */
async function kernelsOf(graph: Graph, normalised = graph): Promise<Weights[]> {
  const found: Weights[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    if (node.op !== 'conv2d' && node.op !== 'dense') continue;
    const kernel = foldedKernel(node, normalisationAfter(normalised, index));
    found.push({
      layer: node.name,
      values: (await kernel.data<'float32'>()).slice(),
      columns: kernel.shape.at(-1)!,
    });
    kernel.dispose();
  }
  return found;
}

/** Spectral norms of the same kernels; those of convolutions by power iteration. */
async function spectralNorms(subject: Subject): Promise<number[]> {
  const { graph } = subject;
  const normOf = sharedNorms(subject);
  const norms: number[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    if (node.op !== 'conv2d' && node.op !== 'dense') continue;
    const { shape } = graph.nodes[node.inputs[0]!]!;
    norms.push(await normOf(node, normalisationAfter(graph, index), shape));
  }
  return norms;
}

function normalisationAfter({ nodes }: Graph, index: number): (Node & { op: 'batchNorm' }) | null {
  const after = nodes.find(({ op, inputs }) => op === 'batchNorm' && inputs[0] === index);
  return after?.op === 'batchNorm' ? after : null;
}

/** The kernels that the net began with, batch normalisation as it is now. */
async function initialKernels({ spec, graph }: Subject): Promise<Weights[]> {
  const model = buildNet(spec!);
  try {
    return await kernelsOf(graphOf(model), graph);
  } finally {
    model.dispose();
  }
}

/** The right logit less the best other, of each training image, rising. */
async function trainingMargins(subject: Subject): Promise<Float64Array> {
  const { labels } = subject.train;
  const logits = await subject.logits('train');
  const classes = logits.length / labels.length;
  return Float64Array.from(labels, (label, i) => {
    let other = -Infinity;
    for (let c = 0; c < classes; c++) {
      if (c !== label) other = Math.max(other, logits[i * classes + c]!);
    }
    return logits[i * classes + label]! - other;
  }).sort();
}

/** A tensor times 10^log, its largest value between 1 and 10 or all 0: sums of a deep net leave the range of single precision. */
interface Scaled {
  readonly value: tf.Tensor;
  readonly log: number;
}

/**
 * log₁₀ of the sum of the outputs of the net with all weights and offsets squared (batch normalisation folded in first), on an input
 * of ones; null where it is 0. Every unit is then at least 0, and a ReLU does nothing.
 */
export function log10PathNorm(graph: Graph): number | null {
  let found: number | null = null;
  tf.tidy(() => {
    const values: Scaled[] = [];
    for (const [index, node] of graph.nodes.entries()) {
      const inputs = node.inputs.map((input) => values[input]!);
      const x = inputs[0]!;
      switch (node.op) {
        case 'input':
          values.push({ value: tf.ones([1, ...graph.input]), log: 0 });
          break;
        case 'conv2d':
        case 'dense': {
          const after = normalisationAfter(graph, index);
          const kernel = near1(tf.abs(foldedKernel(node, after)), 0);
          const offset = near1(tf.abs(offsetOf(node, after)), 0);
          const y = convolve(node, x.value, tf.square(kernel.value));
          values.push(
            sumOf([
              { value: y, log: x.log + 2 * kernel.log },
              { value: tf.square(offset.value), log: 2 * offset.log },
            ]),
          );
          break;
        }
        case 'add':
          values.push(sumOf(inputs));
          break;
        case 'maxPool':
        case 'averagePool':
        case 'globalAveragePool':
        case 'flatten':
          values.push(near1(gather(node, x.value), x.log));
          break;
        case 'batchNorm':
        case 'relu':
          values.push(x);
          break;
      }
    }
    const { value, log } = values.at(-1)!;
    const sum = tf.sum(value).dataSync<'float32'>()[0]!;
    found = sum > 0 ? Math.log10(sum) + log : null;
  });
  return found;
}

/** Values that are not negative, times 10^log, with their scale put aside. */
function near1(value: tf.Tensor, log: number): Scaled {
  const largest = tf.max(value).dataSync<'float32'>()[0]!;
  if (!(largest > 0)) return { value, log: -Infinity };
  const shift = Math.floor(Math.log10(largest));
  // In two steps: 10^45 is no number of single precision.
  const half = 10 ** (-shift / 2);
  return { value: tf.mul(tf.mul(value, half), half), log: log + shift };
}

function sumOf(parts: readonly Scaled[]): Scaled {
  const log = Math.max(...parts.map((part) => part.log));
  if (log === -Infinity) {
    const value = parts.map((part) => part.value).reduce((sum, each) => tf.add(sum, each));
    return { value, log };
  }
  const value = parts
    .map((part) => tf.mul(part.value, 10 ** (part.log - log)))
    .reduce((sum, each) => tf.add(sum, each));
  return near1(value, log);
}

/** The offset of a layer with the batch normalisation after it folded in. */
function offsetOf({ bias }: Weighted, after: (Node & { op: 'batchNorm' }) | null): tf.Tensor {
  const own = bias ?? tf.scalar(0);
  if (after === null) return own;
  const moved = tf.mul(tf.sub(own, after.mean), scaleOf(after));
  return after.beta === null ? moved : tf.add(moved, after.beta);
}

/** Π‖W‖₂ (Σ (‖Wᵀ‖₂,₁/‖W‖₂)^⅔)^1.5, ‖Wᵀ‖₂,₁ the sum over outputs of the lengths of their weights. */
export function bartlett(weights: readonly Weights[], norms: readonly number[]): number {
  const terms = weights.map(({ values, columns }, l) => {
    const lengths = new Float64Array(columns);
    for (let i = 0; i < values.length; i++) lengths[i % columns]! += values[i]! ** 2;
    return (lengths.reduce((sum, each) => sum + Math.sqrt(each), 0) / norms[l]!) ** (2 / 3);
  });
  const product = norms.reduce((all, norm) => all * norm, 1);
  return product * terms.reduce((sum, term) => sum + term, 0) ** 1.5;
}

function squares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
