// What every source file of the project imports, read with the TypeScript compiler.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** One import as written. `target` is a path from the project's root for files of the project, else the package's name. */
export interface Import {
  readonly from: string;
  readonly line: number;
  readonly target: string;
  readonly local: boolean;
  /** Erased by the compiler: `import type`. */
  readonly typeOnly: boolean;
  /** `import()` in an expression: happens when the code runs, not when the module loads. */
  readonly deferred: boolean;
  /** `import './x.js'` or `require('x')` for what loading does. */
  readonly effect: boolean;
}

/** Paths from the root, with forward slashes, of all TypeScript files under a folder. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

export function parse(path: string): ts.SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

function resolve(from: string, specifier: string): { target: string; local: boolean } {
  if (!specifier.startsWith('.')) {
    const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1);
    return { target: name.join('/'), local: false };
  }
  const path = join(dirname(from), specifier).split(sep).join('/');
  return { target: path.replace(/\.([cm]?)js$/, '.$1ts'), local: true };
}

/** Every import, export-from, `import()` and `require()` with a literal name in one file. */
export function importsOf(path: string, source: ts.SourceFile = parse(path)): Import[] {
  const found: Import[] = [];
  const add = (
    node: ts.Node,
    specifier: ts.Expression | undefined,
    kind: { typeOnly?: boolean; deferred?: boolean; effect?: boolean },
  ) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    found.push({
      from: path,
      line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1,
      ...resolve(path, specifier.text),
      typeOnly: kind.typeOnly ?? false,
      deferred: kind.deferred ?? false,
      effect: kind.effect ?? false,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const names = clause?.namedBindings;
      const onlyTypes =
        clause?.isTypeOnly === true ||
        (clause !== undefined &&
          clause.name === undefined &&
          names !== undefined &&
          ts.isNamedImports(names) &&
          names.elements.length > 0 &&
          names.elements.every((element) => element.isTypeOnly));
      add(node, node.moduleSpecifier, { typeOnly: onlyTypes, effect: clause === undefined });
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, { typeOnly: node.isTypeOnly });
    } else if (ts.isCallExpression(node)) {
      const name = node.expression;
      if (name.kind === ts.SyntaxKind.ImportKeyword)
        add(node, node.arguments[0], { deferred: true });
      else if (ts.isIdentifier(name) && name.text === 'require') {
        add(node, node.arguments[0], { effect: true });
      }
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal as ts.Expression, { typeOnly: true });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
