// Builds reports a second time, in a folder of their own, and compares the bytes. Nothing of the project is changed: the cache
// is neither read nor written.
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { BuildError, type BuiltChapter, readBuild } from '../press/compare/build.js';
import { compareBuilds, factDifferences } from '../press/compare/compare.js';
import { comparisonText } from '../press/compare/text.js';
import type { CodeCell } from '../press/notebook/nbformat.js';
import {
  checkNames,
  checkValue,
  injectParameters,
  type ParameterValue,
} from '../press/notebook/parameters.js';
import { withoutVolatile } from '../press/notebook/write.js';
import { isOfBook } from '../press/run/book-files.js';
import { absent, digestNow, inputDifferences, withOutputs } from '../press/run/cache.js';
import { describeCellError } from '../press/run/cell-error.js';
import { chooseKernel } from '../press/run/choose-kernel.js';
import { type Execution, execute } from '../press/run/execute.js';
import { readInputs } from '../press/run/inputs.js';
import {
  type ChapterManifest,
  changesOfOutputs,
  dependenciesOf,
  readManifest,
  readVersions,
} from '../press/run/manifest.js';
import { type Plan, type PlannedChapter, plan } from '../press/run/plan.js';
import { formats, printChapter } from './print-chapter.js';
import { Progress, seconds } from './progress.js';
import { listenForSignals } from './signals.js';
import { type Verdict, verifyBook as verifyBookAgain } from './verify-book.js';

export interface VerifyOptions {
  readonly execute: boolean;
  /** Where the second build is kept; a temporary folder when undefined. */
  readonly out: string | undefined;
}

/** A report to verify: a chapter as it lies in a folder. */
interface Report {
  readonly folder: string;
  readonly chapter: BuiltChapter & { readonly manifest: ChapterManifest };
}

/** Verifies reports one after the other; returns the exit code. */
export async function verifyReports(
  paths: readonly string[],
  options: VerifyOptions,
): Promise<number> {
  const asked = await Promise.all(paths.map(readReports));
  const progress = new Progress();
  const interruption = listenForSignals(() => progress.line('stopping (again: at once) …'));
  const temporary = await mkdtemp(join(tmpdir(), 'fathom-verify-'));
  let isSame = true;
  try {
    const tell = (name: string, verdict: Verdict): void => {
      progress.end();
      isSame &&= verdict.isSame;
      progress.line(`${name}  ${verdict.isSame ? 'the same' : 'NOT the same'}`);
      for (const line of verdict.lines) progress.line(`  ${line}`);
    };
    for (const [index, { reports, isBook }] of asked.entries()) {
      // Reports of several folders may have the same name.
      const out = resolve(options.out ?? join(temporary, String(index)));
      for (const report of reports) {
        const verdict = await verify(report, out, options, progress, interruption.signal);
        if (interruption.signal.aborted) break;
        tell(report.chapter.name, verdict);
      }
      if (interruption.signal.aborted) break;
      const [first] = reports;
      if (!isBook || !first) continue;
      progress.status('book', 'book  printing');
      const verdict = await verifyBook(first, out);
      if (verdict) tell('book', verdict);
    }
  } finally {
    progress.end();
    interruption.end();
    await rm(temporary, { recursive: true, force: true });
  }
  if (interruption.signal.aborted) return interruption.exitCode;
  return isSame ? 0 : 1;
}

/** What a path names: a chapter, or all that is in a folder. */
interface Asked {
  readonly reports: readonly Report[];
  readonly isBook: boolean;
}

async function readReports(path: string): Promise<Asked> {
  const build = await readBuild(path);
  const isFolder = statSync(path).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const reports = build.chapters.map((chapter): Report => {
    const { manifest } = chapter;
    if (!manifest) {
      throw new BuildError(
        `${join(folder, chapter.name)}.manifest.json: not there; without it nobody knows what the report was made from`,
      );
    }
    return { folder: resolve(folder), chapter: { ...chapter, manifest } };
  });
  return { reports, isBook: isFolder || isOfBook(path) };
}

/** The book around these reports: with the date that they state, in the project as it is now. */
async function verifyBook({ folder, chapter }: Report, out: string): Promise<Verdict | undefined> {
  const { planned } = await planAgain(chapter.manifest, folder);
  return withDate(chapter.manifest.date, () =>
    verifyBookAgain(folder, out, planned.book ? dirname(planned.book.file) : planned.project),
  );
}

async function verify(
  { folder, chapter: built }: Report,
  out: string,
  options: VerifyOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Verdict> {
  const { manifest, name } = built;
  const bad = await changesOfOutputs(folder, manifest.outputs);
  const good: string[] = [];
  const { planned, chapter } = await planAgain(manifest, folder);
  const asked = manifest.inputs?.kernel?.split(' ')[0];
  const kernel = await chooseKernel(chapter.notebook, asked === 'fathom' ? undefined : asked);
  if (manifest.inputs) {
    const inputs = await readInputs(chapter.notebook, {
      file: chapter.shownAs,
      kernel,
      parameters: chapter.parameters,
      cwd: dirname(chapter.file),
    });
    const found = inputDifferences(manifest.inputs, inputs);
    bad.push(...found);
    if (found.length === 0)
      good.push(`what it depends on is the same (${Object.keys(inputs).length} inputs)`);
  }
  for (const { kind, name: file, digest } of manifest.read) {
    if (kind === 'data') continue;
    const now = await digestNow({ kind, path: join(planned.project, file) });
    if (now === digest) continue;
    if (now === absent)
      good.push(`${file}, which it read, is not in the project and was not looked at`);
    else bad.push(`${file}, which it read, has changed`);
  }

  const started = performance.now();
  let execution: Execution | undefined;
  if (options.execute) {
    execution = await execute(chapter.notebook, {
      file: chapter.file,
      name: chapter.shownAs,
      kernel,
      parameters: chapter.parameters,
      signal,
      onEvent: progress.follow(name),
      cache: { folder: join(out, '.cache'), path: chapter.shownAs },
    });
    await rm(join(out, '.cache'), { recursive: true, force: true });
    progress.end(name);
    if (execution.errors.length > 0)
      return { isSame: false, lines: [...bad, ...execution.errors.map(describeCellError)] };
    if (execution.interrupted) return { isSame: false, lines: bad };
  } else {
    execution = recordedExecution(built, planned, chapter);
    if (!execution) {
      bad.push(
        'its code is another one, so that it cannot be printed from the recorded execution; --execute runs it',
      );
      return { isSame: false, lines: bad };
    }
  }
  progress.status(name, `${name}  printing`);
  const again = await printAgain(manifest, planned, chapter, execution, out);
  bad.push(...again.failures);
  for (const { file, digest } of manifest.outputs) {
    const other = again.manifest?.outputs.find((output) => output.file === file);
    if (!other) bad.push(`${file} was not made again`);
    else if (other.digest !== digest) bad.push(`${file} comes out differently`);
  }
  for (const { file } of again.manifest?.outputs ?? [])
    if (!manifest.outputs.some((output) => output.file === file)) bad.push(`${file} is new`);
  if (again.manifest) {
    bad.push(
      ...factDifferences(manifest, again.manifest)
        // Inputs were told above, in other words.
        .filter((fact) => !(manifest.inputs && fact.name in manifest.inputs))
        .map((fact) => `${fact.name}  ${fact.before} → ${fact.after}`),
    );
  }
  const how = options.execute
    ? 'executed and printed anew'
    : 'printed anew from the recorded execution';
  const time = seconds((performance.now() - started) / 1000);
  if (bad.length === 0) {
    good.push(
      `${how} in ${time}: the same bytes in ${manifest.outputs.map(({ file }) => file).join(', ')}`,
    );
    if (options.out !== undefined) good.push(`kept in ${options.out}`);
    return { isSame: true, lines: good };
  }
  const lines = [...bad, ...(await whatDiffers(built, out))];
  return { isSame: false, lines };
}

/** The plan of the build that the manifest tells of, in the project as it is now. */
async function planAgain(
  manifest: ChapterManifest,
  folder: string,
): Promise<{ planned: Plan; chapter: PlannedChapter }> {
  const { file } = manifest.notebook;
  const project = projectWith(file, folder) ?? projectWith(file, process.cwd());
  if (project === undefined) {
    throw new BuildError(
      `${file}: the notebook is not in the folders above ${folder} or here; go to the project and try again`,
    );
  }
  const planned = await plan({
    notebooks: [join(project, file)],
    profile: manifest.profile ?? undefined,
  });
  const [chapter] = planned.chapters;
  const { declared, shownAs } = chapter!;
  checkNames(Object.keys(manifest.parameters), declared, shownAs);
  const parameters: Record<string, ParameterValue> = {};
  for (const parameter of declared) {
    const value = manifest.parameters[parameter.name];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(parameter.default))
      continue;
    checkValue(parameter, value, shownAs);
    parameters[parameter.name] = value;
  }
  return { planned, chapter: { ...chapter!, parameters } };
}

function projectWith(file: string, folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, file))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** The notebook as it is now with what it put out then; undefined where its code is another one. */
function recordedExecution(
  { notebook: recorded, manifest, seconds: times }: BuiltChapter,
  planned: Plan,
  chapter: PlannedChapter,
): Execution | undefined {
  const injected = withoutVolatile(
    injectParameters(chapter.notebook, chapter.parameters, chapter.shownAs),
  );
  const isCode = (cell: { cell_type: string }): cell is CodeCell => cell.cell_type === 'code';
  const [old, now] = [recorded.cells.filter(isCode), injected.cells.filter(isCode)];
  const text = (cells: readonly CodeCell[]) => JSON.stringify(cells.map(({ source }) => source));
  if (text(old) !== text(now)) return undefined;
  const { kernelspec, language_info } = recorded.metadata;
  return {
    notebook: withOutputs(injected, {
      metadata: {
        ...(kernelspec ? { kernelspec } : {}),
        ...(language_info ? { language_info } : {}),
      },
      cells: old,
    }),
    errors: [],
    interrupted: false,
    seconds: times ?? {},
    fromCache: true,
    dependencies: manifest ? dependenciesOf(manifest, planned.project) : [],
    inputs: manifest?.inputs ?? undefined,
  };
}

/** Prints into another folder, with the commit and the date that the report states: they say when it was built, not of what. */
async function printAgain(
  manifest: ChapterManifest,
  planned: Plan,
  chapter: PlannedChapter,
  execution: Execution,
  out: string,
): Promise<{ manifest: ChapterManifest | undefined; failures: readonly string[] }> {
  const { commit, dirty, date } = manifest;
  const versions = { ...(await readVersions(planned.project)), commit, dirty };
  return withDate(date, async () => {
    const made = manifest.outputs.map(({ file }) => file);
    const { failures } = await printChapter({
      planned,
      chapter,
      execution,
      versions,
      formats: formats.filter((format) => made.includes(`${chapter.name}.${format}`)),
      strict: false,
      out,
    });
    return { manifest: await readManifest(out, chapter.name), failures };
  });
}

/** Prints with the date that a report states, or with none. */
async function withDate<Made>(
  date: number | null | undefined,
  print: () => Promise<Made>,
): Promise<Made> {
  const before = process.env.SOURCE_DATE_EPOCH;
  setDate(date === null || date === undefined ? undefined : String(date));
  try {
    return await print();
  } finally {
    setDate(before);
  }
}

function setDate(epoch: string | undefined): void {
  if (epoch === undefined) delete process.env.SOURCE_DATE_EPOCH;
  else process.env.SOURCE_DATE_EPOCH = epoch;
}

/** As `fathom diff` tells it, where a reader would see a difference. */
async function whatDiffers(built: BuiltChapter, out: string): Promise<string[]> {
  const again = await readBuild(join(out, `${built.name}.ipynb`)).catch(() => undefined);
  if (!again) return [];
  const before = { path: 'as it was', chapters: [{ ...built, manifest: null }] };
  const after = { ...again, path: 'built again' };
  const comparison = await compareBuilds(before, after, { relative: 0, acceptChance: false });
  return comparison.isSame
    ? ['a reader sees no difference']
    : ['', ...comparisonText(comparison).split('\n')];
}
