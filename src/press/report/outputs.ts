// What a notebook cell shows: chooses the best form of each output that a page can hold, and makes it harmless.
import type { MimeBundle, Output } from '../notebook/nbformat.js';
import { isCut } from '../notebook/trim.js';
import type { Chart, Picture } from './document.js';
import { embeddedChart } from './embedded.js';
import { escapeHtml, html } from './markup.js';
import { typeset } from './math.js';
import { makePicture, type PictureKind } from './picture.js';
import { plotlyChart } from './plotly.js';
import { type Keep, type Room, roomOfPage, shownPart, type TextCut } from './room.js';
import { sanitize, shallowPart } from './sanitize.js';
import { markNumberColumns } from './table-columns.js';
import { applyStyleSheets } from './style-sheet.js';
import { terminalHtml } from './terminal.js';
import { type WidgetState, widgetHtml } from './widgets.js';

/** What the program that showed something says about it. */
export interface DisplayNotes {
  readonly label: string | null;
  readonly caption: string | null;
  readonly alt: string | null;
}

export type Shown =
  | { readonly kind: 'figure'; readonly content: Chart | Picture; readonly notes: DisplayNotes }
  | { readonly kind: 'table'; readonly html: string; readonly notes: DisplayNotes }
  | { readonly kind: 'html'; readonly html: string }
  | { readonly kind: 'markdown'; readonly source: string; readonly notes: DisplayNotes }
  | {
      readonly kind: 'text';
      readonly stream: 'stdout' | 'stderr' | 'result' | 'error';
      readonly text: string;
      /** What was left out of the middle, and the text after it. */
      readonly cut: TextCut | null;
    };

export type Problem = (kind: string, message: string) => void;

/** What an output needs of the notebook around it. */
export interface OutputContext {
  readonly problem: Problem;
  /** Keeps what is too large for the page beside it; null where nothing can be kept. */
  readonly keep: Keep;
  /** What the page has left for outputs. */
  readonly room: Room;
  readonly widgets: WidgetState;
}

/** A context of its own, for outputs that stand alone. */
export function outputContext(problem: Problem, given: Partial<OutputContext> = {}): OutputContext {
  return { problem, keep: () => null, room: roomOfPage(), widgets: {}, ...given };
}

/** A cell may show this many; more are said and left out. */
const maximumOutputs = 1_000;

/** Outputs in reading order; streams that follow each other are one. */
export function readOutputs(outputs: readonly Output[], context: OutputContext): Shown[] {
  const joined: Output[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    const follows =
      output.output_type === 'stream' &&
      last?.output_type === 'stream' &&
      last.name === output.name;
    if (follows) joined[joined.length - 1] = { ...last, text: last.text + output.text };
    else joined.push(output);
  }
  const left = joined.length - maximumOutputs;
  if (left > 0) {
    context.problem(
      'cut-output',
      `a cell with ${joined.length} outputs; the first ${maximumOutputs} are shown`,
    );
  }
  const shown = joined.slice(0, maximumOutputs).flatMap((output): Shown[] => {
    if (output.output_type === 'stream') return [text(output.name, output.text, context)];
    if (output.output_type === 'error') return [text('error', traceback(output), context)];
    const best = readBundle(output.data, output.metadata, context);
    return best ? [best] : [];
  });
  if (left > 0) shown.push(message(`${left} more outputs of this cell are in the notebook.`));
  return shown;
}

function traceback(error: Extract<Output, { output_type: 'error' }>): string {
  const lines = error.traceback.join('\n').trimEnd();
  const summary = `${error.ename}: ${error.evalue}`;
  return lines === '' ? summary : lines;
}

function text(
  stream: Extract<Shown, { kind: 'text' }>['stream'],
  whole: string,
  { problem, keep, room }: OutputContext,
): Shown {
  const { head, cut } = shownPart(whole, room, () => keep('txt', whole));
  if (cut) {
    const { characters, address } = cut;
    const where = address
      ? `the whole is in ${decodeURIComponent(address)}`
      : 'the notebook has the whole';
    problem(
      'cut-output',
      `${characters.toLocaleString('en')} characters of an output are not shown; ${where}`,
    );
  }
  return { kind: 'text', stream, text: head, cut };
}

/** A line of ours instead of an output. */
function message(words: string): Shown {
  return { kind: 'html', html: html`<p class="cut">${words}</p>`.text };
}

/** The forms of an output from the best to the least; each says null where it is not there or of no use. */
const forms: ((bundle: Bundle) => Shown | null)[] = [
  vegaForm,
  widgetForm,
  plotlyForm,
  htmlForm,
  latexForm,
  pictureForm,
  markdownForm,
  remainderForm,
];

interface Bundle {
  readonly data: MimeBundle;
  readonly metadata: Record<string, unknown>;
  readonly notes: DisplayNotes;
  readonly context: OutputContext;
  /** What is left of text/html when it is harmless. */
  readonly markup: string;
  /** Whether it would have drawn something with a script. */
  readonly drawsItself: boolean;
}

function readBundle(
  data: MimeBundle,
  metadata: Record<string, unknown>,
  context: OutputContext,
): Shown | null {
  for (const [mime, value] of Object.entries(data)) {
    if (!isCut(value)) continue;
    const megabytes = Math.round(value['fathom-cut'].bytes / 1e6);
    context.problem(
      'cut-output',
      `a ${mime} output of ${megabytes} MB is left out: too large to be read`,
    );
    if (Object.keys(data).length === 1) {
      return message(`An output of ${megabytes} MB (${mime}) is left out; the notebook has it.`);
    }
  }
  const given = Object.fromEntries(Object.entries(data).filter(([, value]) => !isCut(value)));
  const source = asText(given['text/html']);
  const bundle: Bundle = {
    data: given,
    metadata,
    notes: readNotes(given, metadata),
    context,
    markup: source === null ? '' : harmlessHtml(source, context),
    drawsItself:
      source !== null && /<script\b/i.test(source) && /<(?:div|canvas|svg)\b/i.test(source),
  };
  for (const form of forms) {
    const shown = form(bundle);
    if (shown) return shown;
  }
  const dropped = Object.keys(given).map((mime) => mime.slice(0, 60));
  if (dropped.length > 0) {
    context.problem(
      'dropped-output',
      `an output has no form that a page can hold (${dropped.slice(0, 8).join(', ')}); it is left out. Add text/plain or a picture`,
    );
  }
  return null;
}

/** HTML with its own style on its elements, without anything that runs, loads or leaves its place. */
function harmlessHtml(source: string, { room, keep, problem }: OutputContext): string {
  const limit = room.ofHtml(source.length);
  const address = source.length > limit ? keep('html.txt', source) : null;
  const part = shallowPart(source.slice(0, limit));
  if (part.length < Math.min(limit, source.length)) {
    problem(
      'cut-output',
      'an HTML output has elements within each other too deep; the rest of it is left out',
    );
  }
  const harmless = markNumberColumns(sanitize(applyStyleSheets(part), { from: 'output' }).trim());
  room.useText(harmless.length);
  // Colours were chosen for a light page, so they bring it along into the dark.
  const isColoured = / style="[^"]*(?:color|background)/.test(harmless);
  const placed = isColoured ? `<div class="own-colours">${harmless}</div>` : harmless;
  if (source.length <= limit) return placed;
  const left = (source.length - limit).toLocaleString('en');
  problem('cut-output', `${left} characters of an HTML output are not shown`);
  return `${placed}${html`<p class="cut">… ${left} more characters of HTML ${whole(address)}</p>`}`;
}

function whole(address: string | null) {
  return address === null
    ? 'are in the notebook.'
    : html`are in <a class="whole" href="${address}">${decodeURIComponent(address)}</a>.`;
}

function vegaForm({ data, notes, metadata, context }: Bundle): Shown | null {
  for (const mime of Object.keys(data)) {
    // Altair 6 writes `.json`.
    const chart = /^application\/vnd\.(vegalite|vega)\.v\d{1,2}(?:[+.]json)?$/.exec(mime);
    if (!chart) continue;
    const specification = asObject(data[mime]);
    if (!specification) {
      context.problem('bad-output', `the ${mime} output is no JSON object, so it cannot be drawn`);
      continue;
    }
    const library = chart[1] === 'vega' ? 'vega' : 'vega-lite';
    return chartShown({ kind: 'chart', library, specification }, data, metadata, notes, context);
  }
  return null;
}

function chartShown(
  chart: Omit<Chart, 'fallback'>,
  data: MimeBundle,
  metadata: Record<string, unknown>,
  notes: DisplayNotes,
  context: OutputContext,
): Shown {
  const { problem, keep, room } = context;
  const size = JSON.stringify(chart.specification).length;
  const fallback = readPicture(data, metadata, context);
  if (size <= room.ofChart()) {
    room.useChart(size);
    return { kind: 'figure', notes, content: { ...chart, fallback } };
  }
  const words = `a chart with ${(size / 1e6).toFixed(1)} MB of data is not drawn; the limit is ${(room.ofChart() / 1e6).toFixed(1)} MB. Aggregate its data, or show it as a picture`;
  problem('cut-output', words);
  if (fallback) return { kind: 'figure', notes, content: fallback };
  const address = keep('json', JSON.stringify(chart.specification));
  return {
    kind: 'html',
    html: html`<p class="cut">A chart of ${(size / 1e6).toFixed(1)} MB is not drawn. Its specification and data ${whole(address)}</p>`
      .text,
  };
}

function widgetForm({ data, context }: Bundle): Shown | null {
  const view = asObject(data['application/vnd.jupyter.widget-view+json']);
  if (!view) return null;
  const outputs = (inner: readonly Output[]): string =>
    readOutputs(inner, { ...context, widgets: {} })
      .map(inWidget)
      .join('\n');
  const shown = widgetHtml(view.model_id, { state: context.widgets, outputs });
  if (shown !== null) return { kind: 'html', html: shown };
  context.problem(
    'widget-without-state',
    'a widget is shown as text: the notebook holds no state of it, or it has no still form. Save the notebook with its widget state',
  );
  return null;
}

/** An output inside of a widget, which no figure or table can be made of any more. */
function inWidget(shown: Shown): string {
  switch (shown.kind) {
    case 'text':
      return `<pre class="${shown.stream}">${textHtml(shown)}</pre>`;
    case 'html':
    case 'table':
      return shown.html;
    case 'markdown':
      return `<pre>${escapeHtml(shown.source)}</pre>`;
    case 'figure': {
      const { content, notes } = shown;
      const picture = content.kind === 'chart' ? content.fallback : content;
      return picture
        ? html`<img src="data:${picture.mime};base64,${picture.data}" alt="${notes.alt ?? ''}">`
            .text
        : '<p class="cut">A chart inside a widget is not drawn.</p>';
    }
  }
}

function plotlyForm({ data, metadata, notes, context }: Bundle): Shown | null {
  const figure =
    asObject(data['application/vnd.plotly.v1+json']) ?? embeddedPlotly(asText(data['text/html']));
  if (figure === null) return null;
  const picture = readPicture(data, metadata, context);
  if (picture) return { kind: 'figure', notes, content: picture };
  const chart = plotlyChart(figure);
  if ('problem' in chart) {
    context.problem('dropped-output', `${chart.problem} Add a picture: fig.show("png")`);
    return message(chart.problem);
  }
  const { specification } = chart;
  return chartShown({ kind: 'chart', library: 'vega-lite', specification }, {}, {}, notes, context);
}

function embeddedPlotly(markup: string | null): { data: unknown; layout: unknown } | null {
  const found = markup === null ? null : embeddedChart(markup);
  return found?.library === 'plotly' ? found.figure : null;
}

function htmlForm({ data, metadata, notes, markup, context }: Bundle): Shown | null {
  const source = asText(data['text/html']);
  const embedded = source === null ? null : embeddedChart(source);
  if (embedded && embedded.library !== 'plotly') {
    return chartShown({ kind: 'chart', ...embedded }, data, metadata, notes, context);
  }
  const says =
    /<(?:table|p|div|ul|ol|dl|pre|img|svg|span|b|strong|h\d|math|em|i|code|blockquote|details)\b/i;
  if (!says.test(markup) || !hasContent(markup)) return null;
  return /^(?:<div[^>]*>\s*){0,3}<table\b/i.test(markup)
    ? { kind: 'table', html: markup, notes }
    : { kind: 'html', html: markup };
}

function latexForm({ data, notes }: Bundle): Shown | null {
  const tex = asText(data['text/latex'])?.trim();
  if (!tex) return null;
  const formula = /^(?:\$\$?([^$]*)\$\$?|\\\[([\s\S]*)\\\]|(\\begin\{[\s\S]*))$/.exec(tex);
  // Text with formulas in it is what markdown is for.
  if (!formula && tex.includes('$')) return { kind: 'markdown', source: tex, notes };
  const bare = formula ? (formula[1] ?? formula[2] ?? formula[3]!) : tex;
  const { html: typed, problem } = typeset(bare.replace(/^\s*\\displaystyle\s*/, ''), true);
  return problem ? null : { kind: 'html', html: typed };
}

function pictureForm({ data, metadata, notes, context }: Bundle): Shown | null {
  const picture = readPicture(data, metadata, context);
  return picture && { kind: 'figure', notes, content: picture };
}

function markdownForm({ data, notes, context }: Bundle): Shown | null {
  const source = asText(data['text/markdown']);
  if (source === null) return null;
  const limit = context.room.ofMarkdown();
  context.room.useText(Math.min(limit, source.length));
  if (source.length <= limit) return { kind: 'markdown', source, notes };
  context.problem(
    'cut-output',
    `${source.length - limit} characters of a markdown output are not shown`,
  );
  return { kind: 'markdown', source: source.slice(0, limit), notes };
}

function remainderForm({ data, markup, drawsItself, context }: Bundle): Shown | null {
  if (markup !== '' && hasContent(markup)) return { kind: 'html', html: markup };
  const json = data['application/json'];
  const plain = asText(data['text/plain']);
  // Python's name of an object says less than what is in it.
  const best =
    json !== undefined && (plain === null || /^<[^>]* object>$/.test(plain))
      ? JSON.stringify(json, null, 2)
      : plain;
  if (best !== null && best !== '' && !drawsItself) return text('result', best, context);
  if (!drawsItself) return null;
  context.problem(
    'dropped-output',
    'an output draws itself with a script, which a report does not run. Show a picture of it as well',
  );
  const name =
    plain === null || plain === '' ? 'This output' : `This output (${plain.slice(0, 80)})`;
  return message(`${name} draws itself with a script, which a report does not run.`);
}

function hasContent(markup: string): boolean {
  return /<(?:img|svg|hr)\b/i.test(markup) || markup.replace(/<[^>]*>/g, '').trim() !== '';
}

const pictureKinds: readonly PictureKind[] = ['svg+xml', 'png', 'jpeg', 'webp', 'gif'];

function readPicture(
  data: MimeBundle,
  metadata: Record<string, unknown>,
  { problem, keep, room }: OutputContext,
): Picture | null {
  for (const kind of pictureKinds) {
    const mime = `image/${kind}` as const;
    const given = asText(data[mime]);
    if (given === null) continue;
    const isText = kind === 'svg+xml';
    if (!isText && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(given)) {
      problem('bad-output', `the ${mime} output is not base64, so it is left out`);
      continue;
    }
    const bytes = Buffer.from(given, isText ? 'utf8' : 'base64');
    const made = bytes.length > room.ofPictures() ? tooMany : makePicture(kind, bytes);
    if ('problem' in made) {
      const address = isText ? keep('svg.txt', bytes) : keep(kind, bytes);
      problem(
        'dropped-output',
        address ? `${made.problem}; it is in ${decodeURIComponent(address)}` : made.problem,
      );
      continue;
    }
    room.usePicture(bytes.length);
    const size = asObject(metadata[mime]) ?? metadata;
    const number = (value: unknown) =>
      typeof value === 'number' && value > 0 && value < 20_000 ? value : null;
    return {
      ...made,
      width: number(size.width) ?? made.width,
      height: number(size.height) ?? made.height,
    };
  }
  return null;
}

const tooMany = {
  problem:
    'a picture is left out: the pictures of the notebook together are too large for one page',
};

/** `metadata.fathom` is our own; `alt` beside it or under the media type is what other tools write. */
function readNotes(data: MimeBundle, metadata: Record<string, unknown>): DisplayNotes {
  const own = asObject(metadata.fathom) ?? {};
  const text = (value: unknown) =>
    typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  let alt = text(own.alt) ?? text(metadata.alt);
  for (const mime of Object.keys(data)) alt ??= text(asObject(metadata[mime])?.alt);
  return { label: text(own.label), caption: text(own.caption), alt };
}

function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** Media bundles hold text as one string or, as stored by Jupyter, as a list of lines. */
function asText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((line) => typeof line === 'string'))
    return value.join('');
  return null;
}

export function textHtml({ text, cut }: Extract<Shown, { kind: 'text' }>): string {
  if (!cut) return terminalHtml(text);
  const amount = `${cut.characters.toLocaleString('en')} more characters (${cut.lines.toLocaleString('en')} lines)`;
  const note = html`<span class="cut">… ${amount} ${whole(cut.address)}</span>`;
  return `${terminalHtml(text)}${note}${terminalHtml(cut.tail)}`;
}
