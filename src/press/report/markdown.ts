// Markdown of notebooks: CommonMark with tables, footnotes, attributes, equations, callouts, task lists, references
// (`@fig-x`) and citations (`[@key, p. 3]`). Parsing and printing are two steps, because a reference can only be
// printed once everything has its number.
//
// What the author writes goes through the sanitiser as a whole. What this file adds itself (formulas, references,
// footnote marks) waits in numbered slots until after that, so it need not be looked at again.
import mathPlugin from '@vscode/markdown-it-katex';
import createMarkdownIt, {
  type MarkdownIt,
  type StateCore,
  type StateInline,
  type Token,
} from 'markdown-it';
import attributes from 'markdown-it-attrs';
import container from 'markdown-it-container';
import footnotes from 'markdown-it-footnote';
import { typeset } from './math.js';
import { escapeHtml } from './markup.js';
import { sanitize } from './sanitize.js';

export type { Token };

/** What a piece of markdown can ask of the document around it when it is printed. */
export interface Context {
  /** HTML of a reference to a labelled thing, or null if there is no such label. */
  crossReference(label: string, line: number | null): string;
  /** HTML of a citation group; null if it is no citation after all, and its text stands. */
  citation(cited: Citation, line: number | null): string | null;
  footnote(label: number): { number: number; id: string; mark: string };
  /** HTML of a result that a cell exports: what stands between the backticks of {eval}`…`. */
  result(source: string, line: number | null): string;
  picture(source: string, line: number | null): string | null;
  problem(kind: string, message: string, line: number | null): void;
}

export interface Citation {
  /** In brackets, or as part of the sentence. */
  readonly form: 'bracket' | 'text';
  readonly items: readonly {
    readonly key: string;
    readonly prefix: string;
    readonly suffix: string;
    /** `-@key`: without the author. */
    readonly suppressAuthor: boolean;
  }[];
}

export const labelPattern = /(?:fig|tbl|sec|eq)-[\w:.-]*\w/;
const slotOpen = '\uE000';
const slotClose = '\uE001';

interface Environment {
  slots: string[];
  context: Context;
  [name: string]: unknown;
}

export interface Parsed {
  readonly tokens: Token[];
  /** Content of the footnotes that these tokens refer to, by their number within this piece. */
  readonly footnotes: ReadonlyMap<number, Token[]>;
}

const markdown = create();

/** Tokens of a piece of markdown; `links` shares link definitions between the cells of a notebook. */
export function parseMarkdown(source: string, links: Record<string, unknown> = {}): Parsed {
  const env: Record<string, unknown> = { references: links };
  const clean = source.replace(/[\uE000\uE001]/g, '');
  const tokens = markdown.parse(labelEquations(clean), env);
  return splitFootnotes(tokens);
}

export function printMarkdown(tokens: Token[], context: Context): string {
  const env: Environment = { slots: [], context };
  const printed = markdown.renderer.render(tokens, markdown.options, env as never);
  const picture = (source: string) => context.picture(source, null);
  return fillSlots(sanitize(printed, { from: 'prose', picture }), env.slots);
}

/** Tokens of one line of markdown, such as a caption, without a paragraph around it. */
export function parseInline(source: string): Token[] {
  const clean = source
    .replace(/[\uE000\uE001]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return markdown.parseInline(clean, {});
}

function fillSlots(text: string, slots: readonly string[]): string {
  return text.replace(/\uE000(\d+)\uE001/g, (_, index: string) => slots[Number(index)] ?? '');
}

function slot(env: Environment, content: string): string {
  return `${slotOpen}${env.slots.push(content) - 1}${slotClose}`;
}

/** `$$ … $$ {#eq-x}` is written as `$$ … \label{eq-x} $$`, which says the same in TeX's own way. */
function labelEquations(source: string): string {
  return source.replace(
    /\$\$[ \t]{0,20}\{#([\w:.-]{1,100})(?![\w:.-])[^}\n]{0,200}\}[ \t]*$/gm,
    (_, label: string) => `\\label{${label}} $$`,
  );
}

/** TeX without its label, and the label. */
export function takeLabel(tex: string): { tex: string; label: string | null } {
  const found = /\\label\{([^}]*)\}/.exec(tex);
  if (!found) return { tex, label: null };
  // LaTeX and MyST write eq:loss; the document knows eq-loss.
  return { tex: tex.replace(found[0], ''), label: found[1]!.replace(/^(eq|fig|tbl|sec):/, '$1-') };
}

function splitFootnotes(tokens: Token[]): Parsed {
  const start = tokens.findIndex((token) => token.type === 'footnote_block_open');
  const notes = new Map<number, Token[]>();
  if (start === -1) return { tokens, footnotes: notes };
  let current: Token[] | null = null;
  for (const token of tokens.slice(start)) {
    if (token.type === 'footnote_open') {
      current = [];
      notes.set((token.meta as { id: number }).id, current);
    } else if (token.type === 'footnote_close') current = null;
    else if (token.type !== 'footnote_anchor') current?.push(token);
  }
  return { tokens: tokens.slice(0, start), footnotes: notes };
}

const callouts = ['note', 'tip', 'warning', 'caution', 'important'];

function create(): MarkdownIt {
  const md = createMarkdownIt({ html: true, linkify: true, typographer: true });
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  md.use(mathPlugin.default, {
    enableMathBlockInHtml: false,
    enableMathInlineInHtml: false,
    enableBareBlocks: true,
  });
  md.use(footnotes);
  md.use(attributes, {
    allowedAttributes: ['id', 'class', 'fig-alt', 'fig-cap', 'width', 'title'],
  });
  md.use(container, 'callout', {
    validate: (info: string) => calloutKind(info) !== null,
    render: (tokens: Token[], index: number) => {
      const token = tokens[index]!;
      if (token.nesting === -1) return '</div>\n';
      // The attributes may have been taken out of the line already, as attributes.
      const kind = calloutKind(`${token.info} ${attribute(token, 'class') ?? ''}`);
      return openCallout(kind ?? 'note', attribute(token, 'title') ?? calloutTitle(token.info));
    },
  });
  md.core.ruler.after('inline', 'alert', alerts);
  md.core.ruler.after('inline', 'task', tasks);
  md.core.ruler.push('lines', passLinesOn);
  md.inline.ruler.before('link', 'citation', citationRule);
  md.inline.ruler.after('citation', 'reference', referenceRule);
  md.inline.ruler.before('backticks', 'result', resultRule);

  const rules = md.renderer.rules;
  const env = (value: unknown) => value as Environment;
  const math =
    (display: boolean) => (tokens: Token[], index: number, _: unknown, given: unknown) => {
      const { tex } = takeLabel(tokens[index]!.content);
      const { html, problem } = typeset(tex, display);
      if (problem) {
        env(given).context.problem(
          'formula',
          `cannot read the formula: ${problem}`,
          lineOf(tokens[index]!),
        );
      }
      return slot(env(given), html);
    };
  rules.math_inline = math(false);
  rules.math_inline_block = math(true);
  rules.math_inline_bare_block = math(true);
  rules.math_block = math(true);
  rules.crossref = (tokens, index, _, given) => {
    const token = tokens[index]!;
    return slot(env(given), env(given).context.crossReference(token.content, lineOf(token)));
  };
  rules.citation = (tokens, index, _, given) => {
    const token = tokens[index]!;
    const printed = env(given).context.citation(token.meta as unknown as Citation, lineOf(token));
    return printed === null ? escapeHtml(token.markup) : slot(env(given), printed);
  };
  rules.result = (tokens, index, _, given) => {
    const token = tokens[index]!;
    return slot(env(given), env(given).context.result(token.content, lineOf(token)));
  };
  rules.footnote_ref = (tokens, index, _, given) => {
    const { id } = tokens[index]!.meta as unknown as { id: number };
    return slot(env(given), env(given).context.footnote(id).mark);
  };
  rules.image = (tokens, index, options, given, self) => {
    const token = tokens[index]!;
    const data = env(given).context.picture(attribute(token, 'src') ?? '', lineOf(token));
    const alt = self.renderInlineAsText(token.children ?? [], options, given);
    if (data === null) return `<em>${escapeHtml(alt || 'picture')}</em>`;
    return slot(env(given), `<img src="${escapeHtml(data)}" alt="${escapeHtml(alt)}">`);
  };
  rules.fence = (tokens, index) =>
    `<pre><code>${escapeHtml(tokens[index]!.content)}</code></pre>\n`;
  rules.table_open = (_tokens, _index, _options, given) =>
    `${slot(env(given), '<div class="scroll" tabindex="0" role="group" aria-label="Table">')}<table>`;
  rules.table_close = (_tokens, _index, _options, given) => `</table>${slot(env(given), '</div>')}`;
  return md;
}

export function attribute(token: Token, name: string): string | null {
  const value = token.attrGet(name);
  return value === null ? null : String(value);
}

/** Line within the cell, from 1; inline tokens know that of the block they stand in. */
export function lineOf(token: Token): number | null {
  const own = token.map?.[0];
  if (own !== undefined) return own + 1;
  return typeof token.meta?.line === 'number' ? token.meta.line + 1 : null;
}

function passLinesOn(state: StateCore): void {
  for (const token of state.tokens) {
    if (token.type !== 'inline' || !token.map) continue;
    for (const child of token.children ?? []) child.meta = { ...child.meta, line: token.map[0] };
  }
}

function calloutKind(info: string): string | null {
  const found = /^\s*(?:\{?\.?callout-)?(\w+)\b/.exec(info);
  return found && callouts.includes(found[1]!) ? found[1]! : null;
}

function calloutTitle(info: string): string | null {
  const quoted = /title="([^"]*)"/.exec(info);
  if (quoted) return quoted[1]!;
  const rest = info
    .replace(/^\s*\{[^}]*\}/, '')
    .replace(/^\s*(?:callout-)?\w+\s*/, '')
    .trim();
  return rest === '' || rest.startsWith('{') ? null : rest;
}

function openCallout(kind: string, title: string | null): string {
  const name = title ?? kind[0]!.toUpperCase() + kind.slice(1);
  return `<div class="callout callout-${kind}" role="note"><p class="callout-title">${escapeHtml(name)}</p>\n`;
}

/** GitHub's way of writing a callout: a quotation that starts with [!NOTE]. */
function alerts(state: StateCore): void {
  const open: { index: number; kind: string | null }[] = [];
  for (const [index, token] of state.tokens.entries()) {
    if (token.type === 'blockquote_open') {
      const text = state.tokens[index + 2];
      const mark = /^\[!(\w+)\][ \t]*(?:\n|$)/.exec(text?.type === 'inline' ? text.content : '');
      const kind = mark?.[1]?.toLowerCase() ?? '';
      const known = callouts.includes(kind) ? kind : null;
      open.push({ index, kind: known });
      if (known && text?.children) {
        text.children.splice(0, text.children[1]?.type === 'softbreak' ? 2 : 1);
        token.type = 'html_block';
        token.content = openCallout(known, null);
      }
    } else if (token.type === 'blockquote_close' && open.pop()?.kind) {
      token.type = 'html_block';
      token.content = '</div>\n';
    }
  }
}

/** `- [x] done` */
function tasks(state: StateCore): void {
  for (const [index, token] of state.tokens.entries()) {
    const first = token.children?.[0];
    if (token.type !== 'inline' || state.tokens[index - 2]?.type !== 'list_item_open') continue;
    const mark = /^\[([ xX])\]\s/.exec(token.content);
    if (!mark || first?.type !== 'text') continue;
    first.content = first.content.replace(/^\[[ xX]\]\s/, '');
    const done = mark[1] !== ' ';
    const box = new state.Token('html_inline', '', 0);
    box.content = `<input type="checkbox" disabled aria-label="${done ? 'done' : 'to do'}"${done ? ' checked' : ''}> `;
    token.children!.unshift(box);
    state.tokens[index - 2]!.attrJoin('class', 'task-list');
  }
}

/** {eval}`name`, as MyST writes it: a result that a cell exports. */
function resultRule(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== '{') return false;
  const found = /^\{eval\}`([^`\n]*)`/.exec(state.src.slice(state.pos, state.pos + 300));
  if (!found) return false;
  if (!silent) state.push('result', '', 0).content = found[1]!;
  state.pos += found[0].length;
  return true;
}

/** `[@key]`, `[see @key, pp. 3-4; -@other]`, `[@fig-a; @fig-b]` */
function citationRule(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== '[') return false;
  const found = /^\[([^[\]]*?@[^[\]]*)\](?![([])/.exec(
    state.src.slice(state.pos, state.pos + 2000),
  );
  if (!found) return false;
  const items = found[1]!
    .split(';')
    .map((part) =>
      /^(.*?)(-?)@([A-Za-z0-9_][\w:.#$%&+?<>~/-]*?)((?:[,.;:\s].*)?)$/s.exec(part.trim()),
    );
  if (items.some((item) => item === null || /\w$/.test(item[1]!))) return false;
  if (!silent) {
    const all = items.map((item) => item!);
    if (all.every((item) => new RegExp(`^${labelPattern.source}$`).test(item[3]!))) {
      for (const [index, item] of all.entries()) {
        if (index > 0) state.push('text', '', 0).content = ', ';
        pushReference(state, item[3]!);
      }
    } else {
      const token = state.push('citation', '', 0);
      token.markup = found[0];
      token.meta = {
        form: 'bracket',
        items: all.map((item) => ({
          key: item[3]!,
          prefix: item[1]!.trim(),
          suffix: item[4]!.trim(),
          suppressAuthor: item[2] === '-',
        })),
      } satisfies Citation;
    }
  }
  state.pos += found[0].length;
  return true;
}

/** `@fig-x`, and `@key` as part of the sentence. */
function referenceRule(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== '@') return false;
  if (state.pos > 0 && /[\w@.]/.test(state.src[state.pos - 1]!)) return false;
  const rest = state.src.slice(state.pos + 1, state.pos + 200);
  const label = new RegExp(`^${labelPattern.source}`).exec(rest);
  const key = label ?? /^[A-Za-z](?:[\w:-]*\w)?/.exec(rest);
  if (!key) return false;
  if (!silent) {
    if (label) pushReference(state, label[0]);
    else {
      const token = state.push('citation', '', 0);
      token.markup = `@${key[0]}`;
      token.meta = {
        form: 'text',
        items: [{ key: key[0], prefix: '', suffix: '', suppressAuthor: false }],
      } satisfies Citation;
    }
  }
  state.pos += key[0].length + 1;
  return true;
}

function pushReference(state: StateInline, label: string): void {
  state.push('crossref', '', 0).content = label;
}
