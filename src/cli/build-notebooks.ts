// Builds reports: plan, execute or take from the cache, print, and say what was made and what it was made from.
import { join, relative, sep } from 'node:path';
import { writeNotebook } from '../press/notebook/write.js';
import { type LentBrowser, lendBrowser } from '../press/report/browser.js';
import { describeCellError } from '../press/run/cell-error.js';
import { chooseKernel } from '../press/run/choose-kernel.js';
import { type Execution, execute } from '../press/run/execute.js';
import type { KernelSpec } from '../press/run/kernel-spec.js';
import { bookName } from '../press/run/book-files.js';
import { readVersions, type Versions } from '../press/run/manifest.js';
import { type Plan, type PlannedChapter, plan } from '../press/run/plan.js';
import { OptionError } from './option-error.js';
import { type Format, printChapter, withBookMetadata } from './print-chapter.js';
import { type FinishedBook, finishBook } from './finish-book.js';
import { printBook } from './print-book.js';
import { Progress, seconds } from './progress.js';
import { queue, shareOf, sideBySide, usualJobs } from './side-by-side.js';
import { type Interruption, listenForSignals } from './signals.js';

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
  /** The whole book as one PDF too. */
  readonly book: boolean;
  /** Chapters at once; as many as the machine can carry when undefined. */
  readonly jobs: number | undefined;
  /** What a cell may take; without end when undefined. */
  readonly cellTimeoutMs: number | undefined;
}

export function readJobs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text)) {
    throw new OptionError(`--jobs ${text}: give the number of chapters to run at once, from 1`);
  }
  return Number(text);
}

export function readCellTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}(\.\d+)?$/.test(text) || Number(text) === 0) {
    throw new OptionError(`--cell-timeout ${text}: give the seconds that a cell may take`);
  }
  return Number(text) * 1000;
}

/** All that building one chapter needs beside itself. */
interface Building {
  readonly planned: Plan;
  readonly versions: Versions;
  readonly options: BuildOptions;
  readonly progress: Progress;
  readonly interruption: Interruption;
  readonly env: Readonly<Record<string, string>>;
  /** One browser prints all chapters. */
  readonly browser: LentBrowser;
}

interface Built {
  readonly files: readonly string[];
  readonly failures: readonly string[];
}

/** Builds, and returns the exit code: 0, or 1 where a cell failed or a report could not be made, or 130 when interrupted. */
export async function buildNotebooks(options: BuildOptions): Promise<number> {
  const started = performance.now();
  const planned = await plan(options);
  const { chapters } = planned;
  const kernels = await Promise.all(
    chapters.map((chapter) => chooseKernel(chapter.notebook, options.kernel)),
  );
  const versions = await readVersions(planned.project);
  const jobs = Math.min(options.jobs ?? usualJobs(chapters.length), chapters.length);
  const progress = new Progress();
  const interruption = listenForSignals(() => progress.line('stopping (again: at once) …'));
  const browser = lendBrowser();
  const env = shareOf(jobs);
  const building = { planned, versions, options, progress, interruption, env, browser };
  let built: Built[];
  let finished: FinishedBook;
  try {
    // A chapter is printed while the next one runs: printing, and a kernel that starts, each leave a core idle.
    const printers = queue(jobs);
    const printed: (Promise<Built> | undefined)[] = [];
    try {
      await sideBySide(chapters, jobs, async (chapter, place) => {
        if (interruption.signal.aborted || printers.hasFailed) return;
        const execution = await executeChapter(chapter, kernels[place]!, building);
        printed[place] = printers.add(() => printExecuted(chapter, execution, building));
        // It is waited for below.
        printed[place].catch(() => undefined);
      });
    } finally {
      await Promise.allSettled(printed);
    }
    built = await Promise.all(printed.filter((each) => each !== undefined));
    if (options.book && !interruption.signal.aborted) built.push(await buildBook(building));
    finished = await finishBook(planned, built.at(-1)?.files.includes(`${bookName}.pdf`));
  } finally {
    progress.end();
    interruption.end();
    await browser.close();
  }
  const failures = built.flatMap((each) => each.failures);
  for (const failure of failures) console.error(`fathom: ${failure}`);
  if (finished.note) progress.line(finished.note);
  for (const file of [...finished.files, ...built.flatMap((each) => each.files)])
    progress.line(`  ${shown(join(planned.out, file))}`);
  if (interruption.signal.aborted) {
    console.error('fathom: interrupted');
    return interruption.exitCode;
  }
  progress.line(
    `${failures.length === 0 ? 'done' : 'failed'} in ${seconds((performance.now() - started) / 1000)}`,
  );
  return failures.length === 0 ? 0 : 1;
}

async function executeChapter(
  chapter: PlannedChapter,
  kernel: KernelSpec,
  { planned, options, progress, interruption, env }: Building,
): Promise<Execution> {
  const { name } = chapter;
  const execution = await execute(chapter.notebook, {
    file: chapter.file,
    name: chapter.shownAs,
    kernel,
    parameters: chapter.parameters,
    env,
    signal: interruption.signal,
    onEvent: progress.follow(name),
    onDecision: (reasons) => sayWhy(progress, chapter, reasons, options.explain),
    cache: cacheOf(planned, chapter),
    refresh: options.refresh,
    ...(options.cellTimeoutMs === undefined ? {} : { cellTimeoutMs: options.cellTimeoutMs }),
  });
  progress.end(name);
  return execution;
}

async function printExecuted(
  chapter: PlannedChapter,
  execution: Execution,
  { planned, versions, options, progress, browser }: Building,
): Promise<Built> {
  const { name } = chapter;
  if (execution.interrupted || execution.errors.length > 0) {
    const partial = join(planned.out, `${name}.partial.ipynb`);
    await writeNotebook(partial, withBookMetadata(execution.notebook, planned, chapter));
    progress.line(`${name}  stopped; what was done so far is in ${shown(partial)}`);
    return { files: [], failures: execution.errors.map(describeCellError) };
  }
  progress.status(name, `${name}  printing`);
  const { out } = planned;
  const { formats, strict } = options;
  const printed = await printChapter({
    planned,
    chapter,
    execution,
    versions,
    formats,
    strict,
    out,
    lend: browser,
  }).finally(() => progress.end(name));
  for (const warning of printed.warnings) progress.line(warning);
  return printed;
}

async function buildBook({ planned, options, progress, browser }: Building): Promise<Built> {
  progress.status(bookName, `${bookName}  printing`);
  const printed = await printBook(planned, { ...options, browser }).finally(() =>
    progress.end(bookName),
  );
  for (const warning of printed.warnings) progress.line(warning);
  return printed;
}

/** In one piece, so that chapters that run at once do not come between. */
function sayWhy(
  progress: Progress,
  { name }: PlannedChapter,
  reasons: readonly string[],
  explain: boolean,
): void {
  if (reasons.length === 0) {
    progress.line(`${name}  not executed: nothing it depends on has changed`);
  } else if (explain) {
    progress.line([`${name}  executed, because:`, ...reasons].join('\n  '));
  }
}

export function cacheOf(planned: Plan, chapter: PlannedChapter): { folder: string; path: string } {
  return {
    folder: join(planned.project, '.fathom', 'cache'),
    path: relative(planned.project, chapter.file).split(sep).join('/'),
  };
}

function shown(path: string): string {
  return relative(process.cwd(), path) || '.';
}
