import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { hammingDistances, kernelEntropy } from '../../../src/lab/measure/gating-entropy.js';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { random, ready } from '../../../src/lab/tensor/index.js';
import { close } from './close.js';
import { dataset, denseNet, noiseSplit } from './helpers.js';

/** Entropy of bit patterns with the kernel of a vector layer. */
function entropy(bits: Uint8Array, rows: number) {
  const width = bits.length / rows;
  return kernelEntropy(
    hammingDistances(bits, width).map((each) => each / (0.02 * width)),
    rows,
    0.95,
  );
}

describe('gating entropy', () => {
  before(() => ready());

  // The closed forms: identical patterns, two equal groups, patterns that share nothing.
  it('is 0 for one pattern, 1 bit for two equal groups, log₂ n for patterns that share nothing', () => {
    assert.equal(entropy(new Uint8Array(40 * 64), 40).value, 0);
    const groups = Uint8Array.from({ length: 40 * 64 }, (_, i) => (i < 20 * 64 ? 1 : 0));
    close(entropy(groups, 40).value, 1, 1e-12);
    const generator = random(2);
    const chance = Uint8Array.from({ length: 64 * 512 }, () => (generator.next() < 0.5 ? 1 : 0));
    close(entropy(chance, 64).value, 6, 1e-6);
  });

  it('has an interval within 0 and the ceiling', () => {
    const generator = random(5);
    const bits = Uint8Array.from({ length: 30 * 20 }, () => (generator.next() < 0.2 ? 1 : 0));
    const { value, interval } = entropy(bits, 30);
    assert.ok(interval!.low >= 0 && interval!.low < value);
    assert.ok(interval!.high > value && interval!.high <= Math.log2(30));
  });

  it('reads the ReLU layers of a net and all together, below the ceiling', async () => {
    const net = buildNet({ family: 'residual', depth: 8, width: 2, input: [8, 8, 1], classes: 3 });
    const of = subject(net, noiseSplit(50, [8, 8, 1], 3));
    const made = await readMeasure(of, 'gating-entropy');
    const relus = of.graph.nodes.filter(({ op }) => op === 'relu');
    assert.deepEqual(
      made.layers.map(({ layer }) => layer),
      relus.map(({ name }) => name),
    );
    assert.ok(made.value > 0 && made.value <= Math.log2(50) + 1e-9);
    assert.equal(made.saturation, Math.log2(50));
    of.dispose();
  });

  it('counts the linear maps of a net that is known: one unit, on for half of the images', async () => {
    const images = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const set = dataset(
      images,
      images.map(() => 0),
      [1, 1, 1],
      1,
    );
    const of = subject(denseNet([{ kernel: [[1]] }, { kernel: [[1]] }]), { train: set, test: set });
    const made = await readMeasure(of, 'gating-entropy');
    close(made.value, 1, 1e-9);
    assert.equal(made.extra.shareOn, 0.5);
    of.dispose();
  });

  it('refuses a net without ReLU', async () => {
    const set = dataset([1, 2], [0, 0], [1, 1, 1], 1);
    const of = subject(denseNet([{ kernel: [[1]] }]), { train: set, test: set });
    await assert.rejects(readMeasure(of, 'gating-entropy'), RefusedError);
    of.dispose();
  });
});
