/**
 * What the cells of a session declared, as the compiler sees it: one declaration file a cell, each in the scope of the
 * next, so that a name declared again hides the old one and what was made with the old one keeps its type.
 *
 * A file costs the compiler little, but not nothing: old ones are put together now and then, without what is hidden.
 */
import type TS from 'typescript';

/** A declaration of one name, or of none (`declare global`). */
interface Entry {
  name: string | undefined;
  /** Which meanings of the name it declares. */
  value: boolean;
  type: boolean;
  text: string;
}

export interface Declarations {
  /** Adds the declaration file of a cell. */
  add(text: string): void;
  clear(): void;
  /** Texts of the files, oldest first; never more than `mostFiles`. */
  files(): readonly string[];
}

export const mostFiles = 40;
/** So many of the oldest are put together when there are too many. */
const compacted = 32;

export function createDeclarations(ts: typeof TS): Declarations {
  let cells: Entry[][] = [];
  let texts: string[] = [];
  return {
    add(text) {
      const entries = entriesOf(ts, text);
      if (entries.length === 0) return;
      cells.push(entries);
      texts.push(textOf(entries));
      if (cells.length <= mostFiles) return;
      const old = compact(cells.slice(0, compacted), cells.slice(compacted));
      cells = [...old, ...cells.slice(compacted)];
      texts = cells.map(textOf);
    },
    clear() {
      cells = [];
      texts = [];
    },
    files: () => texts,
  };
}

function textOf(entries: Entry[]): string {
  return entries.map(({ text }) => text).join('\n');
}

/** Puts files together. Hidden declarations are left out where no other one mentions them; else files stay apart. */
function compact(old: Entry[][], later: Entry[][]): Entry[][] {
  const latest = new Map<string, { value: boolean; type: boolean }>();
  const kept: Entry[][] = [];
  const mentioned = new Set<string>();
  for (const cell of [...old, ...later])
    for (const { text, name } of cell)
      for (const word of text.match(/[\w$]+/g) ?? []) if (word !== name) mentioned.add(word);
  const note = ({ name, value, type }: Entry) => {
    if (name === undefined) return;
    const seen = latest.get(name) ?? { value: false, type: false };
    latest.set(name, { value: seen.value || value, type: seen.type || type });
  };
  for (const cell of later) cell.forEach(note);
  for (const cell of [...old].reverse()) {
    const visible = cell.filter((entry) => {
      const hiding = entry.name === undefined ? undefined : latest.get(entry.name);
      const hidden = hiding && (!entry.value || hiding.value) && (!entry.type || hiding.type);
      return !hidden || (entry.type && mentioned.has(entry.name!));
    });
    const next = kept.at(-1);
    const clash = next?.some(
      ({ name }) => name !== undefined && visible.some((e) => e.name === name),
    );
    if (!next || clash) kept.push(visible);
    else next.unshift(...visible);
    cell.forEach(note);
  }
  kept.reverse();
  // Whoever declares a type forty times and keeps values of each loses the oldest.
  return kept.slice(-(mostFiles - later.length - 1));
}

function entriesOf(ts: typeof TS, text: string): Entry[] {
  const file = ts.createSourceFile('declarations.d.ts', text, ts.ScriptTarget.ES2022, true);
  const found: Entry[] = [];
  const add = (name: string | undefined, value: boolean, type: boolean, written: string) =>
    found.push({ name, value, type, text: written });
  for (const statement of file.statements) {
    const written = statement.getFullText(file).trim();
    if (ts.isVariableStatement(statement)) {
      const { declarationList } = statement;
      const [first] = declarationList.declarations;
      const head = file.text.slice(statement.getStart(file), first!.getStart(file));
      const comment = file.text.slice(statement.pos, statement.getStart(file)).trim();
      for (const declaration of declarationList.declarations)
        add(
          declaration.name.getText(file),
          true,
          false,
          `${comment}\n${head}${declaration.getText(file)};`.trim(),
        );
    } else if (ts.isFunctionDeclaration(statement)) add(statement.name?.text, true, false, written);
    else if (ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement))
      add(statement.name?.text, true, true, written);
    else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
      add(statement.name.text, false, true, written);
    else if (ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name))
      add(
        statement.flags & ts.NodeFlags.GlobalAugmentation ? undefined : statement.name.text,
        true,
        true,
        written,
      );
    else if (ts.isImportDeclaration(statement)) addImport(ts, file, statement, add);
    else if (!ts.isExportDeclaration(statement) && !ts.isEmptyStatement(statement))
      add(undefined, false, false, written);
  }
  return found;
}

function addImport(
  ts: typeof TS,
  file: TS.SourceFile,
  { importClause, moduleSpecifier }: TS.ImportDeclaration,
  add: (name: string, value: boolean, type: boolean, text: string) => void,
): void {
  if (!importClause) return;
  const from = moduleSpecifier.getText(file);
  const { name, namedBindings, isTypeOnly } = importClause;
  const one = (bound: string, clause: string, onlyType: boolean) =>
    add(bound, !onlyType, true, `import ${onlyType ? 'type ' : ''}${clause} from ${from};`);
  if (name) one(name.text, name.text, isTypeOnly);
  if (namedBindings && ts.isNamespaceImport(namedBindings))
    one(namedBindings.name.text, `* as ${namedBindings.name.text}`, isTypeOnly);
  else if (namedBindings)
    for (const { name: bound, propertyName, isTypeOnly: alone } of namedBindings.elements)
      one(
        bound.text,
        `{ ${propertyName ? `${propertyName.text} as ` : ''}${bound.text} }`,
        isTypeOnly || alone,
      );
}
