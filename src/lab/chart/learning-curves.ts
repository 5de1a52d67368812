// Loss and accuracy while training: one line a net, the range of its seeds as a band, a panel for each quantity and family.
import type { EpochMetrics } from '../train/recipe.js';
import type { Run } from '../study/record.js';
import { type Group, groupsOf, panelsOf } from './groups.js';
import { type Line, linesPanel, yScaleOf } from './lines.js';
import { list, type Quantity, quantity, say } from './quantity.js';
import { axisScale } from './scale.js';
import { type ChartSpec, chart, InvalidChartData } from './spec.js';
import { axisRoom, columnWidth, labelRoom } from './theme.js';

export interface LearningCurveOptions {
  /** One quantity or several, each in a panel of its own; training loss and held-out accuracy when left out. */
  readonly y?: Metric | readonly Metric[];
  /** `epoch` when left out. */
  readonly x?: 'epoch' | 'step';
  readonly yScale?: 'linear' | 'log';
  readonly title?: string;
  /** Pixels of all plotting areas beside each other; left out, the figure fills the text column. */
  readonly width?: number;
  readonly height?: number;
}

type Metric = 'trainLoss' | 'testLoss' | 'trainAccuracy' | 'testAccuracy';

/** Learning curves of runs. A line ends where the first of its seeds ended, so that every point is of all seeds. */
export function learningCurves(
  runs: readonly Run[],
  options: LearningCurveOptions = {},
): ChartSpec {
  if (runs.length === 0) throw new InvalidChartData('chart: there are no runs to draw');
  const metrics = [options.y ?? (['trainLoss', 'testAccuracy'] as const)].flat() as Metric[];
  const x = quantity(options.x ?? 'epoch');
  const groups = groupsOf(runs);
  const panels = panelsOf(groups);
  const ordered = new Set(groups.map((group) => group.depth)).size > 1;
  const depths = [...new Set(groups.map((group) => group.depth))].sort((a, b) => a - b);
  // Where families have panels, a colour is a depth; else a colour is a net.
  const lineName = (group: Group) => (ordered ? `depth ${group.depth}` : group.name);
  const names = ordered ? depths.map((depth) => `depth ${depth}`) : groups.map(lineName);
  const columns = ordered ? panels : [{ title: '', groups }];
  const perRow = columns.length === 1 ? metrics.length : columns.length;
  const gap = 12;
  const beside = axisRoom + labelRoom(names) + gap;
  const width = Math.floor((options.width ?? columnWidth + gap - perRow * beside) / perRow);
  const height = options.height ?? (perRow > 1 ? 200 : 280);
  const lastX = Math.max(
    ...runs.flatMap((run) => run.metrics.map((item) => item[x.field as 'epoch'])),
  );
  const xScale = axisScale(x, [0, lastX], 'linear', [0, Math.max(lastX, 1)]);
  const row = (metric: Metric) => {
    const y = quantity(metric);
    const drawn = columns.map((column) =>
      column.groups.map((group) => lineOf(group, lineName(group), metric, x)),
    );
    const yScale = yScaleOf(drawn.flat(), y, options.yScale);
    return drawn.map((lines, index) =>
      linesPanel(lines, {
        x,
        y,
        xScale,
        yScale,
        width,
        height,
        names,
        ordered,
        markers: false,
        band: 'range of the seeds',
        ...(columns[index]!.title === '' ? {} : { title: columns[index]!.title }),
      }),
    );
  };
  const rows = metrics.map(row);
  const title = options.title === undefined ? {} : { title: options.title };
  const body =
    rows.flat().length === 1
      ? rows[0]![0]!
      : perRow === metrics.length && columns.length === 1
        ? { hconcat: rows.flat(), spacing: gap }
        : { vconcat: rows.map((hconcat) => ({ hconcat, spacing: gap })) };
  return chart(describe(groups, metrics, x), { ...body, ...title });
}

function lineOf(group: Group, name: string, metric: Metric, x: Quantity): Line {
  const shared = Math.min(...group.runs.map((run) => run.metrics.length));
  return {
    name,
    points: Array.from({ length: shared }, (_, index) => {
      const items = group.runs.map((run) => run.metrics[index]!);
      const values = items.map((item: EpochMetrics) => item[metric]);
      const several = values.length > 1;
      return {
        x: items[0]![x.field as 'epoch'],
        y: values.reduce((sum, value) => sum + value, 0) / values.length,
        low: several ? Math.min(...values) : null,
        high: several ? Math.max(...values) : null,
        count: values.length,
      };
    }),
  };
}

function describe(groups: readonly Group[], metrics: readonly Metric[], x: Quantity): string {
  const titles = metrics.map((metric) => quantity(metric).title.toLowerCase());
  const counts = groups.map((group) => group.runs.length);
  const several = Math.max(...counts) > 1;
  const ends = groups.map((group) => {
    const shared = Math.min(...group.runs.map((run) => run.metrics.length));
    const values = metrics.map((metric) => {
      const y = quantity(metric);
      const last = group.runs.map((run) => run.metrics[shared - 1]?.[metric] ?? 0);
      const mean = last.reduce((sum, value) => sum + value, 0) / last.length;
      return `${y.title.toLowerCase()} ${say(mean, y)}`;
    });
    const end = group.runs[0]!.metrics[shared - 1]?.[x.field as 'epoch'] ?? 0;
    return `${group.name}: ${list(values)} at ${x.field} ${end}.`;
  });
  return (
    `Learning curves: ${list(titles)} by ${x.field}` +
    `${several ? `, mean of ${Math.max(...counts)} seeds with their range` : ''}. ${ends.join(' ')}`
  );
}
