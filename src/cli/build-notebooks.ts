// Builds reports: plan, execute or take from the cache, print, and say what was made and what it was made from.
import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { setMaxListeners } from 'node:events';
import { hint } from '../shared/nearest.js';
import type { Notebook } from '../press/notebook/nbformat.js';
import type { ParameterValue } from '../press/notebook/parameters.js';
import { notebookText, writeNotebook, writeWhole } from '../press/notebook/write.js';
import type { Provenance } from '../press/report/index.js';
import { describeCellError } from '../press/run/cell-error.js';
import { chooseKernel } from '../press/run/choose-kernel.js';
import { digestOfFile } from '../press/run/digest.js';
import { type Execution, execute } from '../press/run/execute.js';
import {
  type ChapterManifest,
  describeOutputs,
  namedDependencies,
  readManifest,
  readVersions,
  type Versions,
  writeBookManifest,
  writeManifest,
} from '../press/run/manifest.js';
import { type Plan, type PlannedChapter, plan } from '../press/run/plan.js';
import { Progress, seconds } from './progress.js';

export type Format = 'html' | 'pdf' | 'ipynb';
const formats: readonly Format[] = ['html', 'pdf', 'ipynb'];

export interface BuildOptions {
  readonly notebooks: readonly string[];
  readonly parameters: readonly string[];
  readonly profile: string | undefined;
  readonly formats: readonly Format[];
  readonly out: string | undefined;
  readonly kernel: string | undefined;
  /** Executes even if nothing has changed. */
  readonly refresh: boolean;
  readonly explain: boolean;
  /** Warnings about a report fail as errors do. */
  readonly strict: boolean;
}

/** A format that Fathom does not print. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly exitCode = 2;
}

export function readFormats(text: string): Format[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const unknown = names.find((name) => !formats.includes(name as Format));
  if (unknown !== undefined || names.length === 0) {
    throw new FormatError(
      `--to ${text}: there is no format "${unknown ?? ''}". ${hint(unknown ?? '', formats)}`,
    );
  }
  return names as Format[];
}

/** Builds, and returns the exit code: 0, or 1 where a cell failed or a report could not be made, or 130 when interrupted. */
export async function buildNotebooks(options: BuildOptions): Promise<number> {
  const started = performance.now();
  const planned = await plan(options);
  const kernels = await Promise.all(
    planned.chapters.map((chapter) => chooseKernel(chapter.notebook, options.kernel)),
  );
  const versions = await readVersions(planned.project);
  const progress = new Progress();
  const interruption = listenForSignals(progress);
  const failures: string[] = [];
  const made: string[] = [];
  try {
    for (const [index, chapter] of planned.chapters.entries()) {
      if (interruption.signal.aborted) break;
      const execution = await execute(chapter.notebook, {
        file: chapter.file,
        name: chapter.shownAs,
        kernel: kernels[index]!,
        parameters: chapter.parameters,
        signal: interruption.signal,
        onEvent: progress.follow(chapter.name),
        onDecision: (reasons) => sayWhy(progress, chapter, reasons, options.explain),
        cache: cacheOf(planned, chapter),
        refresh: options.refresh,
      });
      progress.end();
      const notebook = withBookMetadata(execution.notebook, planned, chapter);
      if (execution.interrupted || execution.errors.length > 0) {
        const partial = join(planned.out, `${chapter.name}.partial.ipynb`);
        await writeNotebook(partial, notebook);
        failures.push(...execution.errors.map(describeCellError));
        progress.line(`${chapter.name}  stopped; what was done so far is in ${shown(partial)}`);
        continue;
      }
      progress.status(`${chapter.name}  printing`);
      const printed = await print(notebook, execution, planned, chapter, versions, options);
      progress.end();
      for (const warning of printed.warnings) progress.line(warning);
      failures.push(...printed.failures);
      await finish(planned, chapter, execution, versions, printed);
      made.push(...printed.files);
    }
    made.unshift(...(await finishBook(planned)));
  } finally {
    progress.end();
    interruption.end();
  }
  for (const failure of failures) console.error(`fathom: ${failure}`);
  for (const file of made) progress.line(`  ${shown(join(planned.out, file))}`);
  if (interruption.signal.aborted) {
    console.error('fathom: interrupted');
    return interruption.exitCode;
  }
  progress.line(
    `${failures.length === 0 ? 'done' : 'failed'} in ${seconds((performance.now() - started) / 1000)}`,
  );
  return failures.length === 0 ? 0 : 1;
}

/** Ctrl-C and the like stop the running cell, keep what was done, and end the build; a second one ends it at once. */
function listenForSignals(progress: Progress): {
  signal: AbortSignal;
  exitCode: number;
  end(): void;
} {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  let since = 0;
  const state = { signal: controller.signal, exitCode: 130, end: () => {} };
  const listeners = Object.entries(codes).map(([name, code]) => {
    const listener = (): void => {
      if (!controller.signal.aborted) {
        since = performance.now();
        state.exitCode = code;
        progress.line('stopping (again: at once) …');
        controller.abort();
        return;
      }
      // A terminal sends Ctrl-C to the whole group and the starter passes it on, so one press may come twice.
      if (performance.now() - since > 1000) process.exit(code);
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  state.end = () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
  return state;
}

function sayWhy(
  progress: Progress,
  chapter: PlannedChapter,
  reasons: readonly string[],
  explain: boolean,
): void {
  if (reasons.length === 0) {
    progress.line(`${chapter.name}  not executed: nothing it depends on has changed`);
  } else if (explain) {
    progress.line(`${chapter.name}  executed, because:`);
    for (const reason of reasons) progress.line(`  ${reason}`);
  }
}

function cacheOf(planned: Plan, chapter: PlannedChapter): { folder: string; path: string } {
  return {
    folder: join(planned.project, '.fathom', 'cache'),
    path: relative(planned.project, chapter.file).split(sep).join('/'),
  };
}

/** What the book says of its chapters stands in for what a chapter does not say itself. */
function withBookMetadata(notebook: Notebook, { book }: Plan, chapter: PlannedChapter): Notebook {
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
      ...metadata,
    },
  };
}

interface Printed {
  readonly title: string;
  readonly description: string | null;
  readonly files: readonly string[];
  readonly warnings: readonly string[];
  readonly failures: readonly string[];
}

/** Writes the executed notebook, and the page and the PDF as far as they can be made. */
async function print(
  notebook: Notebook,
  execution: Execution,
  planned: Plan,
  chapter: PlannedChapter,
  versions: Versions,
  options: BuildOptions,
): Promise<Printed> {
  const report = await import('../press/report/index.js');
  const { name } = chapter;
  const started = performance.now();
  await writeWhole(join(planned.out, `${name}.ipynb`), notebookText(notebook));
  const files = [`${name}.ipynb`];
  const failures: string[] = [];
  const wanted = new Set(options.formats.filter((format) => format !== 'ipynb'));
  if (wanted.has('pdf')) {
    try {
      await report.findBrowser();
    } catch (error) {
      if (!(error instanceof report.BrowserError)) throw error;
      wanted.delete('pdf');
      failures.push(`${name}.pdf was not made: ${error.message}`);
    }
  }
  const bibliography = join(dirname(chapter.file), 'references.bib');
  try {
    const { document, diagnostics } = await report.renderReport(notebook, {
      formats: [...wanted],
      outDirectory: planned.out,
      name,
      file: chapter.shownAs,
      directory: dirname(chapter.file),
      ...(existsSync(bibliography) ? { bibliography } : {}),
      strict: options.strict,
      provenance: provenanceOf(execution, chapter, versions),
    });
    return {
      title: chapter.title ?? document.title.text,
      description: document.description,
      files: [...files, ...[...wanted].map((format) => `${name}.${format}`)],
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
      warnings: [],
      failures: [...failures, ...problems],
    };
  }
}

function provenanceOf(
  execution: Execution,
  chapter: PlannedChapter,
  versions: Versions,
): Provenance {
  const data = execution.dependencies.filter((each) => each.kind === 'data');
  const [records, others] = [true, false].map((isRun) =>
    data.filter((each) => each.name.startsWith('run ') === isRun),
  );
  return {
    commit: versions.commit,
    dirty: versions.dirty,
    versions: versions.packages,
    parameters: allParameters(chapter),
    data: Object.fromEntries(others!.map((each) => [each.name, each.digest])),
    records: records!.map((each) => each.digest),
    seeds: [],
  };
}

function allParameters(chapter: PlannedChapter): Record<string, ParameterValue> {
  const defaults = Object.fromEntries(
    chapter.declared.map((parameter) => [parameter.name, parameter.default]),
  );
  return { ...defaults, ...chapter.parameters };
}

async function finish(
  planned: Plan,
  chapter: PlannedChapter,
  execution: Execution,
  versions: Versions,
  printed: Printed,
): Promise<void> {
  // What an earlier build made and this one did not would not fit the rest.
  const before = await readManifest(planned.out, chapter.name);
  for (const { file } of before?.outputs ?? []) {
    if (!printed.files.includes(file)) await rm(join(planned.out, basename(file)), { force: true });
  }
  await writeManifest(planned.out, {
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
    ...versions,
    inputs: execution.inputs ?? null,
    read: namedDependencies(execution.dependencies, planned.project),
    outputs: await describeOutputs(planned.out, printed.files),
  });
  // Times differ from run to run; they are kept apart from what is the same.
  await writeWhole(
    join(planned.out, `${chapter.name}.times.json`),
    `${JSON.stringify({ seconds: execution.seconds }, null, 2)}\n`,
  );
  await rm(join(planned.out, `${chapter.name}.partial.ipynb`), { force: true });
}

/** The book's contents and manifest, over all chapters that are there: those of this build and those of earlier ones. */
async function finishBook(planned: Plan): Promise<string[]> {
  const { book, profile, out } = planned;
  if (!book) return [];
  const manifests = await Promise.all(
    book.chapters.map((chapter) => readManifest(out, chapter.name)),
  );
  const there = manifests.filter((manifest): manifest is ChapterManifest => manifest !== undefined);
  if (there.length === 0) return [];
  const { indexPage } = await import('../press/report/index.js');
  const entries = there.map(({ title, description, outputs }) => ({
    title,
    description,
    files: outputs.map(({ file }) => ({ format: extname(file).slice(1), path: file })),
  }));
  const note = profile
    ? `Profile ${profile.name}${profile.description ? `: ${profile.description}` : ''}`
    : null;
  await writeWhole(
    join(out, 'index.html'),
    indexPage(entries, { title: book.title, language: book.language, note }),
  );
  await writeBookManifest(out, { title: book.title, profile: profile?.name ?? null }, there);
  return ['index.html'];
}

function shown(path: string): string {
  return relative(process.cwd(), path) || '.';
}
