// One executed chapter → its files in a folder: the notebook, the page, the PDF, and the manifest that says what they were
// made from. The same execution gives the same bytes, whoever asks: a build, a check of an earlier build, a preview.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Browser } from 'puppeteer';
import type { Notebook } from '../press/notebook/nbformat.js';
import type { ParameterValue } from '../press/notebook/parameters.js';
import { notebookText } from '../press/notebook/write.js';
import { writeWhole } from '../shared/whole-file.js';
import type { Provenance } from '../press/report/index.js';
import { digestOfFile } from '../press/run/digest.js';
import type { Execution } from '../press/run/execute.js';
import {
  type ChapterManifest,
  describeOutputs,
  namedDependencies,
  readManifest,
  seedsOf,
  timesFile,
  type Versions,
  writeManifest,
} from '../press/run/manifest.js';
import type { Plan, PlannedChapter } from '../press/run/plan.js';
import { writeResults } from '../press/run/results-file.js';
import { browserVersion } from './browser-version.js';
import { seconds } from './progress.js';

export type Format = 'html' | 'pdf' | 'ipynb';
export const formats: readonly Format[] = ['html', 'pdf', 'ipynb'];

/** What is printed, and where to. */
export interface Printing {
  readonly planned: Plan;
  readonly chapter: PlannedChapter;
  readonly execution: Execution;
  readonly versions: Versions;
  readonly formats: readonly Format[];
  /** Warnings about a report fail as errors do. */
  readonly strict: boolean;
  readonly out: string;
  /** Lends the browser that prints. */
  readonly lend?: () => Promise<Browser>;
}

export interface Printed {
  readonly title: string;
  readonly description: string | null;
  /** Names of the files made. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
  readonly failures: readonly string[];
  /** What printed the PDF. */
  readonly browser: string | null;
}

/** Writes the executed notebook, and the page and the PDF as far as they can be made; then the manifest over them. */
export async function printChapter(printing: Printing): Promise<Printed> {
  const printed = await print(printing);
  await describe(printing, printed);
  return printed;
}

async function print(printing: Printing): Promise<Printed> {
  const { planned, chapter, execution, out } = printing;
  const report = await import('../press/report/index.js');
  const { name } = chapter;
  const started = performance.now();
  const notebook = withBookMetadata(execution.notebook, planned, chapter);
  await writeWhole(join(out, `${name}.ipynb`), notebookText(notebook));
  const files = [`${name}.ipynb`];
  const failures: string[] = [];
  const wanted = new Set(printing.formats.filter((format) => format !== 'ipynb'));
  let browser: string | null = null;
  if (wanted.has('pdf')) {
    try {
      browser = await browserVersion((await report.findBrowser()).path);
    } catch (error) {
      if (!(error instanceof report.BrowserError)) throw error;
      wanted.delete('pdf');
      failures.push(`${name}.pdf was not made: ${error.message}`);
    }
  }
  const bibliography = join(dirname(chapter.file), 'references.bib');
  const elsewhere = await report.inOtherChapters(planned.book?.chapters ?? [], chapter.file);
  const render = () =>
    report.renderReport(notebook, {
      formats: [...wanted],
      outDirectory: out,
      name,
      file: chapter.shownAs,
      directory: dirname(chapter.file),
      ...(existsSync(bibliography) ? { bibliography } : {}),
      strict: printing.strict,
      ...(printing.lend ? { browser: printing.lend } : {}),
      elsewhere,
      provenance: provenanceOf(printing),
    });
  try {
    const { document, diagnostics, kept } = await render().catch((error: Error) => {
      if (error instanceof report.ReportError || !wanted.has('pdf')) throw error;
      // A browser that does not start, or ends while it prints: the page needs none.
      if (process.env.FATHOM_DEBUG) console.error(error.stack);
      wanted.delete('pdf');
      browser = null;
      failures.push(`${name}.pdf was not made: ${error.message}`);
      return render();
    });
    files.push(...[...wanted].map((format) => `${name}.${format}`), ...kept);
    if (document.results.length > 0) {
      files.push(`${name}.results.json`);
      await writeResults(out, { chapter: name, results: document.results });
    }
    return {
      title: chapter.title ?? document.title.text,
      description: document.description,
      files,
      browser,
      warnings: [
        ...diagnostics.map(report.formatDiagnostic),
        ...(wanted.size > 0
          ? [`${name}  printed in ${seconds((performance.now() - started) / 1000)}`]
          : []),
      ],
      failures,
    };
  } catch (error) {
    const problems =
      error instanceof report.ReportError
        ? error.diagnostics.map(report.formatDiagnostic)
        : [`${name}: the report could not be made: ${(error as Error).message}`];
    if (process.env.FATHOM_DEBUG) console.error((error as Error).stack);
    return {
      title: chapter.title ?? name,
      description: null,
      files,
      browser: null,
      warnings: [],
      failures: [...failures, ...problems],
    };
  }
}

/** What the book says of its chapters stands in for what a chapter does not say itself. */
export function withBookMetadata(
  notebook: Notebook,
  { book }: Plan,
  chapter: PlannedChapter,
): Notebook {
  if (!book) return notebook;
  const { metadata } = notebook;
  return {
    ...notebook,
    metadata: {
      ...(chapter.title === undefined ? {} : { title: chapter.title }),
      authors: book.authors.map(({ name, affiliation }) => ({
        name,
        ...(affiliation ? { affiliation } : {}),
      })),
      lang: book.language,
      ...(book.csl === undefined ? {} : { csl: book.csl }),
      ...metadata,
    },
  };
}

function provenanceOf({ execution, chapter, versions }: Printing): Provenance {
  const data = execution.dependencies.filter((each) => each.kind === 'data');
  const [records, others] = [true, false].map((isRun) =>
    data.filter((each) => each.name.startsWith('run ') === isRun),
  );
  return {
    commit: versions.commit,
    dirty: versions.dirty,
    versions: versions.packages,
    lockfile: versions.lockfile,
    fonts: versions.fonts,
    parameters: allParameters(chapter),
    data: Object.fromEntries(others!.map((each) => [each.name, each.digest])),
    records: records!.map((each) => each.digest),
    seeds: seedsOf(allParameters(chapter), execution.dependencies),
  };
}

function allParameters(chapter: PlannedChapter): Record<string, ParameterValue> {
  const defaults = Object.fromEntries(
    chapter.declared.map((parameter) => [parameter.name, parameter.default]),
  );
  return { ...defaults, ...chapter.parameters };
}

async function describe(
  { planned, chapter, execution, versions, out }: Printing,
  printed: Printed,
): Promise<void> {
  // What an earlier build made and this one did not would not fit the rest.
  const before = await readManifest(out, chapter.name);
  for (const { file } of before?.outputs ?? []) {
    if (!printed.files.includes(file)) await rm(join(out, basename(file)), { force: true });
  }
  const epoch = process.env.SOURCE_DATE_EPOCH;
  const manifest: ChapterManifest = {
    format: 1,
    chapter: chapter.name,
    title: printed.title,
    description: printed.description,
    notebook: {
      file: relative(planned.project, chapter.file).split(sep).join('/'),
      digest: (await digestOfFile(chapter.file))!,
    },
    profile: planned.profile?.name ?? null,
    parameters: allParameters(chapter),
    seeds: seedsOf(allParameters(chapter), execution.dependencies),
    ...versions,
    date: epoch ? Number(epoch) : null,
    browser: printed.browser,
    inputs: execution.inputs ?? null,
    read: namedDependencies(execution.dependencies, planned.project),
    times: timesFile(chapter.name),
    outputs: await describeOutputs(out, printed.files),
  };
  await writeManifest(out, manifest);
  // Times differ from run to run; they are kept apart from what is the same.
  await writeWhole(
    join(out, timesFile(chapter.name)),
    `${JSON.stringify({ seconds: execution.seconds }, null, 2)}\n`,
  );
  await rm(join(out, `${chapter.name}.partial.ipynb`), { force: true });
}
