/**
 * `show`: displays a value under the running notebook cell, with the label, caption and alternative text that a report
 * prints. Works in a cell of this kernel, of stock tslab, and in a plain Node script, where it prints the text form.
 */
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import {
  bundleNow,
  type Column,
  type DisplayBundle,
  displaySymbol,
  type TableOptions,
  tableBundle,
  vegaLiteMime,
  vegaMime,
} from './bundle.js';
import { kernelHook } from './hook.js';
import { write } from './write.js';

export type { Column, TableOptions };

export interface ShowOptions {
  /** Name for cross-references in a report, like `fig-ladder`. */
  label?: string;
  /** Caption, as Markdown. */
  caption?: string;
  /** What the picture shows, for readers who do not see it. Charts take it from their `description` when left out. */
  alt?: string;
  /** Display id: what is shown later with the same id replaces this. */
  id?: string;
  /** How far the work is that this display tells of, for programs that run the notebook; null when it has ended. */
  status?: Status | null;
}

/** How far some work is. */
export interface Status {
  /** One line of plain text, like `3/12 grid cells · 1:20 left`. */
  readonly text: string;
  /** Share of the work that is done, 0 … 1; null where it is not known. */
  readonly share: number | null;
}

/** Something on display. */
export interface Shown {
  readonly id: string;
  /** Puts another value in its place; options that are left out stay as they were. */
  update(value: unknown, options?: ShowOptions): void;
}

/**
 * Shows a value: a Vega or Vega-Lite specification, the bytes of a PNG, JPEG or GIF file, `markdown(…)`, `table(…)`, an
 * array of records, a tensor, an object with a `Symbol.for('Jupyter.display')` method, or anything else as text.
 */
export function show(value: unknown, options: ShowOptions = {}): Shown {
  let settings = { id: `fathom-${randomBytes(8).toString('hex')}`, ...withoutUndefined(options) };
  const { id } = settings;
  // With an id of the caller's own, an earlier call may have shown it already: both messages reach the right place.
  write(withMetadata(bundleNow(value), settings), id, shownIds.has(id));
  shownIds.add(id);
  const shown: Shown = {
    id,
    update(next, changed = {}) {
      settings = { ...settings, ...withoutUndefined(changed), id };
      write(withMetadata(bundleNow(next), settings), id, true);
    },
  };
  // As the last expression of a cell the handle is not a result: what it stands for is already there.
  return Object.defineProperties(shown, {
    [displaySymbol]: { value: () => null },
    [inspect.custom]: { value: () => '' },
  });
}

/** Removes what the running cell has shown and printed; with `wait`, when the next output comes, which does not flicker. */
export function clearOutput({ wait = false }: { wait?: boolean } = {}): void {
  kernelHook()?.clear(wait);
}

const shownIds = new Set<string>();

/** Markdown text, to be passed to `show` or to be the last expression of a cell. */
export function markdown(source: string): Displayable {
  return displayable({ data: { 'text/markdown': source, 'text/plain': source }, metadata: {} });
}

/** Rows as a table with headings, units, number formats and a caption. */
export function table(rows: readonly object[], options: TableOptions = {}): Displayable {
  return displayable(tableBundle(rows, options));
}

/** HTML, shown as it is. Scripts in it do not run in a report. */
export function html(source: string): Displayable {
  return displayable({
    data: { 'text/html': source, 'text/plain': source.replace(/<[^>]*>/g, '') },
    metadata: {},
  });
}

/** An SVG picture. */
export function svg(source: string): Displayable {
  return displayable({
    data: { 'image/svg+xml': source, 'text/plain': 'SVG picture' },
    metadata: {},
  });
}

/** A value that says itself how it is shown. */
export interface Displayable {
  /** The MIME bundle that is shown. */
  toBundle(): DisplayBundle;
}

function displayable(bundle: DisplayBundle): Displayable {
  return Object.defineProperty({ toBundle: () => bundle }, displaySymbol, { value: () => bundle });
}

function withMetadata(bundle: DisplayBundle, options: ShowOptions): DisplayBundle {
  const data = { ...bundle.data };
  const { label, caption, status } = options;
  const chart = (data[vegaLiteMime] ?? data[vegaMime]) as { description?: unknown } | undefined;
  const alt =
    options.alt ?? (typeof chart?.description === 'string' ? chart.description : undefined);
  if (options.alt !== undefined && chart) {
    const type = data[vegaLiteMime] ? vegaLiteMime : vegaMime;
    data[type] = { ...chart, description: options.alt };
    data['text/plain'] = `${type === vegaMime ? 'Vega' : 'Vega-Lite'} chart: ${options.alt}`;
  }
  const own = {
    ...(label !== undefined && { label }),
    ...(caption !== undefined && { caption }),
    ...(status && { status }),
    ...(alt !== undefined && { alt }),
  };
  const metadata = Object.keys(own).length
    ? { ...bundle.metadata, fathom: { ...(bundle.metadata.fathom as object), ...own } }
    : bundle.metadata;
  return { data, metadata };
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
