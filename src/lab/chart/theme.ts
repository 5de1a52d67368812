// One look for every chart, as a Vega-Lite config. All colours of text, lines and backgrounds are here and nowhere else, so
// that a report can restyle a chart by replacing its `config`.
import { categories, categoriesOnDark, depthColours } from './colour.js';

const font =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif";

/** Widths in pixels of a chart that fills the text column, and of one of two beside each other. */
export const wide = 520;
export const half = 250;

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

interface Ink {
  readonly background: string | null;
  readonly text: string;
  readonly quiet: string;
  readonly grid: string;
  readonly category: readonly string[];
  readonly ordinal: readonly string[];
  /** Lighter than the first category, so that an interval shows on it. */
  readonly bar: string;
  /** From none to most, for shaded squares, and the text on both halves of it. */
  readonly ramp: readonly string[];
  readonly onStrong: string;
  readonly onFaint: string;
}

function config(ink: Ink): Record<string, unknown> {
  return {
    background: ink.background,
    font,
    padding: { left: 4, top: 6, right: 6, bottom: 4 },
    view: { stroke: null, continuousWidth: wide, continuousHeight: 300, discreteHeight: 300 },
    // As many ordered colours as there are series are taken evenly from the scheme.
    range: {
      category: ink.category,
      ordinal: { scheme: ink.ordinal },
      heatmap: ink.ramp,
      ramp: ink.ramp,
    },
    title: {
      anchor: 'start',
      frame: 'group',
      color: ink.text,
      fontSize: 13,
      fontWeight: 600,
      offset: 10,
      subtitleColor: ink.quiet,
      subtitleFontSize: 11.5,
      subtitlePadding: 4,
    },
    axis: {
      domainColor: ink.quiet,
      domainWidth: 0.75,
      gridColor: ink.grid,
      gridWidth: 0.75,
      labelColor: ink.quiet,
      labelFontSize: 11,
      // Names are never cut: the renderer without a browser takes letters for wider than they are.
      labelLimit: 0,
      titleLimit: 0,
      labelPadding: 5,
      tickColor: ink.quiet,
      tickSize: 4,
      tickWidth: 0.75,
      titleColor: ink.text,
      titleFontSize: 11.5,
      titleFontWeight: 500,
      titlePadding: 9,
    },
    axisX: { grid: false, labelFlush: false },
    axisY: { domain: false, ticks: false, tickCount: 5, titleAngle: -90 },
    legend: {
      labelColor: ink.text,
      labelFontSize: 11,
      labelLimit: 0,
      titleLimit: 0,
      titleColor: ink.text,
      titleFontSize: 11.5,
      titleFontWeight: 500,
      symbolStrokeWidth: 2,
      orient: 'top',
      direction: 'horizontal',
      offset: 6,
      columnPadding: 16,
    },
    header: {
      labelColor: ink.text,
      labelFontSize: 11.5,
      labelFontWeight: 600,
      labelAnchor: 'start',
      titleColor: ink.text,
    },
    line: { strokeWidth: 2, strokeCap: 'round', strokeJoin: 'round' },
    point: { filled: true, size: 46, opacity: 1 },
    bar: { color: ink.bar },
    rule: { color: ink.quiet },
    text: { color: ink.text, fontSize: 11, font },
    style: {
      band: { opacity: 0.15, strokeWidth: 0 },
      seed: { opacity: 0.6, size: 18, filled: true, strokeWidth: 0 },
      mean: { opacity: 1, size: 52, filled: true },
      trace: { opacity: 0.3, strokeWidth: 1 },
      rowLabel: { align: 'right', baseline: 'middle', fontSize: 11, dx: -10 },
      seriesLabel: { align: 'left', baseline: 'middle', fontSize: 11.5, fontWeight: 600, dx: 9 },
      valueLabel: { align: 'left', baseline: 'middle', fontSize: 11, dx: 6, color: ink.text },
      onStrong: { color: ink.onStrong, fontSize: 10.5 },
      onFaint: { color: ink.onFaint, fontSize: 10.5 },
      square: { stroke: ink.background ?? 'transparent', strokeWidth: 1 },
      picture: { smooth: false },
      note: { fontSize: 10.5, color: ink.quiet, fontStyle: 'italic' },
      reference: { color: ink.quiet, strokeWidth: 1, strokeDash: [3, 3] },
      interval: { color: ink.text, strokeWidth: 1.25, opacity: 0.85 },
    },
    concat: { spacing: 34 },
    facet: { spacing: 22 },
  };
}

/** On white: for print, and for front ends that paint no background of their own. */
export const theme: Record<string, unknown> = config({
  background: '#ffffff',
  text: '#24292f',
  quiet: '#5b636d',
  grid: '#e3e6ea',
  category: categories,
  ordinal: depthColours(13),
  bar: '#5b8fc4',
  ramp: ['#f4f6f9', '#84abd0', '#16558c', '#0a3058'],
  onStrong: '#ffffff',
  onFaint: '#24292f',
});

/** On a dark page; the background is the page's. Replaces `config` whole. */
export const darkTheme: Record<string, unknown> = config({
  background: null,
  text: '#e4e7eb',
  quiet: '#a3abb5',
  grid: '#343a42',
  category: categoriesOnDark,
  ordinal: depthColours(13, 'dark'),
  bar: '#3f6fa3',
  ramp: ['#1e232b', '#2a4d92', '#5b9bd8', '#d6e6f5'],
  onStrong: '#16191f',
  onFaint: '#e4e7eb',
});
