/**
 * A value → what Jupyter shows of it: a MIME bundle, always with a plain-text fallback. Used for the last expression of
 * a cell and by `show`. Loads nothing but Node's own modules.
 */
import { inspect, types } from 'node:util';

export interface DisplayBundle {
  /** MIME type → text, base64 or JSON. */
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** An object with a method of this name says itself how it is shown: it returns a MIME bundle. Deno's kernel reads the same name. */
export const displaySymbol: symbol = Symbol.for('Jupyter.display');

/** No front end registers a later version, and the renderers of v5 draw the later specifications. */
export const vegaLiteMime = 'application/vnd.vegalite.v5+json';
export const vegaMime = 'application/vnd.vega.v5+json';

/** How many rows and columns of a table are shown; the rest is counted. */
const shownRows = 50;
const shownColumns = 30;

/**
 * The bundle of any value; undefined where the value's own display method returns null, which says that there is nothing
 * to show. Never throws: a value that cannot be shown is described.
 */
export async function bundleOf(value: unknown): Promise<DisplayBundle | undefined> {
  try {
    const own = displayMethod(value);
    if (own) {
      const made = await own.call(value);
      return made === null || made === undefined ? undefined : normalise(made, value);
    }
  } catch (error) {
    return text(`could not be displayed: ${error instanceof Error ? error.stack : String(error)}`);
  }
  return bundleOfPlain(value);
}

/** As bundleOf, for a caller that cannot wait: a display method that returns a promise is refused. */
export function bundleNow(value: unknown): DisplayBundle {
  const own = displayMethod(value);
  if (!own) return bundleOfPlain(value);
  const made = own.call(value);
  if (made instanceof Promise)
    throw new TypeError('show: the value displays itself through a promise; await it first');
  return normalise(made, value);
}

function displayMethod(value: unknown): (() => unknown) | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
    return undefined;
  try {
    const method = (value as Record<symbol, unknown>)[displaySymbol];
    return typeof method === 'function' ? (method as () => unknown) : undefined;
  } catch {
    // A proxy that may not be asked; it is shown as what it is.
    return undefined;
  }
}

/** What a display method returned: a bare MIME bundle, or `{data, metadata}`. */
function normalise(made: unknown, value: unknown): DisplayBundle {
  if (typeof made !== 'object' || made === null) return text(inspectText(value));
  const isPair =
    'data' in made &&
    typeof made.data === 'object' &&
    made.data !== null &&
    !('text/plain' in made);
  const pair = (isPair ? made : { data: made }) as {
    data: Record<string, unknown>;
    metadata?: Record<string, unknown>;
  };
  const data: Record<string, unknown> = {};
  for (const [type, part] of Object.entries(pair.data))
    data[type] = part instanceof Uint8Array ? base64(part) : part;
  if (data['text/plain'] === undefined) data['text/plain'] = inspectText(value);
  return { data, metadata: pair.metadata ?? {} };
}

function bundleOfPlain(value: unknown): DisplayBundle {
  try {
    return (
      chart(value) ??
      picture(value) ??
      tensor(value) ??
      records(value) ??
      typedArray(value) ??
      text(inspectText(value))
    );
  } catch (error) {
    // A proxy that may not be asked; inspection looks behind it.
    if (types.isProxy(value)) return text(inspectText(value));
    return text(
      `could not be displayed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export function text(plain: string): DisplayBundle {
  return { data: { 'text/plain': plain }, metadata: {} };
}

function inspectText(value: unknown): string {
  try {
    return inspect(value, {
      depth: 4,
      maxArrayLength: 100,
      maxStringLength: 100_000,
      breakLength: 100,
    });
  } catch (error) {
    return `[value whose inspection failed: ${error instanceof Error ? error.message : String(error)}]`;
  }
}

/** A Vega or Vega-Lite specification, known by its `$schema`. */
function chart(value: unknown): DisplayBundle | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const candidate =
    typeof (value as { toSpec?: unknown }).toSpec === 'function'
      ? (value as { toSpec(): unknown }).toSpec()
      : value;
  const specification = candidate as { $schema?: unknown; description?: unknown; title?: unknown };
  if (typeof specification.$schema !== 'string') return undefined;
  const kind = /\/schema\/(vega-lite|vega)\/v\d/.exec(specification.$schema)?.[1];
  if (!kind) return undefined;
  const name = kind === 'vega' ? 'Vega chart' : 'Vega-Lite chart';
  const about = specification.description ?? titleText(specification.title);
  return {
    data: {
      [kind === 'vega' ? vegaMime : vegaLiteMime]: specification,
      'text/plain': typeof about === 'string' ? `${name}: ${about}` : name,
    },
    metadata: {},
  };
}

function titleText(title: unknown): unknown {
  if (typeof title === 'object' && title !== null && 'text' in title) return title.text;
  return title;
}

const signatures: [string, number[]][] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
];

/** The bytes of a PNG, JPEG or GIF file. */
function picture(value: unknown): DisplayBundle | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const found = signatures.find(([, bytes]) => bytes.every((byte, index) => value[index] === byte));
  if (!found) return undefined;
  const [type] = found;
  let size = `${value.length} bytes`;
  if (type === 'image/png' && value.length >= 24) {
    const view = new DataView(value.buffer, value.byteOffset);
    size = `${view.getUint32(16)} × ${view.getUint32(20)} pixels`;
  }
  return {
    data: {
      [type]: base64(value),
      'text/plain': `${type.slice(6).toUpperCase()} picture, ${size}`,
    },
    metadata: {},
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** A TensorFlow.js tensor, known by its methods: shape, type and a summary of its values. */
function tensor(value: unknown): DisplayBundle | undefined {
  const candidate = value as {
    shape?: unknown;
    dtype?: unknown;
    dataSync?: unknown;
    isDisposed?: unknown;
    size?: unknown;
  } | null;
  if (
    typeof value !== 'object' ||
    candidate === null ||
    !Array.isArray(candidate.shape) ||
    typeof candidate.dtype !== 'string' ||
    typeof candidate.dataSync !== 'function'
  )
    return undefined;
  const shape = candidate.shape as number[];
  const head = `Tensor ${candidate.dtype} [${shape.join(', ')}]`;
  if (candidate.isDisposed === true) return text(`${head}, disposed`);
  const values = (candidate.dataSync as () => ArrayLike<number>)();
  return text(numbersText(head, values));
}

function numbersText(head: string, values: ArrayLike<number | bigint | string>): string {
  const few = Array.prototype.slice.call(values, 0, 8).map(shortNumber).join(', ');
  const list = `[${few}${values.length > 8 ? ', …' : ''}]`;
  const summary = summarise(values);
  return `${head}\n${list}${summary ? `\n${summary}` : ''}`;
}

function summarise(values: ArrayLike<number | bigint | string>): string | undefined {
  if (values.length < 2 || typeof values[0] !== 'number') return undefined;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let squares = 0;
  let finite = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    finite++;
    if (value < low) low = value;
    if (value > high) high = value;
    // Welford's recurrence: stable for values that are large and close together.
    const step = value - sum;
    sum += step / finite;
    squares += step * (value - sum);
  }
  if (finite === 0) return `no finite value among ${values.length}`;
  const spread = Math.sqrt(squares / finite);
  const odd = values.length - finite;
  return (
    `min ${shortNumber(low)}, max ${shortNumber(high)}, mean ${shortNumber(sum)}, standard deviation ${shortNumber(spread)}` +
    (odd ? `, ${odd} not finite` : '')
  );
}

/** With a true minus sign, and none before a zero. */
function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return /^-[0.]*$/.test(text) ? text.slice(1) : text.replace('-', '−');
}

function shortNumber(value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(4)));
}

function typedArray(value: unknown): DisplayBundle | undefined {
  if (!ArrayBuffer.isView(value) || value instanceof DataView || Buffer.isBuffer(value))
    return undefined;
  const values = value as unknown as ArrayLike<number | bigint>;
  return text(numbersText(`${value.constructor.name}(${values.length})`, values));
}

/** An array of plain records: a table. */
function records(value: unknown): DisplayBundle | undefined {
  if (!isRecords(value)) return undefined;
  return tableBundle(value, {});
}

export function isRecords(value: unknown): value is Record<string, unknown>[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (row) =>
        typeof row === 'object' &&
        row !== null &&
        [Object.prototype, null].includes(Object.getPrototypeOf(row)),
    ) &&
    Object.keys(value[0]).length > 0
  );
}

/** How one column of a table is headed and its values written. */
export interface Column {
  /** Heading; the key when left out. */
  title?: string;
  /** Unit, written after the heading in brackets. */
  unit?: string;
  /** Digits after the decimal point, or a function that writes a value. */
  format?: number | ((value: unknown, row: Record<string, unknown>) => string);
}

export interface TableOptions {
  /** Column key → heading and format, in the order to show. All keys of the rows when left out. */
  columns?: Record<string, Column | string>;
  /** Sentence above the table. */
  caption?: string;
  /** Most rows to show; the rest is counted in a last row. */
  rows?: number;
}

/** A column with nothing left open. */
export function columnOf(key: string, columns: TableOptions['columns'] = {}) {
  const given = columns[key] ?? {};
  const {
    title = key,
    unit,
    format,
  }: Column = typeof given === 'string' ? { title: given } : given;
  return { title, unit: unit ?? null, format: format ?? null };
}

/** Rows → a semantic HTML table and an aligned plain-text one. */
export function tableBundle(rows: readonly object[], options: TableOptions): DisplayBundle {
  const records = rows as readonly Record<string, unknown>[];
  const keys = options.columns
    ? Object.keys(options.columns)
    : [...new Set(records.flatMap((row) => Object.keys(row)))].slice(0, shownColumns);
  const columns = keys.map((key) => {
    const { title, unit, format } = columnOf(key, options.columns);
    return { key, heading: unit ? `${title} (${unit})` : title, format };
  });
  const shown = records.slice(0, options.rows ?? shownRows);
  const cells = shown.map((row) =>
    columns.map(({ key, format }) => {
      const value = row[key];
      if (typeof format === 'function') return format(value, row);
      if (typeof value === 'number' && typeof format === 'number') return fixed(value, format);
      if (value === undefined || value === null) return '';
      if (typeof value === 'number') return shortNumber(value);
      if (typeof value === 'object')
        return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
      return String(value);
    }),
  );
  const numeric = columns.map(({ key }) =>
    shown.every(
      (row) => ['number', 'bigint', 'undefined'].includes(typeof row[key]) || row[key] === null,
    ),
  );
  const left = records.length - shown.length;
  const more = left > 0 ? `… ${left} more row${left === 1 ? '' : 's'}` : '';

  const align = (column: number) => (numeric[column] ? ' style="text-align: right"' : '');
  const html = [
    '<table>',
    options.caption ? `<caption>${escapeHtml(options.caption)}</caption>` : '',
    `<thead><tr>${columns.map(({ heading }, c) => `<th scope="col"${align(c)}>${escapeHtml(heading)}</th>`).join('')}</tr></thead>`,
    '<tbody>',
    ...cells.map(
      (row) =>
        `<tr>${row.map((cell, c) => `<td${align(c)}>${escapeHtml(cell)}</td>`).join('')}</tr>`,
    ),
    more ? `<tr><td colspan="${columns.length}">${more}</td></tr>` : '',
    '</tbody>',
    '</table>',
  ]
    .filter(Boolean)
    .join('\n');

  const widths = columns.map(({ heading }, c) =>
    Math.max(heading.length, ...cells.map((row) => row[c]!.length)),
  );
  const line = (row: string[]) =>
    row
      .map((cell, c) => (numeric[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
      .join('  ')
      .trimEnd();
  const plain = [
    options.caption ?? '',
    line(columns.map(({ heading }) => heading)),
    line(widths.map((width) => '─'.repeat(width))),
    ...cells.map(line),
    more,
  ]
    .filter(Boolean)
    .join('\n');
  return { data: { 'text/html': html, 'text/plain': plain }, metadata: {} };
}

export function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
