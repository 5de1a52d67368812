// Lines with bands, the points behind them, and their names written at their ends: the body of most charts here.
import { spreadLabels } from './layout.js';
import { type Quantity, axisTitle } from './quantity.js';
import { type AxisScale, axisLabels, axisScale } from './scale.js';
import { dashes, shapes } from './theme.js';

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** What stands at its end, where that is not the name. */
  readonly label?: string;
  readonly points: readonly LinePoint[];
  /** Single seeds, as points beside the line. */
  readonly dots?: readonly {
    readonly x: number;
    readonly y: number;
    readonly seed: number | null;
  }[];
}

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the band at this point; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
  /** Number of seeds behind the point. */
  readonly count: number;
}

export interface LinesOptions {
  readonly x: Quantity;
  readonly y: Quantity;
  readonly xScale: AxisScale;
  readonly yScale: AxisScale;
  readonly width: number;
  readonly height: number;
  /** All series of the figure in order, so that a name has one colour in every panel. */
  readonly names: readonly string[];
  /** Whether the series have an order (depths), and so a colour scale from shallow to deep. */
  readonly ordered: boolean;
  /** Whether points are marked with a shape. */
  readonly markers: boolean;
  /** Ticks of the x axis; left out, round numbers. */
  readonly xTicks?: readonly number[];
  readonly title?: string;
  /** A dashed line across at this height, with words. */
  readonly reference?: { readonly y: number; readonly label: string };
  /** What the band is: `95 % t-interval`. */
  readonly band: string;
  /** Whether the axis of y has a title; panels beside each other share one. */
  readonly yTitle?: boolean;
}

/** Pixels between the middles of two labels. */
const labelGap = 14;

/** One panel: a layered Vega-Lite view without schema or config. */
export function linesPanel(lines: readonly Line[], options: LinesOptions): Record<string, unknown> {
  const { x, y, xScale, yScale, names, ordered, markers } = options;
  const [xField, yField] = [fieldName(x, 'x'), fieldName(y, 'value')];
  const rows = lines.flatMap((line) =>
    line.points.map((point) => ({
      series: line.name,
      [xField]: point.x,
      [yField]: point.y,
      ...(point.low === null || point.high === null ? {} : { low: point.low, high: point.high }),
      seeds: point.count,
    })),
  );
  const xAxis = {
    field: xField,
    type: 'quantitative',
    title: axisTitle(x),
    scale: { ...scaleOf(xScale), padding: markers ? 12 : 0 },
    axis: {
      ...axisLabels(x, xScale),
      labelOverlap: 'greedy',
      ...(options.xTicks !== undefined
        ? { values: options.xTicks, tickCount: options.xTicks.length }
        : xScale.type === 'log'
          ? {}
          : { tickCount: 6, ...(x.format === 'd' ? { tickMinStep: 1 } : {}) }),
    },
  };
  const yAxis = {
    field: yField,
    type: 'quantitative',
    title: options.yTitle === false ? null : axisTitle(y),
    scale: scaleOf(yScale),
    axis: axisLabels(y, yScale),
  };
  const colour = {
    field: 'series',
    type: ordered ? 'ordinal' : 'nominal',
    scale: { domain: names },
    legend: null,
  };
  const dash = {
    field: 'series',
    type: 'nominal',
    scale: { domain: names, range: names.map((_, index) => dashes[index % dashes.length]) },
    legend: null,
  };
  const shape = {
    field: 'series',
    type: 'nominal',
    scale: { domain: names, range: names.map((_, index) => shapes[index % shapes.length]) },
    legend: null,
  };
  const banded = rows.filter((row) => 'low' in row);
  const dots = lines.flatMap((line) =>
    (line.dots ?? []).map((dot) => ({
      series: line.name,
      [xField]: dot.x,
      [yField]: dot.y,
      ...(dot.seed === null ? {} : { seed: dot.seed }),
    })),
  );
  const tooltip = [
    { field: 'series', title: 'Net' },
    { field: xField, title: x.title, format: x.format },
    { field: yField, title: y.title, type: 'quantitative', format: tooltipFormat(y) },
    ...(banded.length === 0
      ? []
      : [
          {
            field: 'low',
            title: `${options.band}, from`,
            type: 'quantitative',
            format: tooltipFormat(y),
          },
          { field: 'high', title: 'to', type: 'quantitative', format: tooltipFormat(y) },
        ]),
    { field: 'seeds', title: 'Seeds', type: 'quantitative' },
  ];
  const layers: Record<string, unknown>[] = [];
  if (options.reference !== undefined) layers.push(...referenceLayers(options.reference, xScale));
  if (banded.length > 0) {
    layers.push({
      data: { values: banded },
      mark: { type: 'area', style: 'band', clip: true },
      encoding: { x: xAxis, y: { ...yAxis, field: 'low' }, y2: { field: 'high' }, color: colour },
    });
  }
  if (dots.length > 0) {
    layers.push({
      data: { values: dots },
      mark: { type: 'point', style: 'seed', clip: true },
      encoding: { x: xAxis, y: yAxis, color: colour, ...(markers && !ordered ? { shape } : {}) },
    });
  }
  layers.push({
    mark: { type: 'line', clip: true, ...(markers ? {} : { tooltip: true }) },
    encoding: {
      x: xAxis,
      y: yAxis,
      color: colour,
      strokeDash: dash,
      ...(markers ? {} : { tooltip }),
    },
  });
  if (markers) {
    layers.push({
      mark: { type: 'point', style: 'mean' },
      encoding: { x: xAxis, y: yAxis, color: colour, shape, tooltip },
    });
  }
  layers.push(labelLayer(lines, options, xAxis, yAxis, colour));
  return {
    ...(options.title === undefined ? {} : { title: options.title }),
    width: options.width,
    height: options.height,
    data: { values: rows },
    layer: layers,
  };
}

/** A log scale has no zero, and a warning for those who say so. */
function scaleOf({ type, domain }: AxisScale): Record<string, unknown> {
  return { type, domain, nice: false, ...(type === 'linear' ? { zero: false } : {}) };
}

/** The names of lines at their right ends, moved apart where lines end close together. */
function labelLayer(
  lines: readonly Line[],
  { yScale, xScale, height, x, y }: LinesOptions,
  xAxis: Record<string, unknown>,
  yAxis: Record<string, unknown>,
  colour: unknown,
): Record<string, unknown> {
  const ends = lines.flatMap((line) => {
    const last = line.points.at(-1);
    return last === undefined ? [] : [{ line, last }];
  });
  const places = spreadLabels(
    ends.map(({ last }) => Math.min(Math.max(yScale.toUnit(last.y), 0), 1)),
    labelGap / height,
    [0, 1],
  );
  const rows = ends.map(({ line, last }, index) => ({
    series: line.name,
    label: line.label ?? line.name,
    // Lines that end early keep their name at their end; the others stand in one column.
    [fieldName(x, 'x')]: last.x >= xScale.fromUnit(0.8) ? xScale.domain[1] : last.x,
    [fieldName(y, 'value')]: yScale.fromUnit(places[index]!),
  }));
  return {
    data: { values: rows },
    mark: { type: 'text', style: 'seriesLabel' },
    encoding: { x: xAxis, y: yAxis, text: { field: 'label' }, color: colour },
  };
}

function referenceLayers(
  reference: { readonly y: number; readonly label: string },
  xScale: AxisScale,
): Record<string, unknown>[] {
  return [
    {
      data: { values: [{ reference: reference.y }] },
      mark: { type: 'rule', style: 'reference' },
      encoding: { y: { field: 'reference', type: 'quantitative' } },
    },
    {
      data: { values: [{ reference: reference.y, label: reference.label, at: xScale.domain[0] }] },
      mark: { type: 'text', style: 'note', align: 'left', baseline: 'bottom', dy: -3 },
      encoding: {
        y: { field: 'reference', type: 'quantitative' },
        x: { field: 'at', type: 'quantitative' },
        text: { field: 'label' },
      },
    },
  ];
}

/** A column name that needs no escaping in a specification. */
function fieldName({ field }: Quantity, otherwise: string): string {
  return /^\w+$/.test(field) ? field : otherwise;
}

function tooltipFormat({ format }: Quantity): string {
  return format.endsWith('%') ? '.1%' : format === 'd' ? 'd' : '.3~g';
}

/** The scale of y over several panels: holds all points, and bands as far as they do not squash the lines. */
export function yScaleOf(
  lines: readonly Line[],
  y: Quantity,
  type: 'linear' | 'log' = 'linear',
  domain?: readonly [number, number],
  reference?: number,
): AxisScale {
  const points = lines.flatMap((line) => [
    ...line.points.map((point) => point.y),
    ...(line.dots ?? []).map((dot) => dot.y),
  ]);
  if (reference !== undefined) points.push(reference);
  const low = Math.min(...points);
  const high = Math.max(...points);
  // An interval from two seeds can be 9 times as wide as the points are apart: it is drawn, cut at the frame.
  const reach = type === 'log' ? null : 0.75 * (high - low);
  const bands = lines
    .flatMap((line) => line.points.flatMap((point) => [point.low, point.high]))
    .filter((value): value is number => value !== null)
    .map((value) => (reach === null ? value : Math.min(Math.max(value, low - reach), high + reach)))
    .filter((value) => type === 'linear' || value > 0);
  return axisScale(y, [...points, ...bands], type, domain);
}
