// The title, the numbers of sections, and what stands in which section.
import type { Block, Section } from '../document.js';
import { escapeHtml } from '../markup.js';
import { plainText } from '../sanitize.js';
import type { Draft, HeadingDraft, Words } from './draft.js';
import type { Labels } from './labels.js';

/** The first heading is the title of the report if it is the only one of its level and nothing comes before it. */
export function takeTitle(
  drafts: readonly Draft[],
  labels: Labels,
): { title: Words | null; rest: readonly Draft[] } {
  const first = drafts.find((draft) => draft.kind !== 'code' || draft.options?.input === 'shown');
  const isAlone =
    drafts.filter((draft) => draft.kind === 'heading' && draft.level === 1).length === 1;
  if (first?.kind !== 'heading' || first.level !== 1 || !isAlone) {
    return { title: null, rest: drafts };
  }
  if (first.id.startsWith('sec-')) labels.set(first.id, { text: 'the title', id: 'title' });
  return { title: first.words, rest: drafts.filter((draft) => draft !== first) };
}

export interface Numbering {
  /** Level of the highest heading. */
  readonly base: number;
  /** '2.1', or null for an unnumbered section. */
  readonly numbers: ReadonlyMap<HeadingDraft, string | null>;
}

/** Numbers the sections and makes their labels known. What is in an unnumbered section is unnumbered too. */
export function numberSections(
  drafts: readonly Draft[],
  isNumbered: boolean,
  labels: Labels,
  chapter: number | null = null,
): Numbering {
  const headings = drafts.filter((draft) => draft.kind === 'heading');
  const base = Math.min(...headings.map((heading) => heading.level), 6);
  const numbers = new Map<HeadingDraft, string | null>();
  const count: number[] = [];
  let off = Number.POSITIVE_INFINITY;
  for (const heading of headings) {
    const depth = heading.level - base;
    if (depth <= off) off = heading.numbered ? Number.POSITIVE_INFINITY : depth;
    const has = isNumbered && off === Number.POSITIVE_INFINITY;
    if (has) {
      count.length = Math.min(count.length, depth + 1);
      while (count.length <= depth) count.push(count.length === depth ? 0 : 1);
      count[depth]!++;
    }
    const number = has ? [...(chapter === null ? [] : [chapter]), ...count].join('.') : null;
    numbers.set(heading, number);
    if (heading.id.startsWith('sec-')) {
      const title = plainText(
        escapeHtml(heading.words.tokens[0]?.content.replace(/\s*\{[^{}]*\}\s*$/, '') ?? ''),
      );
      const text = number ? `Section ${number}` : `“${title}”`;
      labels.set(heading.id, { text, id: heading.id });
    }
  }
  return { base, numbers };
}

/** Puts every block into its section. */
export function nest(
  drafts: readonly Draft[],
  { base, numbers }: Numbering,
  print: { block(draft: Exclude<Draft, HeadingDraft>): Block; words(words: Words): string },
): Block[] {
  const root: Block[] = [];
  const open: { level: number; blocks: Block[] }[] = [{ level: 0, blocks: root }];
  for (const draft of drafts) {
    if (draft.kind !== 'heading') {
      open.at(-1)!.blocks.push(print.block(draft));
      continue;
    }
    const level = draft.level - base + 1;
    while (open.length > 1 && open.at(-1)!.level >= level) open.pop();
    const html = print.words(draft.words);
    const blocks: Block[] = [];
    const section: Section = {
      kind: 'section',
      id: draft.id,
      level,
      number: numbers.get(draft) ?? null,
      title: { html, text: plainText(html) },
      blocks,
    };
    open.at(-1)!.blocks.push(section);
    open.push({ level, blocks });
  }
  return root;
}
