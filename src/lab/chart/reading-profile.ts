// One reading through the layers of one net, with its intervals and its ceiling: for nets that are no part of a study.
import type { Reading } from '../measure/measure.js';
import { measures } from '../measure/measures.js';
import { linesPanel, yScaleOf } from './lines.js';
import { axisTitle, quantity, say } from './quantity.js';
import { axisScale } from './scale.js';
import { type ChartSpec, chart, InvalidChartData } from './spec.js';
import { axisRoom, columnWidth } from './theme.js';

export interface ReadingProfileOptions {
  readonly title?: string;
  /** Pixels of the plotting area; left out, the figure fills the text column. */
  readonly width?: number;
  readonly height?: number;
}

/** Values of a reading by layer, from input to output. @throws InvalidChartData for a reading without layers. */
export function readingProfile(reading: Reading, options: ReadingProfileOptions = {}): ChartSpec {
  const { measure: name, layers, extra } = reading;
  if (layers.length === 0) throw new InvalidChartData(`chart: ${name} has no values by layer`);
  const { title, unit } = measures.get(name);
  const words = typeof extra.layersAre === 'string' ? extra.layersAre : null;
  const x = quantity('position');
  const y = quantity({ field: name, title: words ?? title, unit: words === null ? unit : null });
  const points = layers.map(({ position, value, interval }) => ({
    x: position,
    y: value,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    count: 1,
  }));
  const lines = [{ name: title, label: '', points }];
  const level = layers.find(({ interval }) => interval !== null)?.interval?.level;
  const view = linesPanel(lines, {
    x,
    y,
    xScale: axisScale(
      x,
      points.map((point) => point.x),
      'linear',
      [0, 1],
    ),
    yScale: yScaleOf(lines, y),
    width: options.width ?? columnWidth - axisRoom,
    height: options.height ?? 240,
    names: [title],
    ordered: false,
    markers: true,
    band: level === undefined ? 'interval' : `${Math.round(level * 1000) / 10} % interval`,
  });
  const [first, last] = [points[0]!, points.at(-1)!];
  const peak = points.reduce((best, point) => (point.y > best.y ? point : best));
  return chart(
    `${axisTitle(y)} through ${layers.length} layers: ${say(first.y, y)} at the first, at most ${say(peak.y, y)} at layer ` +
      `${points.indexOf(peak) + 1}, ${say(last.y, y)} at the last.`,
    { ...view, ...(options.title === undefined ? {} : { title: options.title }) },
  );
}
