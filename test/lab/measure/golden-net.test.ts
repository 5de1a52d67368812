/** One small net as torch, scikit-learn, numpy and antropy see it (test/golden/net.py). */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  lempelZivWords,
  modeConnectivity,
  readMeasure,
  subject,
} from '../../../src/lab/measure/index.js';
import {
  classMeans,
  disagreement,
  withinOverBetween,
} from '../../../src/lab/measure/neural-collapse.js';
import { spectrumOf } from '../../../src/lab/measure/path-spectrum.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { dataset } from './helpers.js';

type Nested = number | Nested[];
const names = [
  'first',
  'gamma',
  'beta',
  'mean',
  'variance',
  'second',
  'second_bias',
  'third',
  'third_bias',
  'dense',
  'dense_bias',
] as const;
type Weights = Record<(typeof names)[number], Nested>;

interface Net {
  epsilon: number;
  weights: Weights;
  others: Weights;
  images: Nested[];
  labels: number[];
  logits: number[][];
  jacobian: { logits: number[]; softmax: number[]; largest: number[]; cosine: number };
  norms: Record<string, number> & { spectral: number[] };
  gates: { layers: number[]; all: number };
  field: { map: number[][]; sigma: number; across: number };
  way: { losses: number[]; barrier: number };
  collapse: { nc1: number; answers: number[]; nc4: number };
  words: { text: string; words: number }[];
  spectra: { signal: number[][]; energies: number[] }[];
}

const given = golden<Net>('net');
const flat = (nested: Nested): number[] => [nested].flat(Infinity as 4) as number[];
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param outputs logits that are kept, from the first. */
function netOf(of: Weights, outputs = 3): tf.LayersModel {
  const relu = () => tf.layers.reLU();
  const conv = (filters: number, useBias: boolean, strides = 1) =>
    tf.layers.conv2d({ filters, kernelSize: 3, strides, padding: 'same', useBias });
  const model = tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [6, 7, 2] }),
      conv(4, false),
      tf.layers.batchNormalization({ epsilon: given.epsilon }),
      relu(),
      conv(3, true, 2),
      relu(),
      conv(1, true),
      relu(),
      tf.layers.flatten(),
      tf.layers.dense({ units: outputs }),
    ],
  });
  const part = (name: string, values: Nested) =>
    name.startsWith('dense') && outputs < 3
      ? flat(values).filter((_, i) => i % 3 < outputs)
      : flat(values);
  // In the order of the layers: batch normalisation has gamma, beta, mean and variance.
  const tensors = model.layers
    .flatMap((layer) => layer.getWeights())
    .map(({ shape }, i) => tf.tensor(part(names[i]!, of[names[i]!]), shape));
  let at = 0;
  for (const layer of model.layers) {
    const count = layer.getWeights().length;
    if (count > 0) layer.setWeights(tensors.slice(at, at + count));
    at += count;
  }
  return model;
}

const images = dataset(flat(given.images), given.labels, [6, 7, 2], 3);
const all = { images: 100 };

describe('a net as independent packages see it', () => {
  before(() => ready());

  it('has the logits, Jacobian norms and largest singular values of torch', async () => {
    const of = subject(netOf(given.weights), { train: images, test: images });
    const logits = await of.logits('test');
    for (const [i, wanted] of given.logits.flat().entries()) {
      assert.ok(Math.abs(logits[i]! - wanted) < 1e-5);
    }
    for (const kind of ['logits', 'softmax'] as const) {
      const options = { ...all, of: kind };
      const { value, extra } = await readMeasure(of, { measure: 'jacobian-norm', options });
      close(value, mean(given.jacobian[kind]), 1e-5, kind);
      close(extra.largest as number, Math.max(...given.jacobian[kind]), 1e-5, kind);
    }
    const local = await readMeasure(of, { measure: 'lipschitz', options: all });
    close(local.value, mean(given.jacobian.largest), 1e-5);
    close(local.extra.largest as number, Math.max(...given.jacobian.largest), 1e-5);
    of.dispose();
  });

  it('has its Jacobian taken once, whichever measures ask for it, and its norms iterated once', async () => {
    const of = subject(netOf(given.weights), { train: images, test: images });
    const kernels = async (request: Parameters<typeof readMeasure>[1]) => {
      const { kernels: run } = await tf.profile(async () => {
        await readMeasure(of, request);
        return tf.scalar(0);
      });
      return run.filter(({ name }) => name === 'Conv2DBackpropInput').length;
    };
    const few = { images: 5 };
    const local = { measure: 'lipschitz', options: { ...few, bound: false } };
    assert.ok((await kernels(local)) > 0);
    for (const kind of ['logits', 'softmax']) {
      assert.equal(await kernels({ measure: 'jacobian-norm', options: { ...few, of: kind } }), 0);
    }
    assert.ok((await kernels({ measure: 'lipschitz', options: few })) > 0);
    assert.equal(await kernels('capacity-norms'), 0);
    of.dispose();
  });

  it('has the cosine of input gradients that torch finds for one logit', async () => {
    const lone = { ...images, labels: images.labels.map(() => 0), classes: ['only'] };
    const of = subject(netOf(given.weights, 1), { train: lone, test: lone });
    const made = await readMeasure(of, { measure: 'gradient-cosine', options: all });
    close(made.value, given.jacobian.cosine, 1e-5);
    of.dispose();
  });

  it("has the norms of torch's unrolled layers, and the products made of them", async () => {
    const of = subject(netOf(given.weights), { train: images, test: images });
    const { spectral, ...norms } = given.norms;
    const bounds = await readMeasure(of, { measure: 'lipschitz', options: { images: 2 } });
    for (const [l, { value }] of bounds.layers.entries()) {
      close(value, spectral[l]!, 1e-3, `layer ${l}`);
      assert.ok(value <= spectral[l]! * (1 + 1e-6), 'power iteration stays below');
    }
    assert.ok((bounds.extra.bound as number) >= spectral.reduce((all, each) => all * each, 1));
    const { value, extra } = await readMeasure(of, 'capacity-norms');
    close(value, norms.log10_spectral_product!, 1e-3);
    close(extra.log10FrobeniusProduct as number, norms.log10_frobenius_product!, 1e-5);
    close(extra.frobeniusOverSpectral as number, norms.frobenius_over_spectral!, 1e-3);
    close(extra.log10PathNorm as number, norms.log10_path_norm!, 1e-5);
    close(extra.log10Bartlett as number, norms.log10_bartlett!, 1e-3);
    close(extra.margin as number, norms.margin!, 1e-4);
    of.dispose();
  });

  it("has the gating entropies of scikit-learn's Gaussian kernel", async () => {
    const of = subject(netOf(given.weights), { train: images, test: images });
    const { value, layers } = await readMeasure(of, { measure: 'gating-entropy', options: all });
    for (const [l, wanted] of given.gates.layers.entries()) close(layers[l]!.value, wanted, 1e-9);
    close(value, given.gates.all, 1e-9);
    of.dispose();
  });

  it("has torch's effective receptive field", async () => {
    const of = subject(netOf(given.weights), { train: images, test: images });
    const { value, extra } = await readMeasure(of, { measure: 'receptive-field', options: all });
    const last = (extra.byLayer as { map: number[]; sigma: number }[]).at(-1)!;
    for (const [i, wanted] of given.field.map.flat().entries()) {
      assert.ok(Math.abs(last.map[i]! - wanted) < 1e-5);
    }
    close(last.sigma, given.field.sigma, 1e-5);
    close(value, given.field.across, 1e-9);
    of.dispose();
  });

  it("has torch's losses on the line to another net, batch statistics estimated at each point", async () => {
    const [a, b] = [netOf(given.weights), netOf(given.others)];
    const { path, barrier } = await modeConnectivity(a, b, images, images, {
      match: false,
      points: 5,
    });
    for (const [i, { loss }] of path.entries()) close(loss, given.way.losses[i]!, 1e-5);
    close(barrier, given.way.barrier, 1e-4);
  });

  it('collapses as scikit-learn and torch have it', () => {
    const { x, labels } = golden<{ x: number[][]; labels: number[] }>('collapse');
    const [data, of] = [Float32Array.from(x.flat()), Int32Array.from(labels)];
    const groups = classMeans(data, of, x[0]!.length);
    close(withinOverBetween(data, of, groups)!, given.collapse.nc1, 1e-9);
    const answers = Int32Array.from(given.collapse.answers);
    close(disagreement(data, groups, answers), given.collapse.nc4, 1e-12);
  });

  it('has spectra as in numpy, and words as in antropy', () => {
    for (const { signal, energies } of given.spectra) {
      const found = spectrumOf(Float32Array.from(signal.flat()), signal.length);
      assert.equal(found.length, energies.length);
      for (const [k, wanted] of energies.entries()) close(found[k]!, wanted, 1e-9);
    }
    for (const { text, words } of given.words) assert.equal(lempelZivWords(text), words, text);
  });
});
