// One look for every chart, as a Vega-Lite config. All colours of lettering, lines and backgrounds are here and nowhere else;
// those of the data can be seen on a white and on a dark page.
import { categories, ink } from '../../shared/palette.js';
import { depthColours } from './colour.js';

const font =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif";

/** Pixels of the text column that a chart fills, axes and names included. */
export const columnWidth = 636;
/** Pixels left of a plot for its axis. */
export const axisRoom = 54;

/** Pixels that names beside a plot take, the longest of them. */
export function labelRoom(names: readonly string[]): number {
  return Math.ceil(14 + 5.8 * Math.max(0, ...names.map((name) => name.length)));
}

/** None to most, for shaded squares. */
const ramp = ['#eef3f8', '#7da3c9', '#2c6aa6', '#16558c', '#0a3058'];

/** Line dashes and point shapes by series, beside colour: no series is known by colour alone. */
export const dashes: readonly (readonly number[])[] = [
  [1, 0],
  [7, 3],
  [2, 2.5],
  [9, 3, 2, 3],
  [4, 2],
  [12, 4],
];
export const shapes: readonly string[] = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'triangle-down',
  'cross',
];

/** The config of every chart. */
export const theme: Record<string, unknown> = {
  background: '#ffffff',
  font,
  padding: { left: 4, top: 6, right: 6, bottom: 4 },
  view: { stroke: null, continuousWidth: 520, continuousHeight: 300, discreteHeight: 300 },
  // As many ordered colours as there are series are taken evenly from the scheme.
  range: {
    category: categories,
    ordinal: { scheme: depthColours(13) },
    heatmap: ramp,
    ramp,
  },
  title: {
    anchor: 'start',
    frame: 'group',
    color: ink.strong,
    fontSize: 13,
    fontWeight: 600,
    offset: 10,
    subtitleColor: ink.medium,
    subtitleFontSize: 11.5,
    subtitlePadding: 4,
  },
  axis: {
    domainColor: ink.faint,
    domainWidth: 0.75,
    gridColor: ink.grid,
    gridWidth: 0.75,
    labelColor: ink.medium,
    labelFontSize: 11,
    // Names are never cut: the renderer without a browser takes letters for wider than they are.
    labelLimit: 0,
    titleLimit: 0,
    labelPadding: 5,
    tickColor: ink.faint,
    tickSize: 4,
    tickWidth: 0.75,
    titleColor: ink.strong,
    titleFontSize: 11.5,
    titleFontWeight: 500,
    titlePadding: 9,
  },
  axisX: { grid: false, labelFlush: false },
  axisY: { domain: false, ticks: false, tickCount: 5, titleAngle: -90 },
  legend: {
    labelColor: ink.strong,
    labelFontSize: 11,
    labelLimit: 0,
    titleLimit: 0,
    titleColor: ink.strong,
    titleFontSize: 11.5,
    titleFontWeight: 500,
    symbolStrokeWidth: 2,
    orient: 'top',
    direction: 'horizontal',
    offset: 6,
    columnPadding: 16,
  },
  header: {
    labelColor: ink.strong,
    labelFontSize: 11.5,
    labelFontWeight: 600,
    labelAnchor: 'start',
    titleColor: ink.strong,
  },
  line: { strokeWidth: 2, strokeCap: 'round', strokeJoin: 'round' },
  point: { filled: true, size: 46, opacity: 1 },
  // Light enough for an interval to show on it.
  bar: { color: '#5b8fc4' },
  rule: { color: ink.strong },
  text: { color: ink.strong, fontSize: 11 },
  style: {
    band: { opacity: 0.15, strokeWidth: 0 },
    seed: { opacity: 0.6, size: 18, filled: true, strokeWidth: 0 },
    mean: { opacity: 1, size: 52, filled: true },
    trace: { opacity: 0.3, strokeWidth: 1 },
    rowLabel: { align: 'right', baseline: 'middle', fontSize: 11, dx: -10 },
    seriesLabel: { align: 'left', baseline: 'middle', fontSize: 11.5, fontWeight: 600, dx: 9 },
    valueLabel: { align: 'left', baseline: 'middle', fontSize: 11, dx: 6, color: ink.strong },
    onStrong: { color: '#ffffff', fontSize: 10.5 },
    onFaint: { color: '#50555c', fontSize: 10.5 },
    square: { stroke: '#ffffff', strokeWidth: 1 },
    picture: { smooth: false },
    note: { fontSize: 10.5, color: ink.medium, fontStyle: 'italic' },
    reference: { color: ink.strong, strokeWidth: 0.75, strokeDash: [3, 3] },
    interval: { color: ink.strong, strokeWidth: 1.25, opacity: 0.85 },
  },
  concat: { spacing: 34 },
  facet: { spacing: 22 },
};
