// Collects what is wrong with a notebook while it is read.
import type { Diagnostic } from '../diagnostics.js';
import type { At } from './draft.js';

export interface Problems {
  readonly all: Diagnostic[];
  error(kind: string, message: string, at: At): void;
  warning(kind: string, message: string, at: At): void;
}

export function collectProblems(file: string): Problems {
  const all: Diagnostic[] = [];
  const add = (severity: Diagnostic['severity'], kind: string, message: string, at: At): void => {
    // A picture is looked for as a figure and then as part of the text: one word on it is enough.
    const isKnown = all.some(
      (known) => known.message === message && known.cell === at.cell && known.line === at.line,
    );
    if (!isKnown) all.push({ severity, kind, message, file, ...at });
  };
  return {
    all,
    error: (kind, message, at) => add('error', kind, message, at),
    warning: (kind, message, at) => add('warning', kind, message, at),
  };
}
