import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { bartlett, log10PathNorm } from '../../../src/lab/measure/capacity-norms.js';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import { buildNet, graphOf } from '../../../src/lab/nets/index.js';
import { granulatedKendall, StatisticsError } from '../../../src/lab/stats/index.js';
import { parametersOf } from '../../../src/lab/train/parameters.js';
import { ready, tf } from '../../../src/lab/tensor/index.js';
import { close } from './close.js';
import { dataset, denseNet, noiseSplit, unsettle } from './helpers.js';

const diagonal = (a: number, b: number) => [
  [a, 0],
  [0, b],
];

/** Two classes on two axes, told apart with margin 1 by the identity. */
const axes = dataset([1, 0, 0, 1, 1, 0, 0, 1], [0, 1, 0, 1], [1, 1, 2], 2);

describe('norms and margins', () => {
  before(() => ready());

  // Computed by hand from the formulas.
  it('are the known values of small nets', async () => {
    const net = denseNet([
      {
        kernel: [
          [1, 3],
          [-2, 0.5],
        ],
      },
      { kernel: [[2], [-1]] },
    ]);
    close(log10PathNorm(graphOf(net))!, Math.log10(29.25), 1e-6);
    // Out of the range of single precision, both ways, and nothing at all.
    const chain = (weight: number) =>
      denseNet(Array.from({ length: 12 }, () => ({ kernel: [[weight]] })));
    close(log10PathNorm(graphOf(chain(1e6)))!, 144, 1e-6);
    close(log10PathNorm(graphOf(chain(1e-6)))!, -144, 1e-6);
    assert.equal(log10PathNorm(graphOf(chain(0))), null);
    const offset = denseNet([
      { kernel: [[1e15]], bias: [3] },
      { kernel: [[1e-15]], bias: [0] },
      { kernel: [[1e-15]], bias: [1] },
    ]);
    // ((1e30 + 9) · 1e-30) · 1e-30 + 1
    close(log10PathNorm(graphOf(offset))!, 0, 1e-6);
    const weights = [
      { layer: 'a', values: Float32Array.of(2, 0, 0, 1), columns: 2 },
      { layer: 'b', values: Float32Array.of(3, 0, 0, 1), columns: 2 },
    ];
    close(bartlett(weights, [2, 3]), 24.0278, 1e-5);
    const of = subject(denseNet([{ kernel: diagonal(2, 1) }, { kernel: diagonal(3, 1) }]), {
      train: axes,
      test: axes,
    });
    const { value, extra } = await readMeasure(of, 'capacity-norms');
    close(value, Math.log10(36), 1e-5);
    close(extra.log10FrobeniusProduct as number, Math.log10(5 * 10), 1e-6);
    close(extra.frobeniusSum as number, 15, 1e-6);
    close(extra.frobeniusOverSpectral as number, 5 / 4 + 10 / 9, 1e-5);
    close(extra.log10Bartlett as number, Math.log10(24.0278), 1e-4);
    assert.equal(extra.distanceFromInitialisation, null);
    of.dispose();
  });

  it('keep products and the path norm when one layer is scaled up and the next down, sums not', async () => {
    const read = async (a: number) => {
      const of = subject(
        denseNet([
          {
            kernel: [
              [1 * a, 0.5 * a],
              [0.2 * a, 2 * a],
            ],
          },
          {
            kernel: [
              [1 / a, 0],
              [0, 1 / a],
            ],
          },
        ]),
        { train: axes, test: axes },
      );
      const made = await readMeasure(of, 'capacity-norms');
      of.dispose();
      return made;
    };
    const [one, other] = [await read(1), await read(5)];
    close(other.value, one.value, 1e-4);
    for (const name of ['log10FrobeniusProduct', 'log10PathNorm', 'margin', 'log10Bartlett']) {
      close(other.extra[name] as number, one.extra[name] as number, 1e-4, name);
    }
    assert.ok((other.extra.frobeniusSum as number) > 2 * (one.extra.frobeniusSum as number));
  });

  it('are read on nets of every kind; distance from initialisation is 0 before training', async () => {
    const split = noiseSplit(12, [8, 8, 1], 3);
    for (const family of ['plain', 'residual', 'linear']) {
      const net = buildNet({ family, depth: 8, width: 2, input: [8, 8, 1], classes: 3, seed: 4 });
      const of = subject(net, split);
      const made = await readMeasure(of, 'capacity-norms');
      close(made.extra.distanceFromInitialisation as number, 0, 1e-9);
      // The projections of shortcuts are layers too.
      assert.equal(made.layers.length, family === 'residual' ? 10 : 8);
      // Batch normalisation folded in: the path norm of the folded net is that of the net itself.
      assert.ok(Number.isFinite(made.extra.log10PathNorm));
      of.dispose();
    }
  });

  it('say that nothing is divided by a margin that is not positive', async () => {
    const wrong = { ...axes, labels: Int32Array.from([1, 0, 1, 0]) };
    const of = subject(denseNet([{ kernel: diagonal(1, 1) }]), { train: wrong, test: axes });
    const made = await readMeasure(of, 'capacity-norms');
    assert.equal(made.extra.log10SpectralProductOverMargin, null);
    assert.match(made.notes.join(), /the margin is -1/);
    of.dispose();
  });
});

describe('flatness under weight noise', () => {
  before(() => ready());

  it('does not change when a layer is scaled up and the next down, and leaves the net as it was', async () => {
    const many = Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0 ? [1, 0.1 * (i % 7)] : [0.1 * (i % 5), 1],
    ).flat();
    const set = dataset(
      many,
      Array.from({ length: 20 }, (_, i) => i % 2),
      [1, 1, 2],
      2,
    );
    const read = async (a: number) => {
      const of = subject(
        denseNet([{ kernel: diagonal(a, a) }, { kernel: diagonal(1 / a, 1 / a) }]),
        {
          train: set,
          test: set,
        },
      );
      const weights = () => parametersOf(of.graph).map(({ variable }) => [...variable.dataSync()]);
      const kept = weights();
      const made = await readMeasure(of, { measure: 'flatness', options: { floor: 0 } });
      assert.deepEqual(weights(), kept);
      of.dispose();
      return made;
    };
    const [one, other] = [await read(1), await read(10)];
    close(other.value, one.value, 1e-3);
    assert.ok(one.interval!.low < one.value && one.value < one.interval!.high);
    close(one.extra.sharpness as number, 1 / one.value ** 2, 1e-9);
  });

  it('says when there is nothing to lose, and refuses too few images', async () => {
    const few = subject(denseNet([{ kernel: diagonal(1, 1) }]), { train: axes, test: axes });
    await assert.rejects(readMeasure(few, 'flatness'), RefusedError);
    few.dispose();
    const net = unsettle(
      buildNet({ family: 'plain', depth: 4, width: 2, input: [8, 8, 1], classes: 3 }),
    );
    const split = noiseSplit(30, [8, 8, 1], 3);
    const same = { ...split.train, labels: new Int32Array(30) };
    tf.tidy(() => {
      const last = graphOf(net).nodes.at(-1)!;
      if (last.op === 'dense') last.kernel.assign(tf.zerosLike(last.kernel));
    });
    const of = subject(net, { train: same, test: split.test });
    const made = await readMeasure(of, {
      measure: 'flatness',
      options: { noise: 'equal', steps: 3, draws: 2 },
    });
    assert.ok(made.value > 0);
    of.dispose();
  });
});

describe('granulated Kendall correlation', () => {
  const rows = [2, 4, 8].flatMap((depth) => [16, 32].map((width) => ({ depth, width })));

  it('tells the axes apart that one correlation would mix', () => {
    // y rises with width and falls with depth; x rises with both.
    const { axes: found, mean } = granulatedKendall(
      rows,
      ['depth', 'width'],
      ({ depth, width }) => depth * width,
      ({ depth, width }) => width - depth,
    );
    assert.deepEqual(found, [
      { axis: 'depth', tau: -1, groups: 2 },
      { axis: 'width', tau: 1, groups: 3 },
    ]);
    assert.equal(mean, 0);
  });

  it('leaves seeds of one setting out, has no value without pairs, and refuses NaN and unknown axes', () => {
    const twice = [...rows, ...rows].map((row, i) => ({ ...row, i }));
    const found = granulatedKendall(
      twice,
      ['depth', 'width'],
      ({ i }) => i,
      ({ depth }) => depth,
    );
    assert.equal(found.axes[0]!.groups, 2);
    const alone = granulatedKendall(
      rows.slice(0, 1),
      ['depth'],
      () => 1,
      () => 1,
    );
    assert.deepEqual(alone, { axes: [{ axis: 'depth', tau: null, groups: 0 }], mean: null });
    assert.throws(
      () =>
        granulatedKendall(
          rows,
          ['depth'],
          () => NaN,
          () => 1,
        ),
      StatisticsError,
    );
    assert.throws(
      () =>
        granulatedKendall(
          rows as { depth: number; seed?: number }[],
          ['seed'],
          () => 1,
          () => 1,
        ),
      /axis seed/,
    );
  });
});
