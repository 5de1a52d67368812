// Every kind of chart, as a reader gets it: compiled by Vega-Lite, drawn by Vega, without a warning.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barChart } from '../../../src/lab/chart/bars.js';
import { confusionChart } from '../../../src/lab/chart/confusion.js';
import { ladderChart } from '../../../src/lab/chart/ladder.js';
import { layerProfile } from '../../../src/lab/chart/layer-profile.js';
import { learningCurves } from '../../../src/lab/chart/learning-curves.js';
import { pictureRows } from '../../../src/lab/chart/pictures.js';
import { scatterChart } from '../../../src/lab/chart/scatter.js';
import {
  type ChartSpec,
  chart,
  InvalidChartData,
  NonFiniteChartData,
} from '../../../src/lab/chart/spec.js';
import { ladderRuns, run } from './fixture.js';
import { countMarks, render } from './render.js';

const runs = ladderRuns();
const claims = runs.filter((item) => item.cell.data.shuffledLabels === 0);
const residual = claims.filter((item) => item.cell.net.family === 'residual');

const tile = (height: number, width: number, f: (i: number) => number) => ({
  height,
  width,
  values: Float32Array.from({ length: height * width }, (_, i) => f(i)),
});

const interval = { low: 0.7, high: 0.9, level: 0.95, method: 'Student t, n = 3' };

/** Title, chart, the marks that it must draw (as Vega groups them), and what its words must say. */
const cases: [string, () => ChartSpec, Record<string, number>, RegExp][] = [
  [
    'ladder of four series with chance level',
    () => ladderChart(runs, { y: 'testAccuracy', reference: { y: 0.1, label: 'chance' } }),
    // One line and band a series; 48 seeds and 16 means; labels of series and of the reference.
    { 'mark-line': 4, 'mark-area': 4, 'mark-symbol': 64, 'mark-rule': 1, 'mark-text': 5 },
    /Held-out accuracy against depth 8, 14, 20 and 32, mean of 3 seeds with 95 % t-interval\. Residual: [\d.]+ % at 8, .*chance at 10\.0 %/,
  ],
  [
    'ladder of a measure, one seed, log depth',
    () => ladderChart(ladderRuns(1), { y: 'participation-ratio', xScale: 'log' }),
    { 'mark-line': 4, 'mark-symbol': 32, 'mark-text': 4 },
    /Participation ratio \(dimensions\) against depth .* one seed each/,
  ],
  [
    'learning curves by depth',
    () => learningCurves(residual),
    { 'mark-line': 8, 'mark-area': 8, 'mark-text': 8 },
    /training loss and held-out accuracy by epoch, mean of 3 seeds.*depth 32: training loss [\d.]+ and held-out accuracy [\d.]+ % at epoch 12/,
  ],
  [
    'learning curves by family and depth',
    () => learningCurves(claims, { y: 'testAccuracy' }),
    { 'mark-line': 12, 'mark-area': 12, 'mark-text': 12 },
    /residual, depth 8: held-out accuracy/,
  ],
  [
    'learning curve of one run on a log scale',
    () => learningCurves([run({})], { y: 'trainLoss', yScale: 'log', x: 'step' }),
    { 'mark-line': 1, 'mark-text': 1 },
    /training loss by step\. residual: training loss [\d.]+ at step 384\./,
  ],
  [
    'layer profile of one family',
    () => layerProfile(residual, { measure: 'participation-ratio' }),
    { 'mark-line': 4, 'mark-area': 4, 'mark-text': 4 },
    /Participation ratio \(dimensions\) through the layers of .* at most [\d.]+ at layer \d+ of 16/,
  ],
  [
    'layer profile of three families',
    () => layerProfile(claims, { measure: 'linear-probe', x: 'index' }),
    { 'mark-line': 12, 'mark-area': 12, 'mark-text': 12 },
    /plain, depth 20/,
  ],
  [
    'scatter',
    () => scatterChart(runs, { x: 'participation-ratio', y: 'testAccuracy' }),
    { 'mark-symbol': 48 },
    /of 48 nets .* Kendall's τ is −?[\d.]+\./,
  ],
  [
    'bars with intervals',
    () =>
      barChart(
        [
          { name: 'residual', value: 0.8, interval },
          { name: 'logistic regression on pixels', value: 0.75, interval: null },
        ],
        { quantity: 'testAccuracy' },
      ),
    { 'mark-rect': 2, 'mark-rule': 1, 'mark-text': 2 },
    /residual 80\.0 % \(70\.0 % to 90\.0 %\) and logistic regression on pixels 75\.0 %\.$/,
  ],
  [
    'confusion matrix',
    () =>
      confusionChart(
        [
          [8, 2],
          [1, 9],
        ],
        ['shirt', 'dress'],
      ),
    { 'mark-rect': 4, 'mark-text': 4 },
    /20 images: 17 \(85\.0 %\) are right\. Most often mistaken: shirt for dress \(20 %\) and dress for shirt \(10 %\)\.$/,
  ],
  [
    'pictures',
    () =>
      pictureRows(
        [
          { name: 'stem', tiles: [tile(8, 8, (i) => i), tile(8, 8, () => 0)] },
          { name: 'stage 2', tiles: [tile(4, 4, (i) => i % 3)] },
        ],
        { rows: 'Layer', subject: 'Feature maps of one dress' },
      ),
    { 'mark-image': 2, 'mark-text': 2 },
    /^Feature maps of one dress: 2 rows of small pictures by layer: stem \(2\) and stage 2 \(1\)\. Dark blue is zero/,
  ],
];

for (const [title, make, marks, words] of cases) {
  test(`${title}: drawn without warnings, told in words`, async () => {
    const spec = make();
    assert.match(spec.description, words);
    assert.equal(spec.$schema, 'https://vega.github.io/schema/vega-lite/v5.json');
    assert.deepEqual(spec, JSON.parse(JSON.stringify(spec)), 'is plain JSON');
    const { svg, warnings } = await render(spec);
    assert.deepEqual(warnings, []);
    assert.ok(!/NaN|undefined|Infinity/.test(svg));
    assert.deepEqual(countMarks(svg), marks);
  });
}

test('the axis has a tick at each measured depth', async () => {
  const { svg } = await render(ladderChart(runs, { y: 'testAccuracy' }));
  const labels = [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, text]) => text);
  for (const depth of ['8', '14', '20', '32']) assert.ok(labels.includes(depth), depth);
  assert.ok(labels.includes('Depth (weighted layers)'));
});

test('the words give intervals where there are few lines', () => {
  const { description } = ladderChart(residual, { y: 'testAccuracy' });
  assert.match(description, /Residual: [\d.]+ % \([\d.]+ % to [\d.]+ %\) at 8, /);
});

test('the same runs give the same bytes', async () => {
  const one = await render(ladderChart(runs, { y: 'testAccuracy' }));
  const other = await render(ladderChart(ladderRuns(), { y: 'testAccuracy' }));
  assert.ok(one.svg === other.svg);
});

test('runs without a value are left out and counted', () => {
  const diverged = {
    ...run({ depth: 32, seed: 9 }),
    outcome: {
      status: 'diverged',
      stoppedBy: 'divergence',
      epochs: 1,
      steps: 5,
      diverged: { step: 5, lastLoss: 9 },
    },
  } as const;
  const spec = ladderChart([...residual, diverged], { y: 'testAccuracy' });
  assert.match(
    spec.description,
    /1 of 13 runs have no value \(such as diverged ones\) and are left out\./,
  );
});

test('numbers that are not finite are refused by name', () => {
  const rows = [{ depth: 8, series: 'plain', error: Number.NaN }];
  assert.throws(() => scatterChart(rows, { x: 'depth', y: 'error' }), /NaN|finite/);
  assert.throws(
    () => chart('A chart.', { data: { values: [{ depth: 8, loss: Infinity }] } }),
    (error: unknown) =>
      error instanceof NonFiniteChartData &&
      error.field === 'loss' &&
      /"loss" is Infinity in \{"depth":8,"loss":null\}/.test(error.message),
  );
  assert.throws(
    () => chart('A chart.', { data: { values: [{ depth: undefined }] } }),
    NonFiniteChartData,
  );
  assert.throws(
    () =>
      pictureRows([{ name: 'stem', tiles: [tile(2, 2, () => Number.NaN)] }], {
        rows: 'Layer',
        subject: 'Maps',
      }),
    /picture of stem/,
  );
});

test('what cannot be drawn is said by name', () => {
  assert.throws(() => ladderChart([], { y: 'testAccuracy' }), InvalidChartData);
  assert.throws(() => ladderChart(runs, { y: 'testAcuracy' }), /no row has a column "testAcuracy"/);
  assert.throws(
    () => layerProfile(runs, { measure: 'cka' }),
    /no run has a reading of "cka".*linear-probe/,
  );
  assert.throws(() => chart('', {}), /description/);
  assert.throws(() => confusionChart([[1]], ['a', 'b']), /2 classes/);
  assert.throws(
    () =>
      pictureRows([{ name: 'stem', tiles: [{ height: 2, width: 2, values: [1] }] }], {
        rows: 'Layer',
        subject: 'Maps',
      }),
    /"stem" has 1 values, not 2 × 2 × 1/,
  );
});
