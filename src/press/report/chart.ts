// A chart specification → a static vector picture, what an interactive view needs, and the numbers as a table.
//
// Specifications come from notebooks of strangers. Nothing is loaded (the loader refuses), no expression becomes code
// (they are interpreted), and a drawing runs in a process of its own: see drawing.ts.
import type { Loader, Spec } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { categories, ink } from '../../shared/palette.js';
import { ChartError } from './chart-error.js';
import { finishSvg } from './chart-svg.js';
import { type DataTable, readTable } from './chart-table.js';
import { sans, textWidth } from './fonts.js';
import { loadVega } from './vega-bundle.js';

export interface ChartRequest {
  readonly library: 'vega-lite' | 'vega';
  readonly specification: Record<string, unknown>;
  readonly alt: string;
  /** Prefix for the ids inside the picture; unique in the page. */
  readonly id: string;
  /** Pixels there are for a chart that asks for the width of its container. */
  readonly containerWidth: number;
}

export interface Drawing {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
  /** The Vega specification of the interactive view. */
  readonly vega: Record<string, unknown>;
  readonly table: DataTable | null;
}

/** The name ends in a digit, so it must be quoted in every style that it gets into. */
const font = `'${sans}', 'Segoe UI', Helvetica, Arial, sans-serif`;

/**
 * Any two differ by CIEDE2000 ≥ 11 to normal sight and to every full colour blindness, and each has ≥ 3 : 1 on the white and
 * on the dark page: a test computes both.
 */
export const palette = [...categories, '#9075fc', '#3f7e5a'];

/** The look of charts where a specification does not say otherwise. */
const config = {
  background: null,
  font,
  padding: 4,
  view: { stroke: null, continuousWidth: 300, continuousHeight: 220 },
  axis: {
    labelColor: ink.medium,
    titleColor: ink.strong,
    labelFontSize: 12,
    titleFontSize: 12.5,
    titleFontWeight: 600,
    titlePadding: 8,
    gridColor: ink.grid,
    domainColor: ink.faint,
    tickColor: ink.faint,
    labelPadding: 4,
  },
  axisX: { grid: false },
  axisY: { domain: false, ticks: false },
  legend: {
    labelColor: ink.medium,
    titleColor: ink.strong,
    labelFontSize: 12,
    titleFontSize: 12.5,
    titleFontWeight: 600,
    symbolStrokeWidth: 2,
  },
  header: {
    labelColor: ink.strong,
    titleColor: ink.strong,
    labelFontSize: 12.5,
    titleFontSize: 12.5,
    labelFontWeight: 600,
  },
  title: {
    color: ink.strong,
    subtitleColor: ink.medium,
    anchor: 'start',
    fontSize: 14,
    fontWeight: 600,
    subtitleFontSize: 12.5,
    offset: 10,
  },
  text: { fontSize: 12, color: ink.strong },
  line: { strokeWidth: 2 },
  bar: { color: palette[0] },
  range: { category: palette, heatmap: { scheme: 'viridis' }, ramp: { scheme: 'viridis' } },
};

/** Draws a chart. Throws ChartError, in words for its author. */
export async function drawChart(request: ChartRequest): Promise<Drawing> {
  const { vega } = loadVega();
  useFontMetrics(vega as unknown as { textMetrics: TextMetrics });
  const spec = silent(confined(compile(request))) as Spec;
  const external = externalData(spec);
  if (external) {
    throw new ChartError(
      `the chart loads ${external}. A report loads nothing: put the data into the specification (data.values)`,
    );
  }
  (vega as unknown as { resetSVGDefIds?: () => void }).resetSVGDefIds?.();
  const problems: string[] = [];
  const logger = quietLogger(problems);
  const view = new vega.View(vega.parse(spec, undefined, { ast: true } as never), {
    expr: vega.expressionInterpreter,
    renderer: 'none',
    loader: refusingLoader,
    logger,
  } as never);
  try {
    await view.runAsync();
    if (problems.length > 0) throw new ChartError(problems[0]);
    const raw = await view.toSVG();
    const { svg, width, height } = finishSvg(raw, request);
    return {
      svg,
      width,
      height,
      vega: spec as Record<string, unknown>,
      table: readTable(request.specification, spec, (name) => view.data(name)),
    };
  } finally {
    view.finalize();
  }
}

function compile(request: ChartRequest): Spec {
  if (request.library === 'vega') {
    const { padding: _, ...style } = config;
    return {
      ...request.specification,
      config: merge(style, request.specification.config, { font }),
    } as Spec;
  }
  const { compile: compileLite } = loadVega().vegaLite;
  const given = request.specification;
  const single = 'mark' in given || 'layer' in given;
  const space = request.containerWidth;
  const sized: Record<string, unknown> = { ...given };
  if (single && given.width === 'container') sized.width = space;
  const defaults = single
    ? {
        ...config,
        view: { ...config.view, continuousWidth: Math.round(space * 0.8), continuousHeight: 300 },
      }
    : config;
  sized.config = merge({}, given.config, { font, aria: false });
  const problems: string[] = [];
  try {
    const result = compileLite(sized as unknown as TopLevelSpec, {
      config: defaults as never,
      logger: quietLogger(problems) as never,
    });
    return result.spec as Spec;
  } catch (error) {
    throw new ChartError(
      `Vega-Lite cannot read the chart: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/**
 * A chart listens to itself, and to the pointer as long as something is dragged. Without this a specification could put
 * its inputs into any element of the page (which empties it), listen to every key, keep the page from scrolling, or
 * compute at each tick of a timer.
 */
function confined(spec: Spec): Spec {
  const pointer = ['move', 'up'].flatMap((what) => [`mouse${what}`, `pointer${what}`]);
  const events = {
    bind: 'container',
    selector: false,
    timer: false,
    window: [...pointer, 'touchmove', 'touchend'],
  };
  return { ...spec, config: { ...(asConfig(spec.config) as object), events } } as Spec;
}

function asConfig(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? value : {};
}

/** A chart has one name, on the whole: without this each of its parts has one too, and gets it anew whenever it is drawn. */
function silent(spec: unknown): unknown {
  if (typeof spec !== 'object' || spec === null) return spec;
  const { marks, axes, legends, title } = spec as Record<string, unknown>;
  const quiet = (parts: unknown) =>
    Array.isArray(parts)
      ? parts.map((part) => ({ ...(silent(part) as object), aria: false }))
      : parts;
  return {
    ...spec,
    ...(marks === undefined ? {} : { marks: quiet(marks) }),
    ...(axes === undefined ? {} : { axes: quiet(axes) }),
    ...(legends === undefined ? {} : { legends: quiet(legends) }),
    ...(typeof title === 'object' && title !== null ? { title: { ...title, aria: false } } : {}),
  };
}

function merge(...parts: unknown[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const part of parts) {
    if (typeof part !== 'object' || part === null) continue;
    for (const [key, value] of Object.entries(part)) {
      if (key === '__proto__') continue;
      const plain = typeof value === 'object' && value !== null && !Array.isArray(value);
      result[key] = plain ? merge(result[key], value) : value;
    }
  }
  return result;
}

function externalData(spec: unknown): string | null {
  if (typeof spec !== 'object' || spec === null) return null;
  if (!Array.isArray(spec)) {
    const { data } = spec as { data?: unknown };
    for (const entry of Array.isArray(data) ? data : []) {
      const url = (entry as { url?: unknown } | null)?.url;
      if (url) return typeof url === 'string' ? `"${url.slice(0, 80)}"` : 'data from an address';
    }
  }
  for (const [key, value] of Object.entries(spec)) {
    // Rows of data are not specifications, and there can be very many.
    if (key === 'values') continue;
    const found = externalData(value);
    if (found) return found;
  }
  return null;
}

/** Pictures inside the specification are fine, links are followed by readers; everything else is refused. */
const refusingLoader = {
  options: {},
  load: () => Promise.reject(new Error('a report loads nothing')),
  http: () => Promise.reject(new Error('a report loads nothing')),
  file: () => Promise.reject(new Error('a report loads nothing')),
  sanitize: (uri: string, options: { context?: string }) => {
    const isPicture = /^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(uri);
    const isLink = options?.context === 'href' && /^https?:\/\//i.test(uri);
    return isPicture || isLink
      ? Promise.resolve({ href: uri })
      : Promise.reject(new Error('a report loads nothing'));
  },
} as unknown as Loader;

function quietLogger(errors: string[]) {
  const logger = {
    level: () => logger,
    error: (...parts: unknown[]) => {
      errors.push(
        parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' '),
      );
      return logger;
    },
    warn: () => logger,
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}

interface TextMetrics {
  width: (item: { fontSize?: number; fontWeight?: unknown }, text: unknown) => number;
}

function useFontMetrics({ textMetrics }: { textMetrics: TextMetrics }): void {
  textMetrics.width = (item, text) => {
    const size = item.fontSize ?? 11;
    if (text === null || text === undefined || size <= 0) return 0;
    const { fontWeight } = item;
    const bold = fontWeight === 'bold' || Number(fontWeight) >= 550;
    return textWidth(String(text), size, bold);
  };
}
