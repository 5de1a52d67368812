// Notebooks in a line, and a real browser that refuses every request.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer';
import type {
  Cell,
  CodeCell,
  MimeBundle,
  Notebook,
  Output,
} from '../../../src/press/notebook/nbformat.js';
import type { Citations } from '../../../src/press/report/citations.js';
import type { Document } from '../../../src/press/report/document.js';
import { drawCharts } from '../../../src/press/report/drawing.js';
import { findBrowser, openBrowser } from '../../../src/press/report/browser.js';
import { renderHtml } from '../../../src/press/report/page.js';
import { readDocument } from '../../../src/press/report/read.js';

export function notebook(...cells: Cell[]): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { language_info: { name: 'typescript' } },
    cells: cells.map((cell, index) => ({ ...cell, id: `c${index}` })),
  };
}

export function md(source: string, extra: Partial<Cell> = {}): Cell {
  return { cell_type: 'markdown', id: '', metadata: {}, source, ...extra } as Cell;
}

export function code(source: string, outputs: Output[] = [], tags: string[] = []): CodeCell {
  return { cell_type: 'code', id: '', metadata: { tags }, source, execution_count: 1, outputs };
}

export function shown(data: MimeBundle, metadata: Record<string, unknown> = {}): Output {
  return { output_type: 'display_data', data, metadata };
}

export function read(source: Notebook, citations?: Citations): Document {
  return readDocument(source, { file: 'n.ipynb', ...(citations ? { citations } : {}) });
}

export async function page(source: Notebook): Promise<string> {
  const document = read(source);
  const { drawings } = await drawCharts(document);
  return renderHtml(document, drawings);
}

/** Kind and place of each diagnostic, to be compared at a glance. */
export function problems(document: Document): string[] {
  return document.diagnostics.map(({ kind, cell, line }) => `${kind} ${cell}:${line ?? '-'}`);
}

export async function browserOrReason(): Promise<string | false> {
  try {
    await findBrowser();
    return false;
  } catch {
    return 'no browser';
  }
}

export function has(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

export interface Visit {
  readonly page: Page;
  /** Everything that the page tried to load. */
  readonly requests: string[];
  /** Policy violations, errors and dialogs. */
  readonly complaints: string[];
}

/** Opens HTML from a file, in a browser that refuses every request but that file. */
export async function visit<T>(
  browser: Browser,
  html: string,
  act: (visit: Visit) => Promise<T>,
  { dark = false, width = 1280, scripts = true } = {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-page-'));
  const file = join(folder, 'page.html');
  writeFileSync(file, html);
  const address = pathToFileURL(file).href;
  const page = await browser.newPage();
  try {
    const requests: string[] = [];
    const complaints: string[] = [];
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' },
    ]);
    await page.setJavaScriptEnabled(scripts);
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      const url = request.url();
      if (url === address || url.startsWith('data:')) {
        request.continue().catch(() => undefined);
        return;
      }
      requests.push(url);
      request.abort().catch(() => undefined);
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) complaints.push(message.text());
    });
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => undefined);
    });
    await page.goto(address);
    return await act({ page, requests, complaints });
  } finally {
    await page.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Scrolls through the page, so that every chart comes alive, and waits until they have. */
export async function wakeCharts(page: Page): Promise<number> {
  for (const chart of await page.$$('.chart[data-chart]')) {
    await chart.scrollIntoView();
    // Two frames: what is near is only looked at when the page has been laid out at its new place.
    await chart.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
  }
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll<HTMLElement>('.chart[data-chart]')].every(
        (chart) => chart.dataset.state !== undefined,
      ),
    { timeout: 30_000 },
  );
  return page.$$eval('.chart[data-state=live] .live svg', (charts) => charts.length);
}

export { openBrowser };
