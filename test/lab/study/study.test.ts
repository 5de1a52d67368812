import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ladder } from '../../../src/lab/nets/ladder.js';
import { InvalidStudy } from '../../../src/lab/study/errors.js';
import { cells, study } from '../../../src/lab/study/study.js';
import { controlOf } from '../../../src/lab/study/table.js';

const data = { name: 'fashion-mnist', train: 500, test: 100 };

test('a grid expands in order: first axis slowest, seeds fastest', () => {
  const grid = study({
    data,
    axes: { 'net.family': ['plain', 'residual'], 'net.depth': [8, 14] },
    seeds: [0, 1],
  });
  const order = cells(grid).map(({ net }) => `${net.family} ${net.depth} ${net.seed}`);
  assert.deepEqual(order, [
    'plain 8 0',
    'plain 8 1',
    'plain 14 0',
    'plain 14 1',
    'residual 8 0',
    'residual 8 1',
    'residual 14 0',
    'residual 14 1',
  ]);
});

test('every field of a cell is filled in, image shape and classes from the dataset', () => {
  const [cell] = cells(study({ data: 'gratings', seeds: [7] }));
  assert.equal(cell!.net.seed, 7);
  assert.equal(cell!.recipe.seed, 7);
  assert.equal(cell!.data.seed, 0, 'a seed leaves the images alone');
  assert.equal(typeof cell!.recipe.learningRate, 'number');
  const values = JSON.stringify(cell);
  assert.deepEqual(JSON.parse(values), cell, 'plain JSON');
  const [other] = cells(study({ data: 'gratings', seeds: [7], seedData: true }));
  assert.equal(other!.data.seed, 7);
});

test('axes can be whole nets, single fields and fields within fields', () => {
  const rungs = ladder({ family: 'plain', depths: [4, 8], width: 4 });
  const grid = cells(
    study({
      data,
      recipe: { optimizer: { name: 'sgd' } },
      // The field stands before the ladder, and is still put over it.
      axes: { 'net.batchNorm': [true, false], net: rungs, 'recipe.optimizer.momentum': [0, 0.9] },
    }),
  );
  assert.equal(grid.length, 8);
  assert.deepEqual(
    grid.slice(0, 4).map((cell) => [cell.net.batchNorm, cell.net.depth, cell.net.width]),
    [
      [true, 4, 4],
      [true, 4, 4],
      [true, 8, 4],
      [true, 8, 4],
    ],
  );
  assert.deepEqual(
    grid.slice(4, 6).map(({ net, recipe }) => [net.batchNorm, recipe.optimizer]),
    [
      [false, { name: 'sgd', momentum: 0, nesterov: false }],
      [false, { name: 'sgd', momentum: 0.9, nesterov: false }],
    ],
  );
});

test('an optimiser chosen on an axis keeps the learning rate that suits it', () => {
  const grid = cells(
    study({ data, axes: { 'recipe.optimizer': [{ name: 'sgd' }, { name: 'adam' }] } }),
  );
  assert.deepEqual(
    grid.map((cell) => cell.recipe.learningRate),
    [0.1, 0.001],
  );
});

test('controls stand beside every point of the grid, each cell once', () => {
  const grid = cells(
    study({
      data,
      axes: { 'net.family': ['plain', 'residual'], 'net.depth': [8] },
      controls: ['untrained', 'shuffled labels', 'linear'],
      cells: [{ net: { depth: 20 } }],
    }),
  );
  assert.deepEqual(
    grid.map((cell) => `${cell.net.family} ${cell.net.depth} ${controlOf(cell)}`),
    [
      'plain 8 none',
      'residual 8 none',
      'plain 8 untrained',
      'residual 8 untrained',
      'plain 8 shuffled labels',
      'residual 8 shuffled labels',
      // The linear nets of both families are one.
      'linear 8 linear',
      'residual 20 none',
    ],
  );
});

const refused: [string, () => unknown, RegExp][] = [
  [
    'a misspelt axis',
    () => study({ data, axes: { 'net.dept': [8] } }),
    /"net\.dept".*"net\.depth"/,
  ],
  ['a misspelt option', () => study({ data, seed: [1] } as never), /"seed".*"seeds"/],
  [
    'a misspelt control',
    () => study({ data, controls: ['untraind' as never] }),
    /untraind.*untrained/,
  ],
  ['a misspelt field', () => study({ data, net: { famly: 'plain' } as never }), /famly.*family/],
  ['an unknown dataset', () => study({ data: 'fashion' }), /"fashion".*fashion-mnist/],
  ['an empty axis', () => study({ data, axes: { 'net.depth': [] } }), /"net\.depth".*at least one/],
  [
    'a whole part that is none',
    () => study({ data, axes: { net: [8] as never } }),
    /"net" takes objects/,
  ],
  ['a value out of range', () => study({ data, axes: { 'net.depth': [1] } }), /depth must be/],
  ['no seeds', () => study({ data, seeds: [] }), /"seeds" must be/],
  ['seeds twice', () => study({ data, seeds: [1], axes: { 'net.seed': [1] } }), /Keep one/],
  [
    'another image shape',
    () => study({ data, net: { input: [32, 32, 3] } }),
    /28 × 28 × 1.*32 × 32 × 3/s,
  ],
];
for (const [what, make, message] of refused) {
  test(`${what} is refused`, () => {
    assert.throws(make, message);
  });
}

test('what makes no grid is one kind of error', () => {
  assert.throws(() => study({ data, seeds: [0.5] }), InvalidStudy);
});
