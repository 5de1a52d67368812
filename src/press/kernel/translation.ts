/** Corrections to what the compiler says of a cell and makes of it. */
import type TS from 'typescript';
import { importName, metaName } from './emit.js';
import { boundNames } from './syntax.js';

/**
 * Whether a message says that the type of something exported cannot be written in a declaration file (a private member of
 * a class expression, a type that is hidden by a later one, a type of a package that cannot be named). To a notebook that
 * is no error: later cells know the name, and nothing of its type.
 */
export function isUnnameable(code: number): boolean {
  return (code >= 4000 && code < 4200) || code === 2742 || code === 2883 || code === 7056;
}

/** The names that the top-level declaration at a position declares. */
export function declaredAt(ts: typeof TS, file: TS.SourceFile, position: number): string[] {
  const statement = file.statements.find(({ pos, end }) => pos <= position && position < end);
  if (!statement) return [];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations
      .filter(({ pos, end }) => pos <= position && position < end)
      .flatMap(({ name }) => boundNames(ts, name));
  const { name } = statement as { name?: TS.Node };
  return name && ts.isIdentifier(name) ? [name.text] : [];
}

/** "… only allowed within async functions", for `await` and `for await`. */
export const awaitCodes = new Set([1308, 1103]);

/** Added to the code of a diagnostic that tslab would drop. */
export const hiddenCode = 1_000_000;

export function isAtTopLevel(ts: typeof TS, file: TS.SourceFile, position: number): boolean {
  const { getTokenAtPosition } = ts as unknown as {
    getTokenAtPosition(file: TS.SourceFile, position: number): TS.Node;
  };
  for (let at = getTokenAtPosition(file, position); at && !ts.isSourceFile(at); at = at.parent)
    if (
      ts.isFunctionLike(at) ||
      ts.isPropertyDeclaration(at) ||
      ts.isClassStaticBlockDeclaration(at) ||
      ts.isModuleDeclaration(at)
    )
      return false;
  return true;
}

/** The compiler ends a module that has no import or export with `export {};`, and comments may stand behind it. */
export function withoutEmptyExport(code: string): string {
  const mark = 'export {};';
  const at = code.lastIndexOf(mark);
  if (at < 0 || (at > 0 && code[at - 1] !== '\n')) return code;
  const rest = code.slice(at + mark.length);
  if (rest.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '').trim() !== '') return code;
  return code.slice(0, at) + rest;
}

export function withoutMapComment(code: string): string {
  return code.replace(/\n?\/\/# sourceMappingURL=[^\n]*\s*$/, '\n');
}

/** `import(x)` → `__import(x)`, which CommonJS output would turn into `require` otherwise; `import.meta` → `__meta`. */
export function keepImportCalls(ts: typeof TS): TS.TransformerFactory<TS.SourceFile> {
  return (context) => (file) => {
    const visit = (node: TS.Node): TS.Node => {
      if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
        return ts.factory.createIdentifier(metaName);
      const visited = ts.visitEachChild(node, visit, context);
      return ts.isCallExpression(visited) && visited.expression.kind === ts.SyntaxKind.ImportKeyword
        ? ts.factory.updateCallExpression(
            visited,
            ts.factory.createIdentifier(importName),
            undefined,
            visited.arguments,
          )
        : visited;
    };
    return ts.visitNode(file, visit) as TS.SourceFile;
  };
}
