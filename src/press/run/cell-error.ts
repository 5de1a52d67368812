// An error of a cell, as the kernel told it, with the place where it arose.
import type { Output } from '../notebook/nbformat.js';

export interface CellError {
  /** The notebook's file or name. */
  readonly notebook: string;
  /** The cell's number in the notebook, from 1, over cells of all kinds; 0 where the kernel failed before the first one. */
  readonly cell: number;
  /** Its number among the code cells, from 1. */
  readonly codeCell: number;
  /** In the cell, from 1, where they are known. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly name: string;
  readonly message: string;
  readonly traceback: readonly string[];
}

/** `chapter.ipynb: cell 4, line 2, column 7: TypeError: message`, on one line. */
export function describeCellError(error: CellError): string {
  const place = [
    // 0: the kernel failed before the first cell.
    ...(error.cell === 0 ? ['before the first cell'] : [`cell ${error.cell}`]),
    ...(error.line === undefined ? [] : [`line ${error.line}`]),
    ...(error.column === undefined ? [] : [`column ${error.column}`]),
  ].join(', ');
  const message = error.message.trim().replace(/\s*\n\s*/g, ' / ');
  const what = message === '' ? error.name : `${error.name}: ${message}`;
  return `${error.notebook}: ${place}: ${what}`;
}

type ErrorOutput = Extract<Output, { output_type: 'error' }>;

/** Where in the cell an error arose, from what the kernel says beside it or else from its traceback. */
export function placeOfError(
  content: Readonly<Record<string, unknown>>,
  output: ErrorOutput,
): { line: number | undefined; column: number | undefined } {
  const own = content.fathom as { line?: unknown; column?: unknown } | undefined;
  if (typeof own?.line === 'number') {
    return { line: own.line, column: typeof own.column === 'number' ? own.column : undefined };
  }
  for (const part of [...output.traceback].map(withoutColours)) {
    // IPython: "Cell In[3], line 2" and "----> 2 code".
    const python =
      /^(?:Cell|Input) In ?\[\d+\], (?:in )?line (\d+)/m.exec(part) ?? /^-+> (\d+) /m.exec(part);
    if (python) return { line: Number(python[1]), column: undefined };
  }
  return { line: undefined, column: undefined };
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
