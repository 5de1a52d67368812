// A code cell → drafts: its code as its options want it shown, then what it put out.
import type { CodeCell } from '../../notebook/nbformat.js';
import type { Chart, Picture } from '../document.js';
import { type CellOptions, readCellOptions } from '../options.js';
import { type DisplayNotes, readOutputs, type Shown } from '../outputs.js';
import { plainText } from '../sanitize.js';
import { type At, captionAt, type Draft } from './draft.js';
import { draftPrintedMarkdown } from './markdown-cell.js';
import type { Reading } from './reading.js';
import { isExportOnly } from './results.js';

export function draftCodeCell(cell: CodeCell, number: number, reading: Reading): Draft[] {
  const { problems, notebook } = reading;
  const at: At = { cell: number, line: null };
  const { options, source, problems: found } = readCellOptions(cell, reading.cells);
  for (const { kind, severity, line, message } of found) {
    problems[severity](kind, message, { cell: number, line });
  }
  // What a cell exports is there for the whole notebook, also where the cell itself is not shown.
  reading.results.collect(cell, at);
  if (options.removed) return [];
  const drafts: Draft[] = [];
  if (options.input !== 'removed' && source !== '') {
    const { language_info, kernelspec } = notebook.metadata;
    const language = language_info?.name ?? kernelspec?.language ?? '';
    const count = cell.execution_count;
    drafts.push({ kind: 'code', source, language, options, count, place: at });
  }
  if (!options.errorExpected && cell.outputs.some((output) => output.output_type === 'error')) {
    problems.error(
      'error-output',
      'the cell failed. If that is meant, give it the tag "raises-exception"',
      at,
    );
  }
  const visible = cell.outputs.filter((output) => !isExportOnly(output));
  let kept = 0;
  const shown = readOutputs(visible, {
    problem: (kind, message) => problems.warning(kind, message, at),
    keep: (ending, content) => reading.keep(`cell-${number}.output-${++kept}.${ending}`, content),
    room: reading.room,
    widgets: reading.widgets,
  });
  if (options.output === 'removed') return drafts;
  const counts = { figure: 0, table: 0 };
  const outputs = shown.flatMap((item) => draftOutput(item, options, counts, at, reading));
  if (options.label && counts.figure + counts.table === 0) {
    problems.warning('unused-label', `label "${options.label}" has no figure or table to name`, at);
  }
  if (options.output === 'folded' && outputs.length > 0) {
    drafts.push({ kind: 'fold', summary: 'Output', drafts: outputs });
  } else drafts.push(...outputs);
  return drafts;
}

/** How many figures and tables of the cell have been named so far. */
interface Counts {
  figure: number;
  table: number;
}

function draftOutput(
  shown: Shown,
  options: CellOptions,
  counts: Counts,
  at: At,
  reading: Reading,
): Draft[] {
  const { column } = options;
  switch (shown.kind) {
    case 'figure':
      return [draftFigure(shown, options, counts, at, reading)];
    case 'table': {
      const { html, caption } = takeCaption(shown.html);
      const display = { ...shown.notes, caption: shown.notes.caption ?? caption };
      return [
        draftTable(html, display, options, counts, at, reading) ?? {
          kind: 'html',
          html,
          column,
          place: at,
        },
      ];
    }
    case 'markdown': {
      const drafts = draftPrintedMarkdown(shown.source, at, reading);
      const only = drafts[0];
      if (only?.kind !== 'prose' || !isOneTable(only.words.tokens)) return drafts;
      const table = draftTable(only.words, shown.notes, options, counts, at, reading);
      return table ? [table] : drafts;
    }
    case 'html':
      return [{ kind: 'html', html: shown.html, column, place: at }];
    case 'text':
      if (shown.stream === 'stderr' && !options.stderr) return [];
      if (shown.stream === 'stdout' && !options.stdout) return [];
      if (options.isMarkdown && ['stdout', 'result'].includes(shown.stream)) {
        return draftPrintedMarkdown(shown.text, at, reading);
      }
      return shown.text.trim() === '' ? [] : [{ kind: 'text', shown, column, place: at }];
  }
}

function draftFigure(
  shown: Extract<Shown, { kind: 'figure' }>,
  options: CellOptions,
  counts: Counts,
  at: At,
  { labels, problems }: Reading,
): Draft {
  const { label, caption, alt } = notesOf(shown.notes, options, 'figure', counts.figure++);
  const text = alt ?? chartDescription(shown.content) ?? '';
  if (text === '') {
    problems.warning(
      'missing-alt',
      'a figure has no alternative text, so blind readers get nothing. Set "description" of the chart, alt in show(), or //| fig-alt: in the cell',
      at,
    );
  }
  const number = label || caption ? labels.next('fig') : null;
  const id = labels.register('fig', label, number, at);
  const { content } = shown;
  const { column } = options;
  return {
    kind: 'figure',
    content,
    id,
    number,
    caption: captionAt(at, caption),
    alt: text,
    column,
    place: at,
  };
}

/** A table with a label or a caption; null if it has neither and is an output like any other. */
function draftTable(
  content: Extract<Draft, { kind: 'table' }>['content'],
  display: DisplayNotes,
  options: CellOptions,
  counts: Counts,
  at: At,
  { labels }: Reading,
): Draft | null {
  const { label, caption } = notesOf(display, options, 'table', counts.table);
  if (!label && !caption) return null;
  counts.table++;
  const number = labels.next('tbl');
  const id = labels.register('tbl', label, number, at);
  const { column } = options;
  return {
    kind: 'table',
    content,
    id,
    number,
    caption: captionAt(at, caption),
    column,
    place: at,
  };
}

/** What the cell options say goes before what the display says. A second figure of a cell is `label-2`. */
function notesOf(
  display: DisplayNotes,
  options: CellOptions,
  what: 'figure' | 'table',
  index: number,
): DisplayNotes {
  const prefix = what === 'figure' ? 'fig-' : 'tbl-';
  const captions = what === 'figure' ? options.figureCaptions : options.tableCaptions;
  const own = options.label?.startsWith(prefix) ? options.label : null;
  const label = own && index > 0 ? `${own}-${index + 1}` : own;
  return {
    label: label ?? display.label,
    caption: captions[index] ?? display.caption,
    alt: (what === 'figure' ? options.figureAlts[index] : undefined) ?? display.alt,
  };
}

function isOneTable(tokens: readonly { readonly type: string }[]): boolean {
  return (
    tokens[0]?.type === 'table_open' &&
    tokens.findIndex(({ type }) => type === 'table_close') === tokens.length - 1
  );
}

/** A caption inside a table is the table's caption in the document too, where it gets a number. */
function takeCaption(html: string): { html: string; caption: string | null } {
  const found = /<caption\b[^>]*>([\s\S]*?)<\/caption>\s*/.exec(html);
  if (!found) return { html, caption: null };
  return { html: html.replace(found[0], ''), caption: plainText(found[1]!) || null };
}

function chartDescription(content: Chart | Picture): string | null {
  if (content.kind !== 'chart') return null;
  const { description, title } = content.specification;
  if (typeof description === 'string' && description.trim() !== '') return description.trim();
  if (typeof title === 'string') return title;
  const text = (title as { text?: unknown } | undefined)?.text;
  return typeof text === 'string' ? text : null;
}
