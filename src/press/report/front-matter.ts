// What a notebook says about itself: title, authors, abstract, defaults for its cells. It stands in a raw first cell
// between `---` lines (as Quarto writes it), or in the metadata of the notebook.
import { parse } from 'yaml';
import type { Notebook } from '../notebook/nbformat.js';
import type { Diagnostic } from './diagnostics.js';
import { nearest } from '../../shared/nearest.js';
import type { CellDefaults } from './options.js';

export interface FrontMatter {
  readonly title: string | null;
  readonly subtitle: string | null;
  readonly authors: readonly { readonly name: string; readonly affiliation: string | null }[];
  readonly date: string | null;
  readonly abstract: string | null;
  readonly keywords: readonly string[];
  readonly language: string;
  readonly numberSections: boolean;
  /** Path of the BibTeX file, beside the notebook. */
  readonly bibliography: string | null;
  /** Path of the CSL style, beside the notebook. */
  readonly csl: string | null;
  readonly cells: CellDefaults;
}

const known = [
  'title',
  'subtitle',
  'author',
  'authors',
  'date',
  'abstract',
  'description',
  'keywords',
  'lang',
  'number-sections',
  'bibliography',
  'csl',
  'echo',
  'code-fold',
];
/** Keys of Quarto and Jupyter Book that mean something there and nothing here. */
const foreign = [
  'format',
  'jupyter',
  'execute',
  'kernelspec',
  'toc',
  'toc-depth',
  'categories',
  'image',
  'editor',
  'engine',
];

/** The front matter, and whether the first cell held it and is therefore not part of the text. */
export function readFrontMatter(
  notebook: Notebook,
  file: string,
): { front: FrontMatter; inFirstCell: boolean; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const first = notebook.cells[0];
  const fenced =
    first && first.cell_type === 'raw' ? /^\s*---\n([\s\S]*?)\n---\s*$/.exec(first.source) : null;
  let given: Record<string, unknown> = {};
  if (fenced) {
    try {
      const parsed: unknown = parse(fenced[1]!, { maxAliasCount: 0 });
      if (typeof parsed === 'object' && parsed !== null) given = parsed as Record<string, unknown>;
    } catch (error) {
      diagnostics.push({
        severity: 'error',
        kind: 'bad-front-matter',
        file,
        cell: 1,
        line: null,
        message: `cannot read the front matter: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      });
    }
    for (const key of Object.keys(given)) {
      if (known.includes(key) || foreign.includes(key)) continue;
      const meant = nearest(key, known);
      diagnostics.push({
        severity: meant ? 'error' : 'warning',
        kind: 'unknown-option',
        file,
        cell: 1,
        line: first!.source.split('\n').findIndex((line) => line.startsWith(`${key}:`)) + 1 || null,
        message: `unknown key "${key}" in the front matter. ${meant ? `Did you mean "${meant}"?` : `Known keys: ${known.join(', ')}`}`,
      });
    }
  }
  const metadata = notebook.metadata;
  const text = (value: unknown): string | null => {
    if (typeof value === 'number') return String(value);
    if (value instanceof Date) return value.toISOString().slice(0, 10);
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  const language = text(given.lang) ?? text(metadata.lang) ?? 'en';
  const fold = given['code-fold'];
  return {
    inFirstCell: fenced !== null,
    diagnostics,
    front: {
      title: text(given.title) ?? text(metadata.title),
      subtitle: text(given.subtitle) ?? text(metadata.subtitle),
      authors: readAuthors(given.author ?? given.authors ?? metadata.authors),
      date: text(given.date) ?? text(metadata.date),
      abstract: text(given.abstract) ?? text(given.description) ?? text(metadata.abstract),
      keywords: readList(given.keywords ?? metadata.keywords),
      language: /^[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*$/.test(language) ? language : 'en',
      numberSections: given['number-sections'] !== false,
      bibliography: text(given.bibliography) ?? text(metadata.bibliography),
      csl: text(given.csl) ?? text(metadata.csl),
      cells: {
        echo: given.echo !== false,
        codeFold: fold === true || fold === 'show' ? fold : false,
      },
    },
  };
}

function readAuthors(given: unknown): FrontMatter['authors'] {
  const items = Array.isArray(given) ? given : given === undefined || given === null ? [] : [given];
  return items.flatMap((item: unknown) => {
    if (typeof item === 'string') return [{ name: item, affiliation: null }];
    const { name, affiliation } = (item ?? {}) as { name?: unknown; affiliation?: unknown };
    return typeof name === 'string'
      ? [{ name, affiliation: typeof affiliation === 'string' ? affiliation : null }]
      : [];
  });
}

function readList(given: unknown): string[] {
  if (typeof given === 'string') return given.split(',').map((word) => word.trim());
  return Array.isArray(given) ? given.filter((word) => typeof word === 'string') : [];
}
