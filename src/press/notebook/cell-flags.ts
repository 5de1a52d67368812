// What a code cell says of how it is run: by its tags, as Jupyter has them, or by its option lines, as Quarto does.
import type { CodeCell } from './nbformat.js';

/** A comment line at the top of a cell that holds an option: `//| eval: false`, with the comment sign of the language. */
export const optionLine = /^\s*(?:\/\/|#|--|%%|;)\|[ \t]?(.*)$/;

/** The cell is not run: that it was not is reported, and it has no outputs. */
export function isSkipped(cell: CodeCell): boolean {
  return hasTag(cell, 'skip-execution') || says(cell, 'eval', 'false');
}

/** An error of the cell is part of the notebook. */
export function mayRaise(cell: CodeCell): boolean {
  return hasTag(cell, 'raises-exception') || says(cell, 'error', 'true');
}

function hasTag(cell: CodeCell, tag: string): boolean {
  return (cell.metadata.tags ?? []).some((given) => given.replaceAll('_', '-') === tag);
}

function says(cell: CodeCell, option: string, value: string): boolean {
  for (const line of cell.source.split('\n')) {
    const text = optionLine.exec(line)?.[1];
    if (text === undefined) return false;
    const [name, given] = text.split(':').map((part) => part.trim());
    if (name === option && given?.replace(/\s+#.*$/, '') === value) return true;
  }
  return false;
}
