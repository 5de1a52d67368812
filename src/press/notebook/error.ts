// What can be wrong with a notebook file, and with the parameters it is asked to run with.

import { printable } from '../../shared/printable.js';

/** A file is not a notebook that Fathom can read. `line` and `place` say where, as far as that is known. */
export class NotebookError extends Error {
  override readonly name = 'NotebookError';
  readonly exitCode = 2;
  readonly file: string;
  readonly line: number | undefined;
  /** The place in notebook terms, as in `cell 3, outputs[0].name`. */
  readonly place: string | undefined;

  constructor(problem: string, where: { file: string; line?: number; place?: string }) {
    const position = where.line === undefined ? where.file : `${where.file}:${where.line}`;
    super(printable(`${position}: ${where.place ? `${where.place}: ` : ''}${problem}`));
    this.file = where.file;
    this.line = where.line;
    this.place = where.place;
  }
}

/** A parameter that does not exist, a value of the wrong type, or a parameters cell that cannot be read. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
  readonly exitCode = 2;
  readonly parameter: string | undefined;

  constructor(message: string, parameter?: string) {
    super(message);
    this.parameter = parameter;
  }
}
