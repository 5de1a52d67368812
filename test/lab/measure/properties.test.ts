/** What must hold of a measure whatever it is given: invariances, bounds and monotony, on inputs drawn by fast-check. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { montufarLower, montufarUpper, serraUpper } from '../../../src/lab/measure/bounds.js';
import { rankOf } from '../../../src/lab/measure/effective-rank.js';
import { hammingDistances, kernelEntropy } from '../../../src/lab/measure/gating-entropy.js';
import {
  circularNorm,
  lempelZivWords,
  lipschitzBound,
  matrixNorm,
  meanField,
  pairwiseDistances,
  representation,
  similarity,
  type Similarity,
  vietorisRips,
  walkSegment,
  bottleneckDistance,
  wassersteinDistance,
} from '../../../src/lab/measure/index.js';
import { classMeans, withinOverBetween } from '../../../src/lab/measure/neural-collapse.js';
import { ratioOf } from '../../../src/lab/measure/participation-ratio.js';
import { spectrumOf } from '../../../src/lab/measure/path-spectrum.js';
import { scatterOf } from '../../../src/lab/measure/spectrum.js';
import { graphOf } from '../../../src/lab/nets/index.js';
import { random, ready } from '../../../src/lab/tensor/index.js';
import { close } from './close.js';
import { denseNet } from './helpers.js';

/** A seeded source of normal numbers: fast-check draws and shrinks the seed and the sizes. */
const seeds = fc.integer({ min: 0, max: 1e6 });
const normals = (seed: number, count: number, what = 'property') => {
  const generator = random(seed, what);
  return Float32Array.from({ length: count }, () => generator.normal());
};
const check = <T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => void, numRuns = 30) =>
  fc.assert(fc.property(arbitrary, holds), { numRuns, seed: 1 });

describe('properties of measures', () => {
  before(() => ready());

  it('similarity lies between 0 and 1, is symmetric, and does not see the order of images', () => {
    const clouds = fc.record({
      seed: seeds,
      n: fc.integer({ min: 12, max: 30 }),
      p: fc.integer({ min: 2, max: 6 }),
    });
    check(clouds, ({ seed, n, p }) => {
      const [x, y] = [normals(seed, n * p, 'x'), normals(seed, n * p, 'y')];
      const turn = (rows: Float32Array) => {
        const turned = new Float32Array(rows.length);
        for (let i = 0; i < n; i++)
          turned.set(rows.subarray(i * p, (i + 1) * p), ((i + 5) % n) * p);
        return representation(turned, n)!;
      };
      const [a, b] = [representation(x, n)!, representation(y, n)!];
      for (const index of [
        'CKA',
        'SVCCA',
        'PWCCA',
        'Procrustes',
        'RSA',
        'unbiased CKA',
      ] satisfies Similarity[]) {
        const value = similarity(a, b, index);
        assert.ok(value <= 1 + 1e-6, `${index} ${value}`);
        // What is unbiased or a correlation may fall below 0.
        if (index !== 'unbiased CKA' && index !== 'RSA')
          assert.ok(value >= -1e-6, `${index} ${value}`);
        // PWCCA weighs by one of the two.
        if (index !== 'PWCCA') close(similarity(b, a, index), value, 1e-5, index);
        assert.ok(Math.abs(similarity(turn(x), turn(y), index) - value) < 1e-5, index);
      }
    });
  });

  it('dimensions: participation ratio ≤ effective rank ≤ min(d, n − 1), the same at any scale', () => {
    const clouds = fc.record({
      seed: seeds,
      n: fc.integer({ min: 4, max: 20 }),
      d: fc.integer({ min: 2, max: 30 }),
      log: fc.integer({ min: -6, max: 6 }),
    });
    check(clouds, ({ seed, n, d, log }) => {
      const x = normals(seed, n * d);
      const ratio = ratioOf(scatterOf(x, n)!, 0.95).value;
      const rank = rankOf(scatterOf(x, n)!, 'eigenvalues', 0.95).value;
      assert.ok(
        1 - 1e-9 <= ratio && ratio <= rank * (1 + 1e-6) && rank <= Math.min(d, n - 1) * (1 + 1e-6),
      );
      const scaled = x.map((each) => each * 10 ** log);
      close(ratioOf(scatterOf(scaled, n)!, 0.95).value, ratio, 1e-4);
      close(rankOf(scatterOf(scaled, n)!, 'eigenvalues', 0.95).value, rank, 1e-4);
    });
  });

  it('bounds on regions are in order, and grow with each width', () => {
    const shapes = fc.record({
      inputs: fc.integer({ min: 1, max: 4 }),
      widths: fc.array(fc.integer({ min: 4, max: 9 }), { minLength: 1, maxLength: 4 }),
      which: fc.nat(),
    });
    check(shapes, ({ inputs, widths, which }) => {
      const [low, serra, high] = [
        montufarLower(inputs, widths),
        serraUpper(inputs, widths),
        montufarUpper(inputs, widths),
      ];
      assert.ok(1n <= low && low <= serra && serra <= high);
      const wider = widths.map((each, l) => each + (l === which % widths.length ? 1 : 0));
      assert.ok(serraUpper(inputs, wider) > serra && montufarUpper(inputs, wider) > high);
      assert.ok(serraUpper(inputs, [...widths, 4]) > serra);
    });
  });

  it('regions of a segment: the same for units in another order and for layers scaled, at most Π (n + 1)', () => {
    const nets = fc.record({
      seed: seeds,
      widths: fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 1, maxLength: 3 }),
    });
    check(
      nets,
      ({ seed, widths }) => {
        const sizes = [3, ...widths, 2];
        const layers = sizes.slice(1).map((units, l) => ({
          kernel: Array.from({ length: sizes[l]! }, (_, i) => [
            ...normals(seed, units, `kernel ${l} ${i}`),
          ]),
          bias: [...normals(seed, units, `bias ${l}`)],
        }));
        const regions = (of: typeof layers) => {
          const net = denseNet(of);
          const found = walkSegment(
            graphOf(net),
            normals(seed, 3, 'from'),
            normals(seed, 3, 'to'),
            { precision: 'double' },
          );
          net.dispose();
          return found.activationRegions;
        };
        const found = regions(layers);
        assert.ok(found >= 1 && found <= widths.reduce((all, each) => all * (each + 1), 1));
        const reversed = layers.map(({ kernel, bias }, l) => {
          const rows = l === 0 ? kernel : kernel.toReversed();
          return l === layers.length - 1
            ? { kernel: rows, bias }
            : { kernel: rows.map((row) => row.toReversed()), bias: bias.toReversed() };
        });
        assert.equal(regions(reversed), found);
        const scaled = layers.map(({ kernel, bias }, l) => ({
          kernel: kernel.map((row) => row.map((each) => each * 2 ** (l + 1))),
          bias: bias.map((each) => each * 2 ** (((l + 1) * (l + 2)) / 2)),
        }));
        assert.equal(regions(scaled), found);
      },
      20,
    );
  });

  it('norms: no longer than the triangle allows, and between the largest row and the Frobenius norm', () => {
    const kernels = fc.record({
      seed: seeds,
      inputs: fc.integer({ min: 1, max: 3 }),
      outputs: fc.integer({ min: 1, max: 3 }),
      side: fc.integer({ min: 3, max: 5 }),
    });
    check(kernels, ({ seed, inputs, outputs, side }) => {
      const shape = [3, 3, inputs, outputs];
      const count = 9 * inputs * outputs;
      const [a, b] = [normals(seed, count, 'a'), normals(seed, count, 'b')];
      const norm = (kernel: Float32Array) => circularNorm(kernel, shape, side, side);
      assert.ok(norm(a.map((each, i) => each + b[i]!)) <= (norm(a) + norm(b)) * (1 + 1e-6));
      close(norm(a.map((each) => -4 * each)), 4 * norm(a), 1e-6);
      const frobenius = Math.hypot(...a);
      // A circular convolution holds the kernel once a position: no filter is longer than its norm.
      const longest = Math.max(
        ...Array.from({ length: outputs }, (_, o) =>
          Math.hypot(...a.filter((_, i) => i % outputs === o)),
        ),
      );
      assert.ok(longest <= norm(a) * (1 + 1e-6) && norm(a) <= 3 * frobenius * (1 + 1e-6));
      assert.ok(matrixNorm(a, outputs) <= frobenius * (1 + 1e-6));
    });
  });

  it('a bound on the Lipschitz constant is that of no function that it bounds less: products and scales', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 1, max: 4 }), async (seed, layers) => {
        const of = Array.from({ length: layers }, (_, l) => ({
          kernel: Array.from({ length: 3 }, (_, i) => [...normals(seed, 3, `${l} ${i}`)]),
        }));
        const { value } = await lipschitzBound(graphOf(denseNet(of)));
        const product = of.reduce(
          (all, { kernel }) => all * matrixNorm(Float32Array.from(kernel.flat()), 3),
          1,
        );
        close(value, product, 1e-5);
      }),
      { numRuns: 10, seed: 1 },
    );
  });

  it('gating entropy: between 0 and log₂ n, the same for other orders of images and units, and for a set doubled', () => {
    const patterns = fc.record({
      seed: seeds,
      n: fc.integer({ min: 3, max: 16 }),
      units: fc.integer({ min: 2, max: 24 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    check(patterns, ({ seed, n, units, share }) => {
      const generator = random(seed);
      const bits = Uint8Array.from({ length: n * units }, () => (generator.next() < share ? 1 : 0));
      const entropy = (of: Uint8Array) =>
        kernelEntropy(
          hammingDistances(of, units).map((each) => each / (0.08 * units)),
          of.length / units,
          0.95,
        ).value;
      const value = entropy(bits);
      assert.ok(value >= 0 && value <= Math.log2(n) + 1e-9);
      assert.ok(Math.abs(entropy(bits.toReversed()) - value) < 1e-9);
      // On for off is another name for the same pattern.
      assert.ok(Math.abs(entropy(bits.map((bit) => 1 - bit)) - value) < 1e-9);
      assert.ok(Math.abs(entropy(Uint8Array.of(...bits, ...bits)) - value) < 1e-9);
    });
  });

  it('collapse: classes that shrink by a factor s have s² of the scatter', () => {
    const clouds = fc.record({
      seed: seeds,
      classes: fc.integer({ min: 2, max: 4 }),
      width: fc.integer({ min: 2, max: 6 }),
      s: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    });
    check(clouds, ({ seed, classes, width, s }) => {
      const labels = Int32Array.from({ length: classes * 8 }, (_, i) => i % classes);
      const data = normals(seed, labels.length * width);
      const groups = classMeans(data, labels, width);
      const shrunk = data.map((each, at) => {
        const mean = groups.means[labels[Math.floor(at / width)]! * width + (at % width)]!;
        return mean + s * (each - mean);
      });
      const scatter = withinOverBetween(data, labels, groups)!;
      close(
        withinOverBetween(shrunk, labels, classMeans(shrunk, labels, width))!,
        s * s * scatter,
        1e-3,
      );
    });
  });

  it('diagrams are no further apart than distances were moved, and Wasserstein is no less than bottleneck', () => {
    check(fc.record({ seed: seeds, n: fc.integer({ min: 4, max: 14 }) }), ({ seed, n }) => {
      const [x, step] = [normals(seed, n * 2, 'x'), normals(seed, n * 2, 'step')];
      const moved = x.map((each, i) => each + 0.1 * step[i]!);
      const [a, b] = [pairwiseDistances(x, 2), pairwiseDistances(moved, 2)];
      const most = a.reduce((all, each, i) => Math.max(all, Math.abs(each - b[i]!)), 0);
      const [p, q] = [vietorisRips(a, n), vietorisRips(b, n)];
      for (const [one, other] of [
        [p.loops, q.loops],
        [
          p.components.filter(({ death }) => death < Infinity),
          q.components.filter(({ death }) => death < Infinity),
        ],
      ] as const) {
        const bottleneck = bottleneckDistance(one, other);
        // Chazal, de Silva and Oudot 2014: the stability theorem.
        assert.ok(bottleneck <= most + 1e-9, `${bottleneck} ${most}`);
        assert.ok(bottleneck <= wassersteinDistance(one, other, { ground: 'maximum' }) + 1e-9);
      }
      assert.equal(p.components.length, n);
    });
  });

  it('words of a text: no more than its letters, and none is lost by writing on', () => {
    const texts = fc
      .array(fc.constantFrom('0', '1'), { minLength: 2, maxLength: 60 })
      .map((letters) => letters.join(''));
    check(
      texts,
      (text) => {
        const words = lempelZivWords(text);
        assert.ok(words >= 1 && words <= text.length);
        for (const more of ['0', '1']) {
          const longer = lempelZivWords(text + more);
          assert.ok(longer === words || longer === words + 1, `${text}${more}: ${words} ${longer}`);
        }
      },
      100,
    );
  });

  it('spectra: the same wherever a curve begins, four times for twice the signal', () => {
    check(
      fc.record({ seed: seeds, n: fc.integer({ min: 4, max: 20 }), from: fc.nat({ max: 19 }) }),
      ({ seed, n, from }) => {
        const signal = normals(seed, n);
        const begun = signal.map((_, i) => signal[(i + from) % n]!);
        const [energies, others, doubled] = [signal, begun, signal.map((each) => 2 * each)].map(
          (each) => spectrumOf(each, n),
        );
        for (const [k, each] of energies!.entries()) {
          assert.ok(Math.abs(others![k]! - each) < 1e-6 * n * n);
          close(doubled![k]!, 4 * each, 1e-6);
        }
      },
    );
  });

  it('mean field: more noise on offsets gives longer signals, and the fixed point maps to itself', () => {
    check(
      fc.record({
        w: fc.double({ min: 0.5, max: 4, noNaN: true }),
        b: fc.double({ min: 0.01, max: 1, noNaN: true }),
      }),
      ({ w, b }) => {
        const [less, more] = [meanField('tanh', w, b), meanField('tanh', w, b + 0.1)];
        assert.ok(less.q! < more.q!);
        // What tanh lets through is less than 1 a unit.
        assert.ok(less.q! >= b && less.q! <= w + b);
      },
      15,
    );
  });
});
