// An executed notebook → report files. This is the door for the command line; the stages behind it can be used alone.
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Browser } from 'puppeteer';
import { writeWhole } from '../notebook/write.js';
import type { Notebook } from '../notebook/nbformat.js';
import { noCitations, readBibliography } from './citations.js';
import { type Diagnostic, ReportError } from './diagnostics.js';
import type { Document } from './document.js';
import { drawCharts } from './drawing.js';
import { readFrontMatter } from './front-matter.js';
import { renderHtml } from './page.js';
import { renderPdf } from './pdf.js';
import type { Provenance } from './provenance.js';
import { readDocument } from './read.js';

export type Format = 'html' | 'pdf';

export interface ReportOptions {
  readonly formats: readonly Format[];
  /** Where the files go; made if it is not there. */
  readonly outDirectory: string;
  /** File name without ending. */
  readonly name: string;
  /** Name of the notebook in messages. Default `<name>.ipynb`. */
  readonly file?: string;
  /** Folder of the notebook: its pictures and bibliography are read from here. Without it nothing is read. */
  readonly directory?: string;
  /** BibTeX file used when the notebook names none. */
  readonly bibliography?: string;
  /** Warnings fail as errors do. */
  readonly strict?: boolean;
  readonly provenance?: Provenance;
  /** Date for the document information of the PDF. Default: SOURCE_DATE_EPOCH, else none. */
  readonly date?: Date;
  readonly browser?: Browser;
}

export interface Report {
  readonly document: Document;
  readonly files: readonly ReportFile[];
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
  const file = options.file ?? `${options.name}.ipynb`;
  const readBeside = options.directory ? fileReader(options.directory) : undefined;
  const citations = await loadCitations(notebook, file, options);
  const document = readDocument(notebook, {
    file,
    citations,
    ...(readBeside ? { readFile: readBeside } : {}),
  });
  const { drawings, diagnostics: drawingProblems } = await drawCharts(document);
  const diagnostics = [...document.diagnostics, ...drawingProblems];
  const fatal = options.strict ? diagnostics : diagnostics.filter((d) => d.severity === 'error');
  if (fatal.length > 0) throw new ReportError(fatal);

  const provenance = options.provenance ?? null;
  const files: ReportFile[] = [];
  const write = async (format: Format, content: string | Uint8Array) => {
    const path = join(options.outDirectory, `${options.name}.${format}`);
    await writeWhole(path, content);
    files.push({ format, path, ...seal(content) });
  };
  if (options.formats.includes('html')) {
    await write('html', await renderHtml(document, drawings, { provenance }));
  }
  if (options.formats.includes('pdf')) {
    const date = options.date ?? sourceDate(process.env);
    const { browser } = options;
    await write(
      'pdf',
      await renderPdf(document, drawings, { provenance, date, ...(browser ? { browser } : {}) }),
    );
  }
  return { document, files, diagnostics };
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

async function loadCitations(notebook: Notebook, file: string, options: ReportOptions) {
  const named = readFrontMatter(notebook, file).front.bibliography;
  const path = named && options.directory ? join(options.directory, named) : options.bibliography;
  if (!path || (named && !inside(options.directory ?? '', named))) return noCitations;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new ReportError([
      {
        severity: 'error',
        kind: 'missing-bibliography',
        file,
        cell: null,
        line: null,
        message: `cannot read the bibliography ${path}`,
      },
    ]);
  }
  return readBibliography(text, named ?? path);
}

/** Reads files of a folder and below it, and nothing else, whatever path a notebook names. */
function fileReader(directory: string): (path: string) => Uint8Array | null {
  return (path) => {
    if (!inside(directory, path)) return null;
    try {
      // A link may lead out of the folder.
      const real = realpathSync(join(directory, path));
      return inside(realpathSync(directory), real) ? readFileSync(real) : null;
    } catch {
      return null;
    }
  };
}

function inside(directory: string, path: string): boolean {
  const way = relative(resolve(directory), resolve(directory, path));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Size and SHA-256 of what was written. */
function seal(content: string | Uint8Array): { bytes: number; sha256: string } {
  const bytes = Buffer.from(content);
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
