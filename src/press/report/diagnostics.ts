// What is wrong with a notebook as a report, and where. Stages collect diagnostics; nobody throws on the first one.

import { printable } from '../../shared/printable.js';

export interface Place {
  readonly file: string;
  /** Position of the notebook cell, from 1; null where the whole notebook is meant. */
  readonly cell: number | null;
  /** Line within the cell, from 1. */
  readonly line: number | null;
}

export interface Diagnostic extends Place {
  readonly severity: 'error' | 'warning';
  /** The kind of problem, for tests and filters: 'unknown-option', 'unresolved-reference', … */
  readonly kind: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** `notebook.ipynb, cell 7, line 2: unknown option "lable". Did you mean "label"?` */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, cell, line, message } = diagnostic;
  const place = [file, cell === null ? '' : `cell ${cell}`, line === null ? '' : `line ${line}`];
  return printable(`${place.filter((part) => part !== '').join(', ')}: ${message}`);
}

/** The report cannot be made as asked: it has errors, or warnings under `strict`. Nothing was written. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
  }
}
