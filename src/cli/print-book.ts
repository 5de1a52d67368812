// The whole book as one PDF, from the executed chapters that lie in the folder of the reports: those of this build and
// those of earlier ones.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Browser } from 'puppeteer';
import { readNotebook } from '../press/notebook/read.js';
import type { Provenance } from '../press/report/index.js';
import { bookName } from '../press/run/book-files.js';
import { type ChapterManifest, readManifest } from '../press/run/manifest.js';
import type { Plan } from '../press/run/plan.js';

export interface PrintedBook {
  readonly files: readonly string[];
  readonly warnings: readonly string[];
  readonly failures: readonly string[];
}

/** Prints the book of the plan; what stands in the way is told as failures. */
export async function printBook(
  { book, profile, out }: Plan,
  { strict, browser }: { strict: boolean; browser?: () => Promise<Browser> },
): Promise<PrintedBook> {
  const report = await import('../press/report/index.js');
  const failed = (...failures: string[]): PrintedBook => ({ files: [], warnings: [], failures });
  if (!book) return failed('--book: there is no book.yml that says which notebooks make the book');
  const missing = book.chapters.filter(({ name }) => !existsSync(join(out, `${name}.ipynb`)));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    return failed(`${bookName}.pdf was not made: not executed yet: ${names}. Build the whole book`);
  }
  const folder = dirname(book.file);
  const bibliography = join(folder, 'references.bib');
  const chapters = await Promise.all(
    book.chapters.map(async ({ name, title }) => {
      const notebook = await readNotebook(join(out, `${name}.ipynb`));
      const manifest = await readManifest(out, name);
      return {
        name,
        file: `${name}.ipynb`,
        directory: folder,
        ...(existsSync(bibliography) ? { bibliography } : {}),
        notebook:
          title === undefined
            ? notebook
            : { ...notebook, metadata: { ...notebook.metadata, title } },
        provenance: manifest ? provenanceOf(manifest) : null,
      };
    }),
  );
  const note = profile
    ? `Profile ${profile.name}${profile.description ? `: ${profile.description}` : ''}`
    : null;
  try {
    const { diagnostics } = await report.renderBook({ ...book, note }, chapters, {
      outDirectory: out,
      name: bookName,
      strict,
      ...(browser ? { browser } : {}),
    });
    return {
      files: [`${bookName}.pdf`],
      warnings: diagnostics.map(report.formatDiagnostic),
      failures: [],
    };
  } catch (error) {
    if (error instanceof report.ReportError) {
      return failed(...error.diagnostics.map(report.formatDiagnostic));
    }
    return failed(`${bookName}.pdf was not made: ${(error as Error).message}`);
  }
}

function provenanceOf(manifest: ChapterManifest): Provenance {
  const data = manifest.read.filter(({ kind }) => kind === 'data');
  const isRun = ({ name }: { name: string }): boolean => name.startsWith('run ');
  return {
    commit: manifest.commit,
    dirty: manifest.dirty,
    versions: manifest.packages,
    lockfile: manifest.lockfile,
    fonts: manifest.fonts,
    parameters: manifest.parameters,
    data: Object.fromEntries(data.filter((each) => !isRun(each)).map((d) => [d.name, d.digest])),
    records: data.filter(isRun).map(({ digest }) => digest),
    seeds: manifest.seeds,
  };
}
