// What a build will do: which notebooks, with which parameters, where to. Everything that a user can have got wrong is found
// here, before anything runs.
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { hint } from '../../shared/nearest.js';
import type { Notebook } from '../notebook/nbformat.js';
import {
  checkNames,
  checkValue,
  type Parameter,
  type ParameterValue,
  parseValue,
  readParameters,
} from '../notebook/parameters.js';
import { ParameterError } from '../notebook/error.js';
import { readNotebook } from '../notebook/read.js';
import { type Book, type Chapter, findBook, findProfile, type Profile, readBook } from './book.js';
import { outputFolderProblem } from './output-folder.js';

export interface PlanOptions {
  /** Paths of notebooks; none means the whole book. */
  readonly notebooks: readonly string[];
  /** Of the book; its first one by default. */
  readonly profile?: string | undefined;
  /** Each `name=value`; they win over those of the profile. */
  readonly parameters?: readonly string[];
  readonly out?: string | undefined;
  readonly folder?: string;
}

export interface PlannedChapter extends Chapter {
  readonly notebook: Notebook;
  /** All that the notebook declares. */
  readonly declared: readonly Parameter[];
  /** The values that differ from what it declares, checked. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** As errors and messages call it: the path as seen from here. */
  readonly shownAs: string;
}

export interface Plan {
  readonly book: Book | undefined;
  readonly profile: Profile | undefined;
  /** Folder of the project: cache and reports lie in it. */
  readonly project: string;
  readonly out: string;
  readonly chapters: readonly PlannedChapter[];
  /** Whether it is the whole book. */
  readonly isWhole: boolean;
}

/** What was asked for cannot be built. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
  readonly exitCode = 2;
}

/** Reads and checks all that a build needs. */
export async function plan(options: PlanOptions): Promise<Plan> {
  const folder = resolve(options.folder ?? '.');
  const files = options.notebooks.map((notebook) => resolve(folder, notebook));
  const book = await bookOf(files, folder);
  if (!book && files.length === 0) {
    throw new PlanError(
      'there is no book.yml here, in notebooks/ or in a folder above. Name the notebooks to build.',
    );
  }
  if (!book && options.profile !== undefined) {
    throw new PlanError(
      `--profile ${options.profile}: a profile belongs to a book, and no book.yml lists these notebooks`,
    );
  }
  const profile = book && findProfile(book, options.profile);
  const chapters = files.length === 0 ? book!.chapters : files.map((file) => chapterOf(file, book));
  const names = chapters.map((chapter) => chapter.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new PlanError(`two notebooks are called ${twice}; build them one at a time`);

  const read = await Promise.all(
    chapters.map(async (chapter) => {
      const shownAs = relative(folder, chapter.file) || chapter.file;
      const notebook = await readNotebook(chapter.file).catch((error: unknown) => {
        throw renamed(error, chapter.file, shownAs);
      });
      return { ...chapter, notebook, shownAs, declared: readParameters(notebook, shownAs) };
    }),
  );
  const given = readAssignments(options.parameters ?? []);
  checkGiven(given, read);
  const project = projectOf(book?.file ?? chapters[0]!.file);
  return {
    book,
    profile,
    project,
    out:
      options.out === undefined
        ? join(project, 'reports', profile?.name ?? '')
        : checkedFolder(options.out, folder),
    isWhole: book?.chapters.every((chapter) => names.includes(chapter.name)) ?? false,
    chapters: read.map((chapter) => ({
      ...chapter,
      parameters: valuesFor(chapter, profile, given, book),
    })),
  };
}

/** Where reports go. */
function checkedFolder(out: string, from: string): string {
  const problem = outputFolderProblem(out, from);
  if (problem !== null) throw new PlanError(`--out ${problem}`);
  return resolve(from, out);
}

/** The book that lists these notebooks, or the one found from here where none is named. */
async function bookOf(files: readonly string[], folder: string): Promise<Book | undefined> {
  const found = files.length === 0 ? findBook(folder) : join(dirname(files[0]!), 'book.yml');
  if (!found || !existsSync(found)) return undefined;
  const book = await readBook(found);
  const listed = new Set(book.chapters.map((chapter) => chapter.file));
  return files.every((file) => listed.has(file)) ? book : undefined;
}

function chapterOf(file: string, book: Book | undefined): Chapter {
  const listed = book?.chapters.find((chapter) => chapter.file === file);
  return listed ?? { file, name: basename(file, '.ipynb'), title: undefined };
}

/** The nearest folder above that has a package.json or is a repository; else the file's own. */
function projectOf(file: string): string {
  for (let at = dirname(file); ; at = dirname(at)) {
    const isWorkspaceOf =
      basename(at) === 'notebooks' && existsSync(join(dirname(at), 'package.json'));
    if (!isWorkspaceOf && (existsSync(join(at, 'package.json')) || existsSync(join(at, '.git'))))
      return at;
    if (dirname(at) === at) return dirname(file);
  }
}

function readAssignments(assignments: readonly string[]): Map<string, string> {
  return new Map(
    assignments.map((assignment) => {
      const [, name, value] = /^\s*([^=\s]+)\s*=([\s\S]*)$/.exec(assignment) ?? [];
      if (name === undefined) {
        throw new ParameterError(`-P ${assignment}: a parameter is given as name=value`);
      }
      return [name, value!];
    }),
  );
}

type ReadChapter = Omit<PlannedChapter, 'parameters'>;

/** A parameter goes to every chapter that has it; one that none has is refused. */
function checkGiven(given: ReadonlyMap<string, string>, chapters: readonly ReadChapter[]): void {
  const [only] = chapters;
  for (const name of given.keys()) {
    if (chapters.length === 1) checkNames([name], only!.declared, only!.shownAs);
    const names = [
      ...new Set(chapters.flatMap((chapter) => chapter.declared.map((each) => each.name))),
    ];
    if (names.includes(name)) continue;
    throw new ParameterError(`no chapter has a parameter "${name}". ${hint(name, names)}`, name);
  }
}

function valuesFor(
  chapter: ReadChapter,
  profile: Profile | undefined,
  given: ReadonlyMap<string, string>,
  book: Book | undefined,
): Record<string, ParameterValue> {
  const values: Record<string, ParameterValue> = {};
  const ofProfile = profile?.parameters[chapter.name] ?? {};
  const whereIs = (name: string): string => {
    const line = profile?.lines[chapter.name]?.[name];
    const file = book ? relative(process.cwd(), book.file) : '';
    return `${file}${line === undefined ? '' : `:${line}`}: profile ${profile?.name}: ${chapter.name}`;
  };
  for (const name of Object.keys(ofProfile)) checkNames([name], chapter.declared, whereIs(name));
  for (const parameter of chapter.declared) {
    const { name } = parameter;
    if (name in ofProfile) {
      checkValue(parameter, ofProfile[name], whereIs(name));
      values[name] = ofProfile[name] as ParameterValue;
    }
    const text = given.get(name);
    if (text !== undefined) values[name] = parseValue(parameter, text, chapter.shownAs);
  }
  return values;
}

/** Errors of reading name the file as the user would. */
function renamed(error: unknown, file: string, shownAs: string): unknown {
  if (error instanceof Error) error.message = error.message.replace(file, shownAs);
  return error;
}
