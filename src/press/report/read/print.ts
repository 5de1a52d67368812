// The second pass: drafts → blocks. Every reference knows by now what it points at.
import { nearest } from '../../../shared/nearest.js';
import { noCitations, type PrintedCitations } from '../citations.js';
import type { Block, Column, Footnote } from '../document.js';
import { type Citation, type Context, printMarkdown } from '../markdown.js';
import { escapeHtml } from '../markup.js';
import { typeset } from '../math.js';
import { textHtml } from '../outputs.js';
import { plainText } from '../sanitize.js';
import type { At, Draft, HeadingDraft, Words } from './draft.js';
import { pictureOrProblem } from './markdown-cell.js';
import type { Reading } from './reading.js';

export interface Printer {
  block(draft: Exclude<Draft, HeadingDraft>): Block;
  /** HTML of words, without a paragraph around it where there was none. */
  words(words: Words): string;
  /** The footnotes that what was printed so far has called. */
  readonly footnotes: readonly Footnote[];
}

type OpenFootnote = Footnote & { readonly from: string[] };

/** `citations` are those of the document, set. */
export function printerOf(reading: Reading, citations: PrintedCitations): Printer {
  const { labels, problems } = reading;
  const footnotes: OpenFootnote[] = [];
  const known = new Map<string, OpenFootnote>();

  const cite = (citation: Citation): string => {
    const { lead, html } = citations.of(citation);
    return reading.citations.isNote ? lead + addNote(html) : html;
  };

  const words = (given: Words): string =>
    printMarkdown(given.tokens, contextOf(given, reading, footnote, cite)).trim();

  const footnote = (label: number, given: Words): ReturnType<Context['footnote']> => {
    const key = `${given.place.cell}:${label}`;
    let note = known.get(key);
    if (!note) {
      const number = footnotes.length + 1;
      note = { id: `note-${number}`, number, html: '', from: [] };
      known.set(key, note);
      footnotes.push(note);
      const tokens = given.notes.get(label) ?? [];
      Object.assign(note, { html: words({ ...given, tokens }) });
    }
    return markOf(note);
  };

  /** A note of the document that no author wrote: a citation, where the style puts them there. */
  const addNote = (html: string): string => {
    const number = footnotes.length + 1;
    const note = {
      id: `note-${number}`,
      number,
      html: html.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase()),
      from: [],
    };
    footnotes.push(note);
    return markOf(note).mark;
  };

  const markOf = (note: OpenFootnote): ReturnType<Context['footnote']> => {
    const from = `note-ref-${note.number}${note.from.length > 0 ? `-${note.from.length + 1}` : ''}`;
    note.from.push(from);
    const mark = `<sup class="note-mark"><a href="#${note.id}" id="${from}" aria-label="Note ${note.number}">${note.number}</a></sup>`;
    return { number: note.number, id: note.id, mark };
  };

  const caption = (given: Words | null): { html: string; text: string } | null => {
    if (given === null) return null;
    const html = words(given);
    return { html, text: plainText(html) };
  };

  const output = (
    at: At,
    column: Column,
    content: Extract<Block, { kind: 'output' }>['content'],
  ): Block => ({ kind: 'output', id: labels.claim(`output-${at.cell}`), column, content });

  const block = (draft: Exclude<Draft, HeadingDraft>): Block => {
    switch (draft.kind) {
      case 'prose':
        return { kind: 'prose', html: words(draft.words) };
      case 'code': {
        const input = draft.options?.input ?? 'shown';
        return {
          kind: 'code',
          id: labels.claim(`code-${draft.place.cell}`),
          source: draft.source,
          language: draft.language,
          fold: input === 'folded' ? 'closed' : input === 'folded-open' ? 'open' : 'shown',
          summary: draft.options?.codeSummary ?? 'Code',
          count: draft.count,
        };
      }
      case 'figure': {
        const { kind, content, id, number, alt, column } = draft;
        const { cell } = draft.place;
        return { kind, id, number, cell, alt, column, content, caption: caption(draft.caption) };
      }
      case 'table': {
        const { kind, content, id, number, column } = draft;
        const html = typeof content === 'string' ? content : words(content);
        return { kind, id, number, column, html, caption: caption(draft.caption) };
      }
      case 'equation': {
        const { html, problem } = typeset(draft.tex, true);
        if (problem) problems.error('formula', `cannot read the formula: ${problem}`, draft.place);
        return { kind: 'equation', id: draft.id, number: draft.number, html };
      }
      case 'html':
        return output(draft.place, draft.column, { kind: 'html', html: draft.html });
      case 'text': {
        const { stream } = draft.shown;
        const html = textHtml(draft.shown);
        return output(draft.place, draft.column, { kind: 'text', stream, html });
      }
      case 'fold':
        return {
          kind: 'fold',
          summary: draft.summary,
          blocks: draft.drafts.flatMap((inner) => (inner.kind === 'heading' ? [] : [block(inner)])),
        };
    }
  };
  return { block, words, footnotes };
}

function contextOf(
  words: Words,
  reading: Reading,
  footnote: (label: number, words: Words) => ReturnType<Context['footnote']>,
  cite: (citation: Citation) => string,
): Context {
  const { labels, citations, problems, results, elsewhere } = reading;
  const at = (line: number | null): At => ({
    cell: words.place.cell,
    line: line ?? words.place.line,
  });
  return {
    crossReference: (label, line) => {
      const target = labels.find(label);
      if (target) {
        return `<a class="reference" href="#${target.id}">${escapeHtml(target.text)}</a>`;
      }
      const there = elsewhere(label);
      if (there !== null) return there;
      const meant = nearest(label, [...labels.all().keys()]);
      problems.error(
        'unresolved-reference',
        `nothing has the label "${label}". ${meant ? `Did you mean "@${meant}"?` : 'Labels are set with //| label: or {#label}'}`,
        at(line),
      );
      return `<strong class="unresolved">@${escapeHtml(label)}</strong>`;
    },
    citation: (cited, line) => {
      const unknown = cited.items.filter((item) => !citations.has(item.key));
      if (unknown.length === 0) return cite(cited);
      if (cited.form === 'text' || citations === noCitations) return null;
      for (const { key } of unknown) {
        const meant = citations.nearest(key);
        problems.error(
          'unresolved-citation',
          `the bibliography has no entry "${key}"${meant ? `. Did you mean "${meant}"?` : ''}`,
          at(line),
        );
      }
      return `<strong class="unresolved">[${cited.items.map((item) => escapeHtml(`@${item.key}`)).join('; ')}]</strong>`;
    },
    footnote: (label) => footnote(label, words),
    picture: (source, line) => {
      const picture = pictureOrProblem(source, words.attachments, at(line), reading);
      return picture && `data:${picture.mime};base64,${picture.data}`;
    },
    result: (source, line) => results.quote(source, at(line)),
    problem: (kind, message, line) => problems.error(kind, message, at(line)),
  };
}
