// A chapter as a book has them, executed: prose, formulas, code, charts of every common kind, pictures, tables, notes,
// citations, terminal output. Built here rather than stored, so that a reader sees what is in it.
import type { Cell, MimeBundle, Notebook, Output } from '../../../src/press/notebook/nbformat.js';
import { encode } from 'fast-png';

let count = 0;

const markdown = (source: string): Cell => ({
  cell_type: 'markdown',
  id: `cell-${++count}`,
  metadata: {},
  source,
});

const code = (source: string, outputs: Output[] = [], tags: string[] = []): Cell => ({
  cell_type: 'code',
  id: `cell-${++count}`,
  metadata: { tags },
  source,
  execution_count: count,
  outputs,
});

const show = (data: MimeBundle, fathom: Record<string, string> = {}): Output => ({
  output_type: 'display_data',
  data,
  metadata: { fathom },
});

const chart = (specification: object, fathom: Record<string, string>): Output =>
  show({ 'application/vnd.vegalite.v5+json': specification, 'text/plain': '<a chart>' }, fathom);

const stdout = (text: string): Output => ({ output_type: 'stream', name: 'stdout', text });

const depths = [8, 14, 20, 32, 44];
/** A number in [0, 1) that depends on its arguments only. */
const noise = (...seeds: number[]) => {
  const x = Math.sin(seeds.reduce((sum, s, i) => sum + s * (12.9898 + 65.7 * i), 1)) * 43758.5453;
  return x - Math.floor(x);
};

const curves = depths.flatMap((depth) =>
  Array.from({ length: 20 }, (_, epoch) => {
    const accuracy =
      0.93 - 0.0006 * (depth - 20) ** 2 * 0.05 - 0.55 * Math.exp(-(epoch + 1) / (3 + depth / 20));
    const value = accuracy + 0.008 * (noise(depth, epoch) - 0.5);
    return {
      depth,
      epoch: epoch + 1,
      accuracy: round(value),
      low: round(value - 0.012),
      high: round(value + 0.012),
    };
  }),
);

const ladder = depths.flatMap((depth, i) =>
  ['plain', 'residual', 'linear'].map((family, f) => {
    const regions =
      family === 'linear' ? 1 : 40 * (i + 1) ** (f === 0 ? 0.7 : 1.1) * (1 + 0.1 * noise(i, f));
    const spread = family === 'linear' ? 0 : regions * 0.12;
    return {
      depth,
      family,
      regions: round(regions, 1),
      low: round(regions - spread, 1),
      high: round(regions + spread, 1),
    };
  }),
);

const profile = [8, 20, 44].flatMap((depth) =>
  Array.from({ length: depth }, (_, layer) => ({
    depth: `depth ${depth}`,
    layer: layer + 1,
    rank: round(14 + 20 * Math.sin((layer / depth) * 2.6) + 3 * noise(depth, layer), 2),
  })),
);

const similarity = Array.from({ length: 12 * 12 }, (_, i) => {
  const [a, b] = [Math.floor(i / 12), i % 12];
  return {
    from: a + 1,
    to: b + 1,
    cka: round(Math.exp(-Math.abs(a - b) / 5) * (0.9 + 0.1 * noise(a, b)), 3),
  };
});

const scatter = Array.from({ length: 60 }, (_, i) => ({
  gap: round(0.01 + 0.1 * noise(i, 1), 4),
  norm: round(2 + 6 * noise(i, 1) + 2 * noise(i, 2), 3),
  family: ['plain', 'residual'][i % 2]!,
}));

function round(value: number, digits = 4): number {
  return Number(value.toFixed(digits));
}

const schema = 'https://vega.github.io/schema/vega-lite/v5.json';

/** A grid of small grey pictures, as feature maps are shown. */
function featureMaps(): string {
  const [width, height] = [84, 28];
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const map = Math.floor(x / 28);
      const [u, v] = [(x % 28) / 28 - 0.5, y / 28 - 0.5];
      data[y * width + x] = 127 + 120 * Math.sin((u * (3 + map * 4) + v * (6 - map * 2)) * 3);
    }
  }
  return Buffer.from(encode({ width, height, data, channels: 1, depth: 8 })).toString('base64');
}

export const bibliography = `
@inproceedings{he2016, author={He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian}, title={Deep Residual Learning for Image Recognition}, booktitle={CVPR}, pages={770--778}, year={2016}, doi={10.1109/CVPR.2016.90}}
@inproceedings{hanin2019, author={Hanin, Boris and Rolnick, David}, title={Complexity of Linear Regions in Deep Networks}, booktitle={ICML}, year={2019}, url={https://arxiv.org/abs/1901.09021}}
@article{kornblith2019, author={Kornblith, Simon and Norouzi, Mohammad and Lee, Honglak and Hinton, Geoffrey}, title={Similarity of Neural Network Representations Revisited}, journal={ICML}, year={2019}}
`;

/** The chapter; `files` lie beside it. */
export function chapter(): Notebook {
  count = 0;
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: 'fathom', display_name: 'Fathom', language: 'typescript' },
      language_info: { name: 'typescript', version: '5.9.3' },
    },
    cells: [
      {
        cell_type: 'raw',
        id: 'front',
        metadata: {},
        source: `---
title: Do deeper networks cut space into more pieces?
subtitle: Linear regions, effective rank and the generalisation gap of five ladders of convolutional networks
author:
  - name: Ada Example
    affiliation: Institute of Depth
  - Ben Sample
date: 2026-03-14
abstract: >
  We train plain and residual networks of 8 to 44 layers on Fashion-MNIST and count, along straight lines between
  test images, how many linear pieces the learned function has. The count grows with depth for residual networks
  and saturates for plain ones; the linear control stays at one. Depth alone explains less than half of it.
keywords: [depth, linear regions, residual networks]
bibliography: references.bib
---`,
      },
      markdown(`## The question {#sec-question}

A network with rectifiers is a *piecewise linear* function. Depth is often said to multiply the number of pieces,
since each layer can fold what the one before has already folded [@hanin2019]. Whether **trained** networks make use of
that is another matter: @hanin2019 found that the count near the data grows far more slowly than the bound.[^bound]
We ask the question for the residual networks of @he2016, and we keep three controls beside each reading.

[^bound]: The bound counts regions in all of input space, most of which no image ever visits.

The evidence comes in three parts. @fig-curves shows that the networks were trained to comparable accuracy,
@fig-ladder shows the count itself, and [@fig-profile; @fig-cka] look inside. Definitions are in @sec-method and the
numbers in @tbl-summary.`),
      markdown(`## Method {#sec-method}

### How pieces are counted

Along the segment $x(t) = (1-t)\\,a + t\\,b$ between two images the pre-activation of each unit is piecewise linear in
$t$, so its zeros can be found exactly. With $\\sigma$ the rectifier and $W_\\ell$ the weights of layer $\\ell$, the
function is

$$
f(x) = W_L\\,\\sigma\\!\\left(W_{L-1}\\,\\sigma(\\cdots \\sigma(W_1 x + b_1)\\cdots) + b_{L-1}\\right) + b_L .
$$ {#eq-network}

The number of pieces between $a$ and $b$ is one more than the number of distinct $t \\in (0,1)$ at which some unit of
@eq-network changes sign. We average over $n = 200$ segments and give the 95 % interval over five seeds,

$$ \\bar r \\pm t_{0.975,\\,4}\\, \\sqrt{\\tfrac{1}{5}\\textstyle\\sum_{s=1}^{5} (r_s - \\bar r)^2 / 4}\\,. $$ {#eq-interval}

::: {.callout-note title="What is held fixed"}
All networks of a ladder have the same width. Ladders of equal *parameters* are in the next chapter, because there
width falls as depth grows and the two effects must be told apart.
:::

### Training

- SGD with momentum 0.9, cosine schedule, 20 epochs;
- random crop and flip, batch size 128;
- three controls: an untrained network, shuffled labels, and the \`linear\` family.

- [x] same data order for every depth
- [ ] equal training loss (see @sec-limits)`),
      code(
        `// Parameters of this chapter.\nconst depths = [8, 14, 20, 32, 44];\nconst seeds = 5;\nconst epochs = 20;`,
        [],
        ['parameters'],
      ),
      code(
        `//| code-fold: show
//| code-summary: Train the ladder
import { ladder, runStudy, study } from 'fathom';

// Every grid cell is trained once; what is already in the store is read from there.
const nets = ladder({ family: 'residual', depths, hold: 'width' });
const runs = await runStudy(study({ data: 'fashion-mnist', nets, seeds, recipe: { epochs, optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 } } }), { workers: 2 });
for (const run of runs) console.log(\`\${run.cell.net.family} \${run.cell.net.depth}: \${(100 * run.metrics.at(-1)!.test.accuracy).toFixed(1)} %\`);`,
        [
          stdout('training  10 %\rtraining  55 %\rtraining 100 %\n'),
          stdout(
            '\x1b[1mresidual\x1b[0m  8: \x1b[32m90.1 %\x1b[0m\n\x1b[1mresidual\x1b[0m 20: \x1b[32m92.4 %\x1b[0m\n\x1b[1mresidual\x1b[0m 44: \x1b[33m91.8 %\x1b[0m\n',
          ),
        ],
      ),
      markdown(`## Results

### All depths learn the task`),
      code(
        `//| code-fold: true
show(curveChart(runs), { label: 'fig-curves', caption: 'Test accuracy by epoch …' });`,
        [
          chart(
            {
              $schema: schema,
              description:
                'Line chart of test accuracy over 20 epochs for depths 8 to 44. All rise steeply until epoch 6 and end between 0.89 and 0.93.',
              data: { values: curves },
              width: 'container',
              height: 260,
              layer: [
                {
                  mark: { type: 'area', opacity: 0.15 },
                  encoding: {
                    y: { field: 'low', type: 'quantitative', scale: { zero: false } },
                    y2: { field: 'high' },
                  },
                },
                {
                  mark: { type: 'line' },
                  encoding: {
                    y: {
                      field: 'accuracy',
                      type: 'quantitative',
                      title: 'Test accuracy',
                      scale: { domain: [0.4, 1] },
                      axis: { format: '.0%' },
                    },
                    tooltip: [
                      { field: 'depth' },
                      { field: 'epoch' },
                      { field: 'accuracy', format: '.3f' },
                    ],
                  },
                },
              ],
              encoding: {
                x: { field: 'epoch', type: 'quantitative', title: 'Epoch' },
                color: {
                  field: 'depth',
                  type: 'ordinal',
                  title: 'Depth',
                  scale: { scheme: 'viridis' },
                },
              },
            },
            {
              label: 'fig-curves',
              caption:
                'Test accuracy by epoch, mean of five seeds with 95 % interval. Deeper networks start more slowly and end, except at depth 44, at the same level.',
            },
          ),
        ],
      ),
      markdown(`The final accuracies differ by less than three points, so a difference in the number of pieces is not
simply a difference in how well the task was learned.

### The count grows, then it does not`),
      code(
        `show(ladderChart(readings));`,
        [
          chart(
            {
              $schema: schema,
              description:
                'Number of linear pieces by depth for three families. Residual networks rise from 40 to 260, plain ones from 40 to 130, linear ones stay at 1.',
              data: { values: ladder },
              width: 460,
              height: 280,
              layer: [
                {
                  mark: { type: 'rule' },
                  encoding: {
                    y: { field: 'low', type: 'quantitative', title: 'Pieces per segment' },
                    y2: { field: 'high' },
                  },
                },
                {
                  mark: { type: 'line', point: { filled: true, size: 50 } },
                  encoding: { y: { field: 'regions', type: 'quantitative' } },
                },
              ],
              encoding: {
                x: {
                  field: 'depth',
                  type: 'quantitative',
                  title: 'Depth (weighted layers)',
                  scale: { domain: [0, 48] },
                },
                color: { field: 'family', title: 'Family' },
              },
            },
            {
              label: 'fig-ladder',
              caption:
                'Linear pieces between two test images, by depth. Bars are 95 % intervals over five seeds ([-@eq-interval]).',
            },
          ),
        ],
        ['remove-input'],
      ),
      markdown(`Residual networks gain pieces almost in proportion to depth [see @he2016, sec. 3; also @kornblith2019, for a
related view]. Plain networks fall behind from depth 20 on.

| Family   | Depth | Accuracy | Pieces | Interval    |
|:---------|------:|---------:|-------:|:------------|
| plain    |     8 |   90.1 % |     41 | 36 – 46     |
| plain    |    44 |   88.7 % |    128 | 113 – 143   |
| residual |     8 |   90.4 % |     42 | 37 – 47     |
| residual |    44 |   91.8 % |    257 | 226 – 288   |
| linear   |    44 |   84.2 % |      1 | –           |

: Final accuracy and pieces per segment, at the ends of each ladder. {#tbl-summary}

### Inside the networks`),
      code(
        `//| label: fig-profile
//| fig-cap: Effective rank of the activations, layer by layer.
//| fig-alt: Three panels, one for each depth. In each the rank rises to about 34 in the middle and falls to 20 at the end.
//| column: page
//| echo: false
show(profileChart(readings));`,
        [
          chart(
            {
              $schema: schema,
              data: { values: profile },
              facet: {
                column: { field: 'depth', title: null, sort: ['depth 8', 'depth 20', 'depth 44'] },
              },
              spec: {
                width: 220,
                height: 170,
                mark: { type: 'line', point: { size: 12 } },
                encoding: {
                  x: { field: 'layer', type: 'quantitative', title: 'Layer' },
                  y: { field: 'rank', type: 'quantitative', title: 'Effective rank' },
                },
              },
              resolve: { scale: { x: 'independent' } },
            },
            {},
          ),
        ],
      ),
      code(
        `//| echo: false
show(similarityChart(readings));
show(scatterChart(readings));`,
        [
          chart(
            {
              $schema: schema,
              description:
                'Heat map of similarity between 12 layers: high along the diagonal, falling off with distance.',
              data: { values: similarity },
              mark: 'rect',
              width: { step: 24 },
              height: { step: 24 },
              encoding: {
                x: { field: 'from', type: 'ordinal', title: 'Layer' },
                y: { field: 'to', type: 'ordinal', title: 'Layer', sort: 'descending' },
                color: { field: 'cka', type: 'quantitative', title: 'CKA' },
              },
            },
            {
              label: 'fig-cka',
              caption: 'Similarity of layers (linear CKA) in the residual network of depth 14.',
            },
          ),
          chart(
            {
              $schema: schema,
              description:
                'Scatter plot: networks with a larger Jacobian norm have a larger generalisation gap, in both families.',
              data: { values: scatter },
              mark: { type: 'point', filled: true, size: 45, tooltip: true },
              encoding: {
                x: { field: 'norm', type: 'quantitative', title: 'Jacobian norm' },
                y: {
                  field: 'gap',
                  type: 'quantitative',
                  title: 'Generalisation gap',
                  axis: { format: '%' },
                },
                color: { field: 'family', title: 'Family' },
                shape: { field: 'family', title: 'Family' },
              },
            },
            {
              label: 'fig-gap',
              caption: 'Jacobian norm and generalisation gap, one point a network.',
            },
          ),
        ],
      ),
      code(
        `show(featureMaps(net, image));`,
        [
          show(
            { 'image/png': featureMaps(), 'text/plain': '<a picture>' },
            {
              label: 'fig-maps',
              caption: 'Feature maps of the first layer for one image of class *boot*.',
              alt: 'Three small grey pictures with stripes in three directions.',
            },
          ),
        ],
        ['remove-input'],
      ),
      code(
        `//| label: tbl-all
//| tbl-cap: Every reading of the ladder at depth 44, in the units of the methods section.
display.html(table(readings));`,
        [
          show({
            'text/html': wideTable(),
            'text/plain': 'a table',
          }),
        ],
        ['hide-input'],
      ),
      code(
        `throw new RangeError('depth must be 6n + 2 for residual networks, but is 45');`,
        [
          {
            output_type: 'error',
            ename: 'RangeError',
            evalue: 'depth must be 6n + 2 for residual networks, but is 45',
            traceback: [
              '\x1b[31mRangeError\x1b[39m: depth must be 6n + 2 for residual networks, but is 45',
              '    at cell 12, line 1, column 7',
            ],
          },
        ],
        ['raises-exception'],
      ),
      markdown(`## Verdict {#sec-verdict}

> Depth multiplies pieces in residual networks and, less so, in plain ones; it does not do so on its own.

> [!WARNING]
> The reading saturates at about 400 pieces with 200 segments. None of ours comes near.

## Limits {#sec-limits}

Equal width means that parameters grow with depth. The loss was not matched: at depth 44 it is 0.02 higher than at
depth 20. Greek in the text (κ, τ) and names such as Łukasiewicz or Đorđević must print as they should; a very long
address such as <https://example.org/a/very/long/path/that/does/not/break/by/itself/and/goes/on/and/on/index.html>
must not run off the page.`),
    ],
  };
}

function wideTable(): string {
  const measures = [
    'pieces',
    'rank',
    'participation',
    'Jacobian',
    'probe',
    'gap',
    'CKA to input',
    'margin',
    'sharpness',
    'spectral norm',
    'path norm',
    'curvature',
  ];
  const head = `<tr><th>family</th>${measures.map((name) => `<th>${name}</th>`).join('')}</tr>`;
  const rows = ['plain', 'residual', 'linear'].map(
    (family, i) =>
      `<tr><th>${family}</th>${measures.map((_, j) => `<td>${round(noise(i, j) * 10 ** (j % 4), 2)}</td>`).join('')}</tr>`,
  );
  return `<table class="dataframe"><thead>${head}</thead><tbody>${rows.join('')}</tbody></table>`;
}
