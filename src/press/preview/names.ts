// The names of a code cell: what it declares for the cells after it, what it uses, and what it changes of others. Read from the
// source alone, and on the safe side: a name that is used anywhere in the cell counts.
import ts from 'typescript';

export interface Names {
  /** Declared at the top level, so that other cells see it. */
  readonly declared: ReadonlySet<string>;
  readonly used: ReadonlySet<string>;
  /** Assigned to, or changed in place: `x = 1`, `x.y += 1`, `x.push(1)`, `delete x.y`. */
  readonly changed: ReadonlySet<string>;
  /** Of what is declared: imports and constants that are written out, each with its text. They are the same wherever it is. */
  readonly fixed: ReadonlyMap<string, string>;
}

/** Methods of the language that change what they are called on. */
const changing =
  /^(add|append|clear|copyWithin|delete|fill|pop|push|reverse|set|shift|sort|splice|unshift)$/;

export function namesOf(source: string): Names {
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ESNext, true);
  const declared = new Set<string>();
  const used = new Set<string>();
  const changed = new Set<string>();
  const fixed = new Map<string, string>();
  for (const statement of file.statements) declare(statement, declared, fixed);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isKey(node)) used.add(node.text);
    for (const target of targetsOf(node)) {
      for (const root of rootsOf(target)) changed.add(root);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { declared, used, changed, fixed };
}

function declare(statement: ts.Statement, declared: Set<string>, fixed: Map<string, string>): void {
  if (ts.isVariableStatement(statement)) {
    const { declarationList } = statement;
    for (const { name, type, initializer } of declarationList.declarations) {
      for (const each of bound(name)) declared.add(each);
      const isConstant = (declarationList.flags & ts.NodeFlags.Const) !== 0;
      if (isConstant && ts.isIdentifier(name) && initializer && isWrittenOut(initializer))
        fixed.set(name.text, `${type?.getText() ?? ''} = ${initializer.getText()}`);
    }
  } else if (ts.isImportDeclaration(statement)) {
    const from = statement.moduleSpecifier.getText();
    const { name, namedBindings } = statement.importClause ?? {};
    const add = (local: ts.Identifier, what: string): void => {
      declared.add(local.text);
      fixed.set(local.text, `${what} from ${from}`);
    };
    if (name) add(name, 'default');
    if (namedBindings && ts.isNamespaceImport(namedBindings)) add(namedBindings.name, '*');
    else for (const each of namedBindings?.elements ?? []) add(each.name, each.getText());
  } else if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement) ||
    ts.isImportEqualsDeclaration(statement)
  ) {
    if (statement.name) declared.add(statement.name.text);
  } else {
    // `var` in a block or a loop is declared outside of it.
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node)) return;
      if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0)
        for (const { name } of node.declarations)
          for (const each of bound(name)) declared.add(each);
      ts.forEachChild(node, visit);
    };
    visit(statement);
  }
}

function bound(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((each) => (ts.isBindingElement(each) ? bound(each.name) : []));
}

/** Whether it is the same each time: literals, and arrays and objects of them. */
function isWrittenOut(node: ts.Expression): boolean {
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(isWrittenOut);
  if (
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isParenthesizedExpression(node)
  )
    return isWrittenOut(node.expression);
  if (ts.isObjectLiteralExpression(node))
    return node.properties.every(
      (each) =>
        ts.isPropertyAssignment(each) &&
        !ts.isComputedPropertyName(each.name) &&
        isWrittenOut(each.initializer),
    );
  if (ts.isPrefixUnaryExpression(node)) return ts.isNumericLiteral(node.operand);
  return (
    ts.isNumericLiteral(node) ||
    ts.isStringLiteralLike(node) ||
    [ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword, ts.SyntaxKind.NullKeyword].includes(
      node.kind,
    )
  );
}

/** `b` in `a.b` and in `{ b: 1 }` names a property. */
function isKey(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    (ts.isPropertySignature(parent) && parent.name === node)
  );
}

/** What an expression changes. */
function targetsOf(node: ts.Node): ts.Node[] {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    const isAssignment =
      kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
    return isAssignment ? [node.left] : [];
  }
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    const { PlusPlusToken, MinusMinusToken } = ts.SyntaxKind;
    return [PlusPlusToken, MinusMinusToken].some((kind) => kind === node.operator)
      ? [node.operand]
      : [];
  }
  if (ts.isDeleteExpression(node)) return [node.expression];
  if ((ts.isForInStatement(node) || ts.isForOfStatement(node)) && ts.isExpression(node.initializer))
    return [node.initializer];
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    if (changing.test(name.text)) return [expression];
    // Object.assign and its like change their first argument.
    if (expression.getText() === 'Object' && node.arguments[0]) return [node.arguments[0]];
  }
  return [];
}

/** `x` of `x.y[0]`; all of them in `[x, y.z] = …`. */
function rootsOf(node: ts.Node): string[] {
  if (ts.isIdentifier(node)) return [node.text];
  if (
    ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSpreadElement(node) ||
    ts.isSpreadAssignment(node)
  )
    return rootsOf(node.expression);
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(rootsOf);
  if (ts.isObjectLiteralExpression(node))
    return node.properties.flatMap((each) => {
      if (ts.isPropertyAssignment(each)) return rootsOf(each.initializer);
      return ts.isShorthandPropertyAssignment(each) ? [each.name.text] : [];
    });
  if (ts.isBinaryExpression(node)) return rootsOf(node.left);
  return [];
}
