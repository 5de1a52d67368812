// A chapter of 30 cells with the ten charts that the book's chapters have, of as many runs as they train: how large a page
// becomes and how long it takes to make is tried with it, in tests and benches.
import { confusionChart } from '../../../src/lab/chart/confusion.js';
import { ladderChart } from '../../../src/lab/chart/ladder.js';
import { layerProfile } from '../../../src/lab/chart/layer-profile.js';
import { learningCurves } from '../../../src/lab/chart/learning-curves.js';
import { pictureRows } from '../../../src/lab/chart/pictures.js';
import { scatterChart } from '../../../src/lab/chart/scatter.js';
import type { ChartSpec } from '../../../src/lab/chart/spec.js';
import { random } from '../../../src/lab/tensor/random.js';
import type { Cell, Notebook } from '../../../src/press/notebook/nbformat.js';
import { ladderRuns } from '../../lab/chart/fixture.js';

const sentences = [
  'A network with rectifiers is a *piecewise linear* function, and depth can fold what came before.',
  'Whether **trained** networks make use of that is another matter, since the count near the data grows slowly.',
  'We hold the width fixed, train three seeds a depth, and keep an untrained net and shuffled labels as controls.',
  'The interval is Student’s, over seeds; a reading that saturates is marked and is no finding.',
];

/** A cell of words; every third starts a section, and formulas and tables stand among them. */
export function proseCell(index: number): Cell {
  const text = Array.from({ length: 6 }, (_, i) => sentences[(index + i) % sentences.length]);
  const head = index % 3 === 0 ? `## Part ${index / 3 + 1}\n\n` : '';
  const formula =
    index % 4 === 0 ? '\n\n$$ \\bar r \\pm t_{0.975,\\,4}\\, \\sqrt{s^2 / 5} $$\n' : '';
  const table =
    index % 5 === 0
      ? '\n\n| depth | plain | residual |\n|---:|---:|---:|\n| 8 | 90.1 | 90.4 |\n| 44 | 88.7 | 91.8 |\n'
      : '';
  return {
    cell_type: 'markdown',
    id: `prose-${index}`,
    metadata: {},
    source: head + text.join(' ') + formula + table,
  };
}

/** A cell of code that prints lines. */
export function printingCell(index: number): Cell {
  return {
    cell_type: 'code',
    id: `text-${index}`,
    metadata: {},
    execution_count: index + 1,
    source: `for (const run of runs.slice(${index})) {\n  console.log(\`\${run.cell.net.family} \${run.cell.net.depth}: \${run.accuracy}\`);\n}`,
    outputs: [
      {
        output_type: 'stream',
        name: 'stdout',
        text: Array.from({ length: 8 }, (_, i) => `residual ${8 + 6 * i}: 0.9${i}\n`).join(''),
      },
    ],
  };
}

function chartCell(specification: ChartSpec, index: number): Cell {
  return {
    cell_type: 'code',
    id: `chart-${index}`,
    metadata: {},
    execution_count: index + 1,
    source: `const readings = await read(runs, { measure: 'regions', index: ${index} });\nshow(ladderChart(readings));`,
    outputs: [
      {
        output_type: 'display_data',
        metadata: {},
        data: {
          'application/vnd.vegalite.v5+json': { ...specification },
          'text/plain': '<a chart>',
        },
      },
    ],
  };
}

/** Feature maps as a trained net has them: noise, which no format makes smaller. */
function featureMaps(): ChartSpec {
  const { next } = random(1);
  const tile = (size: number) => ({
    height: size,
    width: size,
    values: Float32Array.from({ length: size * size }, next),
  });
  const layers = [28, 14, 7].flatMap((size) =>
    ['first', 'last'].map((which) => ({
      name: `${which} block of ${size} pixels`,
      tiles: Array.from({ length: 8 }, () => tile(size)),
    })),
  );
  return pictureRows(layers, { rows: 'Layer', subject: 'Feature maps of one dress' });
}

function confusion(): ChartSpec {
  const names = 'T-shirt trouser pullover dress coat sandal shirt sneaker bag boot'.split(' ');
  const { next } = random(2);
  const counts = names.map((_, i) =>
    names.map((_, j) => (i === j ? 80 : 0) + Math.round(next() * 6)),
  );
  return confusionChart(counts, names);
}

/** The charts of a chapter: what was learned when, how it goes with depth, and what the layers hold. */
export function bookCharts(): ChartSpec[] {
  const runs = ladderRuns();
  const claims = runs.filter(({ cell }) => cell.data.shuffledLabels === 0);
  const residual = claims.filter(({ cell }) => cell.net.family === 'residual');
  return [
    learningCurves(residual),
    learningCurves(claims, { y: 'testAccuracy' }),
    ladderChart(runs, { y: 'testAccuracy', reference: { y: 0.1, label: 'chance' } }),
    ladderChart(runs, { y: 'participation-ratio', xScale: 'log' }),
    ladderChart(claims, { y: 'linear-probe' }),
    layerProfile(claims, { measure: 'participation-ratio' }),
    layerProfile(claims, { measure: 'linear-probe', x: 'index' }),
    scatterChart(runs, { x: 'participation-ratio', y: 'testAccuracy' }),
    confusion(),
    featureMaps(),
  ];
}

/** A notebook of the project's kernel, executed. */
export function executed(cells: Cell[]): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: 'fathom', display_name: 'Fathom', language: 'typescript' },
      language_info: { name: 'typescript' },
    },
    cells,
  };
}

export function tenCharts(): Notebook {
  return executed(
    bookCharts().flatMap((specification, index) => [
      proseCell(index),
      printingCell(index),
      chartCell(specification, index),
    ]),
  );
}
