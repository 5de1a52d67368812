// The document in the middle: what an executed notebook says, with every number and reference resolved, and nothing
// of how it will look. HTML and PDF are two prints of it. It is plain data: `JSON.stringify(document)` is a snapshot.
//
// Fields named `html` hold HTML that is already safe: sanitised, escaped, references filled in.
import type { Result } from '../notebook/results.js';
import type { Diagnostic } from './diagnostics.js';

export interface Document {
  /** File name of the notebook, for messages and provenance. */
  readonly file: string;
  /** BCP 47 tag, 'en' unless the notebook says otherwise. */
  readonly language: string;
  readonly title: { readonly html: string; readonly text: string };
  readonly subtitle: string | null;
  readonly authors: readonly { readonly name: string; readonly affiliation: string | null }[];
  /** As the notebook states it; a build never puts the clock in. */
  readonly date: string | null;
  /** HTML of the abstract. */
  readonly abstract: string | null;
  /** Plain text of the abstract or, without one, of the subtitle: the description in metadata. */
  readonly description: string | null;
  readonly keywords: readonly string[];
  /** Its number in a book, which its own numbers start with (Figure 2.3); null for a report alone. */
  readonly chapter: number | null;
  readonly blocks: readonly Block[];
  readonly footnotes: readonly Footnote[];
  readonly bibliography: readonly BibliographyEntry[];
  /** What the cells export as data, in order, each with the position of its cell, from 1. */
  readonly results: readonly (Result & { readonly cell: number })[];
  /** What can be referred to, by label. */
  readonly labels: Readonly<Record<string, { readonly text: string; readonly id: string }>>;
  readonly diagnostics: readonly Diagnostic[];
}

export type Block = Section | Prose | Code | Figure | Table | Equation | OutputBlock | Fold;

export interface Section {
  readonly kind: 'section';
  readonly id: string;
  /** 1 is the highest below the title. */
  readonly level: number;
  /** '2.1', or null for an unnumbered section. */
  readonly number: string | null;
  readonly title: { readonly html: string; readonly text: string };
  readonly blocks: readonly Block[];
}

export interface Prose {
  readonly kind: 'prose';
  readonly html: string;
}

export interface Code {
  readonly kind: 'code';
  readonly id: string;
  readonly source: string;
  /** Name of the language as the notebook or the fence gives it, '' if unknown. */
  readonly language: string;
  /** 'shown' stays open; 'open' and 'closed' can be folded. */
  readonly fold: 'shown' | 'open' | 'closed';
  readonly summary: string;
  /** Execution count of a notebook cell; null for code in prose. */
  readonly count: number | null;
}

/** How wide a block may become: the text column, the page, or the whole screen. */
export type Column = 'body' | 'page' | 'screen';

export interface Figure {
  readonly kind: 'figure';
  readonly id: string;
  readonly number: number | null;
  readonly caption: { readonly html: string; readonly text: string } | null;
  /** Position of the notebook cell that shows it, from 1. */
  readonly cell: number;
  /** Alternative text; '' only if the author did not give one, which is a diagnostic. */
  readonly alt: string;
  readonly column: Column;
  readonly content: Chart | Picture;
}

export interface Chart {
  readonly kind: 'chart';
  readonly library: 'vega-lite' | 'vega';
  readonly specification: Record<string, unknown>;
  /** Stands in where the chart cannot be drawn; null where the program that made it showed no picture. */
  readonly fallback: Picture | null;
}

export interface Picture {
  readonly kind: 'picture';
  readonly mime: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp' | 'image/svg+xml';
  /** Base64 of the file. */
  readonly data: string;
  /** In CSS pixels, where known. */
  readonly width: number | null;
  readonly height: number | null;
}

export interface Table {
  readonly kind: 'table';
  readonly id: string;
  readonly number: number | null;
  readonly caption: { readonly html: string; readonly text: string } | null;
  readonly column: Column;
  readonly html: string;
}

export interface Equation {
  readonly kind: 'equation';
  readonly id: string;
  readonly number: number | null;
  /** KaTeX markup, with MathML for screen readers inside. */
  readonly html: string;
}

export interface OutputBlock {
  readonly kind: 'output';
  readonly id: string;
  readonly column: Column;
  readonly content: OutputContent;
}

export type OutputContent =
  /** A terminal stream, a plain-text result or a traceback. `html` has spans with `ansi-…` classes. */
  | {
      readonly kind: 'text';
      readonly stream: 'stdout' | 'stderr' | 'result' | 'error';
      readonly html: string;
    }
  | { readonly kind: 'html'; readonly html: string };

/** Blocks that are folded away until asked for. */
export interface Fold {
  readonly kind: 'fold';
  readonly summary: string;
  readonly blocks: readonly Block[];
}

export interface Footnote {
  readonly id: string;
  readonly number: number;
  readonly html: string;
  /** Ids of the places that refer to it. */
  readonly from: readonly string[];
}

export interface BibliographyEntry {
  readonly id: string;
  readonly key: string;
  readonly html: string;
}

/** Every block of a document in reading order, those inside sections and folds included. */
export function* walk(blocks: readonly Block[]): Generator<Block> {
  for (const block of blocks) {
    yield block;
    if (block.kind === 'section' || block.kind === 'fold') yield* walk(block.blocks);
  }
}
