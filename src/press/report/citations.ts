// Citations and the bibliography: works from BibTeX or CSL-JSON, set as a CSL style says (csl/).
import { nearest } from '../../shared/nearest.js';
import { defaultStyle } from './csl/default-style.js';
import type { Item } from './csl/item.js';
import { readLocator } from './csl/locator.js';
import { type Cluster, processCitations } from './csl/processor.js';
import { readStyle, type Style, StyleError } from './csl/style.js';
import type { Diagnostic } from './diagnostics.js';
import type { BibliographyEntry } from './document.js';
import type { Citation } from './markdown.js';

export interface Citations {
  has(key: string): boolean;
  nearest(key: string): string | undefined;
  /** Whether the style cites in notes, as historians do. */
  readonly isNote: boolean;
  /**
   * Sets the citations of a document, which must be given all at once and in order: numbers, letters after years and
   * "ibid." come from what else is cited. Those with unknown keys must have been left out.
   */
  print(groups: readonly Citation[]): PrintedCitations;
  readonly diagnostics: readonly Diagnostic[];
}

export interface PrintedCitations {
  /** `html` is the citation; `lead` is what stands in the sentence where the rest goes into a note. */
  of(citation: Citation): { readonly lead: string; readonly html: string };
  readonly bibliography: readonly BibliographyEntry[];
}

/** No bibliography: every key is unknown. */
export const noCitations: Citations = {
  has: () => false,
  nearest: () => undefined,
  isNote: false,
  print: () => ({ of: () => ({ lead: '', html: '' }), bibliography: [] }),
  diagnostics: [],
};

export interface CitationStyle {
  /** A CSL style (XML); null for the report's own. */
  readonly csl: string | null;
  /** File name of the style, for messages. */
  readonly file: string;
  /** BCP 47 tag of the document, for styles that leave the language open. */
  readonly language: string;
}

/** Reads BibTeX, or CSL-JSON where the file is called `….json`; `file` is named in diagnostics. */
export async function readBibliography(
  source: string,
  file: string,
  given: CitationStyle = { csl: null, file: '', language: 'en' },
): Promise<Citations> {
  const diagnostics: Diagnostic[] = [];
  const problem = (kind: string, where: string, message: string, line: number | null = null) => {
    diagnostics.push({ severity: 'error', kind, file: where, cell: null, line, message });
  };
  const items = new Map<string, Item>();
  try {
    const works = file.endsWith('.json')
      ? (JSON.parse(source) as Item[])
      : await readBibtex(source);
    for (const item of works) items.set(item.id, item);
  } catch (error) {
    const { message, line } = bibliographyProblem(error);
    problem('bad-bibliography', file, `cannot read the bibliography: ${message}`, line);
  }
  let style: Style;
  try {
    style = readStyle(given.csl ?? defaultStyle, given.language);
  } catch (error) {
    if (!(error instanceof StyleError)) throw error;
    problem('bad-style', given.file, `the citation style cannot be used: ${error.message}`);
    style = readStyle(defaultStyle, given.language);
  }
  return {
    diagnostics,
    has: (key) => items.has(key),
    nearest: (key) => nearest(key, [...items.keys()]),
    isNote: style.isNote,
    print(groups) {
      const { clusters, bibliography } = processCitations(
        style,
        items,
        groups.map(clusterOf),
        idOf,
      );
      const byGroup = new Map(groups.map((group, index) => [group, clusters[index]!]));
      return {
        of: (citation) => byGroup.get(citation) ?? { lead: '', html: '' },
        bibliography: bibliography.map(({ key, html }) => ({ id: idOf(key), key, html })),
      };
    },
  };
}

async function readBibtex(source: string): Promise<Item[]> {
  const { Cite } = (await import('@citation-js/core')) as unknown as {
    Cite: new (data: string, options: { forceType: string }) => { data: Item[] };
  };
  await import('@citation-js/plugin-bibtex');
  // Named, as the form of a file with a slip in it cannot be guessed.
  const works = new Cite(source, { forceType: '@bibtex/text' }).data;
  if (works.length === 0 && source.trim() !== '') {
    throw new Error('there is no BibTeX entry in it, such as @article{key, title = {…}}');
  }
  return works;
}

/** Words of the parser of BibTeX for what it expected or found. */
const tokens: Readonly<Record<string, string>> = {
  '"lbrace"': '{',
  '"rbrace"': '}',
  '"comma"': 'a comma',
  '"equals"': '=',
  '"label"': 'a key',
  '"identifier"': 'a name',
  '"text"': 'text',
  EOF: 'the end of the file',
};

/** What is wrong with a bibliography, in words for its author, and the line of the file where that is known. */
function bibliographyProblem(error: unknown): { message: string; line: number | null } {
  const said = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  if (error instanceof RangeError) return { message: 'braces are nested too deep', line: null };
  const place = /^(.*) at line (\d+) col (\d+):?$/.exec(said);
  if (!place) return { message: said, line: null };
  const words = place[1]!.replace(/"\w+"|\bEOF\b/g, (token) => tokens[token] ?? token);
  return { message: `${words}, column ${place[3]}`, line: Number(place[2]) };
}

function clusterOf({ form, items }: Citation): Cluster {
  return {
    form,
    cites: items.map(({ key, prefix, suffix, suppressAuthor }) => ({
      key,
      prefix,
      suppressAuthor,
      ...readLocator(suffix),
    })),
  };
}

const idOf = (key: string) => `ref-${key.replace(/[^\w-]/g, '-')}`;
