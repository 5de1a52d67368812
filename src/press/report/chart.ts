// A chart specification → a static vector picture, what an interactive view needs, and the numbers as a table.
//
// Specifications come from notebooks of strangers. Nothing is loaded (the loader refuses), no expression becomes code
// (they are interpreted), and a drawing runs in a process of its own: see drawing.ts.
import type { Loader, Spec } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { categories, ink } from '../../shared/palette.js';
import { sans, textWidth } from './fonts.js';

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

export interface DataTable {
  /** Name of the data set in the Vega specification. */
  readonly data: string;
  readonly columns: readonly {
    readonly field: string;
    readonly title: string;
    readonly numeric: boolean;
  }[];
  readonly rows: readonly (readonly unknown[])[];
  /** How many rows there are in all. */
  readonly total: number;
}

export class ChartError extends Error {
  override readonly name = 'ChartError';
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

/** What drawing loads at its first use otherwise. */
export async function loadLibraries(): Promise<void> {
  await Promise.all([import('vega'), import('vega-lite'), import('vega-interpreter')]);
}

/** Draws a chart. Throws ChartError, in words for its author. */
export async function drawChart(request: ChartRequest): Promise<Drawing> {
  const vega = await import('vega');
  const { expressionInterpreter } = await import('vega-interpreter');
  useFontMetrics(vega as unknown as { textMetrics: TextMetrics });
  const spec = silent(confined(await compile(request))) as Spec;
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
    expr: expressionInterpreter,
    renderer: 'none',
    loader: refusingLoader,
    logger,
  } as never);
  try {
    await view.runAsync();
    if (problems.length > 0) throw new ChartError(problems[0]);
    const raw = await view.toSVG();
    const { svg, width, height } = finish(raw, request);
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

async function compile(request: ChartRequest): Promise<Spec> {
  if (request.library === 'vega') {
    const { padding: _, ...style } = config;
    return {
      ...request.specification,
      config: merge(style, request.specification.config, { font }),
    } as Spec;
  }
  const { compile: compileLite } = await import('vega-lite');
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

/** Ids made unique in the page, two decimals, one name for screen readers instead of one a mark. */
function finish(
  raw: string,
  request: ChartRequest,
): { svg: string; width: number; height: number } {
  const open = /^<svg[^>]*>/.exec(raw);
  if (!open) throw new ChartError('the chart came out empty');
  const size = (name: string) =>
    Number(new RegExp(`\\b${name}="([\\d.]+)"`).exec(open[0])?.[1] ?? 0);
  const [width, height] = [size('width'), size('height')];
  if (!(width > 0 && height > 0 && width < 20_000 && height < 20_000)) {
    throw new ChartError(`the chart is ${width} × ${height} pixels large`);
  }
  if (/\burl\((?!#)/i.test(raw.replace(/>[^<]*</g, '><'))) {
    throw new ChartError('a colour of the chart is an address. A report loads nothing');
  }
  const prefix = `${request.id}-`;
  const body = raw.slice(open[0].length).replace(/<[^>]+>/g, (tag) =>
    tag
      .replace(/\bid="([^"]*)"/g, `id="${prefix}$1"`)
      .replace(/url\(#([^)]*)\)/g, `url(#${prefix}$1)`)
      .replace(/(?<=[\s",(A-Za-z-])-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) =>
        String(Number(Number(number).toFixed(2))),
      )
      .replace(/ (?:aria-[a-z]+|role)="[^"]*"/g, '')
      .replace(/ pointer-events="none"/g, ''),
  );
  const label = request.alt.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const viewBox = /viewBox="([^"]*)"/.exec(open[0])?.[1] ?? `0 0 ${width} ${height}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" class="marks" role="img" aria-label="${label}" width="${width}" height="${height}" viewBox="${viewBox}">${body}`;
  return { svg, width, height };
}

/** Rows that a page shows; the file with all of them can be saved from the chart. */
const maximumRows = 60;

/** The numbers behind the largest mark: the rows it is drawn from, and of their columns those that are encoded. */
function readTable(
  source: Record<string, unknown>,
  spec: Spec,
  data: (name: string) => unknown[],
): DataTable | null {
  const encoded = new Map<string, string>();
  collectFields(source, encoded);
  let best: DataTable | null = null;
  for (const name of markData(spec)) {
    let rows: Record<string, unknown>[];
    try {
      rows = data(name) as Record<string, unknown>[];
    } catch {
      continue;
    }
    const first = rows[0];
    if (!first || typeof first !== 'object') continue;
    const columns = Object.keys(first)
      .filter(
        (field) =>
          !field.startsWith('_') &&
          typeof first[field] !== 'object' &&
          !/_(?:start|end)$/.test(field),
      )
      .flatMap((field) => {
        const title = encoded.size === 0 ? field : titleOf(field, encoded);
        return title === null ? [] : [{ field, title, numeric: typeof first[field] === 'number' }];
      })
      .slice(0, 12);
    if (columns.length === 0) continue;
    if (best && best.columns.length * best.total >= columns.length * rows.length) continue;
    best = {
      data: name,
      columns,
      total: rows.length,
      rows: rows.slice(0, maximumRows).map((row) => columns.map(({ field }) => plain(row[field]))),
    };
  }
  return best;
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, '');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

/** Title of a column of the compiled data: 'accuracy' is encoded as such, 'mean_accuracy' is made from it. */
function titleOf(field: string, encoded: ReadonlyMap<string, string>): string | null {
  const direct = encoded.get(field);
  if (direct !== undefined) return direct;
  for (const [name, title] of encoded) {
    if (field.endsWith(`_${name}`) && !field.startsWith('bin_')) {
      return `${title} (${field.slice(0, -name.length - 1)})`;
    }
  }
  return /^(?:count|__count)$/.test(field) ? 'count' : null;
}

function collectFields(spec: unknown, found: Map<string, string>): void {
  if (typeof spec !== 'object' || spec === null) return;
  for (const [key, value] of Object.entries(spec)) {
    if (key === 'data' || key === 'datasets' || key === 'transform' || key === 'config') continue;
    const field = (value as { field?: unknown } | null)?.field;
    if (typeof field === 'string') {
      const name = field.replace(/\\/g, '');
      const given = value as {
        title?: unknown;
        axis?: { title?: unknown };
        legend?: { title?: unknown };
      };
      const title = [given.title, given.axis?.title, given.legend?.title].find(
        (text) => typeof text === 'string' && text !== '',
      );
      if (!found.has(name) || title) found.set(name, String(title ?? found.get(name) ?? name));
    }
    collectFields(value, found);
  }
}

function markData(spec: Spec): string[] {
  const names: string[] = [];
  const visit = (marks: unknown): void => {
    for (const mark of Array.isArray(marks) ? marks : []) {
      const from = (mark as { from?: { data?: unknown; facet?: { data?: unknown } } }).from;
      for (const name of [from?.facet?.data, from?.data]) {
        if (typeof name === 'string' && !names.includes(name)) names.push(name);
      }
      visit((mark as { marks?: unknown }).marks);
    }
  };
  visit(spec.marks);
  return names;
}
