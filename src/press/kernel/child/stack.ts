/** Errors of cells: their stack in the notebook's cells and lines, without the frames of the kernel and of Node. */
import { inspect, types } from 'node:util';
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
const ownFolder = new URL('..', import.meta.url).href;

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

/** `(0 , scope.f) is not a function` → `f is not a function` */
function inNotebookWords(message: string): string {
  return message
    .replaceAll(new RegExp(`\\(0 ?, ?${scopeName}\\.([\\w$]+)\\)`, 'g'), '$1')
    .replaceAll(`${scopeName}.`, '');
}

const cellFrame = /cell\[(\d+)\]\.ts:(\d+):(\d+)\)?$/;
const fileFrame = /\(?((?:\/|[A-Za-z]:[\\/]|file:)[^()]*?):(\d+):(\d+)\)?$/;
const hidden = /\bnode:|\/dist\/src\/press\/kernel\/|evalmachine|\(<anonymous>\)$/;

/** Anything thrown → what is shown of it; `also` are errors that nobody caught either. */
export function describeError(thrown: unknown, also: readonly unknown[] = []): CellError {
  const others = also.map((one) => `also, and not caught: ${head(one)}`);
  if (!isErrorLike(thrown)) return { ...describeFlat(thrown), details: others };
  const error = thrown;
  const { name, message, stack } = describeFlat(error);
  const code = text(() => {
    const { code: given } = error as NodeJS.ErrnoException;
    return typeof given === 'string' ? given : '';
  }, '');
  return {
    name,
    message: code && !message.includes(code) ? `${message} [${code}]` : message,
    stack,
    details: [...properties(error, message), ...causes(error), ...others],
  };
}

/** The name that an error gives itself; where that is its built-in ancestor's, the name of its class. */
function nameOf(error: Error): string {
  const name = text(() => error.name, '');
  const own = text(() => error.constructor.name, '');
  const builtIn = (globalThis as Record<string, unknown>)[name];
  const isInherited =
    name === '' || builtIn === Error || Object.getPrototypeOf(builtIn ?? 0) === Error;
  // A minified class has a letter for a name.
  return (isInherited && own !== 'Object' && own.length > 2 && own) || name || 'Error';
}

/** Told elsewhere, or only other words for what the message says. */
const knownProperties = new Set(
  'name message stack cause errors code errno requireStack generatedMessage diff'.split(' '),
);
const longestProperty = 300;

/** What an error carries besides its message, like the status of a response. */
function properties(error: Error, message: string): string[] {
  try {
    const found = Object.entries(Object.getOwnPropertyDescriptors(error)).flatMap(
      ([key, { enumerable, value }]) => {
        if (!enumerable || value === undefined || value === null || knownProperties.has(key))
          return [];
        const shown = typeof value === 'string' ? value : inspect(value, { depth: 1 });
        const isTold = typeof value === 'string' && message.includes(value);
        return isTold || shown.length > longestProperty || shown.includes('<Buffer')
          ? []
          : [`  ${key}: ${typeof value === 'string' ? inspect(value) : shown}`];
      },
    );
    return found.length ? [found.slice(0, 20).join('\n')] : [];
  } catch {
    return [];
  }
}

/** Also an error of another realm, or of a package that makes its own. */
function isErrorLike(value: unknown): value is Error {
  return (
    types.isNativeError(value) ||
    (typeof value === 'object' &&
      value !== null &&
      !types.isProxy(value) &&
      (value instanceof Error ||
        ('message' in value && 'stack' in value && typeof value.stack === 'string')))
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
    return limited(typeof value === 'string' ? value : inspect(value, { depth: 2 }));
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
  try {
    const list = (error as AggregateError).errors;
    if (Array.isArray(list)) {
      for (const one of list.slice(0, 10)) found.push(`contains ${head(one)}`);
      if (list.length > 10) found.push(`contains ${list.length - 10} more`);
    }
    for (let cause = error.cause; cause !== undefined && !seen.has(cause) && found.length < 20; ) {
      seen.add(cause);
      found.push(`caused by ${head(cause)}`);
      cause = isErrorLike(cause) ? cause.cause : undefined;
    }
  } catch {
    // A getter of the error throws: what was read before it is told.
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
  if (!isErrorLike(thrown)) return { name: 'Uncaught', message: short(thrown), stack: [] };
  return {
    name: nameOf(thrown),
    message: limited(text(() => thrown.message, '')),
    stack: frames(text(() => thrown.stack, '')),
  };
}

/** A message is sent three times with its error, and kept in the notebook. */
const longestMessage = 20_000;

function limited(message: string): string {
  if (message.length <= longestMessage) return message;
  return `${message.slice(0, longestMessage)}… ${message.length - longestMessage} more characters`;
}
