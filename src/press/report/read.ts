// Executed notebook → document. Two passes: the first reads every cell and hands out the numbers, the second prints
// the prose, when every reference knows what it points at.
import type { Cell, CodeCell, MarkdownCell, Notebook } from '../notebook/nbformat.js';
import { type Citations, noCitations } from './citations.js';
import type { Diagnostic } from './diagnostics.js';
import type { Block, Chart, Column, Document, Footnote, Picture } from './document.js';
import { readFrontMatter } from './front-matter.js';
import {
  attribute,
  type Context,
  lineOf,
  parseMarkdown,
  printInline,
  printMarkdown,
  type Token,
  takeLabel,
} from './markdown.js';
import { typeset } from './math.js';
import { escapeHtml } from './markup.js';
import { nearest } from '../notebook/nearest.js';
import { type CellOptions, readCellOptions } from './options.js';
import { type DisplayNotes, readOutputs, type Shown, textHtml } from './outputs.js';
import { plainText, reservedIds } from './sanitize.js';

export interface ReadOptions {
  /** Name of the notebook in messages and in the document. */
  readonly file: string;
  /** Bytes of a file beside the notebook, by relative path; null if there is none. Without it no file is read. */
  readonly readFile?: (path: string) => Uint8Array | null;
  readonly citations?: Citations;
}

// The first pass makes drafts: blocks whose words are still tokens.
type Draft =
  | { kind: 'heading'; level: number; tokens: Token[]; place: At; id: string; numbered: boolean }
  | { kind: 'prose'; tokens: Token[]; place: At; notes: ReadonlyMap<number, Token[]> }
  | {
      kind: 'code';
      source: string;
      language: string;
      options: CellOptions | null;
      count: number | null;
      place: At;
    }
  | {
      kind: 'figure';
      content: Chart | Picture;
      id: string;
      number: number | null;
      caption: string | null;
      alt: string;
      column: Column;
      place: At;
    }
  | {
      kind: 'table';
      html: string | null;
      tokens: Token[];
      id: string;
      number: number | null;
      caption: string | null;
      column: Column;
      place: At;
    }
  | { kind: 'equation'; tex: string; id: string; number: number | null; place: At }
  | { kind: 'html'; html: string; column: Column; place: At }
  | { kind: 'text'; shown: Extract<Shown, { kind: 'text' }>; column: Column; place: At }
  | { kind: 'fold'; summary: string; drafts: Draft[] };

interface At {
  readonly cell: number;
  readonly line: number | null;
}

const kinds = {
  fig: { name: 'Figure', what: 'figure' },
  tbl: { name: 'Table', what: 'table' },
  sec: { name: 'Section', what: 'section' },
  eq: { name: 'Equation', what: 'equation' },
} as const;
type Prefix = keyof typeof kinds;

/** Reads an executed notebook. Nothing is thrown for what is wrong in it: see `diagnostics` of the document. */
export function readDocument(notebook: Notebook, options: ReadOptions): Document {
  return new Reader(notebook, options).read();
}

class Reader {
  private readonly diagnostics: Diagnostic[] = [];
  private readonly citations: Citations;
  private readonly ids = new Set<string>(reservedIds);
  /** What a label stands for: 'Figure 3'. */
  private readonly targets = new Map<string, { text: string; id: string }>();
  private readonly counters: Record<Prefix, number> = { fig: 0, tbl: 0, sec: 0, eq: 0 };
  private readonly links: Record<string, unknown> = {};
  private readonly footnotes: (Footnote & { from: string[] })[] = [];
  private readonly noteNumbers = new Map<string, Footnote & { from: string[] }>();
  private title: { tokens: Token[]; at: At } | null = null;

  constructor(
    private readonly notebook: Notebook,
    private readonly options: ReadOptions,
  ) {
    this.citations = options.citations ?? noCitations;
  }

  read(): Document {
    const { front, inFirstCell, diagnostics } = readFrontMatter(this.notebook, this.options.file);
    this.diagnostics.push(...diagnostics, ...this.citations.diagnostics);
    const drafts: Draft[] = [];
    for (const [index, cell] of this.notebook.cells.entries()) {
      if (index === 0 && inFirstCell) continue;
      drafts.push(...this.readCell(cell, index + 1, front.cells));
    }
    this.takeTitle(drafts);
    const base = this.numberSections(drafts, front.numberSections);
    const blocks = this.nest(drafts, base);
    const titleHtml = this.title
      ? this.inlineHtml(this.title.tokens, this.title.at)
      : escapeHtml(front.title ?? fileTitle(this.options.file));
    const nowhere: At = { cell: 1, line: null };
    const abstract =
      front.abstract === null
        ? null
        : printMarkdown(parseMarkdown(front.abstract).tokens, this.context(nowhere, new Map()));
    return {
      file: this.options.file,
      language: front.language,
      title: { html: titleHtml, text: plainText(titleHtml) },
      subtitle: front.subtitle,
      authors: front.authors,
      date: front.date,
      abstract,
      description: abstract === null ? front.subtitle : plainText(abstract),
      keywords: front.keywords,
      blocks,
      footnotes: this.footnotes,
      bibliography: this.citations.bibliography(),
      diagnostics: this.diagnostics,
    };
  }

  // First pass

  private readCell(
    cell: Cell,
    number: number,
    defaults: Parameters<typeof readCellOptions>[1],
  ): Draft[] {
    if (cell.cell_type === 'raw') return [];
    if (cell.cell_type !== 'code') {
      const tags = (cell.metadata.tags ?? []).map((tag) => tag.replaceAll('_', '-'));
      return tags.includes('remove-cell') ? [] : this.readMarkdown(cell, number);
    }
    return this.readCode(cell, number, defaults);
  }

  private readMarkdown(cell: MarkdownCell, number: number): Draft[] {
    return this.draftMarkdown(cell.source, { cell: number, line: null }, cell.attachments ?? {});
  }

  private draftMarkdown(
    source: string,
    at: At,
    attachments: MarkdownCell['attachments'] = {},
    fromOutput = false,
  ): Draft[] {
    const { tokens, footnotes } = parseMarkdown(source, this.links);
    const drafts: Draft[] = [];
    let prose: Token[] = [];
    const place = (token: Token): At => (fromOutput ? at : { cell: at.cell, line: lineOf(token) });
    const flush = () => {
      if (prose.length === 0) return;
      drafts.push({ kind: 'prose', tokens: prose, place: place(prose[0]!), notes: footnotes });
      prose = [];
    };
    this.attachments.set(tokens, attachments);
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      if (token.level > 0 || token.type.endsWith('_close')) {
        prose.push(token);
        continue;
      }
      const end = token.nesting === 1 ? closing(tokens, i) : i;
      const group = tokens.slice(i, end + 1);
      const made = fromOutput
        ? this.draftOfOutput(token, group)
        : this.draftOf(token, group, tokens, end, place(token));
      if (made) {
        flush();
        drafts.push(made.draft);
        i = made.end ?? end;
      } else {
        prose.push(...group);
        i = end;
      }
    }
    flush();
    for (const draft of drafts) {
      if (draft.kind === 'prose' || draft.kind === 'table' || draft.kind === 'heading') {
        this.attachments.set(draft.tokens, attachments);
      }
    }
    return drafts;
  }

  private readonly attachments = new Map<Token[], MarkdownCell['attachments']>();

  /** Headings of outputs are bold lines: what a program prints does not change the structure of the report. */
  private draftOfOutput(token: Token, group: Token[]): null {
    if (token.type === 'heading_open') {
      token.tag = 'p';
      group.at(-1)!.tag = 'p';
    }
    return null;
  }

  private draftOf(
    token: Token,
    group: Token[],
    tokens: Token[],
    end: number,
    place: At,
  ): { draft: Draft; end?: number } | null {
    switch (token.type) {
      case 'heading_open': {
        const classes = (attribute(token, 'class') ?? '').split(' ');
        const inner = group.slice(1, -1);
        const given = attribute(token, 'id');
        const text = inner[0]?.content ?? '';
        const id = given ? this.claimId(given, place, true) : this.claimId(slug(text), place);
        const numbered = !classes.includes('unnumbered') && !classes.includes('-');
        const level = Number(token.tag.slice(1));
        return { draft: { kind: 'heading', level, tokens: inner, place, id, numbered } };
      }
      case 'math_block':
      case 'math_inline_bare_block': {
        const { tex, label } = takeLabel(token.content);
        const number = label ? this.next('eq') : null;
        const id = this.label('eq', label, number, place);
        return { draft: { kind: 'equation', tex, id, number, place } };
      }
      case 'fence':
      case 'code_block': {
        const language = token.info.trim().split(/\s+/)[0] ?? '';
        const source = token.content.replace(/\s+$/, '');
        return {
          draft: {
            kind: 'code',
            source,
            language: language.replace(/^\{?\.?|\}$/g, ''),
            options: null,
            count: null,
            place,
          },
        };
      }
      case 'paragraph_open':
        return this.pictureOf(group, place);
      case 'table_open': {
        const caption = captionAfter(tokens, end);
        if (!caption) return null;
        const number = this.next('tbl');
        const id = this.label('tbl', caption.label, number, place);
        return {
          end: end + 3,
          draft: {
            kind: 'table',
            html: null,
            tokens: group,
            id,
            number,
            caption: caption.text,
            column: 'body',
            place,
          },
        };
      }
      default:
        return null;
    }
  }

  /** A paragraph that is one picture with a label or a caption is a figure. */
  private pictureOf(group: Token[], place: At): { draft: Draft } | null {
    const children = group[1]?.children ?? [];
    const image = children[0];
    if (children.length !== 1 || image?.type !== 'image') return null;
    const label = attribute(image, 'id');
    const caption = image.content;
    if (!label && caption === '') return null;
    const data = this.findPicture(
      attribute(image, 'src') ?? '',
      place,
      this.currentAttachments(place),
    );
    if (!data) return null;
    const number = this.next('fig');
    const id = this.label('fig', label, number, place);
    const alt = attribute(image, 'fig-alt') ?? plainText(escapeHtml(caption));
    return {
      draft: {
        kind: 'figure',
        content: data,
        id,
        number,
        caption: caption || null,
        alt,
        column: 'body',
        place,
      },
    };
  }

  private currentAttachments(place: At): MarkdownCell['attachments'] {
    const cell = this.notebook.cells[place.cell - 1];
    return cell && cell.cell_type !== 'code' ? cell.attachments : {};
  }

  private readCode(
    cell: CodeCell,
    number: number,
    defaults: Parameters<typeof readCellOptions>[1],
  ): Draft[] {
    const { options, source, problems } = readCellOptions(cell, defaults);
    for (const { kind, severity, line, message } of problems) {
      this.problem(severity, kind, message, { cell: number, line });
    }
    if (options.removed) return [];
    const at: At = { cell: number, line: null };
    const drafts: Draft[] = [];
    if (options.input !== 'removed' && source !== '') {
      const language =
        this.notebook.metadata.language_info?.name ??
        this.notebook.metadata.kernelspec?.language ??
        '';
      drafts.push({
        kind: 'code',
        source,
        language,
        options,
        count: cell.execution_count,
        place: at,
      });
    }
    const shown = readOutputs(cell.outputs, (kind, message) =>
      this.problem('warning', kind, message, at),
    );
    if (!options.errorExpected && cell.outputs.some((output) => output.output_type === 'error')) {
      this.problem(
        'error',
        'error-output',
        'the cell failed. If that is meant, give it the tag "raises-exception"',
        at,
      );
    }
    if (options.output === 'removed') return drafts;
    const counts = { figure: 0, table: 0 };
    const outputs = shown.flatMap((item) => this.draftOutput(item, options, counts, at));
    if (options.label && counts.figure + counts.table === 0) {
      this.problem(
        'warning',
        'unused-label',
        `label "${options.label}" has no figure or table to name`,
        at,
      );
    }
    if (options.output === 'folded' && outputs.length > 0) {
      drafts.push({ kind: 'fold', summary: 'Output', drafts: outputs });
    } else drafts.push(...outputs);
    return drafts;
  }

  private draftOutput(
    shown: Shown,
    options: CellOptions,
    counts: { figure: number; table: number },
    at: At,
  ): Draft[] {
    const { column } = options;
    switch (shown.kind) {
      case 'figure': {
        const index = counts.figure++;
        const { label, caption, alt } = this.notes(shown.notes, options, 'figure', index);
        const description = chartDescription(shown.content);
        const text = alt ?? description ?? '';
        if (text === '') {
          this.problem(
            'warning',
            'missing-alt',
            'a figure has no alternative text, so blind readers get nothing. Set "description" of the chart, alt in show(), or //| fig-alt: in the cell',
            at,
          );
        }
        const number = label || caption ? this.next('fig') : null;
        const id = this.label('fig', label, number, at);
        return [
          {
            kind: 'figure',
            content: shown.content,
            id,
            number,
            caption,
            alt: text,
            column,
            place: at,
          },
        ];
      }
      case 'table': {
        const inside = takeCaption(shown.html);
        const display = { ...shown.notes, caption: shown.notes.caption ?? inside.caption };
        const { label, caption } = this.notes(display, options, 'table', counts.table);
        const named = label?.startsWith('tbl-') || caption;
        if (!named) return [{ kind: 'html', html: inside.html, column, place: at }];
        counts.table++;
        const number = this.next('tbl');
        const id = this.label('tbl', label, number, at);
        return [
          { kind: 'table', html: inside.html, tokens: [], id, number, caption, column, place: at },
        ];
      }
      case 'markdown': {
        const drafts = this.draftMarkdown(shown.source, at, {}, true);
        const table = drafts[0];
        const { label, caption } = this.notes(shown.notes, options, 'table', counts.table);
        if (
          drafts.length === 1 &&
          table?.kind === 'prose' &&
          table.tokens[0]?.type === 'table_open' &&
          (label || caption)
        ) {
          counts.table++;
          const number = this.next('tbl');
          const id = this.label('tbl', label, number, at);
          return [
            {
              kind: 'table',
              html: null,
              tokens: table.tokens,
              id,
              number,
              caption,
              column,
              place: at,
            },
          ];
        }
        return drafts;
      }
      case 'html':
        return [{ kind: 'html', html: shown.html, column, place: at }];
      case 'text':
        if (shown.stream === 'stderr' && !options.stderr) return [];
        return shown.text.trim() === '' ? [] : [{ kind: 'text', shown, column, place: at }];
    }
  }

  /** What the cell options say goes before what the display says. A second figure of a cell is `label-2`. */
  private notes(
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

  // Numbers, labels, ids

  private next(prefix: Prefix): number {
    return ++this.counters[prefix];
  }

  /** Registers a label and returns the id of its element. */
  private label(prefix: Prefix, label: string | null, number: number | null, at: At): string {
    const text = `${kinds[prefix].name} ${number}`;
    if (!label) return this.claimId(`${prefix}-${number ?? `c${at.cell}`}`, at);
    if (!label.startsWith(`${prefix}-`)) {
      this.problem(
        'error',
        'bad-label',
        `label "${label}" names a ${kinds[prefix].what}, so it must start with "${prefix}-"`,
        at,
      );
    }
    if (this.targets.has(label)) {
      this.problem('error', 'duplicate-label', `label "${label}" is used twice`, at);
    }
    const id = this.claimId(label, at);
    if (!this.targets.has(label)) this.targets.set(label, { text, id });
    return id;
  }

  private claimId(wanted: string, at: At, isLabel = false): string {
    const base = wanted.replace(/[^\w.:-]/g, '-') || 'section';
    if (isLabel && this.ids.has(base)) {
      this.problem('error', 'duplicate-label', `label "${wanted}" is used twice`, at);
    }
    let id = base;
    for (let n = 2; this.ids.has(id); n++) id = `${base}-${n}`;
    this.ids.add(id);
    return id;
  }

  /** The first heading is the title of the report if it is the only one of its level and nothing comes before it. */
  private takeTitle(drafts: Draft[]): void {
    const first = drafts.find((draft) => draft.kind !== 'code' || draft.options?.input === 'shown');
    if (first?.kind !== 'heading' || first.level !== 1) return;
    const others = drafts.filter((draft) => draft.kind === 'heading' && draft.level === 1);
    if (others.length > 1) return;
    drafts.splice(drafts.indexOf(first), 1);
    this.title = { tokens: first.tokens, at: first.place };
    if (first.id.startsWith('sec-')) this.targets.set(first.id, { text: 'the title', id: 'title' });
  }

  private numberSections(drafts: Draft[], numbered: boolean): number {
    const headings = drafts.filter((draft) => draft.kind === 'heading');
    const base = Math.min(...headings.map((heading) => heading.level), 6);
    const count: number[] = [];
    let off = Number.POSITIVE_INFINITY;
    for (const heading of headings) {
      const depth = heading.level - base;
      if (depth <= off) off = heading.numbered ? Number.POSITIVE_INFINITY : depth;
      const has = numbered && off === Number.POSITIVE_INFINITY;
      if (has) {
        count.length = Math.min(count.length, depth + 1);
        while (count.length <= depth) count.push(count.length === depth ? 0 : 1);
        count[depth]!++;
      }
      const number = has ? count.join('.') : null;
      this.sectionNumbers.set(heading, number);
      const title = plainText(escapeHtml(heading.tokens[0]?.content ?? ''));
      if (heading.id.startsWith('sec-')) {
        this.targets.set(heading.id, {
          text: number ? `Section ${number}` : `“${title}”`,
          id: heading.id,
        });
      }
    }
    return base;
  }

  private readonly sectionNumbers = new Map<Draft, string | null>();

  // Second pass

  private nest(drafts: readonly Draft[], base: number): Block[] {
    const root: Block[] = [];
    const open: { level: number; blocks: Block[] }[] = [{ level: 0, blocks: root }];
    for (const draft of drafts) {
      if (draft.kind === 'heading') {
        const level = draft.level - base + 1;
        while (open.length > 1 && open.at(-1)!.level >= level) open.pop();
        const html = this.inlineHtml(draft.tokens, draft.place);
        const blocks: Block[] = [];
        open.at(-1)!.blocks.push({
          kind: 'section',
          id: draft.id,
          level,
          number: this.sectionNumbers.get(draft) ?? null,
          title: { html, text: plainText(html) },
          blocks,
        });
        open.push({ level, blocks });
      } else open.at(-1)!.blocks.push(this.block(draft));
    }
    return root;
  }

  private block(draft: Exclude<Draft, { kind: 'heading' }>): Block {
    switch (draft.kind) {
      case 'prose':
        return { kind: 'prose', html: this.proseHtml(draft.tokens, draft.place, draft.notes) };
      case 'code': {
        const input = draft.options?.input ?? 'shown';
        return {
          kind: 'code',
          id: this.claimId(`code-${draft.place.cell}`, draft.place),
          source: draft.source,
          language: draft.language,
          fold: input === 'folded' ? 'closed' : input === 'folded-open' ? 'open' : 'shown',
          summary: draft.options?.codeSummary ?? 'Code',
          count: draft.count,
        };
      }
      case 'figure': {
        const { content, id, number, alt, column } = draft;
        return {
          kind: 'figure',
          id,
          number,
          alt,
          column,
          content,
          caption: this.caption(draft.caption, draft.place),
        };
      }
      case 'table': {
        const { id, number, column } = draft;
        const html = draft.html ?? this.proseHtml(draft.tokens, draft.place, new Map());
        return {
          kind: 'table',
          id,
          number,
          column,
          html,
          caption: this.caption(draft.caption, draft.place),
        };
      }
      case 'equation': {
        const { html, problem } = typeset(draft.tex, true);
        if (problem)
          this.problem('error', 'formula', `cannot read the formula: ${problem}`, draft.place);
        return { kind: 'equation', id: draft.id, number: draft.number, html };
      }
      case 'html':
        return this.output(draft.place, draft.column, { kind: 'html', html: draft.html });
      case 'text': {
        const { stream } = draft.shown;
        return this.output(draft.place, draft.column, {
          kind: 'text',
          stream,
          html: textHtml(draft.shown),
        });
      }
      case 'fold':
        return {
          kind: 'fold',
          summary: draft.summary,
          blocks: draft.drafts.map((inner) => this.block(inner as typeof draft)),
        };
    }
  }

  private output(
    at: At,
    column: Column,
    content: Extract<Block, { kind: 'output' }>['content'],
  ): Block {
    return { kind: 'output', id: this.claimId(`output-${at.cell}`, at), column, content };
  }

  private caption(source: string | null, at: At): { html: string; text: string } | null {
    if (source === null) return null;
    const html = printInline(source, this.context(at, new Map()));
    return { html, text: plainText(html) };
  }

  private inlineHtml(tokens: Token[], at: At): string {
    return this.proseHtml(tokens, at, new Map());
  }

  private proseHtml(tokens: Token[], at: At, notes: ReadonlyMap<number, Token[]>): string {
    return printMarkdown(tokens, this.context(at, notes, this.attachments.get(tokens))).trim();
  }

  private context(
    at: At,
    notes: ReadonlyMap<number, Token[]>,
    attachments: MarkdownCell['attachments'] = {},
  ): Context {
    const place = (line: number | null): At => ({ cell: at.cell, line: line ?? at.line });
    return {
      crossReference: (label, line) => {
        const target = this.targets.get(label);
        if (target)
          return `<a class="reference" href="#${target.id}">${escapeHtml(target.text)}</a>`;
        const meant = nearest(label, [...this.targets.keys()]);
        this.problem(
          'error',
          'unresolved-reference',
          `nothing has the label "${label}". ${meant ? `Did you mean "@${meant}"?` : 'Labels are set with //| label: or {#label}'}`,
          place(line),
        );
        return `<strong class="unresolved">@${escapeHtml(label)}</strong>`;
      },
      citation: (cited, line) => {
        const unknown = cited.items.filter((item) => !this.citations.has(item.key));
        if (unknown.length === 0) return this.citations.cite(cited);
        if (cited.form === 'text' || this.citations === noCitations) return null;
        for (const { key } of unknown) {
          const meant = this.citations.nearest(key);
          this.problem(
            'error',
            'unresolved-citation',
            `the bibliography has no entry "${key}"${meant ? `. Did you mean "${meant}"?` : ''}`,
            place(line),
          );
        }
        return `<strong class="unresolved">[${cited.items.map((item) => escapeHtml(`@${item.key}`)).join('; ')}]</strong>`;
      },
      footnote: (label) => this.footnote(label, at, notes, attachments),
      picture: (source, line) => {
        const picture = this.findPicture(source, place(line), attachments);
        return picture ? `data:${picture.mime};base64,${picture.data}` : null;
      },
      problem: (kind, message, line) => this.problem('error', kind, message, place(line)),
    };
  }

  private footnote(
    label: number,
    at: At,
    notes: ReadonlyMap<number, Token[]>,
    attachments: MarkdownCell['attachments'],
  ): ReturnType<Context['footnote']> {
    const key = `${at.cell}:${label}`;
    let note = this.noteNumbers.get(key);
    if (!note) {
      const number = this.footnotes.length + 1;
      note = { id: `note-${number}`, number, html: '', from: [] };
      this.noteNumbers.set(key, note);
      this.footnotes.push(note);
      const html = printMarkdown(notes.get(label) ?? [], this.context(at, notes, attachments));
      Object.assign(note, { html: html.trim() });
    }
    const from = `note-ref-${note.number}${note.from.length > 0 ? `-${note.from.length + 1}` : ''}`;
    note.from.push(from);
    const mark = `<sup class="note-mark"><a href="#${note.id}" id="${from}" aria-label="Note ${note.number}">${note.number}</a></sup>`;
    return { number: note.number, id: note.id, mark };
  }

  private findPicture(
    source: string,
    at: At,
    attachments: MarkdownCell['attachments'],
  ): Picture | null {
    const problem = (message: string) => {
      this.problem('error', 'missing-picture', message, at);
      return null;
    };
    const inline = /^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,([A-Za-z0-9+/=\s]+)$/.exec(
      source,
    );
    if (inline) return picture(inline[1]!, Buffer.from(inline[2]!, 'base64'));
    if (/^[a-z][a-z0-9+.-]*:/i.test(source) && !source.startsWith('attachment:')) {
      return problem(
        `the picture ${source.slice(0, 80)} is not part of the notebook. A report loads nothing: put the file beside the notebook`,
      );
    }
    if (source.startsWith('attachment:')) {
      const name = decode(source.slice('attachment:'.length));
      const bundle = Object.hasOwn(attachments ?? {}, name) ? attachments![name] : undefined;
      for (const [mime, data] of Object.entries(bundle ?? {})) {
        const kind = /^image\/(png|jpeg|gif|webp|svg\+xml)$/.exec(mime);
        if (kind && typeof data === 'string') {
          return picture(
            kind[1]!,
            kind[1] === 'svg+xml' && data.trimStart().startsWith('<')
              ? Buffer.from(data)
              : Buffer.from(data, 'base64'),
          );
        }
      }
      return problem(`the cell has no attachment "${name}"`);
    }
    const path = decode(source.split(/[?#]/)[0]!);
    const extension = /\.(png|jpe?g|gif|webp|svg)$/i.exec(path)?.[1]?.toLowerCase();
    if (!extension) return problem(`the picture "${path}" is no .png, .jpg, .gif, .webp or .svg`);
    const bytes = this.options.readFile?.(path) ?? null;
    if (!bytes) return problem(`there is no picture "${path}" beside the notebook`);
    return picture({ jpg: 'jpeg', svg: 'svg+xml' }[extension] ?? extension, Buffer.from(bytes));
  }

  private problem(severity: Diagnostic['severity'], kind: string, message: string, at: At): void {
    // A picture is looked for as a figure and then as part of the text: one word on it is enough.
    const isKnown = this.diagnostics.some(
      (d) =>
        d.message === message &&
        d.cell === at.cell &&
        d.line === at.line &&
        kind === 'missing-picture',
    );
    if (isKnown) return;
    this.diagnostics.push({
      severity,
      kind,
      message,
      file: this.options.file,
      cell: at.cell,
      line: at.line,
    });
  }
}

function picture(kind: string, bytes: Buffer): Picture {
  const isPng = kind === 'png' && bytes.length > 24 && bytes.readUInt32BE(0) === 0x89504e47;
  return {
    kind: 'picture',
    mime: `image/${kind}` as Picture['mime'],
    data: bytes.toString('base64'),
    width: isPng ? bytes.readUInt32BE(16) : null,
    height: isPng ? bytes.readUInt32BE(20) : null,
  };
}

function closing(tokens: Token[], start: number): number {
  let depth = 0;
  for (let i = start; i < tokens.length; i++) {
    depth += tokens[i]!.nesting;
    if (depth === 0) return i;
  }
  return tokens.length - 1;
}

/** `: Accuracy by depth {#tbl-accuracy}` in the paragraph after a table. */
function captionAfter(tokens: Token[], end: number): { text: string; label: string | null } | null {
  const [open, inline] = [tokens[end + 1], tokens[end + 2]];
  if (open?.type !== 'paragraph_open' || inline?.type !== 'inline') return null;
  const found = /^:\s+([\s\S]+)$/.exec(inline.content);
  if (!found) return null;
  const label = attribute(open, 'id') ?? /\{#([\w.:-]+)\}\s*$/.exec(found[1]!)?.[1] ?? null;
  return { text: found[1]!.replace(/\s*\{[^}]*\}\s*$/, ''), label };
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

function slug(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\$[^$]*\$|[`*_]|\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .replace(/[^\w-]/g, '')
    .slice(0, 60)
    .replace(/^(?=\d)/, 's-');
}

/** `%20` and the like; what is no such code stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function fileTitle(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\.ipynb$/, '');
}
