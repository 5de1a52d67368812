/** Errors of cells: their stack in the notebook's cells and lines, without the frames of the kernel and of Node. */
import { inspect } from 'node:util';
import type { CellError, StackFrame } from '../channel.js';
import { scopeName } from '../emit.js';

/** Where a position of translated code is in its source. */
export interface Location {
  /** Execution count of the cell, where it is a cell. */
  cell?: number;
  file: string;
  line: number;
  column: number;
}

export type Locate = (file: string, line: number, column: number) => Location | undefined;

/** Thrown in a cell that the user interrupted. */
export class Interrupted extends Error {
  override name = 'KeyboardInterrupt';
  constructor() {
    super('interrupted');
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** Frames of the kernel's own are of no use to the author of a cell. */
const ownFolder = new URL('.', import.meta.url).href;

/** From now on `error.stack` shows cells and local modules with the lines of their sources. */
export function installStackMapping(locate: Locate): void {
  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.flatMap((frame) => {
      const shown = String(frame);
      const file = frame.getFileName();
      const line = frame.getLineNumber();
      const column = frame.getColumnNumber();
      if (file?.startsWith(ownFolder)) return [];
      if (!file || line === null || column === null) return [shown];
      const found = locate(file, line, column);
      return [
        found
          ? shown.replace(
              `${file}:${line}:${column}`,
              `${found.file}:${found.line}:${found.column}`,
            )
          : shown,
      ];
    });
    let head: string;
    try {
      // Node's own words for what is not a function and the like quote translated code.
      if (error.message.includes(scopeName)) error.message = inNotebookWords(error.message);
      head = Error.prototype.toString.call(error);
    } catch {
      head = 'Error';
    }
    return [head, ...lines.map((line) => `    at ${line}`)].join('\n');
  };
}

/** `(0 , __notebook.f) is not a function` → `f is not a function` */
function inNotebookWords(message: string): string {
  return message
    .replaceAll(new RegExp(`\\(0 ?, ?${scopeName}\\.([\\w$]+)\\)`, 'g'), '$1')
    .replaceAll(`${scopeName}.`, '');
}

const cellFrame = /cell\[(\d+)\]\.ts:(\d+):(\d+)\)?$/;
const fileFrame = /\(?((?:\/|[A-Za-z]:[\\/]|file:)[^()]*?):(\d+):(\d+)\)?$/;
const hidden = /\bnode:|\/dist\/src\/press\/kernel\/|evalmachine|\(<anonymous>\)$/;

/** Anything thrown → what is shown of it. */
export function describeError(thrown: unknown): CellError {
  if (!(thrown instanceof Error) && !isErrorLike(thrown))
    return { name: 'Uncaught', message: short(thrown), stack: [], details: [] };
  const error = thrown as Error;
  const stack = frames(text(() => error.stack, ''));
  const name = text(() => error.name || error.constructor.name, 'Error');
  const message = text(() => error.message, '');
  const code = text(() => {
    const { code: given } = error as NodeJS.ErrnoException;
    return typeof given === 'string' ? given : '';
  }, '');
  return {
    name,
    message: code && !message.includes(code) ? `${message} [${code}]` : message,
    stack,
    details: causes(error),
  };
}

function isErrorLike(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    'stack' in value &&
    typeof value.stack === 'string'
  );
}

function text(read: () => unknown, fallback: string): string {
  try {
    const value = read();
    return value === undefined || value === null ? fallback : String(value);
  } catch {
    return fallback;
  }
}

function short(value: unknown): string {
  try {
    return typeof value === 'string' ? value : inspect(value, { depth: 2 });
  } catch {
    return 'a value that cannot be shown';
  }
}

function frames(stack: string): StackFrame[] {
  const found: StackFrame[] = [];
  for (const line of stack.split('\n')) {
    // Functions of earlier cells are called as methods of the object that holds them.
    const shown = /^\s+at (?:async )?(?:Proxy\.)?(.*)$/.exec(line)?.[1];
    if (shown === undefined) continue;
    if (hidden.test(shown)) continue;
    const cell = cellFrame.exec(shown);
    if (cell) {
      const [, number, at, column] = cell;
      found.push({ text: shown, cell: Number(number), line: Number(at), column: Number(column) });
      continue;
    }
    const file = fileFrame.exec(shown);
    found.push(
      file
        ? { text: shown, file: file[1]!, line: Number(file[2]), column: Number(file[3]) }
        : { text: shown },
    );
  }
  return found;
}

function causes(error: Error): string[] {
  const found: string[] = [];
  const seen = new Set<unknown>([error]);
  const list = (error as AggregateError).errors;
  if (Array.isArray(list)) for (const one of list.slice(0, 10)) found.push(`contains ${head(one)}`);
  for (let cause = error.cause; cause !== undefined && !seen.has(cause) && found.length < 20; ) {
    seen.add(cause);
    found.push(`caused by ${head(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return found;
}

function head(thrown: unknown): string {
  const { name, message, stack } = describeFlat(thrown);
  const at = stack.find((frame) => frame.cell !== undefined) ?? stack[0];
  const where =
    at?.cell === undefined ? at?.text : `Cell ${at.cell}, line ${at.line}, column ${at.column}`;
  return `${name}: ${message}${where ? `\n    at ${where}` : ''}`;
}

function describeFlat(thrown: unknown): Omit<CellError, 'details'> {
  if (!(thrown instanceof Error)) return { name: 'Uncaught', message: short(thrown), stack: [] };
  return {
    name: text(() => thrown.name, 'Error'),
    message: text(() => thrown.message, ''),
    stack: frames(text(() => thrown.stack, '')),
  };
}
