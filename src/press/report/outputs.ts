// What a notebook cell shows: chooses the best form of each output that a page can hold, and makes it harmless.
import type { MimeBundle, Output } from '../notebook/nbformat.js';
import type { Chart, Picture } from './document.js';
import { typeset } from './math.js';
import { escapeHtml } from './markup.js';
import { sanitize } from './sanitize.js';
import { terminalHtml } from './terminal.js';

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
    };

export type Problem = (kind: string, message: string) => void;

/** Outputs in reading order; streams that follow each other are one. */
export function readOutputs(outputs: readonly Output[], problem: Problem): Shown[] {
  const shown: Shown[] = [];
  for (const output of outputs) {
    if (output.output_type === 'stream') {
      const last = shown.at(-1);
      if (last?.kind === 'text' && last.stream === output.name) {
        shown[shown.length - 1] = { ...last, text: last.text + output.text };
      } else shown.push({ kind: 'text', stream: output.name, text: output.text });
    } else if (output.output_type === 'error') {
      shown.push({ kind: 'text', stream: 'error', text: traceback(output) });
    } else {
      const best = readBundle(output.data, output.metadata, problem);
      if (best) shown.push(best);
    }
  }
  return shown;
}

function traceback(error: Extract<Output, { output_type: 'error' }>): string {
  const lines = error.traceback.join('\n').trimEnd();
  const summary = `${error.ename}: ${error.evalue}`;
  return lines === '' ? summary : lines;
}

/** A picture of this many bytes (base64) would make the page unreadable; the notebook keeps it. */
const maximumPicture = 12_000_000;

function readBundle(
  data: MimeBundle,
  metadata: Record<string, unknown>,
  problem: Problem,
): Shown | null {
  const notes = readNotes(data, metadata);
  for (const mime of Object.keys(data)) {
    const chart = /^application\/vnd\.(vegalite|vega)\.v\d+(?:\+json)?$/.exec(mime);
    if (!chart) continue;
    const specification = asObject(data[mime]);
    if (specification) {
      const library = chart[1] === 'vega' ? 'vega' : 'vega-lite';
      return { kind: 'figure', notes, content: { kind: 'chart', library, specification } };
    }
    problem('bad-output', `the ${mime} output is no JSON object, so it cannot be drawn`);
  }
  // Pictures before HTML when the HTML is nothing without its scripts.
  const markup = asText(data['text/html']);
  const harmless = markup === null ? '' : sanitize(markup, { from: 'output' }).trim();
  if (
    /<(?:table|p|div|ul|ol|dl|pre|img|svg|span|b|strong|h\d|math|em|i|code|blockquote|details)\b/i.test(
      harmless,
    ) &&
    hasContent(harmless)
  ) {
    return /^(?:<div[^>]*>\s*)?<table\b/i.test(harmless)
      ? { kind: 'table', html: harmless, notes }
      : { kind: 'html', html: harmless };
  }
  const picture = readPicture(data, metadata, problem);
  if (picture) return { kind: 'figure', notes, content: picture };
  const prose = asText(data['text/markdown']);
  if (prose !== null) return { kind: 'markdown', source: prose, notes };
  const tex = asText(data['text/latex']);
  if (tex !== null) {
    const bare = tex
      .trim()
      .replace(/^\$\$?([\s\S]*?)\$?\$$/, '$1')
      .replace(/^\\displaystyle\s*/, '');
    const formula = typeset(bare, true);
    if (!formula.problem) return { kind: 'html', html: formula.html };
  }
  if (harmless !== '' && hasContent(harmless)) return { kind: 'html', html: harmless };
  const json = data['application/json'];
  const text =
    asText(data['text/plain']) ?? (json === undefined ? null : JSON.stringify(json, null, 2));
  if (text !== null && text !== '') return { kind: 'text', stream: 'result', text };
  const dropped = Object.keys(data);
  if (dropped.length > 0) {
    problem(
      'dropped-output',
      `an output has no form that a page can hold (${dropped.join(', ')}); it is left out. Add text/plain or a picture`,
    );
  }
  return null;
}

function hasContent(markup: string): boolean {
  return /<(?:img|svg|hr)\b/i.test(markup) || markup.replace(/<[^>]*>/g, '').trim() !== '';
}

function readPicture(
  data: MimeBundle,
  metadata: Record<string, unknown>,
  problem: Problem,
): Picture | null {
  const vector = asText(data['image/svg+xml']);
  for (const mime of [
    'image/svg+xml',
    'image/png',
    'image/jpeg',
    'image/webp',
    'image/gif',
  ] as const) {
    const given = mime === 'image/svg+xml' ? vector : asText(data[mime]);
    if (given === null) continue;
    const size = asObject(metadata[mime]) ?? metadata;
    const number = (value: unknown) =>
      typeof value === 'number' && value > 0 && value < 100_000 ? value : null;
    const base64 =
      mime === 'image/svg+xml' ? Buffer.from(given).toString('base64') : given.replace(/\s+/g, '');
    if (base64.length > maximumPicture) {
      problem(
        'dropped-output',
        `a picture of ${Math.round(base64.length / 1e6)} MB is left out; the limit is ${maximumPicture / 1e6} MB`,
      );
      continue;
    }
    if (!/^[A-Za-z0-9+/]*=*$/.test(base64)) {
      problem('bad-output', `the ${mime} output is not base64, so it is left out`);
      continue;
    }
    const natural = mime === 'image/png' ? pngSize(base64) : null;
    return {
      kind: 'picture',
      mime,
      data: base64,
      width: number(size.width) ?? natural?.width ?? null,
      height: number(size.height) ?? natural?.height ?? null,
    };
  }
  return null;
}

function pngSize(base64: string): { width: number; height: number } | null {
  const head = Buffer.from(base64.slice(0, 44), 'base64');
  if (head.length < 24 || head.readUInt32BE(0) !== 0x89504e47) return null;
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
  return width > 0 && height > 0 && width < 100_000 && height < 100_000 ? { width, height } : null;
}

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

export function textHtml(shown: Extract<Shown, { kind: 'text' }>): string {
  return shown.stream === 'result' && !shown.text.includes('\x1b') && shown.text.length < 50_000
    ? escapeHtml(shown.text)
    : terminalHtml(shown.text);
}
