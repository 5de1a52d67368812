// A measure through the layers of a net: one line a net, a panel for each family, deeper nets in deeper blue.
import { meanInterval } from '../stats/index.js';
import type { Run } from '../study/record.js';
import { layerTable } from '../study/table.js';
import { type Group, groupsOf, panelsOf } from './groups.js';
import { type Line, linesPanel, yScaleOf } from './lines.js';
import { axisTitle, list, type Quantity, type QuantityInput, quantity, say } from './quantity.js';
import { axisScale } from './scale.js';
import { type ChartSpec, chart, InvalidChartData } from './spec.js';
import { axisRoom, columnWidth, labelRoom } from './theme.js';

export interface LayerProfileOptions {
  /** Measure whose per-layer values are drawn, or with words of the user's own (`{field: name, title, format}`). */
  readonly measure: QuantityInput;
  /** `position` (0 input, 1 output) when left out, or `index` (layer number). */
  readonly x?: 'position' | 'index';
  readonly yScale?: 'linear' | 'log';
  readonly yDomain?: readonly [low: number, high: number];
  /** Level of the t-interval over seeds; 0.95 when left out. */
  readonly level?: number;
  readonly title?: string;
  /** Pixels of all plotting areas beside each other; left out, the figure fills the text column. */
  readonly width?: number;
  readonly height?: number;
}

/** Per-layer values of a measure by depth of the layer in its net. Runs without that reading are left out. */
export function layerProfile(runs: readonly Run[], options: LayerProfileOptions): ChartSpec {
  const { level = 0.95 } = options;
  const measure = typeof options.measure === 'string' ? options.measure : options.measure.field;
  const read = runs.filter((run) =>
    run.readings.some((reading) => reading.measure === measure && reading.layers.length > 0),
  );
  if (read.length === 0) {
    const names = [...new Set(runs.flatMap((run) => run.readings.map((item) => item.measure)))];
    throw new InvalidChartData(
      `chart: no run has a reading of "${measure}" with values by layer. Readings: ${names.join(', ') || 'none'}`,
    );
  }
  const x = quantity(options.x ?? 'position');
  const y = quantity(options.measure, [], read);
  const groups = groupsOf(read);
  const panels = panelsOf(groups);
  const depths = [...new Set(groups.map((group) => group.depth))].sort((a, b) => a - b);
  const ordered = depths.length > 1;
  const columns = ordered ? panels : [{ title: '', groups }];
  const lineName = (group: Group) => (ordered ? `depth ${group.depth}` : group.name);
  const names = ordered ? depths.map((depth) => `depth ${depth}`) : groups.map(lineName);
  const drawn = columns.map((column) =>
    column.groups.map((group) => lineOf(group, lineName(group), measure, x, level)),
  );
  const perRow = columns.length === 1 ? 1 : 2;
  const gap = 12;
  const beside = axisRoom + labelRoom(names) + gap;
  const width = Math.floor((options.width ?? columnWidth + gap - perRow * beside) / perRow);
  const xs = drawn.flat(2).flatMap((line) => line.points.map((point) => point.x));
  const xScale = axisScale(
    x,
    xs,
    'linear',
    x.field === 'position' ? [0, 1] : [0, Math.max(...xs, 1)],
  );
  const yScale = yScaleOf(drawn.flat(), y, options.yScale, options.yDomain);
  const views = drawn.map((lines, index) =>
    linesPanel(lines, {
      x,
      y,
      xScale,
      yScale,
      width,
      height: options.height ?? (perRow === 1 ? 300 : 200),
      names,
      ordered,
      markers: false,
      band: `${Math.round(level * 1000) / 10} % t-interval`,
      ...(columns[index]!.title === '' ? {} : { title: columns[index]!.title }),
    }),
  );
  const body = views.length === 1 ? views[0]! : { concat: views, columns: perRow, spacing: gap };
  const title = options.title === undefined ? {} : { title: options.title };
  return chart(describe(groups, drawn.flat(), y), { ...body, ...title });
}

function lineOf(group: Group, name: string, measure: string, x: Quantity, level: number): Line {
  const rows = layerTable(group.runs, measure);
  const layers = [...new Set(rows.map((row) => row.index as number))].sort((a, b) => a - b);
  return {
    name,
    points: layers.map((layer) => {
      const own = rows.filter((row) => row.index === layer);
      const { value, interval } = meanInterval(
        own.map((row) => row.value as number),
        { method: 't', level },
      );
      return {
        x: own[0]![x.field] as number,
        y: value,
        low: interval?.low ?? null,
        high: interval?.high ?? null,
        count: own.length,
      };
    }),
  };
}

function describe(groups: readonly Group[], lines: readonly Line[], y: Quantity): string {
  const sentences = lines.map((line, index) => {
    const first = line.points[0]!;
    const last = line.points.at(-1)!;
    const peak = line.points.reduce((best, point) => (point.y > best.y ? point : best));
    return (
      `${groups[index]!.name}: ${say(first.y, y)} at the first layer, at most ${say(peak.y, y)} ` +
      `at layer ${line.points.indexOf(peak) + 1} of ${line.points.length}, ${say(last.y, y)} at the last.`
    );
  });
  const seeds = Math.max(...groups.map((group) => group.runs.length));
  return (
    `${axisTitle(y)} through the layers of ${list(groups.map((group) => group.name))}` +
    `${seeds > 1 ? `, mean of ${seeds} seeds with t-interval` : ''}. ${sentences.join(' ')}`
  );
}
