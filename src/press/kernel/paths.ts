/** Completion inside of strings: modules in imports, files elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type TS from 'typescript';

export interface PathCompletion {
  start: number;
  end: number;
  matches: { name: string; kind: string }[];
}

/** What may stand at the cursor, where it is in a string that names a module or a file; undefined anywhere else. */
export function completePath(
  ts: typeof TS,
  code: string,
  position: number,
  folder: string,
): PathCompletion | undefined {
  const file = ts.createSourceFile('cell.ts', code, ts.ScriptTarget.ES2022, true);
  const literal = stringAt(ts, file, position);
  if (!literal) return undefined;
  const contentStart = literal.getStart(file) + 1;
  const written = code.slice(contentStart, position);
  const isModule = namesModule(ts, literal);
  const isPath = /^(\.{1,2}|~)?\//.test(written);
  if (!isModule && !isPath) return undefined;
  const segment = written.lastIndexOf('/') + 1;
  const range = { start: contentStart + (isPath ? segment : 0), end: position };
  const found = isPath
    ? entries(resolve(folder, expandHome(written.slice(0, segment))), isModule)
    : packages(folder, written);
  const begun = code.slice(range.start, position);
  return { ...range, matches: found.filter(({ name }) => name.startsWith(begun)) };
}

function stringAt(
  ts: typeof TS,
  file: TS.SourceFile,
  position: number,
): TS.StringLiteralLike | undefined {
  let found: TS.StringLiteralLike | undefined;
  const visit = (node: TS.Node): void => {
    if (position <= node.pos || position > node.end) return;
    if (ts.isStringLiteralLike(node)) {
      const { isUnterminated } = node as { isUnterminated?: boolean };
      const inside =
        position > node.getStart(file) && (position < node.end || isUnterminated === true);
      if (inside) found = node;
    } else ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function namesModule(ts: typeof TS, literal: TS.StringLiteralLike): boolean {
  const { parent } = literal;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return true;
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== literal) return false;
  const { expression } = parent;
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

function expandHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

const codeFile = /\.(ts|tsx|mts|cts|js|jsx|mjs|cjs)$/;

function entries(folder: string, isModule: boolean): PathCompletion['matches'] {
  let found: ReturnType<typeof list>;
  try {
    found = list(folder);
  } catch {
    return [];
  }
  return found.flatMap(({ name, isFolder }) => {
    if (name.startsWith('.') || name === 'node_modules') return [];
    if (isFolder) return [{ name: `${name}/`, kind: 'folder' }];
    if (!isModule) return [{ name, kind: 'file' }];
    if (/\.d\.[cm]?ts$/.test(name)) return [];
    if (codeFile.test(name))
      return [{ name: name.replace(/\.(ts|tsx|js|jsx)$/, ''), kind: 'module' }];
    return name.endsWith('.json') ? [{ name, kind: 'module' }] : [];
  });
}

function list(folder: string): { name: string; isFolder: boolean }[] {
  return readdirSync(folder, { withFileTypes: true }).map((entry) => ({
    name: entry.name,
    isFolder: entry.isDirectory(),
  }));
}

/** Node's modules and installed packages; behind `package/`, what the package exports. */
function packages(folder: string, written: string): PathCompletion['matches'] {
  const names = new Set<string>();
  const parts = written.split('/');
  const scoped = written.startsWith('@');
  const name = parts.slice(0, scoped ? 2 : 1).join('/');
  for (const builtin of builtinModules) {
    if (builtin.startsWith('_')) continue;
    names.add(builtin.startsWith('node:') ? builtin : `node:${builtin}`);
    if (written !== '') names.add(builtin);
  }
  if (parts.length > (scoped ? 2 : 1)) {
    for (const sub of exported(folder, name)) names.add(`${name}/${sub}`);
  } else
    for (const home of packageFolders(folder))
      for (const entry of safely(() => readdirSync(home)) ?? []) {
        if (entry.startsWith('.')) continue;
        if (!entry.startsWith('@')) names.add(entry);
        else if (scoped)
          for (const inner of safely(() => readdirSync(join(home, entry))) ?? [])
            names.add(`${entry}/${inner}`);
        else names.add(`${entry}/`);
      }
  return [...names].sort().map((one) => ({ name: one, kind: 'module' }));
}

/** Subpaths of a package: the keys of its `exports`. */
function exported(folder: string, name: string): string[] {
  for (const home of packageFolders(folder)) {
    const text = safely(() => readFileSync(join(home, name, 'package.json'), 'utf8'));
    if (text === undefined) continue;
    const { exports } = (safely(() => JSON.parse(text)) ?? {}) as { exports?: unknown };
    if (typeof exports !== 'object' || exports === null) return [];
    return Object.keys(exports)
      .filter((key) => key.startsWith('./') && !key.includes('*') && key !== './package.json')
      .map((key) => key.slice(2));
  }
  return [];
}

function packageFolders(folder: string): string[] {
  const found: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    found.push(join(at, 'node_modules'));
    if (at === dirname(at)) return found;
  }
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
