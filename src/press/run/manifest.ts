// What a report was made from, written beside it: the same inputs give the same bytes, so that two builds can be compared.
// Times are not in it: it names the file that they are in.
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import type { ParameterValue } from '../notebook/parameters.js';
import { writeWhole } from '../../shared/whole-file.js';
import { bookManifestFile } from './book-files.js';
import { absent, present, type Dependency } from './cache.js';
import { digestOf, digestOfFile } from './digest.js';
import type { Inputs } from './inputs.js';

export interface Output {
  /** Name of the file, in the folder of the manifest. */
  readonly file: string;
  readonly bytes: number;
  /** SHA-256. */
  readonly digest: string;
}

export interface Versions {
  readonly commit: string | null;
  /** Whether tracked files differ from the commit. */
  readonly dirty: boolean;
  /** Of the programs and packages that make a report. */
  readonly packages: Readonly<Record<string, string>>;
  readonly lockfile: string | null;
  /** Of the fonts that reports bring. */
  readonly fonts: Readonly<Record<string, string>>;
}

export interface ChapterManifest extends Versions {
  readonly format: 1;
  readonly chapter: string;
  readonly title: string;
  readonly description: string | null;
  readonly notebook: { readonly file: string; readonly digest: string };
  readonly profile: string | null;
  /** All of them, with those that were left at their default. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** That runs were trained with, and that parameters named `seed` or `seeds` set; in order. */
  readonly seeds: readonly number[];
  /** `SOURCE_DATE_EPOCH`: the date that the PDF states, in seconds since 1970; null where it states none. */
  readonly date: number | null;
  /** What printed the PDF, as it calls itself; null where there is no PDF, or it did not say. */
  readonly browser: string | null;
  /** What the cache compares; null where the notebook's language is not followed. */
  readonly inputs: Inputs | null;
  /** What it read while it ran. Files in the project are named by their path in it, others by their name. */
  readonly read: readonly {
    readonly kind: Dependency['kind'];
    readonly name: string;
    readonly digest: string;
    readonly seed?: number;
  }[];
  /** Name of the file with the seconds of each cell. It has no digest: time is of one run, and no run has that of another. */
  readonly times: string;
  readonly outputs: readonly Output[];
}

/** Packages that decide what a report holds or looks like. */
const told = [
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs',
  'tslab',
  'vega',
  'vega-lite',
  'katex',
  'puppeteer',
];

const toldFonts = [
  '@fontsource/source-serif-4',
  '@fontsource/source-sans-3',
  '@fontsource/source-code-pro',
  'katex',
];

/** The versions that a build of this project uses. */
export async function readVersions(project: string): Promise<Versions> {
  const own = new URL('../../../../package.json', import.meta.url);
  const { version, dependencies } = JSON.parse(await readFile(own, 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const pinned = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      names.flatMap((name) => (dependencies[name] ? [[name, dependencies[name]]] : [])),
    );
  const git = (...args: string[]): Promise<string | null> =>
    promisify(execFile)('git', args, { cwd: project }).then(
      ({ stdout }) => stdout.trim(),
      () => null,
    );
  const [commit, changes, lockfile] = await Promise.all([
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain', '--untracked-files=no'),
    digestOfFile(join(project, 'package-lock.json')),
  ]);
  return {
    commit,
    dirty: commit !== null && changes !== '',
    packages: { fathom: version, node: process.versions.node, ...pinned(told) },
    lockfile: lockfile ?? null,
    fonts: pinned(toldFonts),
  };
}

/** The seeds that outputs depend on, in order, each once. */
export function seedsOf(
  parameters: Readonly<Record<string, ParameterValue>>,
  dependencies: readonly Dependency[],
): number[] {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    /^seeds?$/i.test(name) ? [value].flat() : [],
  );
  const trained = dependencies.map((each) => (each.kind === 'data' ? each.seed : undefined));
  const seeds = [...given, ...trained].filter((each) => typeof each === 'number');
  return [...new Set(seeds)].sort((a, b) => a - b);
}

/** What was read, named so that it is the same on any machine. */
export function namedDependencies(
  dependencies: readonly Dependency[],
  project: string,
): ChapterManifest['read'] {
  return (
    dependencies
      // What was only looked for is nothing that a report was made from.
      .filter(({ digest }) => digest !== absent && digest !== present)
      .map((each) => {
        if (each.kind === 'data') return each;
        const path = relative(project, each.path);
        const isInside = !path.startsWith('..') && !isAbsolute(path);
        return {
          kind: each.kind,
          name: isInside ? path.split(sep).join('/') : basename(each.path),
          digest: each.digest,
        };
      })
      .sort((a, b) => (a.name + a.digest < b.name + b.digest ? -1 : 1))
  );
}

/** Size and digest of the files of a report. */
export function describeOutputs(folder: string, files: readonly string[]): Promise<Output[]> {
  return Promise.all(
    [...files].sort().map(async (file) => {
      const path = join(folder, file);
      return { file, bytes: (await stat(path)).size, digest: (await digestOfFile(path))! };
    }),
  );
}

/** Which of these files are not as they were described, each a clause. */
export async function changesOfOutputs(
  folder: string,
  outputs: readonly Output[],
): Promise<string[]> {
  const changes = await Promise.all(
    outputs.map(async ({ file, digest }) => {
      const now = await digestOfFile(join(folder, file));
      if (now === digest) return [];
      return [now === undefined ? `${file} is gone` : `${file} was changed after it was built`];
    }),
  );
  return changes.flat();
}

/** The file with the seconds of each cell, in the folder of the reports. */
export function timesFile(chapter: string): string {
  return `${chapter}.times.json`;
}

export function chapterManifestFile(folder: string, chapter: string): string {
  return join(folder, `${chapter}.manifest.json`);
}

export async function writeManifest(folder: string, manifest: ChapterManifest): Promise<void> {
  await writeWhole(
    chapterManifestFile(folder, manifest.chapter),
    `${JSON.stringify(manifest, null, 2)}\n`,
  );
}

/** What a manifest says was read, as a run would tell it. Files outside of the project are known by name only. */
export function dependenciesOf({ read }: ChapterManifest, project: string): Dependency[] {
  return read.map((each): Dependency => {
    const { kind, name, ...rest } = each;
    return kind === 'data'
      ? { kind, name, ...rest }
      : { kind, path: join(project, name), digest: each.digest };
  });
}

/** The manifest of a chapter that was built before; undefined where there is none that can be read. */
export async function readManifest(
  folder: string,
  chapter: string,
): Promise<ChapterManifest | undefined> {
  try {
    const manifest = JSON.parse(
      await readFile(chapterManifestFile(folder, chapter), 'utf8'),
    ) as ChapterManifest;
    return manifest.format === 1 ? manifest : undefined;
  } catch {
    return undefined;
  }
}

export interface BookManifest {
  readonly format: 1;
  readonly title: string;
  readonly profile: string | null;
  /** File and digest of each chapter's manifest, which says all the rest. */
  readonly chapters: readonly {
    readonly chapter: string;
    readonly manifest: string;
    readonly digest: string;
  }[];
  /** What was made of all chapters together. */
  readonly outputs: readonly Output[];
}

/** The manifest of the book that lies in a folder of reports; undefined where there is none that can be read. */
export async function readBookManifest(folder: string): Promise<BookManifest | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, bookManifestFile), 'utf8'));
    // Earlier ones do not say what was made.
    return manifest.format === 1 ? { outputs: [], ...manifest } : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the manifest of a book over those of its chapters that are there, and over these files. */
export async function writeBookManifest(
  folder: string,
  about: { readonly title: string; readonly profile: string | null },
  chapters: readonly ChapterManifest[],
  files: readonly string[],
): Promise<void> {
  const manifest: BookManifest = {
    format: 1,
    ...about,
    chapters: describeChapters(folder, chapters),
    outputs: await describeOutputs(folder, files),
  };
  await writeWhole(join(folder, bookManifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Chapters as the manifest of a book names them. */
export function describeChapters(
  folder: string,
  chapters: readonly ChapterManifest[],
): BookManifest['chapters'] {
  return chapters.map((each) => ({
    chapter: each.chapter,
    manifest: basename(chapterManifestFile(folder, each.chapter)),
    digest: digestOf(`${JSON.stringify(each, null, 2)}\n`),
  }));
}
