// Values beside each other, each with its interval and its number.
import type { Value } from '../measure/measure.js';
import { axisTitle, list, type QuantityInput, quantity, say } from './quantity.js';
import { axisLabels, axisScale } from './scale.js';
import { type ChartSpec, chart, InvalidChartData } from './spec.js';
import { columnWidth, labelRoom } from './theme.js';

export interface BarItem extends Value {
  readonly name: string;
}

export interface BarOptions {
  /** What the values are. */
  readonly quantity: QuantityInput;
  /** `as given` when left out. */
  readonly order?: 'as given' | 'descending';
  readonly title?: string;
  readonly width?: number;
}

/** Horizontal bars from zero, with intervals. */
export function barChart(items: readonly BarItem[], options: BarOptions): ChartSpec {
  if (items.length === 0) throw new InvalidChartData('chart: there are no bars to draw');
  const x = quantity(options.quantity);
  const sorted =
    options.order === 'descending' ? [...items].sort((a, b) => b.value - a.value) : [...items];
  const values = sorted.map(({ name, value, interval }) => ({
    name,
    value,
    ...(interval === null ? {} : { low: interval.low, high: interval.high }),
    label: say(value, x),
    // The number stands past the whisker.
    end: Math.max(value, interval?.high ?? value, 0),
  }));
  const banded = values.filter((row) => 'low' in row);
  const ends = [0, ...values.flatMap((row) => [row.value, row.low ?? row.value, row.end])];
  const y = {
    field: 'name',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { domain: false, ticks: false, labelPadding: 8 },
  };
  const position = (field: string) => ({
    field,
    type: 'quantitative',
    title: axisTitle(x),
    scale: { domain: axisScale(x, ends).domain, nice: false },
    axis: { ...axisLabels(x), grid: true, tickCount: 5 },
  });
  const levels = [...new Set(items.flatMap((item) => item.interval?.level ?? []))];
  const told = values.map((row) => {
    const interval = 'low' in row ? ` (${say(row.low!, x)} to ${say(row.high!, x)})` : '';
    return `${row.name} ${row.label}${interval}`;
  });
  const how =
    levels.length === 0 ? '' : ` with ${list(levels.map((level) => `${100 * level} %`))} intervals`;
  return chart(`${axisTitle(x)}${how}: ${list(told)}.`, {
    ...(options.title === undefined ? {} : { title: options.title }),
    width:
      options.width ??
      Math.max(200, Math.min(420, columnWidth - 60 - labelRoom(items.map((item) => item.name)))),
    height: { step: 26 },
    data: { values },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.68 }, cornerRadiusEnd: 2 },
        encoding: {
          y,
          x: position('value'),
          tooltip: [
            { field: 'name', title: 'Name' },
            { field: 'value', title: x.title, type: 'quantitative', format: '.3~g' },
          ],
        },
      },
      ...(banded.length === 0
        ? []
        : [
            {
              data: { values: banded },
              mark: { type: 'rule', style: 'interval' },
              encoding: { y, x: position('low'), x2: { field: 'high' } },
            },
          ]),
      {
        mark: { type: 'text', style: 'valueLabel' },
        encoding: { y, x: position('end'), text: { field: 'label' } },
      },
    ],
  });
}
