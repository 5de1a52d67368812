/**
 * What a cell is translated to. All names that cells declare at their top level live in one object, the scope, which
 * every cell reads and writes: a name means what was assigned or declared to it last, in the functions of earlier cells
 * too. tslab keeps a variable of its own in each cell and copies it out once, so functions miss later assignments.
 *
 *     const width = 3;            const width = 3; scope.width = width; done(1);
 *     draw({ width })       →     return [(0, scope.draw)({ width: scope.width })];
 *
 * (under names that no cell declares). `done` tells how many statements of the cell are behind it: what they declared stays when a later one throws.
 */
import type TS from 'typescript';
import {
  ambientNames,
  boundNames,
  copiedVariables,
  declaresValue,
  isAmbient,
  isDeferred,
  isInside,
  isReference,
  lastExpression,
  localsOf,
  nestedVariables,
  patternOf,
  waits,
} from './syntax.js';

/** Names that compiled cells take from their wrapper. */
export const scopeName = '__fathom_scope';
export const doneName = '__fathom_done';
export const importName = '__fathom_import';
export const metaName = '__fathom_meta';

export interface Emission {
  /** Waits at its top level. */
  async: boolean;
  /** `var`s in blocks and heads of loops, which the compiler leaves out of its declarations. */
  nested: { name: string; type: string }[];
}

interface Compiler {
  ts: typeof TS;
  checker: TS.TypeChecker;
  /** Files that hold what earlier cells declared. */
  earlier: readonly TS.SourceFile[];
}

/** The transformer for the emit of a cell, run before the compiler's own; `found` is called with what it learned. */
export function cellTransformer(
  { ts, checker, earlier }: Compiler,
  found: (emission: Emission) => void,
): TS.TransformerFactory<TS.SourceFile> {
  return (context) => (file) => {
    const { factory } = context;
    const own = localsOf(file);
    const before = new Set<TS.SourceFile>(earlier);
    const names = new Set<string>(own.keys());
    for (const one of earlier) for (const name of localsOf(one).keys()) names.add(name);
    const copied = copiedVariables(ts, file, own);
    const ambient = ambientNames(ts, file);

    const scoped = (name: TS.Identifier | string): TS.Expression => {
      const text = typeof name === 'string' ? name : name.text;
      const made = factory.createPropertyAccessExpression(
        factory.createIdentifier(scopeName),
        factory.createIdentifier(text),
      );
      return typeof name === 'string' ? made : ts.setTextRange(made, name);
    };
    const keep = (name: string): TS.Statement =>
      factory.createExpressionStatement(
        factory.createAssignment(scoped(name), factory.createIdentifier(name)),
      );
    const done = (count: number): TS.Statement =>
      factory.createExpressionStatement(
        factory.createCallExpression(factory.createIdentifier(doneName), undefined, [
          factory.createNumericLiteral(count),
        ]),
      );

    /** Whether an identifier in an expression stands for something in the scope. */
    function inScope(name: TS.Identifier, symbol: TS.Symbol | undefined): boolean {
      if (!symbol?.declarations) return false;
      if (symbol.declarations.some((declaration) => before.has(declaration.getSourceFile())))
        return true;
      if (own.get(name.text) !== symbol || copied.has(name.text) || ambient.has(name.text))
        return false;
      // A class, an enum or a namespace is not in the scope yet while its own body runs, nor is a part of a pattern
      // where another part of it is read.
      return !symbol.declarations.some(
        (declaration) =>
          ((ts.isClassDeclaration(declaration) ||
            ts.isEnumDeclaration(declaration) ||
            ts.isModuleDeclaration(declaration)) &&
            isInside(name, declaration)) ||
          (ts.isBindingElement(declaration) &&
            isInside(name, patternOf(ts, declaration)) &&
            !isDeferred(ts, name, patternOf(ts, declaration))),
      );
    }

    function reference(node: TS.Identifier): TS.Expression | undefined {
      if (!names.has(node.text) || !isReference(ts, node)) return undefined;
      return inScope(node, checker.getSymbolAtLocation(node)) ? scoped(node) : undefined;
    }

    function visit(node: TS.Node): TS.VisitResult<TS.Node> {
      if (ts.isIdentifier(node)) return reference(node) ?? node;
      if (ts.isShorthandPropertyAssignment(node)) return shorthand(node);
      if (ts.isCallExpression(node)) return call(node);
      if (ts.isTaggedTemplateExpression(node)) {
        const visited = ts.visitEachChild(node, visit, context) as TS.TaggedTemplateExpression;
        return ts.isIdentifier(node.tag) && visited.tag !== node.tag
          ? factory.updateTaggedTemplateExpression(
              visited,
              detached(node.tag),
              undefined,
              visited.template,
            )
          : visited;
      }
      if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
        return factory.createIdentifier(metaName);
      if (ts.isExpressionWithTypeArguments(node))
        return factory.updateExpressionWithTypeArguments(
          node,
          ts.visitNode(node.expression, visit) as TS.Expression,
          node.typeArguments,
        );
      if (
        ts.isTypeNode(node) ||
        ts.isInterfaceDeclaration(node) ||
        ts.isTypeAliasDeclaration(node) ||
        isAmbient(ts, node)
      )
        return node;
      return ts.visitEachChild(node, visit, context);
    }

    function shorthand(node: TS.ShorthandPropertyAssignment): TS.Node {
      const symbol = names.has(node.name.text)
        ? checker.getShorthandAssignmentValueSymbol(node)
        : undefined;
      const fallback = node.objectAssignmentInitializer
        ? (ts.visitNode(node.objectAssignmentInitializer, visit) as TS.Expression)
        : undefined;
      if (!inScope(node.name, symbol))
        return factory.updateShorthandPropertyAssignment(node, node.name, fallback);
      const value = scoped(node.name);
      return ts.setTextRange(
        factory.createPropertyAssignment(
          factory.createIdentifier(node.name.text),
          fallback ? factory.createAssignment(value, fallback) : value,
        ),
        node,
      );
    }

    function call(node: TS.CallExpression): TS.Node {
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
        const visited = ts.visitEachChild(node, visit, context) as TS.CallExpression;
        return factory.updateCallExpression(
          visited,
          factory.createIdentifier(importName),
          undefined,
          visited.arguments,
        );
      }
      const visited = ts.visitEachChild(node, visit, context) as TS.CallExpression;
      if (!ts.isIdentifier(node.expression) || visited.expression === node.expression)
        return visited;
      const target = detached(node.expression);
      return ts.isCallChain(visited)
        ? factory.updateCallChain(
            visited,
            target,
            visited.questionDotToken,
            undefined,
            visited.arguments,
          )
        : factory.updateCallExpression(visited, target, undefined, visited.arguments);
    }

    /**
     * `(0, scope.f)`: called as a function, not as a method of the scope. A call is said to be where its brackets begin;
     * without a mark at the end of the name, that is the place of the name.
     */
    function detached(name: TS.Identifier): TS.Expression {
      return ts.setEmitFlags(
        ts.setTextRange(
          factory.createParenthesizedExpression(
            factory.createComma(factory.createNumericLiteral(0), scoped(name.text)),
          ),
          name,
        ),
        ts.EmitFlags.NoTrailingSourceMap,
      );
    }

    const hoisted: TS.Statement[] = [];
    const imported: TS.Statement[] = [];
    const body: TS.Statement[] = [];
    const push = (made: TS.VisitResult<TS.Node>) => {
      if (Array.isArray(made)) body.push(...(made as TS.Statement[]));
      else if (made) body.push(made as TS.Statement);
    };
    const last = lastExpression(ts, file);

    file.statements.forEach((statement, index) => {
      if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier) return;
      if (ts.isImportDeclaration(statement)) {
        imported.push(statement, ...importedNames(statement, context).map(keep));
        return;
      }
      if (statement === last) {
        push(
          ts.setTextRange(
            // In a list, so that an `async` cell does not wait for what may be no promise.
            factory.createReturnStatement(
              factory.createArrayLiteralExpression([
                ts.visitNode(last.expression, visit) as TS.Expression,
              ]),
            ),
            last,
          ),
        );
        return;
      }
      if (isAmbient(ts, statement)) {
        push(statement);
        return;
      }
      if (ts.isVariableStatement(statement)) {
        const { flags } = statement.declarationList;
        for (const declaration of statement.declarationList.declarations) {
          const list = factory.createVariableDeclarationList(
            [ts.visitNode(declaration, visit) as TS.VariableDeclaration],
            flags & ts.NodeFlags.BlockScoped,
          );
          push(
            ts.setTextRange(
              factory.createVariableStatement(undefined, list),
              declaration === statement.declarationList.declarations[0] ? statement : declaration,
            ),
          );
          for (const name of boundNames(ts, declaration.name)) push(keep(name));
        }
        push(done(index));
        return;
      }
      push(ts.visitNode(statement, visit));
      if (ts.isFunctionDeclaration(statement) && statement.body && statement.name)
        hoisted.push(keep(statement.name.text));
      else if (declaresValue(ts, statement)) {
        push(keep((statement as TS.ClassDeclaration).name!.text));
        push(done(index));
      } else {
        const inner = nestedVariables(ts, statement);
        for (const name of inner) push(keep(name));
        if (inner.length) push(done(index));
      }
    });
    found({
      async: waits(ts, file),
      nested: [...copied].map((name) => ({ name, type: typeOf(own.get(name)!) })),
    });
    return factory.updateSourceFile(
      file,
      ts.setTextRange(
        factory.createNodeArray([
          ...hoisted,
          ...[...ambient].map((name) => linkAmbient(ts, factory, name)),
          ...imported,
          ...body,
        ]),
        file.statements,
      ),
    );
  };

  function typeOf(symbol: TS.Symbol): string {
    const declaration = symbol.valueDeclaration!;
    const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
    return checker.typeToString(type, declaration, ts.TypeFormatFlags.NoTruncation);
  }

  /** The names that an import brings as values: those that the compiler keeps. */
  function importedNames(
    { importClause }: TS.ImportDeclaration,
    context: TS.TransformationContext,
  ): string[] {
    if (!importClause || importClause.isTypeOnly) return [];
    const { isReferencedAliasDeclaration } = (
      context as unknown as {
        getEmitResolver(): { isReferencedAliasDeclaration(node: TS.Node): boolean };
      }
    ).getEmitResolver();
    const { name, namedBindings } = importClause;
    const found: string[] = [];
    if (name && isReferencedAliasDeclaration(importClause)) found.push(name.text);
    if (namedBindings && ts.isNamespaceImport(namedBindings)) {
      if (isReferencedAliasDeclaration(namedBindings)) found.push(namedBindings.name.text);
    } else if (namedBindings)
      for (const element of namedBindings.elements)
        if (!element.isTypeOnly && isReferencedAliasDeclaration(element))
          found.push(element.name.text);
    return found;
  }
}

/** `Object.defineProperty(scope, 'x', { get: () => x, … })` */
function linkAmbient(ts: typeof TS, factory: TS.NodeFactory, name: string): TS.Statement {
  const property = (key: string, value: TS.Expression) =>
    factory.createPropertyAssignment(key, value);
  return factory.createExpressionStatement(
    factory.createCallExpression(
      factory.createPropertyAccessExpression(
        factory.createIdentifier('Object'),
        factory.createIdentifier('defineProperty'),
      ),
      undefined,
      [
        factory.createIdentifier(scopeName),
        factory.createStringLiteral(name),
        factory.createObjectLiteralExpression([
          property('configurable', factory.createTrue()),
          property('enumerable', factory.createTrue()),
          property(
            'get',
            factory.createArrowFunction(
              undefined,
              undefined,
              [],
              undefined,
              factory.createToken(ts.SyntaxKind.EqualsGreaterThanToken),
              factory.createIdentifier(name),
            ),
          ),
        ]),
      ],
    ),
  );
}
