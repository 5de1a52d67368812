// The bytes of a notebook file → its JSON text, in bounded memory. Outputs that nobody could read on a page (a log of
// 500 MB, a table of ten million rows) are cut while they stream by, so they are never held; the file keeps the whole.
// Nothing is checked here but size and depth: whether it is JSON, and a notebook, is for the reader to say.

export interface TrimLimits {
  /** Bytes kept of one text of an output: streams, tracebacks, text/… */
  readonly text: number;
  /** Bytes of one output that is no text (a picture, a chart with its data). A larger one is replaced by a `Cut`. */
  readonly other: number;
  /** Bytes of all outputs together; after that each may have `little`. */
  readonly outputs: number;
  readonly little: number;
  /** Bytes of everything that is not an output: prose, code, attachments, metadata. More is an error. */
  readonly rest: number;
  /** Lists and objects within each other. Real notebooks have some 20, charts included. */
  readonly depth: number;
}

export const usualLimits: TrimLimits = {
  text: 4_000_000,
  other: 24_000_000,
  outputs: 128_000_000,
  little: 16_000,
  rest: 96_000_000,
  depth: 200,
};

/** Stands where an output was too large to be read. */
export interface Cut {
  readonly 'fathom-cut': { readonly bytes: number };
}

export function isCut(value: unknown): value is Cut {
  return typeof value === 'object' && value !== null && 'fathom-cut' in value;
}

/** The file is too large or too deep to be read at all; the message says which. */
export class TrimError extends Error {
  override readonly name = 'TrimError';
}

export interface Trimmed {
  readonly json: Buffer;
  /** How many outputs were cut. Where it is not 0, lines and offsets are not those of the file. */
  readonly cuts: number;
}

const quote = 0x22;
const backslash = 0x5c;

interface Container {
  readonly isObject: boolean;
  key: string;
}

/** A value of an output while it streams by. */
interface Value {
  readonly depth: number;
  readonly isText: boolean;
  readonly limit: number;
  readonly parts: Buffer[];
  kept: number;
  bytes: number;
  isCut: boolean;
}

/** Reads the chunks of a file once, from first to last. */
export async function trim(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limits: TrimLimits = usualLimits,
): Promise<Trimmed> {
  const out: Buffer[] = [];
  const stack: Container[] = [];
  let value: Value | null = null;
  let [rest, outputs, cuts] = [0, 0, 0];
  // Of the string that is being read:
  let isInString = false;
  let isKey = false;
  let backslashes = 0;
  let key: Buffer[] | null = null;
  // Whether the next string of an object is a key:
  let expectsKey = false;

  const keep = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    if (value === null) {
      rest += bytes.length;
      if (rest > limits.rest) {
        throw new TrimError(
          `more than ${megabytes(limits.rest)} without its outputs: too large to be read`,
        );
      }
      out.push(bytes);
      return;
    }
    value.bytes += bytes.length;
    if (value.isCut) return;
    const room = value.limit - value.kept;
    value.parts.push(bytes.length > room ? bytes.subarray(0, room) : bytes);
    value.kept += Math.min(room, bytes.length);
    if (bytes.length > room) {
      value.isCut = true;
      if (!value.isText) value.parts.length = 0;
    }
  };

  const finish = (): void => {
    const { isCut, isText, parts, bytes, kept } = value!;
    value = null;
    if (!isCut) {
      outputs += kept;
      out.push(...parts);
      return;
    }
    cuts += 1;
    const stump = isText ? closedText(Buffer.concat(parts), bytes) : null;
    outputs += stump?.length ?? 0;
    out.push(stump ?? Buffer.from(JSON.stringify({ 'fathom-cut': { bytes } } satisfies Cut)));
  };

  /** Starts a value here if an output begins to say something. */
  const start = (): void => {
    if (value !== null) return;
    const isText = outputText(stack);
    if (isText === null) return;
    const isFull = outputs >= limits.outputs;
    const limit = isFull ? limits.little : isText ? limits.text : limits.other;
    value = { depth: stack.length, isText, limit, parts: [], kept: 0, bytes: 0, isCut: false };
  };

  const ended = (): boolean => value !== null && stack.length === value.depth;

  for await (const given of chunks) {
    const chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (isInString) {
        const found = chunk.indexOf(quote, at);
        const end = found < 0 ? chunk.length : found;
        let run = 0;
        while (end - 1 - run >= at && chunk[end - 1 - run] === backslash) run += 1;
        if (run === end - at) run += backslashes;
        if (key) key.push(Buffer.from(chunk.subarray(at, Math.min(end, at + 200))));
        at = end;
        backslashes = run;
        if (found < 0) break;
        at += 1;
        backslashes = 0;
        if (run % 2 === 1) {
          key?.push(Buffer.from('"'));
          continue;
        }
        isInString = false;
        if (isKey) {
          if (key) stack.at(-1)!.key = Buffer.concat(key).toString().slice(0, 200);
          key = null;
          isKey = false;
          expectsKey = false;
        } else if (ended()) {
          keep(chunk.subarray(from, at));
          from = at;
          finish();
        }
        continue;
      }
      const byte = chunk[at]!;
      switch (byte) {
        case quote:
          isKey = expectsKey;
          // Only the keys on the way to an output matter.
          key = isKey && stack.length <= 6 ? [] : null;
          if (!isKey && value === null) {
            keep(chunk.subarray(from, at));
            from = at;
            start();
          }
          isInString = true;
          break;
        case 0x7b: // {
        case 0x5b: // [
          if (value === null) {
            keep(chunk.subarray(from, at));
            from = at;
            start();
          }
          expectsKey = byte === 0x7b;
          stack.push({ isObject: expectsKey, key: '' });
          if (stack.length > limits.depth) {
            throw new TrimError(
              `lists and objects within each other more than ${limits.depth} deep: no notebook has that`,
            );
          }
          break;
        case 0x7d: // }
        case 0x5d: // ]
          stack.pop();
          expectsKey = false;
          if (ended()) {
            keep(chunk.subarray(from, at + 1));
            from = at + 1;
            finish();
          }
          break;
        case 0x2c: // ,
          expectsKey = stack.at(-1)?.isObject ?? false;
          break;
        default:
      }
      at += 1;
    }
    // What is kept must not hold on to the whole chunk.
    keep(value === null ? chunk.subarray(from) : Buffer.from(chunk.subarray(from)));
  }
  if (value !== null) finish();
  return { json: Buffer.concat(out), cuts };
}

/** null where no value of an output starts; else whether it is text. */
function outputText(stack: readonly Container[]): boolean | null {
  const [root, , cell, list, output, bundle] = stack;
  if (stack.length < 5 || stack.length > 6) return null;
  if (root!.key !== 'cells' || cell!.key !== 'outputs' || list!.isObject) return null;
  const name = output!.key;
  if (stack.length === 5) {
    if (name === 'text' || name === 'traceback' || name === 'evalue') return true;
    return name === 'metadata' ? false : null;
  }
  return name === 'data' ? bundle!.key.startsWith('text/') : null;
}

/** The beginning of a JSON string, or of a list of strings, made whole again, with a word on what was cut. */
function closedText(start: Buffer, bytes: number): Buffer {
  const isList = start[0] !== quote;
  let text = start.toString('utf8').replace(/\uFFFD+$/, '');
  // Inside a string if the number of quotes that are not escaped is odd.
  let isOpen = false;
  let safe = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\' && isOpen) {
      const length = text[at + 1] === 'u' ? 6 : 2;
      if (at + length > text.length) break;
      at += length - 1;
    } else if (text[at] === '"') isOpen = !isOpen;
    safe = at + 1;
  }
  text = text.slice(0, safe);
  // Between two strings: the one before is opened again.
  if (!isOpen) text = /\[\s*$/.test(text) ? `${text}"` : text.replace(/"[\s,]*$/, '');
  const left = Math.max(0, bytes - start.length).toLocaleString('en');
  const note = `[${left} more bytes were cut here; the notebook has them]`;
  return Buffer.from(`${text}\\n${note}\\n"${isList ? ']' : ''}`);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
