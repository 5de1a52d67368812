import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import {
  type ActivationName,
  activations,
  criticalWeightVariance,
  meanField,
  simulateCurve,
  simulateGradientCosine,
} from '../../../src/lab/measure/mean-field.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { ready } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { dataset, denseNet, noiseSplit } from './helpers.js';

interface Golden {
  cases: { activation: ActivationName; weight: number; bias: number; q: number; chi: number }[];
  tanh_critical: number;
}

describe('mean-field theory', () => {
  it('gives the fixed points and slopes of adaptive quadrature', () => {
    const { cases, tanh_critical } = golden<Golden>('meanfield');
    for (const { activation, weight, bias, q, chi } of cases) {
      const found = meanField(activation, weight, bias);
      close(found.q!, q, 1e-6, `${activation} q`);
      close(found.chi!, chi, 1e-6, `${activation} chi`);
    }
    close(criticalWeightVariance('tanh', 0.05), tanh_critical, 1e-6);
  });

  it('of ReLU is χ = σ_w²/2, critical at 2 with no bias, without end above', () => {
    assert.deepEqual(meanField('relu', 2, 0), {
      q: null,
      chi: 1,
      depthScale: Infinity,
      phase: 'critical',
    });
    const ordered = meanField('relu', 1, 0.3);
    close(ordered.q!, 0.6, 1e-12);
    close(ordered.depthScale!, 1 / Math.LN2, 1e-12);
    assert.equal(meanField('relu', 3, 0.1).phase, 'chaotic');
    assert.equal(criticalWeightVariance('relu', 0.5), 2);
  });

  it('has slopes that are the derivatives of the activations', () => {
    for (const { value, slope } of Object.values(activations)) {
      for (const x of [-2.3, -0.4, 0.3, 0.7, 2.1]) {
        const difference = (value(x + 1e-6) - value(x - 1e-6)) / 2e-6;
        assert.ok(Math.abs(difference - slope(x)) < 1e-6);
      }
    }
  });

  it('signals die out where weights are small, and bad variances are refused', () => {
    const { q, chi, phase } = meanField('tanh', 0.5, 0);
    assert.equal(q, 0);
    close(chi!, 0.5, 1e-9);
    assert.equal(phase, 'ordered');
    assert.throws(
      () => meanField('tanh', -1, 0),
      /weight variance is a number of at least 0, not -1/,
    );
  });

  // √χ₁ for hard-tanh at σ_w² = 4 is 1.345, for He ReLU 1: a wide net follows within a few per cent.
  it('says what simulated curves do: growth by √χ₁ a layer', () => {
    for (const [activation, weightVariance, wanted] of [
      ['hard-tanh', 4, 1.345],
      ['relu', 2, 1],
      ['tanh', 2, Math.sqrt(meanField('tanh', 2, 0).chi!)],
    ] as const) {
      const curve = simulateCurve({
        activation,
        weightVariance,
        biasVariance: 0,
        width: 200,
        depth: 5,
        points: 800,
        seed: 2,
      });
      close(curve.at(-1)!.length ** (1 / 5), wanted, 0.06, activation);
    }
  });

  // Balduzzi et al. 2017: plain nets lose half a layer, residual ones a quarter.
  it('shows gradients that shatter in plain nets, and less so with shortcuts', () => {
    const cosine = (kind: 'plain' | 'residual', depth: number) =>
      simulateGradientCosine({ kind, width: 100, depth, inputs: 8, nets: 8, seed: 1 });
    // From a simulation of the same nets of width 100 in numpy: .487, .152 and .037; .748, .381 and .107.
    close(cosine('plain', 1), 0.487, 0.12);
    close(cosine('plain', 4), 0.152, 0.4);
    close(cosine('residual', 1), 0.748, 0.12);
    close(cosine('residual', 4), 0.381, 0.25);
    assert.ok(cosine('plain', 8) < cosine('residual', 8) / 2);
  });
});

describe('growth of trajectory length', () => {
  before(() => ready());

  it('is 1 in a net that only scales and turns, whatever the scale', async () => {
    const net = denseNet([
      {
        kernel: [
          [0, 5],
          [-5, 0],
        ],
        bias: [50, 50],
      },
      {
        kernel: [
          [1, 0],
          [0, 1],
        ],
      },
    ]);
    const images = Array.from({ length: 24 }, (_, i) => Math.sin(i) * 2);
    const set = dataset(
      images,
      images.slice(0, 12).map((_, i) => i % 2),
      [1, 1, 2],
      2,
    );
    const of = subject(net, { train: set, test: set });
    const made = await readMeasure(of, 'trajectory-length');
    // Shifted far enough that the ReLU changes nothing; the logits are the same points.
    close(made.layers.at(-1)!.value, made.layers.at(-2)!.value, 1e-4);
    assert.equal(made.extra.transitions, 0);
    of.dispose();
  });

  it('reads every layer of a net, and counts transitions', async () => {
    const net = buildNet({ family: 'plain', depth: 8, width: 3, input: [8, 8, 1], classes: 3 });
    const of = subject(net, noiseSplit(20, [8, 8, 1], 3));
    const made = await readMeasure(of, 'trajectory-length');
    assert.equal(made.layers.length, of.layers.length);
    close(made.layers[0]!.value, 1, 1e-6);
    assert.ok((made.extra.transitions as number) > 0);
    assert.ok(made.interval!.low <= made.value && made.value <= made.interval!.high);
    of.dispose();
    const two = dataset([1, 2], [0, 0], [1, 1, 1], 1);
    const small = subject(denseNet([{ kernel: [[1]] }]), { train: two, test: two });
    await assert.rejects(readMeasure(small, 'trajectory-length'), RefusedError);
    small.dispose();
  });
});

describe('cosine of input gradients', () => {
  before(() => ready());

  it('is 1 for a linear net, and falls with the depth of a plain one', async () => {
    const linear = buildNet({ family: 'linear', depth: 8, width: 3, input: [8, 8, 1], classes: 3 });
    const split = noiseSplit(20, [8, 8, 1], 3);
    const straight = subject(linear, split);
    close((await readMeasure(straight, 'gradient-cosine')).value, 1, 1e-4);
    straight.dispose();
    const cosines: number[] = [];
    for (const depth of [4, 14]) {
      const net = buildNet({
        family: 'plain',
        depth,
        width: 8,
        input: [8, 8, 1],
        classes: 3,
        batchNorm: false,
      });
      const of = subject(net, split);
      cosines.push((await readMeasure(of, 'gradient-cosine')).value);
      of.dispose();
    }
    assert.ok(cosines[1]! < cosines[0]!, `${cosines}`);
  });

  it('leaves images without a gradient out, and says so', async () => {
    const dead = denseNet([{ kernel: [[-1]] }, { kernel: [[1, 2]] }]);
    const set = dataset([1, 2, 3, 4], [0, 1, 0, 1], [1, 1, 1], 2);
    const of = subject(dead, { train: set, test: set });
    const made = await readMeasure(of, 'gradient-cosine');
    assert.equal(made.value, 0);
    assert.match(made.notes.join(), /at 4 images the gradient is 0/);
    of.dispose();
  });
});
