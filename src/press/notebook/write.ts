// Writes a notebook as Jupyter does (sorted keys, one space of indent, lists of lines), so that version control sees only real changes.
import { writeWhole } from '../../shared/whole-file.js';
import type { Cell, MimeBundle, Notebook, Output } from './nbformat.js';

/** The text of a notebook file. The same notebook always gives the same bytes. */
export function notebookText(notebook: Notebook): string {
  return fileText({ ...notebook, cells: notebook.cells.map(cellForFile) });
}

/** JSON in the form that Jupyter gives to notebook files. */
export function fileText(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 1)}\n`;
}

/** Writes a notebook under a temporary name and renames it: the file is there whole or not at all. */
export async function writeNotebook(file: string, notebook: Notebook): Promise<void> {
  await writeWhole(file, notebookText(notebook));
}

/**
 * The notebook without what changes from run to run or from front end to front end though nothing was changed: times,
 * and view state.
 */
export function withoutVolatile(notebook: Notebook): Notebook {
  return {
    ...notebook,
    cells: notebook.cells.map((cell) => {
      const metadata = { ...cell.metadata };
      for (const key of volatile) delete metadata[key];
      return { ...cell, metadata };
    }),
  };
}
const volatile = ['execution', 'ExecuteTime', 'papermill', 'collapsed', 'scrolled'];

function cellForFile(cell: Cell): unknown {
  const source = lines(cell.source);
  if (cell.cell_type !== 'code') return { ...cell, source };
  return { ...cell, source, outputs: cell.outputs.map(outputForFile) };
}

function outputForFile(output: Output): unknown {
  switch (output.output_type) {
    case 'stream':
      return { ...output, text: lines(output.text) };
    case 'error':
      return output;
    default:
      return { ...output, data: bundleForFile(output.data) };
  }
}

function bundleForFile(data: MimeBundle): MimeBundle {
  return Object.fromEntries(
    Object.entries(data).map(([type, value]) => {
      const isText =
        type.startsWith('text/') || type === 'image/svg+xml' || type === 'application/javascript';
      return [type, isText && typeof value === 'string' ? lines(value) : value];
    }),
  );
}

/** Text as a file holds it: each line with its end. */
export function lines(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

/** Keys in order, except inside of what a media type names: there an author's order may mean something, as that of fields. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, key.includes('/') ? inner : sorted(inner)]),
  );
}
