import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMeasure, RefusedError, subject } from '../../../src/lab/measure/index.js';
import {
  classMeans,
  disagreement,
  dualityOf,
  geometry,
  withinOverBetween,
} from '../../../src/lab/measure/neural-collapse.js';
import { buildNet } from '../../../src/lab/nets/index.js';
import { random, ready } from '../../../src/lab/tensor/index.js';
import { golden } from '../../golden/golden.js';
import { close } from './close.js';
import { dataset, denseNet, noiseSplit } from './helpers.js';

interface Collapse {
  x: number[][];
  labels: number[];
  kernel: number[][];
  nc1: number;
  length_variation: number;
  cosine: number;
  nc3: number;
}

/** Unit vectors of a simplex of `classes` corners, in as many dimensions. */
function simplex(classes: number): number[][] {
  const scale = Math.sqrt(classes / (classes - 1));
  return Array.from({ length: classes }, (_, a) =>
    Array.from({ length: classes }, (_, b) => scale * ((a === b ? 1 : 0) - 1 / classes)),
  );
}

describe('neural collapse', () => {
  before(() => ready());

  it("gives numpy's values with unequal classes", () => {
    const { x, labels, kernel, nc1, length_variation, cosine, nc3 } = golden<Collapse>('collapse');
    const data = Float32Array.from(x.flat());
    const of = Int32Array.from(labels);
    const groups = classMeans(data, of, x[0]!.length);
    close(withinOverBetween(data, of, groups)!, nc1, 1e-9);
    close(geometry(groups).lengthVariation, length_variation, 1e-9);
    close(geometry(groups).cosine, cosine, 1e-9);
    close(dualityOf(kernel.flat(), groups), nc3, 1e-9);
  });

  it('of a simplex with isotropic noise s is s²(K−1)²/K, with cosines −1/(K−1)', () => {
    const classes = 10;
    const corners = simplex(classes);
    const s = 0.1;
    // Noise with exactly the covariance s²I: each axis with both signs, alone.
    const rows: number[] = [];
    const labels: number[] = [];
    for (const [label, corner] of corners.entries()) {
      for (let axis = 0; axis < classes; axis++) {
        for (const sign of [1, -1]) {
          rows.push(
            ...corner.map((each, j) => each + (j === axis ? sign * s * Math.sqrt(classes) : 0)),
          );
          labels.push(label);
        }
      }
    }
    const data = Float32Array.from(rows);
    const groups = classMeans(data, Int32Array.from(labels), classes);
    close(withinOverBetween(data, Int32Array.from(labels), groups)!, (s * s * 81) / 10, 1e-5);
    const { cosine, cosineSpread, lengthVariation } = geometry(groups);
    close(cosine, -1 / 9, 1e-5);
    assert.ok(cosineSpread < 1e-6 && lengthVariation < 1e-6);
    // Each classifier row along its own class mean is self-dual.
    assert.ok(dualityOf(corners.flat(), groups) < 1e-6);
    assert.equal(disagreement(data, groups, Int32Array.from(labels)), 0);
  });

  it('does not change with rotation, scale or shift of the features', () => {
    const generator = random(8);
    const labels = Int32Array.from({ length: 60 }, (_, i) => i % 3);
    const data = Float32Array.from(
      { length: 120 },
      (_, i) => generator.normal() + 3 * (labels[i >> 1]! % 2),
    );
    const moved = Float32Array.from(data);
    for (let i = 0; i < 60; i++) {
      const [x, y] = [data[2 * i]!, data[2 * i + 1]!];
      moved[2 * i] = 4 * (0.6 * x - 0.8 * y) + 7;
      moved[2 * i + 1] = 4 * (0.8 * x + 0.6 * y) - 2;
    }
    const plain = withinOverBetween(data, labels, classMeans(data, labels, 2))!;
    close(withinOverBetween(moved, labels, classMeans(moved, labels, 2))!, plain, 1e-4);
  });

  it('reads every layer of a net with an interval, and states layers that tell nothing apart', async () => {
    const net = buildNet({ family: 'plain', depth: 4, width: 3, input: [8, 8, 1], classes: 3 });
    const of = subject(net, noiseSplit(90, [8, 8, 1], 3));
    const made = await readMeasure(of, 'neural-collapse');
    assert.equal(made.layers.length, of.layers.length);
    for (const { value, interval } of made.layers) {
      assert.ok(interval!.low < value && value < interval!.high);
    }
    assert.equal(typeof made.extra.selfDuality, 'number');
    of.dispose();

    const constant = dataset(
      Array.from({ length: 24 }, () => 1),
      Array.from({ length: 24 }, (_, i) => i % 2),
      [1, 1, 1],
      2,
    );
    const flat = subject(denseNet([{ kernel: [[1, 1]] }]), { train: constant, test: constant });
    const none = await readMeasure(flat, 'neural-collapse');
    assert.match(none.notes.join(), /the classes have the same mean/);
    flat.dispose();
  });

  it('refuses images of one class', async () => {
    const one = dataset([1, 2, 3, 4], [0, 0, 0, 0], [1, 1, 1], 2);
    const of = subject(denseNet([{ kernel: [[1, -1]] }]), { train: one, test: one });
    await assert.rejects(readMeasure(of, 'neural-collapse'), RefusedError);
    of.dispose();
  });
});
