// Two readings against each other, one point a run: whether what one measure calls complex, another does too.
import { kendall } from '../stats/index.js';
import {
  axisTitle,
  capital,
  list,
  type QuantityInput,
  quantity as describeColumn,
  say,
  tableOf,
  type TableInput,
} from './quantity.js';
import { axisLabels, axisScale } from './scale.js';
import { type ChartSpec, chart, InvalidChartData } from './spec.js';
import { columnWidth, shapes } from './theme.js';

export interface ScatterOptions {
  readonly x: QuantityInput;
  readonly y: QuantityInput;
  /** Column that sets colour and shape; `series` (family and control) when left out. */
  readonly series?: string;
  /** Column written beside each point that has room for it (`depth`). */
  readonly label?: string;
  readonly xScale?: 'linear' | 'log';
  readonly yScale?: 'linear' | 'log';
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Scatter of two columns; the description gives Kendall's τ-b of the points drawn. */
export function scatterChart(input: TableInput, options: ScatterOptions): ChartSpec {
  const { rows, quantity } = tableOf(input);
  const x = quantity(options.x);
  const y = quantity(options.y);
  const key = options.series ?? 'series';
  const shown = rows.filter(
    (row) => typeof row[x.field] === 'number' && typeof row[y.field] === 'number',
  );
  if (shown.length === 0) {
    throw new InvalidChartData(`chart: no row has numbers in both "${x.field}" and "${y.field}"`);
  }
  const values = shown.map((row) => ({
    series: String(row[key] ?? 'all'),
    x: row[x.field] as number,
    y: row[y.field] as number,
    ...(options.label === undefined ? {} : { label: String(row[options.label] ?? '') }),
    ...(typeof row.seed === 'number' ? { seed: row.seed } : {}),
    ...(typeof row.depth === 'number' ? { depth: row.depth } : {}),
  }));
  const names = [...new Set(values.map((row) => row.series))];
  const width = options.width ?? Math.round(columnWidth * 0.7);
  const height = options.height ?? Math.round(columnWidth * 0.52);
  const [xs, ys] = [values.map((row) => row.x), values.map((row) => row.y)];
  const axis = (q: typeof x, numbers: readonly number[], type: 'linear' | 'log' = 'linear') => {
    const scale = axisScale(q, numbers, type);
    return {
      type: 'quantitative',
      title: axisTitle(q),
      scale: {
        type,
        domain: scale.domain,
        nice: false,
        padding: 8,
        ...(type === 'linear' ? { zero: false } : {}),
      },
      axis: {
        ...axisLabels(q, scale),
        grid: true,
        ...(type === 'log' ? {} : { tickCount: 6 }),
      },
    };
  };
  const encoding = {
    x: { field: 'x', ...axis(x, xs, options.xScale) },
    y: { field: 'y', ...axis(y, ys, options.yScale) },
  };
  const legend = names.length === 1 ? null : { title: null };
  const points = {
    mark: { type: 'point', style: 'mean', opacity: 0.85 },
    encoding: {
      ...encoding,
      color: { field: 'series', type: 'nominal', scale: { domain: names }, legend },
      shape: {
        field: 'series',
        type: 'nominal',
        scale: { domain: names, range: names.map((_, index) => shapes[index % shapes.length]) },
        legend,
      },
      tooltip: [
        { field: 'series', title: 'Net' },
        ...('depth' in values[0]!
          ? [{ field: 'depth', title: describeColumn('depth').title }]
          : []),
        ...('seed' in values[0]! ? [{ field: 'seed', title: 'Seed' }] : []),
        { field: 'x', title: x.title, type: 'quantitative', format: '.3~g' },
        { field: 'y', title: y.title, type: 'quantitative', format: '.3~g' },
      ],
    },
  };
  const roomy = roomyPoints(
    values,
    encoding.x.scale.domain,
    encoding.y.scale.domain,
    width,
    height,
  );
  const labels =
    options.label === undefined
      ? []
      : [
          {
            data: { values: values.filter((_, index) => roomy[index]) },
            mark: { type: 'text', style: 'valueLabel' },
            encoding: { ...encoding, text: { field: 'label' } },
          },
        ];
  const tau = values.length > 2 ? kendall(xs, ys).tau : null;
  const range = (numbers: readonly number[], q: typeof x) =>
    `${say(Math.min(...numbers), q)} to ${say(Math.max(...numbers), q)}`;
  const left = rows.length - shown.length;
  const description = [
    `${axisTitle(y)} against ${axisTitle(x).toLowerCase()} of ${values.length} nets (${list(names)}).`,
    `${capital(x.title)} runs from ${range(xs, x)}, ${y.title.toLowerCase()} from ${range(ys, y)}.`,
    ...(tau === null ? [] : [`Kendall's τ is ${tau.toFixed(2).replace('-', '−')}.`]),
    ...(left === 0 ? [] : [`${left} of ${rows.length} runs have no value and are left out.`]),
  ].join(' ');
  return chart(description, {
    ...(options.title === undefined ? {} : { title: options.title }),
    width,
    height,
    data: { values },
    layer: [points, ...labels],
  });
}

/** Points whose label, to their right, would cover no other point or earlier label. */
function roomyPoints(
  values: readonly { readonly x: number; readonly y: number; readonly label?: string }[],
  [left, right]: readonly [number, number],
  [low, high]: readonly [number, number],
  width: number,
  height: number,
): boolean[] {
  const places = values.map((value) => ({
    x: ((value.x - left) / (right - left)) * width,
    y: ((value.y - low) / (high - low)) * height,
    reach: 10 + 6.5 * (value.label?.length ?? 0),
  }));
  const labelled: number[] = [];
  return places.map((place, index) => {
    const covered = places.some(
      (other, at) =>
        at !== index &&
        Math.abs(other.y - place.y) < 9 &&
        other.x + (labelled.includes(at) ? other.reach : 4) > place.x + 2 &&
        other.x - 4 < place.x + place.reach,
    );
    if (!covered) labelled.push(index);
    return !covered;
  });
}
