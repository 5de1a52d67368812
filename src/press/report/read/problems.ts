// Collects what is wrong with a notebook while it is read.
import type { Diagnostic } from '../diagnostics.js';
import type { At } from './draft.js';

/** More are listed by nobody who mends them. */
const maximumProblems = 500;

export interface Problems {
  readonly all: Diagnostic[];
  error(kind: string, message: string, at: At): void;
  warning(kind: string, message: string, at: At): void;
}

export function collectProblems(file: string): Problems {
  const all: Diagnostic[] = [];
  const known = new Set<string>();
  const add = (severity: Diagnostic['severity'], kind: string, message: string, at: At): void => {
    // A picture is looked for as a figure and then as part of the text: one word on it is enough.
    const key = `${at.cell} ${at.line} ${message}`;
    if (known.has(key)) return;
    known.add(key);
    if (known.size <= maximumProblems) all.push({ severity, kind, message, file, ...at });
    if (known.size === maximumProblems + 1) {
      all.push({
        severity,
        kind: 'many-problems',
        message: `there are more than ${maximumProblems} problems; the others are not listed`,
        file,
        cell: null,
        line: null,
      });
    }
  };
  return {
    all,
    error: (kind, message, at) => add('error', kind, message, at),
    warning: (kind, message, at) => add('warning', kind, message, at),
  };
}
