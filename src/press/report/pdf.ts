// Document → PDF, printed by Chromium: once to learn on which page each section starts, once more with those numbers in
// the contents. Then the document information is written, without which a PDF tells on the machine that made it.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PDFDocument } from '@cantoo/pdf-lib';
import type { Browser, Page } from 'puppeteer';
import { BrowserError, findBrowser } from './browser.js';
import type { Document } from './document.js';
import type { Drawings } from './drawing.js';
import { renderPaper } from './paper.js';
import type { Provenance } from './provenance.js';

export interface PdfOptions {
  readonly provenance: Provenance | null;
  /** Date of creation in the document information; null leaves it out, so that every build gives the same bytes. */
  readonly date: Date | null;
  /** A running browser, to print many reports with one; otherwise one is started and closed. */
  readonly browser?: Browser;
}

/** Loading, laying out and printing one report. A book of 200 pages takes a tenth of it. */
const printTimeoutMs = 120_000;

/** Contents may push the text by a page when their own numbers are filled in; then once more settles it. */
const maximumPrints = 4;

export async function renderPdf(
  document: Document,
  drawings: Drawings,
  { provenance, date, browser }: PdfOptions,
): Promise<Uint8Array> {
  const own = browser ? null : await openBrowser();
  const used = browser ?? own!;
  const folder = await mkdtemp(join(tmpdir(), 'fathom-print-'));
  try {
    let pages: ReadonlyMap<string, number> = new Map();
    for (let print = 1; ; print++) {
      const markup = await renderPaper(document, drawings, { provenance }, pages);
      const file = join(folder, `${print}.html`);
      await writeFile(file, markup);
      const bytes = await printFile(used, file);
      const found = await destinationPages(bytes);
      const settled = [...found].every(([id, page]) => pages.get(id) === page);
      if (settled || print === maximumPrints) {
        return await describe(bytes, document, date, await used.version());
      }
      pages = found;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await own?.close();
  }
}

/** Starts the browser that `findBrowser` finds. Its sandbox is on, except where it cannot be. */
export async function openBrowser(): Promise<Browser> {
  const { default: puppeteer } = await import('puppeteer');
  const { path } = await findBrowser();
  const isRoot = process.getuid?.() === 0;
  const isContainer = existsSync('/.dockerenv') || existsSync('/run/.containerenv');
  try {
    return await puppeteer.launch({
      executablePath: path,
      headless: true,
      args: [
        ...(isRoot || isContainer ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-default-apps',
        '--disable-extensions',
        '--disable-sync',
        '--no-first-run',
        '--disable-dev-shm-usage',
        '--font-render-hinting=none',
        '--lang=en-US',
      ],
      env: { ...process.env, TZ: 'UTC', LANG: 'C.UTF-8' },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new BrowserError(
      `the browser ${path} does not start: ${reason}. Try it by hand with --headless --version, or name another in PUPPETEER_EXECUTABLE_PATH.`,
    );
  }
}

async function printFile(browser: Browser, file: string): Promise<Uint8Array> {
  const page = await browser.newPage();
  try {
    page.setDefaultTimeout(printTimeoutMs);
    await page.setJavaScriptEnabled(true);
    await refuseRequests(page, pathToFileURL(file).href);
    await page.goto(pathToFileURL(file).href, { waitUntil: 'load', timeout: printTimeoutMs });
    await ready(page);
    return await page.pdf({
      preferCSSPageSize: true,
      printBackground: true,
      tagged: true,
      outline: true,
      waitForFonts: true,
      timeout: printTimeoutMs,
    });
  } finally {
    await page.close();
  }
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

/** Page number, from 1, of every place in the document that a link points at. */
async function destinationPages(bytes: Uint8Array): Promise<Map<string, number>> {
  const { PDFArray, PDFDict, PDFDocument, PDFName } = await import('@cantoo/pdf-lib');
  const pdf = await PDFDocument.load(bytes, { updateMetadata: false });
  const numbers = new Map(pdf.getPages().map((page, index) => [page.ref.toString(), index + 1]));
  const found = new Map<string, number>();
  const destinations = pdf.catalog.lookupMaybe(PDFName.of('Dests'), PDFDict);
  for (const [name, value] of destinations?.entries() ?? []) {
    const target = pdf.context.lookup(value);
    const place = target instanceof PDFDict ? target.lookup(PDFName.of('D')) : target;
    if (!(place instanceof PDFArray)) continue;
    const number = numbers.get(place.get(0).toString());
    if (number) found.set(name.decodeText(), number);
  }
  return found;
}

/** Document information, XMP metadata and identifier. */
async function describe(
  bytes: Uint8Array,
  document: Document,
  date: Date | null,
  browserVersion: string,
): Promise<Uint8Array> {
  const { PDFDict, PDFDocument, PDFHexString, PDFName, PDFString } = await import(
    '@cantoo/pdf-lib'
  );
  const pdf = await PDFDocument.load(bytes, { updateMetadata: false });
  const authors = document.authors.map(({ name }) => name);
  const producer = `Fathom with ${browserVersion.replace(/^Headless/, '')}`;
  pdf.setTitle(document.title.text, { showInWindowTitleBar: true });
  if (authors.length > 0) pdf.setAuthor(authors.join(', '));
  if (document.description) pdf.setSubject(document.description);
  if (document.keywords.length > 0) pdf.setKeywords([...document.keywords]);
  pdf.setCreator('Fathom');
  pdf.setProducer(producer);
  pdf.setLanguage(document.language);
  const information = pdf.context.lookup(pdf.context.trailerInfo.Info, PDFDict);
  for (const key of ['CreationDate', 'ModDate']) {
    if (date) information.set(PDFName.of(key), PDFString.fromDate(date));
    else information.delete(PDFName.of(key));
  }
  await renumberElements(pdf);
  const xmp = xmpPacket({ document, authors, producer, date });
  const stream = pdf.context.stream(Buffer.from(xmp), { Type: 'Metadata', Subtype: 'XML' });
  pdf.catalog.set(PDFName.of('Metadata'), pdf.context.register(stream));
  const plain = await pdf.save({ useObjectStreams: true, updateFieldAppearances: false });
  const content = PDFHexString.of(createHash('sha256').update(plain).digest('hex').slice(0, 32));
  pdf.context.trailerInfo.ID = pdf.context.obj([content, content]);
  return await pdf.save({ useObjectStreams: true, updateFieldAppearances: false });
}

/**
 * Names the elements of the structure tree from 1. Chromium names them (`node00001253`) by a counter of the process that
 * laid them out, which another page may have used before: two prints would differ by luck. The order stays as it was,
 * so the sorted tree of names stays valid.
 */
async function renumberElements(pdf: PDFDocument): Promise<void> {
  const { PDFArray, PDFDict, PDFHexString, PDFString } = await import('@cantoo/pdf-lib');
  const places: { number: number; set(name: string): void }[] = [];
  const note = (value: unknown, set: (name: string) => void): void => {
    const isText = value instanceof PDFString || value instanceof PDFHexString;
    const found = isText ? /^node(\d+)$/.exec(value.decodeText()) : null;
    if (found) places.push({ number: Number(found[1]), set });
    else visit(value);
  };
  const visit = (value: unknown): void => {
    if (value instanceof PDFDict) {
      for (const [key, item] of value.entries()) {
        note(item, (name) => value.set(key, PDFString.of(name)));
      }
    } else if (value instanceof PDFArray) {
      for (const [index, item] of value.asArray().entries()) {
        note(item, (name) => value.set(index, PDFString.of(name)));
      }
    }
  };
  for (const [, value] of pdf.context.enumerateIndirectObjects()) visit(value);
  const numbers = [...new Set(places.map(({ number }) => number))].sort((a, b) => a - b);
  const rank = new Map(numbers.map((number, index) => [number, index + 1]));
  for (const { number, set } of places) set(`node${String(rank.get(number)).padStart(8, '0')}`);
}

function xmpPacket(about: {
  document: Document;
  authors: readonly string[];
  producer: string;
  date: Date | null;
}): string {
  const { document, authors, producer, date } = about;
  const e = (text: string) => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const alternative = (name: string, text: string | null) =>
    text
      ? `<dc:${name}><rdf:Alt><rdf:li xml:lang="x-default">${e(text)}</rdf:li></rdf:Alt></dc:${name}>`
      : '';
  const list = (name: string, kind: 'Seq' | 'Bag', items: readonly string[]) =>
    items.length > 0
      ? `<dc:${name}><rdf:${kind}>${items.map((item) => `<rdf:li>${e(item)}</rdf:li>`).join('')}</rdf:${kind}></dc:${name}>`
      : '';
  const stamp = date?.toISOString().replace(/\.\d+Z$/, 'Z');
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<dc:format>application/pdf</dc:format>
${alternative('title', document.title.text)}${list('creator', 'Seq', authors)}${alternative('description', document.description)}${list('subject', 'Bag', document.keywords)}
<dc:language><rdf:Bag><rdf:li>${e(document.language)}</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>Fathom</xmp:CreatorTool><pdf:Producer>${e(producer)}</pdf:Producer>
${stamp ? `<xmp:CreateDate>${stamp}</xmp:CreateDate><xmp:ModifyDate>${stamp}</xmp:ModifyDate>` : ''}
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`;
}
