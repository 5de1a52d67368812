/** Errors as the `error` message of the protocol: what Jupyter shows, and the same as data for programs that run notebooks. */
import type { CellError } from './channel.js';
import type { Diagnostic } from './compiler.js';

export interface ErrorReport {
  ename: string;
  evalue: string;
  /** First line: `Cell <count>, line <line>, column <column> - <ename>: <evalue>`, as far as the place is known. */
  traceback: string[];
  /** Sent as `metadata.fathom` of the message. */
  place: ErrorPlace;
}

export interface ErrorPlace {
  /** Execution count of the cell that the place is in. */
  cell?: number;
  file?: string;
  line?: number;
  column?: number;
  /** `TS2322` for the compiler's messages, else the name of the error. */
  code: string;
  message: string;
}

const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
const bold = (text: string) => `\u001b[1m${text}\u001b[22m`;
const dim = (text: string) => `\u001b[2m${text}\u001b[22m`;

/** So many of the compiler's messages are shown; one slip in the syntax can cause dozens. */
const shownDiagnostics = 10;

/** The text of a cell by its execution count, or of a local module by its path. */
export type SourceOf = (of: number | string) => string | undefined;

/** The compiler's messages about a cell, or about a local module that it imports. */
export function reportDiagnostics(
  found: Diagnostic[],
  cell: number,
  sourceOf: SourceOf,
): ErrorReport {
  const first = found[0]!;
  const ename = first.code ? `TS${first.code}` : 'CellError';
  const blocks = found.slice(0, shownDiagnostics).flatMap((diagnostic) => {
    const { code, message, line, column, length, file } = diagnostic;
    const where = file ? `${file}, line ${line}, column ${column}` : place(cell, line, column);
    const source = sourceOf(file ?? cell);
    return [
      `${bold(where)} - ${red(code ? `TS${code}` : 'CellError')}: ${message}`,
      ...(source === undefined ? [] : ['', codeFrame(source, line, column, length)]),
      '',
    ];
  });
  if (found.length > 1)
    blocks.push(
      dim(
        `${found.length} errors${found.length > shownDiagnostics ? `, of which ${shownDiagnostics} are shown` : ''}; the cell was not run.`,
      ),
    );
  else blocks.pop();
  return {
    ename,
    evalue: first.message,
    traceback: blocks,
    place: {
      ...(first.file ? { file: first.file } : { cell }),
      line: first.line,
      column: first.column,
      code: ename,
      message: first.message,
    },
  };
}

/** An error that a cell threw. */
export function reportError(error: CellError, sourceOf: SourceOf): ErrorReport {
  const top = error.stack.find((frame) => frame.cell !== undefined);
  const lines: string[] = [];
  const head = `${red(error.name)}: ${error.message}`;
  if (top) {
    lines.push(`${bold(place(top.cell!, top.line!, top.column!))} - ${head}`);
    const source = sourceOf(top.cell!);
    if (source !== undefined) lines.push('', codeFrame(source, top.line!, top.column!, 1));
  } else lines.push(head);
  // An error in a module is shown where it arose too.
  const { file, line, column } = error.stack[0] ?? {};
  const module = file !== undefined && isTypeScript.test(file) ? sourceOf(file) : undefined;
  if (module !== undefined)
    lines.push('', `${file}, line ${line}, column ${column}`, codeFrame(module, line!, column!, 1));
  const shown = error.stack.slice(0, 30);
  if (shown.length > 1 || (shown.length === 1 && !top)) {
    lines.push('');
    for (const frame of shown) lines.push(`    at ${frameText(frame)}`);
    if (error.stack.length > shown.length)
      lines.push(dim(`    … ${error.stack.length - shown.length} more`));
  }
  for (const detail of error.details) lines.push('', detail);
  return {
    ename: error.name,
    evalue: error.message,
    traceback: lines,
    place: {
      ...(top && { cell: top.cell!, line: top.line!, column: top.column! }),
      code: error.name,
      message: error.message,
    },
  };
}

const isTypeScript = /\.[cm]?tsx?$/;

function frameText({ text, cell, line, column }: CellError['stack'][number]): string {
  if (cell === undefined) return dim(text);
  const name = /^(.*) \(cell\[/.exec(text)?.[1];
  const where = place(cell, line!, column!);
  return name ? `${name} (${where})` : where;
}

function place(cell: number, line: number, column: number): string {
  return `Cell ${cell}, line ${line}, column ${column}`;
}

/** The line with two above and one below, and a mark under the columns. */
export function codeFrame(source: string, line: number, column: number, length: number): string {
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/);
  const from = Math.max(1, line - 2);
  const to = Math.min(lines.length, line + 1);
  const width = String(to).length;
  const out: string[] = [];
  for (let number = from; number <= to; number++) {
    const text = lines[number - 1]!;
    const label = String(number).padStart(width);
    if (number !== line) {
      out.push(dim(`  ${label} | `) + text);
      continue;
    }
    out.push(`${red('>')} ${label} | ${text}`);
    const before = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
    out.push(`  ${' '.repeat(width)} | ${before}${red('^'.repeat(Math.max(1, length)))}`);
  }
  return out.join('\n');
}
