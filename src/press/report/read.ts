// Executed notebook → document. Two passes: the first reads every cell and hands out the numbers (read/…-cell.ts), the
// second prints the words, when every reference knows what it points at (read/print.ts).
import type { Cell, Notebook } from '../notebook/nbformat.js';
import { type Citations, noCitations } from './citations.js';
import type { Document } from './document.js';
import { readFrontMatter } from './front-matter.js';
import { parseMarkdown } from './markdown.js';
import { escapeHtml } from './markup.js';
import { draftCodeCell } from './read/code-cell.js';
import { findCitations } from './read/cited.js';
import { type At, type Draft, wordsAt } from './read/draft.js';
import { Labels } from './read/labels.js';
import { draftMarkdownCell } from './read/markdown-cell.js';
import { printerOf } from './read/print.js';
import { collectProblems } from './read/problems.js';
import type { Reading } from './read/reading.js';
import { Results } from './read/results.js';
import { nest, numberSections, takeTitle } from './read/sections.js';
import { type Keep, roomOfPage } from './room.js';
import { plainText } from './sanitize.js';
import { widgetState } from './widgets.js';

export interface ReadOptions {
  /** Name of the notebook in messages and in the document. */
  readonly file: string;
  /** Bytes of a file beside the notebook, by relative path; null if there is none. Without it no file is read. */
  readonly readFile?: (path: string) => Uint8Array | null;
  readonly citations?: Citations;
  /** Its number in a book. */
  readonly chapter?: number;
  /** HTML of a reference to what this notebook does not have, if another chapter has it. */
  readonly elsewhere?: (label: string) => string | null;
  /** Keeps what is too large for the page beside it, and returns its address; without it the notebook alone has it. */
  readonly keep?: Keep;
}

/** Reads an executed notebook. Nothing is thrown for what is wrong in it: see `diagnostics` of the document. */
export function readDocument(notebook: Notebook, options: ReadOptions): Document {
  const { file, readFile = () => null, citations = noCitations } = options;
  const { chapter = null, elsewhere = () => null, keep = () => null } = options;
  const { front, inFirstCell, diagnostics } = readFrontMatter(notebook, file);
  const problems = collectProblems(file);
  problems.all.push(...diagnostics, ...citations.diagnostics);
  const labels = new Labels(problems, chapter);
  const results = new Results(problems);
  const { cells } = front;
  const reading: Reading = {
    notebook,
    readFile,
    citations,
    elsewhere,
    problems,
    labels,
    results,
    keep,
    room: roomOfPage(),
    widgets: widgetState(notebook.metadata),
    cells,
    links: {},
  };

  const drafts = notebook.cells.flatMap((cell, index) =>
    index === 0 && inFirstCell ? [] : draftCell(cell, index + 1, reading),
  );
  const { title, rest } = takeTitle(drafts, labels);
  const numbering = numberSections(rest, front.numberSections, labels, chapter);

  const abstractWords =
    front.abstract === null ? null : wordsAt(firstCell, parseMarkdown(front.abstract).tokens);
  const before = [title, abstractWords].filter((words) => words !== null);
  const cited = citations.print(findCitations(before, rest, citations));
  const print = printerOf(reading, cited);
  const titleHtml = title ? print.words(title) : escapeHtml(front.title ?? fileTitle(file));
  const abstract = abstractWords && print.words(abstractWords);
  const blocks = nest(rest, numbering, print);
  return {
    file,
    language: front.language,
    title: { html: titleHtml, text: plainText(titleHtml) },
    subtitle: front.subtitle,
    authors: front.authors,
    date: front.date,
    abstract,
    description: abstract === null ? front.subtitle : plainText(abstract),
    keywords: front.keywords,
    chapter,
    blocks,
    footnotes: print.footnotes,
    bibliography: cited.bibliography,
    results: results.all(),
    labels: Object.fromEntries(labels.all()),
    diagnostics: problems.all,
  };
}

const firstCell: At = { cell: 1, line: null };

function draftCell(cell: Cell, number: number, reading: Reading): Draft[] {
  if (cell.cell_type === 'raw') return [];
  if (cell.cell_type === 'code') return draftCodeCell(cell, number, reading);
  const tags = (cell.metadata.tags ?? []).map((tag) => tag.replaceAll('_', '-'));
  return tags.includes('remove-cell') ? [] : draftMarkdownCell(cell, number, reading);
}

function fileTitle(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\.ipynb$/, '');
}
