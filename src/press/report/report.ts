// An executed notebook → report files. This is the door for the command line; the stages behind it can be used alone.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'puppeteer';
import { writeWhole } from '../../shared/whole-file.js';
import type { Notebook } from '../notebook/nbformat.js';
import { lendBrowser } from './browser.js';
import { fileReader } from './beside.js';
import { type Citations, noCitations, readBibliography } from './citations.js';
import { type Diagnostic, ReportError } from './diagnostics.js';
import type { Document } from './document.js';
import { type Drawings, drawCharts, warmUp } from './drawing.js';
import { missingGlyphs } from './fonts/missing.js';
import { readFrontMatter } from './front-matter.js';
import { colourCode } from './highlight.js';
import { renderHtml } from './page.js';
import { paperOf } from './paper.js';
import { renderPdf } from './pdf.js';
import type { Provenance } from './provenance.js';
import { readDocument } from './read.js';
import type { Keep } from './room.js';

export type Format = 'html' | 'pdf';

/** How a PDF is printed. */
export interface PrintOptions {
  /** Date for the document information of the PDF. Default: SOURCE_DATE_EPOCH, else none. */
  readonly date?: Date;
  /** Lends a browser, so that one can print many reports; otherwise one is started and closed. */
  readonly browser?: () => Promise<Browser>;
}

export interface ReadReportOptions {
  /** File name of the report without ending. */
  readonly name: string;
  /** Name of the notebook in messages. Default `<name>.ipynb`. */
  readonly file?: string;
  /** Folder of the notebook: its pictures and bibliography are read from here. Without it nothing is read. */
  readonly directory?: string;
  /** BibTeX or CSL-JSON file used when the notebook names none. */
  readonly bibliography?: string;
  /** Citation style (a CSL file) used when the notebook names none; without one, the report's own. */
  readonly csl?: string;
  /** Its number in a book. */
  readonly chapter?: number;
  /** HTML of a reference to what this notebook does not have, if another chapter has it. */
  readonly elsewhere?: (label: string) => string | null;
}

export interface ReportOptions extends ReadReportOptions, PrintOptions {
  readonly formats: readonly Format[];
  /** Where the files go; made if it is not there. */
  readonly outDirectory: string;
  /** Warnings fail as errors do. */
  readonly strict?: boolean;
  /** Errors of the notebook are warnings: the best report that can be made of what a stranger wrote. */
  readonly lenient?: boolean;
  readonly provenance?: Provenance;
}

export interface Report {
  readonly document: Document;
  readonly files: readonly ReportFile[];
  /** Names of the files beside the report that hold outputs too large for it. */
  readonly kept: readonly string[];
  /** Warnings; errors are thrown. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface ReportFile {
  readonly format: Format;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Makes the report files. Throws ReportError for what is wrong with the notebook, before anything is written, and
 * BrowserError if there is nothing to print a PDF with; the HTML is written by then.
 */
export async function renderReport(notebook: Notebook, options: ReportOptions): Promise<Report> {
  const { formats, strict = false, provenance = null } = options;
  const isPrinted = formats.includes('pdf');
  // Chart processes and the browser take their time to start: meanwhile the notebook is read.
  warmUp();
  const own = options.browser ? null : lendBrowser();
  const browser = options.browser ?? own!;
  if (isPrinted) browser().catch(() => undefined);
  try {
    const { document, drawings, kept, ...read } = await readReport(notebook, options);
    const diagnostics = read.diagnostics.map((each) =>
      options.lenient ? { ...each, severity: 'warning' as const } : each,
    );
    refuse(diagnostics, strict);
    const known = diagnostics.length;
    const absent = new Set<string>();
    const onMissing = (characters: readonly string[]): void => {
      for (const character of characters) absent.add(character);
      const { file, language } = document;
      const glyphs = missingGlyphs([...absent].sort(), { notebook, file, language });
      if (strict) refuse(glyphs, true);
      diagnostics.splice(known, diagnostics.length - known, ...glyphs);
    };
    const files: ReportFile[] = [];
    for (const [name, content] of kept) await writeWhole(join(options.outDirectory, name), content);
    if (formats.includes('html')) {
      const page = await renderHtml(document, drawings, { provenance, onMissing });
      files.push(await writeReport(options, 'html', page));
    }
    if (isPrinted) {
      const paperFor = (name: string) =>
        paperOf(
          { document, drawings, provenance: provenance && { ...provenance, browser: name } },
          onMissing,
        );
      const pdf = await renderPdf(paperFor, { date: dateOf(options), browser });
      files.push(await writeReport(options, 'pdf', pdf));
    }
    return { document, files, kept: [...kept.keys()], diagnostics };
  } finally {
    await own?.close();
  }
}

export interface ReadReport {
  readonly document: Document;
  readonly drawings: Drawings;
  /** Outputs too large for the page, by the name of the file that they go into, beside it. */
  readonly kept: ReadonlyMap<string, string | Uint8Array>;
  readonly diagnostics: readonly Diagnostic[];
}

/** A notebook read, and its charts drawn, with all that is wrong with them; nothing is thrown for that. */
export async function readReport(
  notebook: Notebook,
  options: ReadReportOptions,
): Promise<ReadReport> {
  const kept = new Map<string, string | Uint8Array>();
  const document = await readNotebookDocument(notebook, options, (ending, content) => {
    const name = `${options.name}.${ending}`;
    kept.set(name, content);
    return encodeURIComponent(name);
  });
  const [{ drawings, diagnostics }] = await Promise.all([
    drawCharts(document),
    colourCode(document),
  ]);
  return { document, drawings, kept, diagnostics: [...document.diagnostics, ...diagnostics] };
}

/** As `readReport`, without the charts. */
export async function readNotebookDocument(
  notebook: Notebook,
  options: ReadReportOptions,
  keep: Keep = () => null,
): Promise<Document> {
  const file = options.file ?? `${options.name}.ipynb`;
  return readDocument(notebook, {
    file,
    keep,
    citations: await loadCitations(notebook, file, options),
    ...(options.directory ? { readFile: fileReader(options.directory) } : {}),
    ...(options.chapter === undefined ? {} : { chapter: options.chapter }),
    ...(options.elsewhere ? { elsewhere: options.elsewhere } : {}),
  });
}

/** Throws a ReportError if something is wrong; in strict mode warnings are. */
export function refuse(diagnostics: readonly Diagnostic[], strict: boolean): void {
  const fatal = strict ? diagnostics : diagnostics.filter((d) => d.severity === 'error');
  if (fatal.length > 0) throw new ReportError(fatal);
}

export async function writeReport(
  { outDirectory, name }: { outDirectory: string; name: string },
  format: Format,
  content: string | Uint8Array,
): Promise<ReportFile> {
  const path = join(outDirectory, `${name}.${format}`);
  await writeWhole(path, content);
  return { format, path, ...seal(content) };
}

/** The date that a PDF states. */
export function dateOf({ date }: PrintOptions): Date | null {
  return date ?? sourceDate(process.env);
}

/** SOURCE_DATE_EPOCH (reproducible-builds.org): seconds since 1970, or null if it is not set. */
export function sourceDate(environment: NodeJS.ProcessEnv): Date | null {
  const given = environment.SOURCE_DATE_EPOCH;
  if (given === undefined || given === '') return null;
  if (!/^\d{1,12}$/.test(given)) {
    throw new Error(`SOURCE_DATE_EPOCH is "${given}", but must be a number of seconds since 1970`);
  }
  return new Date(Number(given) * 1000);
}

/** The bibliography and the style that the notebook names, else those of the book. */
async function loadCitations(
  notebook: Notebook,
  file: string,
  options: ReadReportOptions,
): Promise<Citations> {
  const { front } = readFrontMatter(notebook, file);
  const missing: Diagnostic[] = [];
  const load = async (what: string, named: string | null, usual: string | undefined) => {
    const isNamed = named !== null && options.directory !== undefined;
    const path = isNamed ? named : usual;
    if (path === undefined) return null;
    const bytes = isNamed
      ? fileReader(options.directory!)(named)
      : await readFile(path).catch(() => null);
    if (bytes !== null) return { path, text: Buffer.from(bytes).toString('utf8') };
    const kind = `missing-${what.split(' ').at(-1)}`;
    const message = `cannot read the ${what} ${path}: there is no such file${isNamed ? ' beside the notebook' : ''}`;
    missing.push({ severity: 'error', kind, file, cell: null, line: null, message });
    return null;
  };
  const works = await load('bibliography', front.bibliography, options.bibliography);
  const style = works && (await load('citation style', front.csl, options.csl));
  if (!works) return missing.length === 0 ? noCitations : { ...noCitations, diagnostics: missing };
  const citations = await readBibliography(works.text, works.path, {
    csl: style?.text ?? null,
    file: style?.path ?? '',
    language: front.language,
  });
  return { ...citations, diagnostics: [...citations.diagnostics, ...missing] };
}

/** Size and SHA-256 of what was written. */
function seal(content: string | Uint8Array): { bytes: number; sha256: string } {
  const bytes = Buffer.from(content);
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
