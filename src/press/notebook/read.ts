// Reads a notebook file: JSON, then the schema (nbformat 4.0 to 4.5), then one normal form for everything after it.
// Notebooks of strangers come here too: what their tools leave out is filled in, what they get wrong is said in one line,
// and outputs that are too large to be shown are cut while they are read (trim.ts).
import { createReadStream } from 'node:fs';
import * as v from 'valibot';
import { NotebookError } from './error.js';
import type { Cell, MimeBundle, Notebook, Output } from './nbformat.js';
import { trim, TrimError, type Trimmed } from './trim.js';

const text = v.union([v.string(), v.array(v.string())], 'expected text or a list of lines');
const object = v.record(v.string(), v.unknown());
const count = v.nullable(v.pipe(v.number(), v.integer()));

const output = v.variant('output_type', [
  v.object({ output_type: v.literal('stream'), name: v.picklist(['stdout', 'stderr']), text }),
  v.object({ output_type: v.literal('display_data'), data: object, metadata: v.optional(object) }),
  v.object({
    output_type: v.literal('execute_result'),
    data: object,
    metadata: v.optional(object),
    execution_count: v.optional(count, null),
  }),
  v.object({
    output_type: v.literal('error'),
    ename: v.optional(v.string(), 'Error'),
    evalue: v.optional(v.string(), ''),
    traceback: v.optional(v.array(v.string()), []),
  }),
]);

/** Of this form or, where a stranger's tool wrote something else, not there at all. */
const ifWellFormed = <T extends v.GenericSchema>(schema: T) =>
  v.fallback(v.optional(schema), undefined as never);

const cellFields = {
  id: ifWellFormed(v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]{1,64}$/))),
  metadata: v.optional(v.looseObject({ tags: v.optional(v.array(v.string())) }), {}),
  source: text,
};
const prose = { ...cellFields, attachments: ifWellFormed(v.record(v.string(), object)) };

const cell = v.variant('cell_type', [
  v.object({
    cell_type: v.literal('code'),
    ...cellFields,
    execution_count: v.optional(count, null),
    outputs: v.array(output),
  }),
  v.object({ cell_type: v.literal('markdown'), ...prose }),
  v.object({ cell_type: v.literal('raw'), ...prose }),
]);

const schema = v.object({
  nbformat: v.literal(4),
  nbformat_minor: v.pipe(v.number(), v.integer()),
  metadata: v.looseObject({
    kernelspec: ifWellFormed(
      v.looseObject({
        name: v.string(),
        display_name: v.optional(v.string()),
        language: v.optional(v.string()),
      }),
    ),
    language_info: ifWellFormed(
      v.looseObject({ name: v.string(), version: v.optional(v.string()) }),
    ),
    title: ifWellFormed(v.string()),
    authors: ifWellFormed(v.array(v.looseObject({ name: v.string() }))),
  }),
  cells: v.array(cell),
});

type RawCell = v.InferOutput<typeof cell>;
type RawOutput = v.InferOutput<typeof output>;

/**
 * Reads a notebook file; a NotebookError says what is wrong with it, and where. Outputs beyond the limits of trim.ts are
 * cut, so what this returns is for showing: to change a file, change the file.
 */
export async function readNotebook(file: string): Promise<Notebook> {
  const chunks = createReadStream(file, { highWaterMark: 1 << 20 });
  try {
    return await parseChunks(chunks, file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    const problems: Record<string, string> = {
      ENOENT: 'no such file',
      EISDIR: 'is a folder, not a notebook',
      EACCES: 'this file may not be read by you',
    };
    throw new NotebookError(problems[code] ?? String(error), { file });
  } finally {
    chunks.destroy();
  }
}

/**
 * Reads the text of a notebook. Sources and texts are joined to strings; a cell without an id, or with one that is no id or
 * that an earlier cell has, gets one made from its position, so that the same file always gives the same ids.
 */
export async function parseNotebook(content: string, file: string): Promise<Notebook> {
  return parseChunks([Buffer.from(content)], file);
}

async function parseChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
): Promise<Notebook> {
  let trimmed: Trimmed;
  try {
    trimmed = await trim(readable(chunks, file));
  } catch (error) {
    if (!(error instanceof TrimError)) throw error;
    throw new NotebookError(error.message, { file });
  }
  const json = decode(trimmed.json, file);
  // What was cut has moved the lines.
  return parseText(json, file, trimmed.cuts === 0 && json.length < 20_000_000);
}

/** Passes chunks on, unless the first bytes say that this is something else than UTF-8 text. */
async function* readable(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst) {
      const problem = foreign(chunk);
      if (problem) throw new NotebookError(problem, { file });
    }
    isFirst = false;
    yield chunk;
  }
}

/** What a file is that is no UTF-8 text, from its first bytes. */
function foreign(chunk: Uint8Array): string | null {
  const head = Buffer.from(chunk.subarray(0, 64));
  const wide = /^(?:fffe|feff|0000|..00)/.test(head.toString('hex'));
  if (wide && head.length >= 4) {
    return 'this is UTF-16 or UTF-32 text, but a notebook is UTF-8. Convert it with: iconv -f UTF-16 -t UTF-8';
  }
  if (head[0] === 0x1f && head[1] === 0x8b)
    return 'this is a gzip archive; unpack it first (gunzip)';
  if (head.toString('latin1').startsWith('PK')) return 'this is a zip archive; unpack it first';
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(head.toString('latin1').replace('\xEF\xBB\xBF', ''))) {
    return 'this is a web page, not a notebook; download the raw file';
  }
  return null;
}

function decode(bytes: Buffer, file: string): string {
  try {
    // A byte order mark is left out.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new NotebookError(
      'this is not UTF-8 text, as a notebook must be. If it is in an older code, convert it: iconv -f WINDOWS-1252 -t UTF-8',
      { file },
    );
  }
}

async function parseText(json: string, file: string, hasLines: boolean): Promise<Notebook> {
  const raw = parseJson(json, file);
  const place = async (path: readonly (string | number)[]) =>
    hasLines ? { line: await lineOf(json, path) } : {};
  await checkVersion(raw, file, place);
  const checked = v.safeParse(schema, raw, { abortEarly: true, abortPipeEarly: true });
  if (!checked.success) {
    const issue = checked.issues[0];
    const path = (issue.path ?? []).map((item) => item.key as string | number);
    throw new NotebookError(firstLower(issue.message.replace(/^Invalid [a-z]+: /, '')), {
      file,
      ...(await place(path)),
      place: placeOf(path),
    });
  }
  const { metadata, cells } = checked.output;
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: metadata as Notebook['metadata'],
    cells: normaliseCells(cells),
  };
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    // A marker at the start of a line cannot be inside a JSON string, so this is never a false alarm.
    const marker = /^(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)/m.exec(json);
    if (marker) {
      throw new NotebookError(
        `an unresolved merge conflict ("${marker[1]}"); resolve it and build again`,
        { file, line: lineAt(json, marker.index) },
      );
    }
    if (json.trim() === '') throw new NotebookError('the file is empty, not a notebook', { file });
    const { message } = error as Error;
    const problem = message
      .replace(/,? (\.\.\.)?"[\s\S]*"(\.\.\.)? is not valid JSON$/, '')
      .replace(/ (in JSON )?at position [\s\S]*$/, '');
    throw new NotebookError(`not valid JSON: ${firstLower(problem)}`, {
      file,
      line: lineAt(json, jsonErrorOffset(json, message)),
    });
  }
}

/** Where JSON.parse stopped. V8 says so for most errors, but not for an unexpected token: that one is the end of the shortest text with the same error. */
function jsonErrorOffset(json: string, message: string): number {
  const position = /at position (\d+)/.exec(message);
  if (position) return Number(position[1]);
  if (!message.startsWith('Unexpected token')) return json.length;
  const isTooLong = (length: number): boolean => {
    try {
      JSON.parse(json.slice(0, length));
      return false;
    } catch (error) {
      return (error as Error).message.startsWith('Unexpected token');
    }
  };
  let [fine, bad] = [0, json.length];
  while (bad - fine > 1) {
    const middle = (fine + bad) >> 1;
    if (isTooLong(middle)) bad = middle;
    else fine = middle;
  }
  return fine;
}

async function checkVersion(
  raw: unknown,
  file: string,
  place: (path: readonly (string | number)[]) => Promise<{ line?: number }>,
): Promise<void> {
  if (typeof raw !== 'object' || raw === null || !('nbformat' in raw)) {
    throw new NotebookError('not a notebook: there is no "nbformat" in it', { file });
  }
  const { nbformat, nbformat_minor: minor } = raw as {
    nbformat: unknown;
    nbformat_minor?: unknown;
  };
  if (nbformat === 4 && (typeof minor !== 'number' || minor <= 5)) return;
  const older = typeof nbformat === 'number' && nbformat < 4;
  const mend = older
    ? '; convert it with: jupyter nbconvert --to notebook --nbformat 4 --output converted.ipynb <notebook>'
    : '';
  throw new NotebookError(
    `notebook format ${nbformat}.${minor ?? 0} is not one of 4.0 to 4.5${mend}`,
    { file, ...(await place(['nbformat'])) },
  );
}

function normaliseCells(cells: RawCell[]): Cell[] {
  const taken = new Set(cells.map((each) => each.id));
  const seen = new Set<string>();
  return cells.map((each, index) => {
    let id = each.id;
    if (id === undefined || seen.has(id)) {
      id = `cell-${index + 1}`;
      while (taken.has(id)) id += '-';
      taken.add(id);
    }
    seen.add(id);
    const fields = { id, source: joined(each.source), metadata: each.metadata as Cell['metadata'] };
    if (each.cell_type === 'code') {
      return {
        cell_type: 'code' as const,
        ...fields,
        execution_count: each.execution_count,
        outputs: each.outputs.map(normaliseOutput),
      };
    }
    return {
      cell_type: each.cell_type,
      ...fields,
      ...(each.attachments ? { attachments: each.attachments } : {}),
    };
  });
}

function normaliseOutput(raw: RawOutput): Output {
  switch (raw.output_type) {
    case 'stream':
      return { ...raw, text: joined(raw.text) };
    case 'error':
      return raw;
    default:
      return { ...raw, data: joinedBundle(raw.data), metadata: raw.metadata ?? {} };
  }
}

/** In a file, text of any type but JSON may be a list of lines. */
function joinedBundle(data: MimeBundle): MimeBundle {
  return Object.fromEntries(
    Object.entries(data).map(([type, value]) => {
      const isLines = Array.isArray(value) && value.every((line) => typeof line === 'string');
      return [type, isLines && !/[/+]json$/.test(type) ? value.join('') : value];
    }),
  );
}

function joined(lines: string | string[]): string {
  return typeof lines === 'string' ? lines : lines.join('');
}

function placeOf(path: readonly (string | number)[]): string {
  const [first, index, ...rest] = path;
  if (first !== 'cells' || typeof index !== 'number') return path.join('.');
  const inside = rest
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .slice(1);
  return inside ? `cell ${index + 1}, ${inside}` : `cell ${index + 1}`;
}

/** The line of a value in a JSON text, or of the nearest value around it that is there. */
async function lineOf(json: string, path: readonly (string | number)[]): Promise<number> {
  const { default: ts } = await import('typescript');
  const source = ts.parseJsonText('notebook.json', json);
  let node = source.statements[0]!.expression as import('typescript').Node;
  for (const key of path) {
    let next: import('typescript').Node | undefined;
    if (ts.isObjectLiteralExpression(node)) {
      next = node.properties
        .filter(ts.isPropertyAssignment)
        .find(
          (property) => ts.isStringLiteral(property.name) && property.name.text === key,
        )?.initializer;
    } else if (ts.isArrayLiteralExpression(node)) {
      next = node.elements[Number(key)];
    }
    if (!next) break;
    node = next;
  }
  return lineAt(json, node.getStart(source));
}

function lineAt(content: string, offset: number): number {
  return content.slice(0, offset).split('\n').length;
}

function firstLower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
