// Drafts: what the first pass makes of the cells. They have their numbers and ids, but their words are still tokens,
// because a reference can only be printed when everything has its number.
import type { Cell, MarkdownCell } from '../../notebook/nbformat.js';
import type { Chart, Column, Picture } from '../document.js';
import { parseInline, type Token } from '../markdown.js';
import type { CellOptions } from '../options.js';
import type { Shown } from '../outputs.js';

/** Place in the notebook: cell and line in it, from 1. */
export interface At {
  readonly cell: number;
  readonly line: number | null;
}

export type Attachments = NonNullable<MarkdownCell['attachments']>;

/** Words that wait to be printed, with what they need for it. */
export interface Words {
  readonly tokens: Token[];
  /** Content of the footnotes that the tokens call, by their number in this piece. */
  readonly notes: ReadonlyMap<number, Token[]>;
  /** Pictures that came with the cell. */
  readonly attachments: Attachments;
  readonly place: At;
}

export interface HeadingDraft {
  readonly kind: 'heading';
  readonly level: number;
  readonly words: Words;
  readonly id: string;
  readonly numbered: boolean;
}

/** A figure or a table: it has a number if it has a label or a caption. */
interface Numbered {
  readonly id: string;
  readonly number: number | null;
  readonly caption: Words | null;
  readonly column: Column;
  readonly place: At;
}

export type Draft =
  | HeadingDraft
  | { readonly kind: 'prose'; readonly words: Words }
  | {
      readonly kind: 'code';
      readonly source: string;
      readonly language: string;
      readonly options: CellOptions | null;
      readonly count: number | null;
      readonly place: At;
    }
  | (Numbered & {
      readonly kind: 'figure';
      readonly content: Chart | Picture;
      readonly alt: string;
    })
  | (Numbered & { readonly kind: 'table'; readonly content: Words | string })
  | {
      readonly kind: 'equation';
      readonly tex: string;
      readonly id: string;
      readonly number: number | null;
      readonly place: At;
    }
  | { readonly kind: 'html'; readonly html: string; readonly column: Column; readonly place: At }
  | {
      readonly kind: 'text';
      readonly shown: Extract<Shown, { kind: 'text' }>;
      readonly column: Column;
      readonly place: At;
    }
  | { readonly kind: 'fold'; readonly summary: string; readonly drafts: readonly Draft[] };

/** Words that do not come from a cell's own markdown: they have no footnotes and no attachments. */
export function wordsAt(place: At, tokens: Token[] = []): Words {
  return { tokens, notes: new Map(), attachments: {}, place };
}

/** A caption as words. */
export function captionAt(place: At, source: string | null): Words | null {
  return source === null ? null : wordsAt(place, parseInline(source));
}

export function attachmentsOf(cell: Cell | undefined): Attachments {
  return (cell && cell.cell_type !== 'code' ? cell.attachments : null) ?? {};
}
