// Paper → PDF. Chromium loads it once, the pages are laid out in it (figures fitted, page numbers filled in),
// it prints, and what it cannot do is put in afterwards: running heads and what the PDF says about itself.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PDFDocument } from '@cantoo/pdf-lib';
import type { Browser, Page } from 'puppeteer';
import type { Paper } from './paper.js';
import { layOut } from './paper-layout.js';
import { describePdf } from './pdf-information.js';
import { pageSize } from './print-style.js';
import { headsOf, headsPage, layOver, type RunningHead } from './running-heads.js';

export interface PdfOptions {
  /** Date of creation in the document information; null leaves it out, so that every build gives the same bytes. */
  readonly date: Date | null;
  /** Prints; lent, so that one can print many reports. */
  readonly browser: () => Promise<Browser>;
}

/** Loading, laying out and printing one report. A book of 200 pages takes a tenth of it. */
const printTimeoutMs = 120_000;

/** Where the printer breaks a page otherwise than the layout foretold, it is right: its numbers are filled in instead. */
const maximumPrints = 3;

/** `paperFor` makes what is printed, given the name and version of the browser that prints it. */
export async function renderPdf(
  paperFor: (browser: string) => Promise<Paper>,
  { date, browser }: PdfOptions,
): Promise<Uint8Array> {
  const { PDFDocument } = await import('@cantoo/pdf-lib');
  const used = await browser();
  const folder = await mkdtemp(join(tmpdir(), 'fathom-print-'));
  try {
    const version = await used.version();
    const paper = await paperFor(version);
    const { about, markup } = paper;
    const { pdf, places } = await withPage(used, folder, 'report', markup, async (page) => {
      let { places } = await page.evaluate(layOut, pageSize);
      for (let print = 1; ; print++) {
        const pdf = await PDFDocument.load(await printPage(page, true), { updateMetadata: false });
        const found = await destinationPages(pdf);
        const moved = Object.keys(places).filter((id) => (found[id] ?? places[id]) !== places[id]);
        places = { ...places, ...found };
        if (moved.length === 0 || print === maximumPrints) return { pdf, places };
        await page.evaluate(fillIn, places);
      }
    });
    const heads = headsOfPaper(paper, places, pdf.getPageCount());
    const printed = await withPage(
      used,
      folder,
      'heads',
      headsPage(heads, about.language),
      (page) => printPage(page, false),
    );
    await layOver(pdf, printed, heads);
    return await describePdf(pdf, { about, date, markup, browser: version });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function headsOfPaper(
  { marks, bare }: Paper,
  places: Readonly<Record<string, number>>,
  pages: number,
): (RunningHead | null)[] {
  const pageOf = (id: string) => (places[id] === undefined ? [] : [places[id]]);
  const placed = marks.flatMap(({ id, left, right }) =>
    pageOf(id).map((page) => ({ page, left, right })),
  );
  const { left = '' } = marks[0] ?? {};
  return headsOf(
    [{ page: 0, left, right: '' }, ...placed],
    pages,
    new Set([1, ...bare.flatMap(pageOf)]),
  );
}

/** Opens markup from a file: a page given as an address or through the protocol has limits of size. */
async function withPage<T>(
  browser: Browser,
  folder: string,
  name: string,
  markup: string,
  act: (page: Page) => Promise<T>,
): Promise<T> {
  const file = join(folder, `${name}.html`);
  await writeFile(file, markup);
  const page = await browser.newPage();
  try {
    page.setDefaultTimeout(printTimeoutMs);
    await refuseRequests(page, pathToFileURL(file).href);
    await page.emulateMediaType('print');
    await page.goto(pathToFileURL(file).href, { waitUntil: 'load', timeout: printTimeoutMs });
    await ready(page);
    return await act(page);
  } finally {
    await page.close();
  }
}

function printPage(page: Page, tagged: boolean): Promise<Uint8Array> {
  return page.pdf({
    preferCSSPageSize: true,
    printBackground: true,
    tagged,
    outline: tagged,
    waitForFonts: true,
    timeout: printTimeoutMs,
  });
}

/** Nothing but the file itself may be loaded. */
async function refuseRequests(page: Page, allowed: string): Promise<void> {
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const url = request.url();
    const verdict =
      url === allowed || url.startsWith('data:')
        ? request.continue()
        : request.abort('blockedbyclient');
    verdict.catch(() => undefined);
  });
}

/** Fonts are loaded and pictures decoded: what is printed is what is meant. */
async function ready(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await Promise.all(Array.from(document.fonts, (face) => face.load().catch(() => undefined)));
    await document.fonts.ready;
    await Promise.all(
      Array.from(document.images, (image) => image.decode().catch(() => undefined)),
    );
  });
}

/** Runs in the page. */
function fillIn(places: Record<string, number>): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-page-of]')) {
    place.textContent = String(places[place.dataset.pageOf!] ?? '');
  }
}

/** Page number, from 1, of every place in the document that a link points at. */
async function destinationPages(pdf: PDFDocument): Promise<Record<string, number>> {
  const { PDFArray, PDFDict, PDFName } = await import('@cantoo/pdf-lib');
  const numbers = new Map(pdf.getPages().map((page, index) => [page.ref.toString(), index + 1]));
  const found: Record<string, number> = {};
  const destinations = pdf.catalog.lookupMaybe(PDFName.of('Dests'), PDFDict);
  for (const [name, value] of destinations?.entries() ?? []) {
    const target = pdf.context.lookup(value);
    const place = target instanceof PDFDict ? target.lookup(PDFName.of('D')) : target;
    if (!(place instanceof PDFArray)) continue;
    const number = numbers.get(place.get(0).toString());
    if (number) found[name.decodeText()] = number;
  }
  return found;
}
