// Characters that no font has → diagnostics that say where they stand and what to do.
import type { Notebook } from '../../notebook/nbformat.js';
import type { Diagnostic } from '../diagnostics.js';
import { adviceFor } from './other-scripts.js';

export function missingGlyphs(
  missing: readonly string[],
  { notebook, file, language }: { notebook: Notebook; file: string; language: string },
): Diagnostic[] {
  return adviceFor(missing, language).map(({ characters, message }) => {
    const { cell, line } = findIn(notebook, characters);
    return { severity: 'warning', kind: 'missing-glyph', file, cell, line, message };
  });
}

/** The first cell that has one of them, in its source or in what it put out. */
function findIn(
  { cells }: Notebook,
  characters: readonly string[],
): { cell: number | null; line: number | null } {
  for (const [index, cell] of cells.entries()) {
    const lines = cell.source.split('\n');
    const line = lines.findIndex((text) => characters.some((each) => text.includes(each)));
    if (line !== -1) return { cell: index + 1, line: line + 1 };
    const outputs = cell.cell_type === 'code' ? JSON.stringify(cell.outputs) : '';
    if (characters.some((each) => outputs.includes(each))) return { cell: index + 1, line: null };
  }
  return { cell: null, line: null };
}
