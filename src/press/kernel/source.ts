/**
 * A cell's source as its author wrote it → as the compiler takes it: every character stays at its place, so what the
 * compiler says of lines and columns holds for both. `export` is blanked (all names of a cell are known to later cells
 * anyway), and so are import attributes, which the compiler does not know yet. `export … from` is an import.
 */
import type TS from 'typescript';
import { localsOf } from './syntax.js';

export interface PreparedSource {
  source: string;
  /** All names that the cell declares. */
  names: string[];
}

/** The compiler reads cells and their declarations behind this line: it makes them modules, whose names are not global. */
export const modulePrefix = 'export {};\n';

export function parseCell(ts: typeof TS, source: string): TS.SourceFile {
  return ts.createSourceFile('cell.ts', modulePrefix + source, ts.ScriptTarget.ES2022, true);
}

export function prepareSource(ts: typeof TS, source: string): PreparedSource {
  let file = parseCell(ts, source);
  const blanks = [...exportWords(ts, file), ...importAttributes(ts, file)];
  const again = reexports(ts, file);
  let prepared = source;
  if (blanks.length || again.length) {
    for (const [start, end] of again) {
      const at = start - modulePrefix.length;
      prepared = `${prepared.slice(0, at)}import${prepared.slice(at + 'export'.length)}`;
      if (end > start + 'export'.length) blanks.push([start + 'export'.length, end]);
    }
    for (const [start, end] of blanks)
      prepared =
        prepared.slice(0, start - modulePrefix.length) +
        prepared
          .slice(start - modulePrefix.length, end - modulePrefix.length)
          .replace(/[^\n]/g, ' ') +
        prepared.slice(end - modulePrefix.length);
    file = parseCell(ts, prepared);
  }
  const { bindSourceFile } = ts as unknown as {
    bindSourceFile(file: TS.SourceFile, options: TS.CompilerOptions): void;
  };
  bindSourceFile(file, {});
  return { source: prepared, names: [...localsOf(file).keys()] };
}

type Range = [start: number, end: number];

function exportWords(ts: typeof TS, file: TS.SourceFile): Range[] {
  const found: Range[] = [];
  for (const statement of file.statements.slice(1)) {
    if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier)
      found.push([statement.getStart(file), statement.end]);
    else if (ts.isExportAssignment(statement) && !statement.isExportEquals)
      found.push([statement.getStart(file), statement.expression.getStart(file)]);
    else if (ts.canHaveModifiers(statement)) {
      const words = ts
        .getModifiers(statement)
        ?.filter(
          ({ kind }) =>
            kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword,
        );
      for (const word of words ?? []) found.push([word.getStart(file), word.end]);
    }
  }
  return found;
}

/**
 * `export { a } from 'x'` binds `a`, as an import does. `export * from 'x'` binds no name in its own module, and no other
 * module can ask for what it passes on: of such a one only the loading is left. Ranges of what is to be blanked behind the
 * first word.
 */
function reexports(ts: typeof TS, file: TS.SourceFile): Range[] {
  return file.statements.flatMap((statement): Range[] => {
    if (!ts.isExportDeclaration(statement) || !statement.moduleSpecifier) return [];
    const start = statement.getStart(file);
    const { exportClause } = statement;
    const bindsNames =
      exportClause &&
      (ts.isNamespaceExport(exportClause) ||
        exportClause.elements.every(({ name }) => name.text !== 'default'));
    return [[start, bindsNames ? start : statement.moduleSpecifier.getStart(file)]];
  });
}

/** `with { type: 'json' }` behind an import: to this compiler, the beginning of a `with` statement. */
function importAttributes(ts: typeof TS, file: TS.SourceFile): Range[] {
  const found: Range[] = [];
  for (const [index, statement] of file.statements.entries()) {
    const next = file.statements[index + 1];
    if (!ts.isImportDeclaration(statement) || !next || !ts.isWithStatement(next)) continue;
    const start = next.getStart(file);
    const text = /^with\s*\{[^{}]*\}/.exec(file.text.slice(start))?.[0];
    if (text && !file.text.slice(statement.end, start).includes('\n'))
      found.push([start, start + text.length]);
  }
  return found;
}
