import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import { lipschitzBound, poolNorm } from '../../../src/lab/measure/lipschitz.js';
import {
  circularNorm,
  convolutionNorm,
  matrixNorm,
} from '../../../src/lab/measure/operator-norm.js';
import { sigmaOf, theoreticalFields } from '../../../src/lab/measure/receptive-field.js';
import { buildNet, forward, graphOf } from '../../../src/lab/nets/index.js';
import { random, ready, tf } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { denseNet, noiseSplit, unsettle } from './helpers.js';

interface Norms {
  cases: {
    shape: [number, number, number, number];
    size: [number, number];
    kernel: number[];
    circular: number;
    zero_padded: number;
    strided: number;
    reshaped: number;
  }[];
}

describe('norms of convolutions', () => {
  before(() => ready());

  it('are those of numpy: by FFT with circular padding, of the dense matrix with zeros and strides', async () => {
    for (const each of golden<Norms>('norms').cases) {
      const flat = Float32Array.from(each.kernel);
      close(circularNorm(flat, each.shape, ...each.size), each.circular, 1e-6, 'circular');
      close(matrixNorm(flat, each.shape[3]), each.reshaped, 1e-6, 'reshaped');
      const kernel = tf.tensor4d(flat, each.shape);
      const input = [...each.size, each.shape[2]];
      for (const [stride, wanted] of [
        [1, each.zero_padded],
        [2, each.strided],
      ] as const) {
        const norm = await convolutionNorm(kernel, input, [stride, stride], 'same', {
          rounds: 2000,
          tolerance: 1e-6,
        });
        // Two singular values that differ by 0.07 % are not told apart in 2,000 rounds.
        close(norm.value, wanted, 1e-3, `stride ${stride}`);
        assert.ok(norm.value <= wanted * (1 + 1e-6), 'power iteration stays below');
        assert.ok(wanted <= norm.atMost, `${wanted} is at most ${norm.atMost}`);
      }
      kernel.dispose();
    }
  });

  it('of the identity is 1, however it is padded', async () => {
    const flat = new Float32Array(9);
    flat[4] = 1;
    close(circularNorm(flat, [3, 3, 1, 1], 6, 6), 1, 1e-12);
    const kernel = tf.tensor4d(flat, [3, 3, 1, 1]);
    close((await convolutionNorm(kernel, [6, 6, 1], [1, 1], 'same')).value, 1, 1e-6);
    kernel.dispose();
    assert.throws(() => circularNorm(flat, [3, 3, 1, 1], 2, 6), RangeError);
  });
});

describe('norms of poolings', () => {
  before(() => ready());

  it('bound those of the dense matrices, windows over the border included, and meet them where none overlap', () => {
    for (const [side, poolSize, strides, padding, exact] of [
      [6, 2, 2, 'valid', true],
      [7, 2, 2, 'same', true],
      [3, 2, 2, 'same', true],
      [8, 3, 2, 'same', false],
      [7, 3, 1, 'same', false],
      [7, 3, 2, 'valid', false],
      [2, 5, 5, 'same', true],
    ] as const) {
      const model = tf.sequential({
        layers: [
          tf.layers.averagePooling2d({ inputShape: [side, side, 1], poolSize, strides, padding }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 1 }),
        ],
      });
      const graph = graphOf(model);
      const pool = graph.nodes.find(({ op }) => op === 'averagePool')!;
      assert.ok(pool.op === 'averagePool');
      const count = side * side;
      const rows = tf.tidy(() =>
        forward(graph, tf.eye(count).reshape([count, side, side, 1]), {
          keep: [pool.name],
        })
          .kept.get(pool.name)!
          .flatten(),
      );
      const norm = matrixNorm(rows.dataSync<'float32'>(), rows.size / count);
      const bound = poolNorm(pool, [side, side, 1]);
      const about = `${side} ${poolSize} ${strides} ${padding}: ${norm} ${bound}`;
      assert.ok(norm <= bound * (1 + 1e-6), about);
      if (exact) close(norm, bound, 1e-5, about);
      rows.dispose();
      model.dispose();
    }
  });
});

describe('local Lipschitz constant', () => {
  before(() => ready());

  it('of a linear net is its norm at every image, and meets the bound of one layer', async () => {
    const kernel = [
      [3, 0],
      [0, 1],
      [0, 0],
    ];
    const of = subject(denseNet([{ kernel }]), noiseSplit(5, [1, 1, 3], 2));
    const made = await readMeasure(of, 'lipschitz');
    close(made.value, 3, 1e-6);
    close(made.extra.bound as number, 3, 1e-6);
    close(made.interval!.high, 3, 1e-6);
    assert.ok(Math.abs(made.extra.log10Slack as number) < 1e-6);
    of.dispose();
  });

  it('lies below the bound on nets of every kind, and the bound grows with depth', async () => {
    const split = noiseSplit(12, [8, 8, 1], 3);
    for (const family of ['plain', 'residual', 'linear']) {
      let before = 0;
      for (const depth of [8, 14]) {
        const net = unsettle(buildNet({ family, depth, width: 2, input: [8, 8, 1], classes: 3 }));
        const of = subject(net, split);
        const made = await readMeasure(of, 'lipschitz');
        const { largest, bound } = made.extra as { largest: number; bound: number };
        assert.ok(largest > 0 && largest <= bound, `${family} ${depth}: ${largest} ${bound}`);
        assert.ok(bound > before);
        before = bound;
        of.dispose();
      }
    }
  });

  it('holds for real pairs of images: no difference of logits exceeds the bound', async () => {
    const net = unsettle(
      buildNet({ family: 'residual', depth: 8, width: 2, input: [8, 8, 1], classes: 3 }),
    );
    const { value } = await lipschitzBound(graphOf(net));
    const generator = random(6);
    const x = tf.tensor(
      Float32Array.from({ length: 640 }, () => generator.next()),
      [10, 8, 8, 1],
    );
    const y = tf.tensor(
      Float32Array.from({ length: 640 }, () => generator.next()),
      [10, 8, 8, 1],
    );
    const away = (a: tf.Tensor, b: tf.Tensor) =>
      tf.sqrt(tf.sum(tf.square(tf.sub(a, b)).reshape([10, -1]), 1)).dataSync();
    const outputs = away(net.predict(x) as tf.Tensor, net.predict(y) as tf.Tensor);
    for (const [i, distance] of away(x, y).entries()) assert.ok(outputs[i]! <= value * distance);
  });

  it('refuses more outputs than passes are worth', async () => {
    const wide = denseNet([{ kernel: [new Array<number>(101).fill(1)] }]);
    const of = subject(wide, noiseSplit(3, [1, 1, 1], 2));
    await assert.rejects(readMeasure(of, 'lipschitz'), RefusedError);
    of.dispose();
  });
});

describe('receptive fields', () => {
  before(() => ready());

  /** L convolutions of 3 × 3 with equal weights on a large image, then the mean. */
  function uniform(layers: number, side: number) {
    const model = tf.sequential();
    for (let l = 0; l < layers; l++) {
      model.add(
        tf.layers.conv2d({
          ...(l === 0 && { inputShape: [side, side, 1] }),
          filters: 1,
          kernelSize: 3,
          padding: 'same',
          useBias: false,
          kernelInitializer: 'ones',
        }),
      );
    }
    model.add(tf.layers.globalAveragePooling2d({}));
    model.add(tf.layers.dense({ units: 2 }));
    return model;
  }

  // Luo et al. 2016, section 2: the profile is that of a sum of L uniform steps.
  it('of L equal 3 × 3 convolutions have σ = √(2L/3) and 2L + 1 pixels', async () => {
    const of = subject(uniform(5, 21), noiseSplit(4, [21, 21, 1], 2));
    const made = await readMeasure(of, 'receptive-field');
    const byLayer = made.extra.byLayer as { sigma: number; theoretical: number[]; map: number[] }[];
    assert.equal(byLayer.length, 5);
    for (const [l, { sigma, theoretical }] of byLayer.entries()) {
      close(sigma, Math.sqrt((2 * (l + 1)) / 3), 1e-5);
      assert.deepEqual(theoretical, [2 * l + 3, 2 * l + 3]);
    }
    // Along an axis 9 of 11 pixels are above 4.55 % of the peak at L = 5.
    const row = byLayer[4]!.map.slice(10 * 21, 11 * 21);
    assert.equal(row.filter((each) => each > 0.0455).length, 9);
    of.dispose();
  });

  it('grow with strides and through shortcuts, and the effective lies within the theoretical', async () => {
    const net = buildNet({
      family: 'residual',
      depth: 8,
      width: 2,
      input: [16, 16, 1],
      classes: 3,
    });
    const of = subject(net, noiseSplit(16, [16, 16, 1], 3));
    const fields = [...theoreticalFields(of.graph).values()].map(([size]) => size);
    // 3 + 2·2 in the first stage, 1·2 + 1·4 in the second, 1·4 + 1·8 … of strides 1, 2 and 4.
    assert.equal(Math.max(...fields), 1 + 2 * 3 + 2 + 4 + 4 + 8);
    const made = await readMeasure(of, 'receptive-field');
    for (const { value, saturation } of made.layers) {
      assert.ok(value > 0 && value <= saturation! + 1e-9, `${value} ${saturation}`);
    }
    of.dispose();
  });

  it('have the spread of a known map, and are refused where there are no maps', async () => {
    close(sigmaOf(Float64Array.of(1, 0, 1, 0), 1, 4), Math.sqrt(0.5), 1e-12);
    const of = subject(denseNet([{ kernel: [[1, 1]] }]), noiseSplit(8, [1, 1, 1], 2));
    await assert.rejects(readMeasure(of, 'receptive-field'), RefusedError);
    of.dispose();
  });
});
