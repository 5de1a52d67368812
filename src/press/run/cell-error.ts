// An error of a cell, as the kernel told it, with the place where it arose.
import type { Output } from '../notebook/nbformat.js';

export interface CellError {
  /** The notebook's file or name. */
  readonly notebook: string;
  /** The cell's number in the notebook, from 1, over cells of all kinds; 0 where the kernel failed before the first one. */
  readonly cell: number;
  /** Its number among the code cells, from 1. */
  readonly codeCell: number;
  /** From 1, where they are known. In this cell, or where `origin` says. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** Where the error arose, if in an earlier cell (its number in the notebook) or in a file. */
  readonly origin?: { readonly cell: number } | { readonly file: string } | undefined;
  readonly name: string;
  readonly message: string;
  readonly traceback: readonly string[];
}

/** `chapter.ipynb: cell 4, line 2, column 7: TypeError: message`, on one line. */
export function describeCellError(error: CellError): string {
  const { cell, line, column, origin } = error;
  const position = [
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ];
  // 0: the kernel failed before the first cell.
  const failed = cell === 0 ? 'before the first cell' : `cell ${cell}`;
  const inside =
    origin &&
    [`in ${'cell' in origin ? `cell ${origin.cell}` : origin.file}`, ...position].join(', ');
  const place = inside ? `${failed} (${inside})` : [failed, ...position].join(', ');
  const message = error.message.trim().replace(/\s*\n\s*/g, ' / ');
  const what = message === '' ? error.name : `${error.name}: ${message}`;
  return `${error.notebook}: ${place}: ${what}`;
}

type ErrorOutput = Extract<Output, { output_type: 'error' }>;

export interface ErrorPlace {
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** Execution count of the cell that it is in, where the kernel says so. */
  readonly count?: number | undefined;
  readonly file?: string | undefined;
}

/** Where an error arose: as our kernel says in the metadata of its message, or else read from the traceback. */
export function placeOfError(
  metadata: Readonly<Record<string, unknown>>,
  output: ErrorOutput,
): ErrorPlace {
  const own = metadata.fathom;
  if (typeof own === 'object' && own !== null) {
    const { line, column, cell, file } = own as Record<string, unknown>;
    return {
      line: typeof line === 'number' ? line : undefined,
      column: typeof column === 'number' ? column : undefined,
      count: typeof cell === 'number' ? cell : undefined,
      file: typeof file === 'string' ? file : undefined,
    };
  }
  for (const part of [...output.traceback].map(withoutColours)) {
    // IPython: "Cell In[3], line 2" and "----> 2 code".
    const python =
      /^(?:Cell|Input) In ?\[\d+\], (?:in )?line (\d+)/m.exec(part) ?? /^-+> (\d+) /m.exec(part);
    if (python) return { line: Number(python[1]) };
  }
  return {};
}

/**
 * Stock tslab reports an error as text on stderr, not as an error: a diagnostic is `line:column - message`, an exception is
 * the inspected Error. `text` is what the failed cell wrote to stderr.
 */
export function errorFromText(text: string): {
  output: ErrorOutput;
  line?: number;
  column?: number;
} {
  const clean = withoutColours(text);
  const diagnostic = /^(\d+):(\d+) - ([\s\S]*)$/m.exec(clean);
  if (diagnostic) {
    const [, line, column, message] = diagnostic;
    const output = error('SyntaxError', message!.trim(), clean);
    return { output, line: Number(line), column: Number(column) };
  }
  const thrown =
    /^(?:Uncaught )?((?:[A-Z]\w*)?(?:Error|Exception))(?: \[[^\]]*\])?(?:: ([^\n]*))?$/m.exec(
      clean,
    );
  if (thrown) return { output: error(thrown[1]!, thrown[2] ?? '', clean) };
  const last = clean.trim().split('\n').at(-1) ?? '';
  return {
    output: error('Error', last || 'the cell failed and the kernel did not say why', clean),
  };
}

function error(ename: string, evalue: string, text: string): ErrorOutput {
  const traceback = text
    .split('\n')
    .filter((line) => !/evalmachine\.|[\\/]tslab[\\/]dist[\\/]|\(node:/.test(line));
  return { output_type: 'error', ename, evalue, traceback };
}

function withoutColours(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '');
}
