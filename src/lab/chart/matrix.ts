// A matrix of numbers as shaded squares: which layer says the same as which.
import { InvalidChartData, type ChartSpec, chart } from './spec.js';

export interface MatrixOptions {
  /** What a number is, as a noun: `CKA`. */
  readonly value: string;
  /** What rows and columns are: `Layer of the net of depth 8`. */
  readonly rows: string;
  readonly columns: string;
  /** Values of the lightest and the darkest square; 0 and 1 when left out. */
  readonly domain?: readonly [low: number, high: number];
  readonly title?: string;
  /** Pixels of a square; fitted to the text column when left out. */
  readonly cell?: number;
}

/** Pixels that a matrix takes at most. */
const most = 360;

/** `matrix[i][j]` as a square in row i (from above) and column j. Several matrices stand beside each other, on one scale. */
export function matrixChart(
  panels: readonly { readonly title?: string; readonly matrix: readonly (readonly number[])[] }[],
  options: MatrixOptions,
): ChartSpec {
  const { value, domain = [0, 1] } = options;
  if (panels.length === 0) throw new InvalidChartData('chart: there is no matrix to draw');
  const perPanel = most / Math.min(2, panels.length) - (panels.length > 1 ? 20 : 0);
  const views = panels.map(({ title, matrix }) => {
    const [rows, columns] = [matrix.length, matrix[0]?.length ?? 0];
    if (rows === 0 || matrix.some((row) => row.length !== columns)) {
      throw new InvalidChartData('chart: the rows of a matrix have equally many numbers');
    }
    const cell = options.cell ?? Math.min(24, Math.floor(perPanel / Math.max(rows, columns)));
    const axis = { domain: false, ticks: false, labelOverlap: true, labelAngle: 0 };
    return {
      ...(title === undefined ? {} : { title }),
      width: cell * columns,
      height: cell * rows,
      data: {
        values: matrix.flatMap((row, i) =>
          row.map((each, j) => ({ row: i, column: j, value: each })),
        ),
      },
      mark: { type: 'rect', style: 'square' },
      encoding: {
        x: { field: 'column', type: 'ordinal', title: options.columns, axis },
        y: { field: 'row', type: 'ordinal', title: options.rows, axis },
        color: {
          field: 'value',
          type: 'quantitative',
          scale: { domain, clamp: true },
          legend: { title: value, orient: 'right', direction: 'vertical', gradientLength: 120 },
        },
        tooltip: [
          { field: 'row', title: options.rows },
          { field: 'column', title: options.columns },
          { field: 'value', title: value, type: 'quantitative', format: '.3f' },
        ],
      },
    };
  });
  const words = panels.map(({ title, matrix }) => {
    const off = matrix.flatMap((row, i) => row.filter((_, j) => i !== j));
    const mean = off.reduce((sum, each) => sum + each, 0) / Math.max(1, off.length);
    return `${title ?? 'The matrix'} has ${matrix.length} rows and ${matrix[0]!.length} columns; off the diagonal ${value} is ${mean.toFixed(2)} on average, from ${Math.min(...off).toFixed(2)} to ${Math.max(...off).toFixed(2)}.`;
  });
  const [only] = views;
  return chart(`${value} of ${options.rows} with ${options.columns}. ${words.join(' ')}`, {
    ...(views.length === 1 ? only! : { concat: views, columns: 2, spacing: 24 }),
    ...(options.title === undefined ? {} : { title: options.title }),
  });
}
