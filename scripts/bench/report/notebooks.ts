// The notebooks that every contender renders: executed, and the same bytes each time.
import type { Cell, Notebook } from '../../../src/press/notebook/nbformat.js';

const sentences = [
  'A network with rectifiers is a *piecewise linear* function, and depth can fold what came before.',
  'Whether **trained** networks make use of that is another matter, since the count near the data grows slowly.',
  'We hold the width fixed, train five seeds a depth, and keep an untrained net and shuffled labels as controls.',
  'The interval is Student’s, over seeds; a reading that saturates is marked and is no finding.',
];

function prose(index: number): Cell {
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

const rows = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => ({
    depth: 8 + 6 * (i % 6),
    family: ['plain', 'residual', 'linear'][i % 3],
    epoch: Math.floor(i / 6),
    value: Math.round(1000 * (0.5 + 0.4 * Math.sin(seed + i / 7))) / 1000,
  }));

const encodings = [
  {
    mark: 'line',
    encoding: {
      x: { field: 'epoch', type: 'quantitative' },
      y: { field: 'value', type: 'quantitative', aggregate: 'mean' },
      color: { field: 'depth', type: 'ordinal' },
    },
  },
  {
    mark: 'point',
    encoding: {
      x: { field: 'depth', type: 'quantitative' },
      y: { field: 'value', type: 'quantitative' },
      color: { field: 'family', type: 'nominal' },
    },
  },
  {
    mark: 'bar',
    encoding: {
      x: { field: 'family', type: 'nominal' },
      y: { field: 'value', type: 'quantitative', aggregate: 'mean' },
    },
  },
  {
    mark: 'rect',
    encoding: {
      x: { field: 'depth', type: 'ordinal' },
      y: { field: 'epoch', type: 'ordinal' },
      color: { field: 'value', type: 'quantitative', aggregate: 'mean' },
    },
  },
];

function chart(index: number): Cell {
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
          'application/vnd.vegalite.v5+json': {
            $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
            description: `Readings by depth, part ${index + 1}.`,
            data: { values: rows(180, index) },
            width: 460,
            height: 260,
            ...encodings[index % encodings.length],
          },
          'text/plain': '<a chart>',
        },
      },
    ],
  };
}

function text(index: number): Cell {
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

function notebook(cells: Cell[]): Notebook {
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

const thirds = (count: number, make: (index: number) => Cell[]) =>
  Array.from({ length: count }, (_, index) => make(index)).flat();

/** By name: a chapter as a book has them, and a long one of text alone. */
export const notebooks: Readonly<Record<string, Notebook>> = {
  'chapter of 30 cells with 10 charts': notebook(
    thirds(10, (index) => [prose(index), text(index), chart(index)]),
  ),
  '300 cells without charts': notebook(thirds(150, (index) => [prose(index), text(index)])),
};
