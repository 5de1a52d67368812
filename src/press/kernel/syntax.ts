/** Questions to the syntax of a cell: what its statements declare, and what an identifier in them is. */
import type TS from 'typescript';

/** The statement whose value is the result of the cell: its last one, if that is an expression. */
export function lastExpression(
  ts: typeof TS,
  file: TS.SourceFile,
): TS.ExpressionStatement | undefined {
  for (let at = file.statements.length - 1; at >= 0; at--) {
    const statement = file.statements[at]!;
    if (ts.isExportDeclaration(statement) || ts.isEmptyStatement(statement)) continue;
    return ts.isExpressionStatement(statement) ? statement : undefined;
  }
  return undefined;
}

/** What a file declares at its top level, by name. */
export function localsOf(file: TS.SourceFile): Map<string, TS.Symbol> {
  const { locals } = file as unknown as { locals?: Map<string, TS.Symbol> };
  // The compiler writes one more underscore before names that begin with two; with two begin names of its own.
  return new Map(
    [...(locals ?? [])].flatMap(([name, symbol]) =>
      /^__(?!_)/.test(name) ? [] : [[name.replace(/^___/, '__'), symbol] as const],
    ),
  );
}

export function isAmbient(ts: typeof TS, node: TS.Node): boolean {
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
}

/** Values that the cell only declares to be there (`declare const x`): they are variables of Node, not of the notebook. */
export function ambientNames(ts: typeof TS, file: TS.SourceFile): Set<string> {
  const found = new Set<string>();
  for (const statement of file.statements) {
    if (!isAmbient(ts, statement)) continue;
    if (ts.isVariableStatement(statement))
      for (const { name } of statement.declarationList.declarations)
        for (const one of boundNames(ts, name)) found.add(one);
    else if (
      (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) &&
      statement.name
    )
      found.add(statement.name.text);
  }
  return found;
}

/** A class, an enum that exists at run time, or a namespace with values. */
export function declaresValue(ts: typeof TS, statement: TS.Statement): boolean {
  if (ts.isClassDeclaration(statement)) return statement.name !== undefined;
  if (ts.isEnumDeclaration(statement))
    return !ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ConstKeyword);
  if (!ts.isModuleDeclaration(statement) || !ts.isIdentifier(statement.name)) return false;
  const { getModuleInstanceState } = ts as unknown as {
    getModuleInstanceState(node: TS.Node): number;
  };
  return getModuleInstanceState(statement) === 1;
}

/** Names that a declaration binds: one, or those of a pattern. */
export function boundNames(ts: typeof TS, name: TS.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isBindingElement(element) ? boundNames(ts, element.name) : [],
  );
}

/** Names of `var`s that are declared inside a statement, but not inside a function in it. */
export function nestedVariables(ts: typeof TS, statement: TS.Statement): string[] {
  const found = new Set<string>();
  const visit = (node: TS.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped))
      for (const { name } of node.declarations)
        for (const one of boundNames(ts, name)) found.add(one);
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return [...found];
}

/** `var`s in blocks and heads of loops stay variables of the cell and are copied into the scope behind their statement. */
export function copiedVariables(
  ts: typeof TS,
  file: TS.SourceFile,
  own: Map<string, TS.Symbol>,
): Set<string> {
  const found = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) continue;
    for (const name of nestedVariables(ts, statement)) if (own.has(name)) found.add(name);
  }
  return found;
}

export function patternOf(ts: typeof TS, element: TS.BindingElement): TS.Node {
  let at: TS.Node = element;
  while (!ts.isVariableDeclaration(at) && !ts.isParameter(at)) at = at.parent;
  return at;
}

export function isInside(node: TS.Node, outer: TS.Node): boolean {
  return outer.pos <= node.pos && node.end <= outer.end;
}

/** Whether a function lies between a node and one around it, so that it runs later. */
export function isDeferred(ts: typeof TS, node: TS.Node, outer: TS.Node): boolean {
  for (let at = node.parent; at && at !== outer; at = at.parent)
    if (ts.isFunctionLike(at)) return true;
  return false;
}

/** Whether an identifier is read or written as a variable: not a name of a property, a label or a declaration. */
export function isReference(ts: typeof TS, node: TS.Identifier): boolean {
  const parent = node.parent as TS.Node & {
    name?: TS.Node;
    propertyName?: TS.Node;
    label?: TS.Node;
  };
  if (parent === undefined) return false;
  if (parent.name === node || parent.propertyName === node || parent.label === node) return false;
  return !(
    ts.isImportSpecifier(parent) ||
    ts.isExportSpecifier(parent) ||
    ts.isMetaProperty(parent) ||
    ts.isQualifiedName(parent) ||
    ts.isJsxAttribute(parent)
  );
}

/** Whether a cell waits outside of its functions: `await`, or `for await`. */
export function waits(ts: typeof TS, file: TS.Node): boolean {
  const visit = (node: TS.Node): boolean => {
    if (ts.isAwaitExpression(node)) return true;
    if (ts.isForOfStatement(node) && node.awaitModifier) return true;
    if (ts.isFunctionLike(node)) return false;
    if (ts.isPropertyDeclaration(node) || ts.isClassStaticBlockDeclaration(node)) return false;
    return ts.forEachChild(node, (child) => visit(child) || undefined) ?? false;
  };
  return ts.forEachChild(file, (child) => visit(child) || undefined) ?? false;
}
