// A book: notebooks in an order, and the profiles it can be built in. It is described by `book.yml`, beside its notebooks:
//
//   title: Depth and complexity
//   authors: [{ name: A. Reader, affiliation: Somewhere }]
//   language: en
//   csl: house.csl
//   chapters:
//     - 01-depth-ladder.ipynb
//     - { file: 02-regions.ipynb, title: Linear regions }
//   profiles:
//     quick:
//       description: a few minutes
//       parameters:
//         01-depth-ladder: { depths: [2, 8], seeds: 2 }
//     full: {}
//
// The first profile is the one that is built when none is named.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { isMap, LineCounter, parseDocument } from 'yaml';
import { hint, nearest } from '../../shared/nearest.js';
import { bookName, indexFile } from './book-files.js';

export interface Author {
  readonly name: string;
  readonly affiliation?: string | undefined;
}

export interface Chapter {
  /** Path of the notebook. */
  readonly file: string;
  /** Its file name without `.ipynb`: what its reports are called. */
  readonly name: string;
  /** Stands in the contents instead of the notebook's own title. */
  readonly title: string | undefined;
}

export interface Profile {
  readonly name: string;
  readonly description: string;
  /** Values by chapter and parameter, as `book.yml` has them: not yet checked against the notebooks. */
  readonly parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The line of `book.yml` that each of these stands in. */
  readonly lines: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface Book {
  readonly file: string;
  readonly title: string;
  readonly authors: readonly Author[];
  /** BCP 47. */
  readonly language: string;
  /** Path of the citation style (CSL), from the folder of the book; undefined for the style of reports. */
  readonly csl: string | undefined;
  readonly chapters: readonly Chapter[];
  readonly profiles: readonly Profile[];
}

/** Something in `book.yml` is wrong; the message starts with file and line. */
export class BookError extends Error {
  override readonly name = 'BookError';
  readonly exitCode = 2;
  readonly file: string;
  readonly line: number | undefined;

  constructor(problem: string, file: string, line?: number) {
    super(`${line === undefined ? file : `${file}:${line}`}: ${problem}`);
    this.file = file;
    this.line = line;
  }
}

const name = v.pipe(v.string(), v.regex(/^[\w-]+$/, 'must be letters, digits, "-" and "_"'));
const author = v.union(
  [v.string(), v.strictObject({ name: v.string(), affiliation: v.optional(v.string()) })],
  'an author is a name, or { name, affiliation }',
);
const notebookFile = v.pipe(
  v.string(),
  v.regex(/^[^/\\]+\.ipynb$/, 'a chapter is the name of an .ipynb file in the same folder'),
);
const chapterFields = { file: notebookFile, title: v.optional(v.string()) };
const profileFields = {
  description: v.optional(v.string(), ''),
  parameters: v.optional(v.record(v.string(), v.record(v.string(), v.unknown())), {}),
};
const bookFields = {
  title: v.string(),
  authors: v.optional(v.array(author), []),
  language: v.optional(v.string(), 'en'),
  csl: v.optional(v.string()),
  chapters: v.pipe(
    v.array(v.union([notebookFile, v.strictObject(chapterFields)])),
    v.minLength(1, 'a book has at least one chapter'),
  ),
  profiles: v.optional(v.record(name, v.nullable(v.strictObject(profileFields))), {}),
};
const schema = v.strictObject(bookFields);

/** The `book.yml` of this folder, or of its `notebooks` folder, or of the nearest folder above that has one. */
export function findBook(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    for (const file of [join(at, 'book.yml'), join(at, 'notebooks', 'book.yml')]) {
      if (existsSync(file)) return file;
    }
    if (dirname(at) === at) return undefined;
  }
}

/** Reads and checks a book; a BookError says what is wrong, and where. */
export async function readBook(file: string): Promise<Book> {
  const lines = new LineCounter();
  const document = parseDocument(await readFile(file, 'utf8'), { lineCounter: lines });
  const [problem] = document.errors;
  if (problem) {
    throw new BookError(
      problem.message.split('\n')[0]!.replace(/ at line \d+.*$/, ''),
      file,
      problem.linePos?.[0].line,
    );
  }
  const checked = v.safeParse(schema, document.toJS() ?? {}, { abortEarly: true });
  if (!checked.success) {
    const issue = deepest(checked.issues[0]);
    const path = (issue.path ?? []).map((item) => item.key as string | number);
    throw new BookError(explain(issue, path), file, lineOf(document, path, lines));
  }
  const { title, authors, language, csl, chapters, profiles } = checked.output;
  const fail = (message: string, path: (string | number)[]): never => {
    throw new BookError(message, file, lineOf(document, path, lines));
  };
  const folder = dirname(file);
  const listed = chapters.map((chapter, index): Chapter => {
    const entry = typeof chapter === 'string' ? { file: chapter, title: undefined } : chapter;
    const path = join(folder, entry.file);
    if (!existsSync(path))
      fail(`there is no notebook ${entry.file} beside it`, ['chapters', index]);
    return { file: path, name: basename(entry.file, '.ipynb'), title: entry.title };
  });
  if (csl !== undefined && !existsSync(join(folder, csl))) {
    fail(`there is no citation style ${csl} beside it`, ['csl']);
  }
  const names = listed.map((chapter) => chapter.name);
  const taken = names.findIndex((each) => each === bookName || `${each}.html` === indexFile);
  if (taken >= 0)
    fail(`a chapter cannot be called "${names[taken]}": so is a file of the whole book`, [
      'chapters',
      taken,
    ]);
  const twice = names.findIndex((each, index) => names.indexOf(each) !== index);
  if (twice >= 0) fail(`chapter ${names[twice]} is listed twice`, ['chapters', twice]);
  return {
    file,
    title,
    language,
    csl,
    authors: authors.map((each) => (typeof each === 'string' ? { name: each } : each)),
    chapters: listed,
    profiles: Object.entries(profiles).map(([profile, given]) => {
      const parameters = given?.parameters ?? {};
      for (const chapter of Object.keys(parameters)) {
        if (names.includes(chapter)) continue;
        fail(`there is no chapter "${chapter}". ${hint(chapter, names)}`, [
          'profiles',
          profile,
          'parameters',
          chapter,
        ]);
      }
      const linesOf = (chapter: string, values: Readonly<Record<string, unknown>>) =>
        Object.fromEntries(
          Object.keys(values).flatMap((parameter) => {
            const path = ['profiles', profile, 'parameters', chapter, parameter];
            const line = lineOf(document, path, lines);
            return line === undefined ? [] : [[parameter, line] as const];
          }),
        );
      return {
        name: profile,
        description: given?.description ?? '',
        parameters,
        lines: Object.fromEntries(
          Object.entries(parameters).map(([chapter, values]) => [
            chapter,
            linesOf(chapter, values),
          ]),
        ),
      };
    }),
  };
}

/** The profile of this name, or the first; undefined for a book without profiles. */
export function findProfile(book: Book, name: string | undefined): Profile | undefined {
  if (name === undefined) return book.profiles[0];
  const profile = book.profiles.find((each) => each.name === name);
  if (profile) return profile;
  const names = book.profiles.map((each) => each.name);
  throw new BookError(`there is no profile "${name}". ${hint(name, names)}`, book.file);
}

type Issue = v.BaseIssue<unknown>;

/** Of the issues of a union, the one that went furthest says most. */
function deepest(issue: Issue): Issue {
  const inner = (issue.issues ?? []).filter((each) => each.path !== undefined);
  const [best] = inner.sort((a, b) => b.path!.length - a.path!.length);
  if (!best) return issue;
  return {
    ...best,
    path: [...(issue.path ?? []), ...best.path!] as unknown as NonNullable<Issue['path']>,
  };
}

function explain(issue: Issue, path: readonly (string | number)[]): string {
  const place = path.join('.');
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const key = String(path.at(-1));
    const fields =
      path[0] === 'chapters' ? chapterFields : path[0] === 'profiles' ? profileFields : bookFields;
    const known = path[0] === 'authors' ? ['name', 'affiliation'] : Object.keys(fields);
    const meant = nearest(key, known);
    return `unknown key "${key}". ${meant ? `Did you mean "${meant}"?` : `Known are: ${known.join(', ')}.`}`;
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined')
    return `"${place}" is missing`;
  const message = issue.message.replace(/^Invalid [a-z]+: E/, 'e');
  return place ? `${place}: ${message}` : message;
}

function lineOf(
  document: ReturnType<typeof parseDocument>,
  path: readonly (string | number)[],
  lines: LineCounter,
): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const at = path.slice(0, length);
    const parent =
      length > 0
        ? length === 1
          ? document.contents
          : document.getIn(at.slice(0, -1), true)
        : undefined;
    // The line of the key, which for a nested value is above that of the value.
    const pair = isMap(parent)
      ? parent.items.find((item) => String(item.key) === String(at.at(-1)))
      : undefined;
    const node = pair?.key ?? (length === 0 ? document.contents : document.getIn(at, true));
    const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
    if (range) return lines.linePos(range[0]).line;
  }
  return undefined;
}
