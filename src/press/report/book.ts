// Executed chapters → one PDF. Each chapter keeps what it is as a report of its own, its notes and its references too, so
// that it can be read alone; numbers start with that of the chapter, and a reference to another chapter names the page.
import { lendBrowser } from './browser.js';
import { type Diagnostic, formatDiagnostic } from './diagnostics.js';
import type { Document } from './document.js';
import { drawCharts } from './drawing.js';
import { missingGlyphs } from './fonts/missing.js';
import { escapeHtml } from './markup.js';
import { type BookTitle, idIn, paperOfBook } from './paper.js';
import { renderPdf } from './pdf.js';
import type { Provenance } from './provenance.js';
import {
  dateOf,
  type PrintOptions,
  type ReadReportOptions,
  readNotebookDocument,
  type ReportFile,
  refuse,
  writeReport,
} from './report.js';
import type { Notebook } from '../notebook/nbformat.js';

export interface BookChapter extends Omit<ReadReportOptions, 'chapter' | 'elsewhere'> {
  readonly notebook: Notebook;
  readonly provenance: Provenance | null;
}

export interface BookOptions extends PrintOptions {
  readonly outDirectory: string;
  /** File name without ending. */
  readonly name: string;
  /** Warnings fail as errors do. */
  readonly strict?: boolean;
}

/** Prints a book. Throws ReportError and BrowserError as `renderReport` does. */
export async function renderBook(
  title: BookTitle,
  chapters: readonly BookChapter[],
  options: BookOptions,
): Promise<{ file: ReportFile; diagnostics: readonly Diagnostic[] }> {
  // Once to learn what there is to refer to, once more with the references to other chapters.
  const known = await readAll(chapters, () => null);
  const documents = await readAll(chapters, (label) => referenceTo(label, known));
  const drawn = await Promise.all(documents.map((document) => drawCharts(document)));
  const diagnostics = unique([
    ...documents.flatMap((document) => document.diagnostics),
    ...drawn.flatMap((each) => each.diagnostics),
  ]);
  refuse(diagnostics, options.strict ?? false);
  const paperFor = (browser: string) =>
    paperOfBook(
      title,
      documents.map((document, index) => {
        const { provenance } = chapters[index]!;
        const { drawings } = drawn[index]!;
        return { document, drawings, provenance: provenance && { ...provenance, browser } };
      }),
      (characters) => {
        const glyphs = chapters.flatMap(({ notebook, name, file = `${name}.ipynb` }) =>
          missingGlyphs(characters, { notebook, file, language: title.language }).filter(
            ({ cell }) => cell !== null,
          ),
        );
        if (options.strict) refuse(glyphs, true);
        diagnostics.push(...glyphs);
      },
    );
  const own = options.browser ? null : lendBrowser();
  try {
    const browser = options.browser ?? own!;
    const bytes = await renderPdf(paperFor, { date: dateOf(options), browser });
    return { file: await writeReport(options, 'pdf', bytes), diagnostics };
  } finally {
    await own?.close();
  }
}

function readAll(
  chapters: readonly BookChapter[],
  elsewhere: (label: string) => string | null,
): Promise<Document[]> {
  return Promise.all(
    chapters.map(({ notebook, ...chapter }, index) =>
      readNotebookDocument(notebook, { ...chapter, chapter: index + 1, elsewhere }),
    ),
  );
}

/** "Figure 2.3 on page 17"; the number of the page is filled in when the pages are laid out. */
function referenceTo(label: string, documents: readonly Document[]): string | null {
  for (const document of documents) {
    const target = document.labels[label];
    if (!target) continue;
    const id = escapeHtml(idIn(document)(target.id));
    return `<a class="reference" href="#${id}">${escapeHtml(target.text)} on page\u00a0<span data-page-of="${id}"></span></a>`;
  }
  return null;
}

function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((each) => [formatDiagnostic(each), each])).values()];
}
