// A markdown cell, or markdown that a program printed → drafts: what has a number or stands for itself (headings,
// equations, figures, captioned tables, code) is taken out of the running text.
import type { MarkdownCell } from '../../notebook/nbformat.js';
import { attribute, lineOf, parseMarkdown, type Token, takeLabel } from '../markdown.js';
import { escapeHtml } from '../markup.js';
import { plainText } from '../sanitize.js';
import {
  type At,
  type Attachments,
  attachmentsOf,
  captionAt,
  type Draft,
  type Words,
} from './draft.js';
import { findPicture } from './pictures.js';
import type { Reading } from './reading.js';

export function draftMarkdownCell(cell: MarkdownCell, number: number, reading: Reading): Draft[] {
  const { source, left } = readablePart(cell.source);
  if (left > 0) {
    reading.problems.warning(
      'cut-cell',
      `a cell of ${cell.source.length.toLocaleString('en')} characters; the last ${left.toLocaleString('en')} are left out`,
      { cell: number, line: null },
    );
  }
  const { tokens, footnotes } = parseMarkdown(source, reading.links);
  const attachments = attachmentsOf(cell);
  const words = (group: Token[]): Words => ({
    tokens: group,
    notes: footnotes,
    attachments,
    place: { cell: number, line: lineOf(group[0]!) },
  });
  return divide(tokens, words, (group, after) => draftOf(group, after, words(group), reading));
}

/** Some things in markdown take time with the square of their number; nobody writes a cell of 20,000 words. */
const maximumLength = 120_000;

/** A cell as far as it is read. Pictures inside it, which can be large, do not count. */
function readablePart(source: string): { source: string; left: number } {
  if (source.length <= maximumLength) return { source, left: 0 };
  const words = source.replace(/data:image\/[a-z+]{3,8};base64,[A-Za-z0-9+/=]+/g, '');
  if (words.length <= maximumLength) return { source, left: 0 };
  return { source: source.slice(0, maximumLength), left: source.length - maximumLength };
}

/**
 * Markdown of an output is running text, whatever it holds. Its headings become bold lines: what a program prints does
 * not change the structure of the report.
 */
export function draftPrintedMarkdown(source: string, at: At, reading: Reading): Draft[] {
  const { tokens, footnotes } = parseMarkdown(source, reading.links);
  for (const token of tokens) if (/^heading_/.test(token.type)) token.tag = 'p';
  return tokens.length === 0
    ? []
    : [{ kind: 'prose', words: { tokens, notes: footnotes, attachments: {}, place: at } }];
}

interface Made {
  readonly draft: Draft;
  /** How many of the tokens that follow are part of it. */
  readonly takes: number;
}

/** Goes through the blocks: those that become a draft of their own, and running text between them. */
function divide(
  tokens: Token[],
  words: (group: Token[]) => Words,
  make: (group: Token[], after: Token[]) => Made | null,
): Draft[] {
  const drafts: Draft[] = [];
  let prose: Token[] = [];
  const flush = () => {
    if (prose.length > 0) drafts.push({ kind: 'prose', words: words(prose) });
    prose = [];
  };
  for (let start = 0; start < tokens.length; ) {
    const end = closing(tokens, start) + 1;
    const group = tokens.slice(start, end);
    const made = make(group, tokens.slice(end, end + 3));
    if (made) {
      flush();
      drafts.push(made.draft);
    } else prose.push(...group);
    start = end + (made?.takes ?? 0);
  }
  flush();
  return drafts;
}

function closing(tokens: Token[], start: number): number {
  let depth = 0;
  for (let i = start; i < tokens.length; i++) {
    depth += tokens[i]!.nesting;
    if (depth <= 0) return i;
  }
  return tokens.length - 1;
}

function draftOf(group: Token[], after: Token[], words: Words, reading: Reading): Made | null {
  const { labels } = reading;
  const { place } = words;
  const token = group[0]!;
  switch (token.type) {
    case 'heading_open': {
      const classes = (attribute(token, 'class') ?? '').split(' ');
      const inner = group.slice(1, -1);
      const given = attribute(token, 'id');
      const id = given
        ? labels.claimGiven(given, place)
        : labels.claim(slug(inner[0]?.content ?? ''));
      const numbered = !classes.includes('unnumbered') && !classes.includes('-');
      const level = Number(token.tag.slice(1));
      const draft = { kind: 'heading', level, words: { ...words, tokens: inner }, id, numbered };
      return { draft: draft as Draft, takes: 0 };
    }
    case 'math_block':
    case 'math_inline_bare_block': {
      const { tex, label } = takeLabel(token.content);
      const number = label ? labels.next('eq') : null;
      const id = labels.register('eq', label, number, place);
      return { draft: { kind: 'equation', tex, id, number, place }, takes: 0 };
    }
    case 'fence':
    case 'code_block': {
      const language = (token.info.trim().split(/\s+/)[0] ?? '').replace(/^\{?\.?|\}$/g, '');
      const source = token.content.replace(/\s+$/, '');
      const draft = { kind: 'code', source, language, options: null, count: null, place } as const;
      return { draft, takes: 0 };
    }
    case 'paragraph_open': {
      const draft = pictureDraft(group, words, reading);
      return draft && { draft, takes: 0 };
    }
    case 'table_open': {
      const caption = captionIn(after);
      if (!caption) return null;
      const number = labels.next('tbl');
      const id = labels.register('tbl', caption.label, number, place);
      const draft: Draft = {
        kind: 'table',
        content: words,
        id,
        number,
        caption: captionAt(place, caption.text),
        column: 'body',
        place,
      };
      return { draft, takes: after.length };
    }
    default:
      return null;
  }
}

/** A paragraph that is one picture with a label or a caption is a figure. */
function pictureDraft(group: Token[], words: Words, reading: Reading): Draft | null {
  const children = group[1]?.children ?? [];
  const image = children[0];
  if (children.length !== 1 || image?.type !== 'image') return null;
  const label = attribute(image, 'id');
  const caption = image.content;
  if (!label && caption === '') return null;
  const { place, attachments } = words;
  const content = pictureOrProblem(attribute(image, 'src') ?? '', attachments, place, reading);
  if (!content) return null;
  const number = reading.labels.next('fig');
  const id = reading.labels.register('fig', label, number, place);
  const alt = attribute(image, 'fig-alt') ?? plainText(escapeHtml(caption));
  return {
    kind: 'figure',
    content,
    id,
    number,
    caption: captionAt(place, caption || null),
    alt,
    column: 'body',
    place,
  };
}

/** A picture that prose names; null if there is none, which is then diagnosed. */
export function pictureOrProblem(
  source: string,
  attachments: Attachments,
  at: At,
  { readFile, problems }: Reading,
) {
  const found = findPicture(source, attachments, readFile);
  if (!('problem' in found)) return found;
  problems.error('missing-picture', found.problem, at);
  return null;
}

/** `: Accuracy by depth {#tbl-accuracy}` in the paragraph after a table. */
function captionIn(after: Token[]): { text: string; label: string | null } | null {
  const [open, inline] = after;
  if (open?.type !== 'paragraph_open' || inline?.type !== 'inline') return null;
  const found = /^:\s+([\s\S]+)$/.exec(inline.content);
  if (!found) return null;
  const label = attribute(open, 'id') ?? /\{#([\w.:-]+)\}\s*$/.exec(found[1]!)?.[1] ?? null;
  return { text: found[1]!.replace(/\s{0,20}\{[^{}]{0,500}\}\s*$/, ''), label };
}

function slug(text: string): string {
  return text
    .replace(/\s*\{[^{}]*\}\s*$/, '')
    .normalize('NFKD')
    .replace(/\$[^$]*\$|[`*_]|\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .replace(/[^\w-]/g, '')
    .slice(0, 60)
    .replace(/^(?=\d)/, 's-');
}
