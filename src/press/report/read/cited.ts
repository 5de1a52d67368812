// The citations of a notebook in the order in which they are printed, found before anything is.
import type { Citations } from '../citations.js';
import type { Citation, Token } from '../markdown.js';
import type { Draft, Words } from './draft.js';

/** Those whose keys are all known: the others are diagnosed where they are printed. */
export function findCitations(
  front: readonly Words[],
  drafts: readonly Draft[],
  citations: Citations,
): Citation[] {
  const found: Citation[] = [];
  const notes = new Set<string>();
  const visit = (tokens: readonly Token[], words: Words): void => {
    for (const token of tokens) {
      if (token.type === 'citation') {
        const citation = token.meta as unknown as Citation;
        if (citation.items.every(({ key }) => citations.has(key))) found.push(citation);
      } else if (token.type === 'footnote_ref') {
        const { id } = token.meta as unknown as { id: number };
        const name = `${words.place.cell}:${id}`;
        if (notes.has(name)) continue;
        notes.add(name);
        visit(words.notes.get(id) ?? [], words);
      } else visit(token.children ?? [], words);
    }
  };
  const read = (draft: Draft): void => {
    if (draft.kind === 'fold') {
      for (const inner of draft.drafts) read(inner);
      return;
    }
    if ('words' in draft) visit(draft.words.tokens, draft.words);
    if (draft.kind === 'table' && typeof draft.content !== 'string') {
      visit(draft.content.tokens, draft.content);
    }
    if ('caption' in draft && draft.caption) visit(draft.caption.tokens, draft.caption);
  };
  for (const words of front) visit(words.tokens, words);
  for (const draft of drafts) read(draft);
  return found;
}
