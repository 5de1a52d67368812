// A reading against depth: mean line with its interval, every seed as a point, one line a family or control.
import { meanInterval } from '../stats/index.js';
import { type Line, linesPanel, yScaleOf } from './lines.js';
import {
  axisTitle,
  capital,
  list,
  type Quantity,
  type QuantityInput,
  say,
  tableOf,
  type TableInput,
} from './quantity.js';
import { axisScale } from './scale.js';
import { type ChartSpec, chart, InvalidChartData } from './spec.js';
import type { Row } from '../study/table.js';
import { axisRoom, columnWidth, labelRoom } from './theme.js';

export interface LadderOptions {
  /** What is drawn: a metric (`testAccuracy`), a measure by name, or a column of a table. */
  readonly y: QuantityInput;
  /** What it is drawn against; `depth` when left out. */
  readonly x?: QuantityInput;
  /** Column that names the lines; `series` (family and control) when left out. */
  readonly series?: string;
  /** How the interval over seeds is made; Student's t at 0.95 when left out. */
  readonly interval?: { readonly method?: 't' | 'bootstrap'; readonly level?: number };
  readonly xScale?: 'linear' | 'log';
  readonly yScale?: 'linear' | 'log';
  /** Ends of the y axis; left out, round numbers around the values. */
  readonly yDomain?: readonly [low: number, high: number];
  /** A dashed line across: chance level, a ceiling. */
  readonly reference?: { readonly y: number; readonly label: string };
  readonly title?: string;
  /** Pixels of the plotting area; left out, it fills the text column with the axis and the names. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Ladder curve of runs or rows. Rows without a value (diverged runs, readings that do not exist) are left out, and the
 * description says how many.
 */
export function ladderChart(input: TableInput, options: LadderOptions): ChartSpec {
  const { rows, quantity } = tableOf(input);
  const x = quantity(options.x ?? 'depth');
  const y = quantity(options.y);
  const key = options.series ?? 'series';
  const { method = 't', level = 0.95 } = options.interval ?? {};
  const shown = rows.filter(
    (row) => typeof row[y.field] === 'number' && typeof row[x.field] === 'number',
  );
  if (shown.length === 0) throw new InvalidChartData(`chart: no row has a number in "${y.field}"`);
  const names = [...new Set(shown.map((row) => nameOf(row, key)))];
  const lines = names.map((name): Line => {
    const own = shown.filter((row) => nameOf(row, key) === name);
    const places = [...new Set(own.map((row) => row[x.field] as number))].sort((a, b) => a - b);
    return {
      name,
      points: places.map((place) => {
        const values = own
          .filter((row) => row[x.field] === place)
          .map((row) => row[y.field] as number);
        const { value, interval } = meanInterval(values, { method, level });
        return {
          x: place,
          y: value,
          low: interval?.low ?? null,
          high: interval?.high ?? null,
          count: values.length,
        };
      }),
      dots: own.map((row) => ({
        x: row[x.field] as number,
        y: row[y.field] as number,
        seed: typeof row.seed === 'number' ? row.seed : null,
      })),
    };
  });
  const xs = [...new Set(lines.flatMap((line) => line.points.map((point) => point.x)))].sort(
    (a, b) => a - b,
  );
  const xDomain: [number, number] =
    xs.length === 1 ? [xs[0]! * 0.8, xs[0]! * 1.2] : [xs[0]!, xs.at(-1)!];
  const band = `${Math.round(level * 1000) / 10} % ${method === 't' ? 't-interval' : 'bootstrap interval'}`;
  const height = options.height ?? 300;
  return chart(describe({ x, y, lines, xs, band, rows, shown, options }), {
    ...(options.title === undefined ? {} : { title: options.title }),
    ...linesPanel(lines, {
      x,
      y,
      xScale: axisScale(x, xs, options.xScale, xDomain),
      yScale: yScaleOf(lines, y, options.yScale, options.yDomain, options.reference?.y),
      width: options.width ?? columnWidth - axisRoom - labelRoom(names),
      height,
      names,
      ordered: false,
      markers: true,
      xTicks: xs,
      band,
      ...(options.reference === undefined ? {} : { reference: options.reference }),
    }),
  });
}

function nameOf(row: Row, key: string): string {
  const value = row[key];
  return value === undefined || value === null ? 'all' : String(value);
}

function describe(parts: {
  x: Quantity;
  y: Quantity;
  lines: readonly Line[];
  xs: readonly number[];
  band: string;
  rows: readonly Row[];
  shown: readonly Row[];
  options: LadderOptions;
}): string {
  const { x, y, lines, xs, band, rows, shown, options } = parts;
  const counts = lines.flatMap((line) => line.points.map((point) => point.count));
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const seeds =
    most === 1
      ? 'one seed each'
      : `mean of ${least === most ? most : `${least} to ${most}`} seeds with ${band}`;
  const sentences = lines.map(({ name, points }) => {
    const told = points.length <= 4 ? points : [points[0]!, points.at(-1)!];
    const values = told.map((point) => {
      // Of many lines the intervals would drown the rest; they are in the data.
      const interval =
        point.low === null || point.high === null || lines.length > 3
          ? ''
          : ` (${say(point.low, y)} to ${say(point.high, y)})`;
      return `${say(point.y, y)}${interval} at ${say(point.x, x)}`;
    });
    return `${capital(name)}: ${list(values)}.`;
  });
  const missing = rows.length - shown.length;
  return [
    `${axisTitle(y)} against ${x.title.toLowerCase()} ${list(xs.map((value) => say(value, x)))}, ${seeds}.`,
    ...sentences,
    ...(options.reference === undefined
      ? []
      : [`A dashed line marks ${options.reference.label} at ${say(options.reference.y, y)}.`]),
    ...(missing === 0
      ? []
      : [
          `${missing} of ${rows.length} runs have no value (such as diverged ones) and are left out.`,
        ]),
  ].join(' ');
}
