import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import { nearestNeighbours } from '../../../src/lab/measure/neighbours.js';
import { random, ready } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { dataset, denseNet } from './helpers.js';

interface Neighbours {
  reference: number[][];
  labels: number[];
  queries: number[][];
  truth: number[];
  distances: number[][];
  indices: number[][];
  own_distances: number[][];
  own_indices: number[][];
  accuracy: number;
}

const identity = (n: number) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

describe('nearest neighbours', () => {
  before(() => ready());

  it('are those of scikit-learn, of queries and among themselves', async () => {
    const given = golden<Neighbours>('neighbours');
    const reference = Float32Array.from(given.reference.flat());
    const queries = Float32Array.from(given.queries.flat());
    const found = await nearestNeighbours(reference, queries, 7, 5);
    assert.deepEqual([...found.indices], given.indices.flat());
    for (const [i, wanted] of given.distances.flat().entries()) {
      close(found.distances[i]!, wanted, 1e-9);
    }
    const own = await nearestNeighbours(reference, null, 7, 5);
    assert.deepEqual([...own.indices], given.own_indices.flat());
    for (const [i, wanted] of given.own_distances.flat().entries()) {
      close(own.distances[i]!, wanted, 1e-9);
    }
  });

  it('are found far from the origin, where single precision alone would lose them', async () => {
    const generator = random(3);
    const rows = Float32Array.from({ length: 40 }, () => 4096 + Math.fround(generator.next()));
    const { indices } = await nearestNeighbours(rows, null, 1, 1);
    for (const [i, found] of indices.entries()) {
      let best = -1;
      for (let j = 0; j < rows.length; j++) {
        if (j === i) continue;
        if (best < 0 || Math.abs(rows[j]! - rows[i]!) < Math.abs(rows[best]! - rows[i]!)) best = j;
      }
      assert.equal(Math.abs(rows[found]! - rows[i]!), Math.abs(rows[best]! - rows[i]!));
    }
  });
});

describe('prediction depth', () => {
  before(() => ready());

  it('gives the k-NN accuracy of scikit-learn at the input', async () => {
    const given = golden<Neighbours>('neighbours');
    const net = denseNet([{ kernel: identity(7).map((row) => row.slice(0, 3)) }]);
    const of = subject(net, {
      train: dataset(given.reference.flat(), given.labels, [1, 1, 7], 3),
      test: dataset(given.queries.flat(), given.truth, [1, 1, 7], 3),
    });
    const made = await readMeasure(of, { measure: 'prediction-depth', options: { neighbours: 5 } });
    close(made.layers[0]!.value, given.accuracy, 1e-12);
    of.dispose();
  });

  it('is 0 where the classes lie apart from the start, and 1 where only the last layer knows', async () => {
    // Two far clusters, and layers that change nothing.
    const generator = random(1);
    const labels = Array.from({ length: 60 }, (_, i) => i % 2);
    const images = labels.flatMap((label) => [
      label === 0 ? 1 + generator.next() / 10 : generator.next() / 10,
      label === 1 ? 1 + generator.next() / 10 : generator.next() / 10,
    ]);
    const set = dataset(images, labels, [1, 1, 2], 2);
    const still = denseNet([
      { kernel: identity(2) },
      { kernel: identity(2) },
      { kernel: identity(2) },
    ]);
    const of = subject(still, { train: set, test: set });
    const shallow = await readMeasure(of, {
      measure: 'prediction-depth',
      options: { neighbours: 5 },
    });
    assert.equal(shallow.value, 0);
    assert.equal(shallow.extra.never, 0);
    of.dispose();

    // The class is whether x lies between two others: neighbours in x alone agree by chance with their label, which the
    // net's last layer makes plain.
    const stripes = Array.from({ length: 80 }, (_, i) => i / 80);
    const parity = stripes.map((_, i) => i % 2);
    // Labels alternate from point to point, so that 2 neighbours at the input vote for the other class.
    const line = dataset(stripes, parity, [1, 1, 1], 2);
    const net = denseNet([
      { kernel: [[1, 1]] },
      {
        kernel: [
          [1, 0],
          [0, 1],
        ],
      },
    ]);
    const lost = subject(net, { train: line, test: line });
    const never = await readMeasure(lost, {
      measure: 'prediction-depth',
      options: { neighbours: 2 },
    });
    // The net says one class of all, the votes alternate: half of them never agree.
    assert.ok(never.value > 0 && (never.extra.never as number) > 0);
    lost.dispose();
  });

  it('refuses fewer training images than neighbours', async () => {
    const set = dataset([0, 1, 2, 3], [0, 1, 0, 1], [1, 1, 1], 2);
    const of = subject(denseNet([{ kernel: [[1, -1]] }]), { train: set, test: set });
    await assert.rejects(readMeasure(of, 'prediction-depth'), (error) => {
      assert.ok(error instanceof RefusedError);
      assert.match(error.message, /30 neighbours of 4 training images/);
      return true;
    });
    of.dispose();
  });
});
