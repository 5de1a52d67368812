import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { normalised } from '../../../src/lab/measure/filter-topology.js';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import {
  type Bar,
  bottleneckDistance,
  pairwiseDistances,
  vietorisRips,
  wassersteinDistance,
} from '../../../src/lab/measure/topology/index.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { random, ready, tf } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { denseNet, noiseSplit } from './helpers.js';

interface Topology {
  cases: { name: string; x: number[][]; components: Pair[]; loops: Pair[] }[];
  distances: { a: number; b: number; bottleneck: number; wasserstein: number }[];
}
type Pair = [number, number | null];

const barsOf = (pairs: readonly Pair[]): Bar[] =>
  pairs.map(([birth, death]) => ({ birth, death: death ?? Infinity }));
const persistence = (x: readonly (readonly number[])[]) =>
  vietorisRips(pairwiseDistances(x.flat(), x[0]!.length), x.length);
const sorted = (bars: readonly Bar[]) =>
  [...bars].sort((a, b) => a.birth - b.birth || a.death - b.death);

describe('persistent homology', () => {
  // ripser computes in single precision.
  it('gives the bars of ripser', () => {
    for (const { name, x, components, loops } of golden<Topology>('topology').cases) {
      const found = persistence(x);
      for (const [mine, its] of [
        [found.components, components],
        [found.loops, loops],
      ] as const) {
        const wanted = sorted(barsOf(its));
        assert.equal(mine.length, wanted.length, name);
        for (const [i, { birth, death }] of sorted(mine).entries()) {
          assert.ok(Math.abs(birth - wanted[i]!.birth) < 1e-5, name);
          assert.ok(death === wanted[i]!.death || Math.abs(death - wanted[i]!.death) < 1e-5, name);
        }
      }
    }
  });

  // Adamaszek and Adams, "The Vietoris–Rips complexes of a circle", 2017.
  it('of N points on a circle is one loop, from 2 sin(π/N) to 2 sin(π⌈N/3⌉/N)', () => {
    for (const n of [6, 12, 20, 31]) {
      const x = Array.from({ length: n }, (_, i) => [
        Math.cos((2 * Math.PI * i) / n),
        Math.sin((2 * Math.PI * i) / n),
      ]);
      const { loops, components } = persistence(x);
      assert.equal(loops.length, 1);
      close(loops[0]!.birth, 2 * Math.sin(Math.PI / n), 1e-12);
      close(loops[0]!.death, 2 * Math.sin((Math.PI * Math.ceil(n / 3)) / n), 1e-12);
      assert.equal(components.filter(({ death }) => death === Infinity).length, 1);
    }
  });

  it('agrees with ranks of boundary matrices at every scale', () => {
    const generator = random(7);
    for (let draw = 0; draw < 5; draw++) {
      const n = 9;
      const x = Array.from({ length: n }, () => [generator.normal(), generator.normal()]);
      const distances = pairwiseDistances(x.flat(), 2);
      const { components, loops } = vietorisRips(distances, n);
      for (const scale of [...new Set(distances)]) {
        const alive = (bars: readonly Bar[]) =>
          bars.filter(({ birth, death }) => birth <= scale && scale < death).length;
        const [zero, one] = betti(distances, n, scale);
        assert.equal(alive(components), zero);
        assert.equal(alive(loops), one);
      }
    }
  });

  it('has no bars for nothing, none for one point, and refuses what is no distance matrix', () => {
    assert.deepEqual(vietorisRips(new Float64Array(0), 0), { components: [], loops: [] });
    assert.deepEqual(vietorisRips(new Float64Array(1), 1), {
      components: [{ birth: 0, death: Infinity }],
      loops: [],
    });
    assert.throws(() => vietorisRips(Float64Array.of(0, 1, 2, 0), 2), /one way and/);
    assert.throws(() => vietorisRips(Float64Array.of(0, NaN, NaN, 0), 2), RangeError);
  });
});

describe('distances between diagrams', () => {
  it('are those of persim', () => {
    const { cases, distances } = golden<Topology>('topology');
    for (const { a, b, bottleneck, wasserstein } of distances) {
      const [x, y] = [barsOf(cases[a]!.loops), barsOf(cases[b]!.loops)];
      close(bottleneckDistance(x, y), bottleneck, 1e-6);
      close(wassersteinDistance(x, y), wasserstein, 1e-6);
    }
  });

  it('are 0 to itself, symmetric, and half a bar (or its leg) to nothing', () => {
    const bars = barsOf([
      [0, 1],
      [0.5, 3],
      [2, 2.25],
    ]);
    const others = barsOf([[0.25, 2]]);
    assert.equal(bottleneckDistance(bars, bars), 0);
    assert.equal(wassersteinDistance(bars, bars), 0);
    assert.equal(bottleneckDistance(bars, others), bottleneckDistance(others, bars));
    assert.equal(bottleneckDistance([], []), 0);
    assert.equal(bottleneckDistance(bars, []), 1.25);
    close(wassersteinDistance(bars, []), (1 + 2.5 + 0.25) / Math.SQRT2, 1e-12);
    close(
      wassersteinDistance(bars, [], { order: 2, ground: 'maximum' }),
      Math.hypot(0.5, 1.25, 0.125),
      1e-12,
    );
  });
});

describe('topology of filters', () => {
  before(() => ready());

  /** A net whose first kernel holds edges of all orientations. */
  function edges(count: number) {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [6, 6, 1], filters: count, kernelSize: 3 }),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 2 }),
      ],
    });
    const kernel = new Float32Array(9 * count);
    for (let f = 0; f < count; f++) {
      const [c, s] = [Math.cos((2 * Math.PI * f) / count), Math.sin((2 * Math.PI * f) / count)];
      for (let cell = 0; cell < 9; cell++) {
        kernel[cell * count + f] = 3 + 2 * (c * ((cell % 3) - 1) + s * (Math.floor(cell / 3) - 1));
      }
    }
    const [, bias] = model.layers[0]!.getWeights();
    model.layers[0]!.setWeights([tf.tensor4d(kernel, [3, 3, 1, count]), bias!]);
    return model;
  }

  it('finds the circle that edges of all orientations form, far above chance', async () => {
    const of = subject(edges(24), noiseSplit(4, [6, 6, 1], 2));
    const made = await readMeasure(of, { measure: 'filter-topology', options: { share: 1 } });
    close(made.value, 2 * Math.sin(Math.PI / 3) - 2 * Math.sin(Math.PI / 24), 1e-6);
    for (const draw of made.extra.chance as number[]) assert.ok(draw < made.value / 2, `${draw}`);
    of.dispose();
  });

  it('takes filters less their mean and of unit length, and leaves constant ones out', () => {
    const kernel = Float32Array.from({ length: 18 }, (_, i) => (i % 2 === 0 ? 5 : i));
    const rows = normalised(kernel);
    assert.equal(rows.length, 9);
    close(Math.hypot(...rows), 1, 1e-12);
    assert.ok(Math.abs(rows.reduce((sum, each) => sum + each, 0)) < 1e-12);
  });

  it('reads a net of the lab, and refuses one without convolutions', async () => {
    const net = buildNet({ family: 'plain', depth: 8, width: 4, input: [8, 8, 1], classes: 3 });
    const of = subject(net, noiseSplit(30, [8, 8, 1], 3));
    const made = await readMeasure(of, 'filter-topology');
    assert.ok(made.value >= 0 && (made.extra.chance as number[]).length === 5);
    const clouds = await readMeasure(of, 'activation-topology');
    assert.equal(clouds.layers.length, of.layers.length);
    of.dispose();
    const dense = subject(denseNet([{ kernel: [[1, 2]] }]), noiseSplit(4, [1, 1, 1], 2));
    await assert.rejects(readMeasure(dense, 'filter-topology'), RefusedError);
    dense.dispose();
  });
});

/** Numbers of components and loops of the complex at one scale, from ranks mod 2: an exhaustive count. */
function betti(distances: Float64Array, n: number, scale: number): [number, number] {
  const near = (i: number, j: number) => distances[i * n + j]! <= scale;
  const edges: [number, number][] = [];
  const triangles: [number, number, number][] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (!near(i, j)) continue;
      edges.push([i, j]);
      for (let k = j + 1; k < n; k++) if (near(i, k) && near(j, k)) triangles.push([i, j, k]);
    }
  }
  const place = new Map(edges.map(([i, j], at) => [i * n + j, at]));
  const first = rank(edges.map(([i, j]) => (1n << BigInt(i)) | (1n << BigInt(j))));
  const second = rank(
    triangles.map(([i, j, k]) =>
      [i * n + j, i * n + k, j * n + k].reduce(
        (bits, edge) => bits | (1n << BigInt(place.get(edge)!)),
        0n,
      ),
    ),
  );
  return [n - first, edges.length - first - second];
}

function rank(columns: readonly bigint[]): number {
  const pivots = new Map<number, bigint>();
  for (let column of columns) {
    while (column !== 0n) {
      const top = column.toString(2).length;
      const other = pivots.get(top);
      if (other === undefined) {
        pivots.set(top, column);
        break;
      }
      column ^= other;
    }
  }
  return pivots.size;
}
