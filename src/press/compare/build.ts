// What a build left behind, read for comparison: of each chapter its manifest, its executed notebook, its results, its times.
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Notebook } from '../notebook/nbformat.js';
import { readNotebook } from '../notebook/read.js';
import {
  chapterManifestFile,
  type ChapterManifest,
  readManifest,
  timesFile,
} from '../run/manifest.js';
import { isOfBook } from '../run/book-files.js';
import { type PlacedResult, readResults } from '../run/results-file.js';

export interface BuiltChapter {
  readonly name: string;
  readonly notebook: Notebook;
  readonly results: readonly PlacedResult[];
  /** Null where there is only a notebook. */
  readonly manifest: ChapterManifest | null;
  /** Seconds of each cell when it ran, by its id. */
  readonly seconds: Readonly<Record<string, number>> | null;
}

export interface Build {
  /** As it was named. */
  readonly path: string;
  readonly chapters: readonly BuiltChapter[];
}

/** There is no build where one was named, or what is there cannot be read. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly exitCode = 2;
}

const endings = /\.(html|pdf|ipynb|manifest\.json|times\.json|results\.json)$/;

/** The chapter that a file of a report belongs to; undefined for other files. */
export function chapterOfFile(file: string): string | undefined {
  return endings.test(file) ? basename(file).replace(endings, '') : undefined;
}

/** Reads a folder of reports, or the one chapter that a file of a report belongs to. */
export async function readBuild(path: string): Promise<Build> {
  if (!existsSync(path)) throw new BuildError(`${path}: there is no such file or folder`);
  if (statSync(path).isDirectory()) return { path, chapters: await readFolder(path) };
  const chapter = chapterOfFile(path);
  if (isOfBook(path)) return { path, chapters: await readFolder(dirname(path)) };
  if (chapter === undefined) throw new BuildError(`${path}: is not a file of a report`);
  return { path, chapters: [await readChapter(dirname(path), chapter)] };
}

async function readFolder(folder: string): Promise<BuiltChapter[]> {
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.ipynb') && !name.endsWith('.partial.ipynb'))
    .map((name) => basename(name, '.ipynb'))
    .sort();
  if (names.length === 0)
    throw new BuildError(
      `${folder}: there is no executed notebook in it; "fathom build" writes them`,
    );
  return Promise.all(names.map((name) => readChapter(folder, name)));
}

async function readChapter(folder: string, name: string): Promise<BuiltChapter> {
  const notebook = join(folder, `${name}.ipynb`);
  if (!existsSync(notebook)) {
    throw new BuildError(
      `${notebook}: not there; a report is compared by the executed notebook beside it`,
    );
  }
  const manifest = await readManifest(folder, name);
  if (!manifest && existsSync(chapterManifestFile(folder, name)))
    throw new BuildError(
      `${chapterManifestFile(folder, name)}: is not a manifest that can be read`,
    );
  return {
    name,
    notebook: await readNotebook(notebook),
    results: await readResults(folder, name).catch((error: Error) => {
      throw new BuildError(error.message);
    }),
    manifest: manifest ?? null,
    seconds: await readSeconds(join(folder, manifest?.times ?? timesFile(name))),
  };
}

async function readSeconds(file: string): Promise<BuiltChapter['seconds']> {
  try {
    const { seconds } = JSON.parse(await readFile(file, 'utf8'));
    return Object.values(seconds).every((each) => typeof each === 'number') ? seconds : null;
  } catch {
    // Times are told where there are any.
    return null;
  }
}
