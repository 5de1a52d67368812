// The parameters of a notebook: what the cell tagged `parameters` declares, and how other values get into it.
//
// A parameter is a `const` or `let` with a literal default:
//
//   /** Numbers of weighted layers to compare. */
//   const depths: number[] = [2, 4, 8];
//
// Values are put in by replacing the initialisers in that cell. The cell keeps its lines, so errors point to where the
// author sees them; its types still hold, because the kernel compiles them; and the printed cell shows the values used.
import ts from 'typescript';
import { NotebookError, ParameterError } from './error.js';
import type { Notebook } from './nbformat.js';
import { hint } from '../../shared/nearest.js';

export type Scalar = number | string | boolean;
/** Null where an optional parameter is left out. */
export type ParameterValue = Scalar | readonly Scalar[] | null;

export type ParameterType =
  | { readonly kind: 'number' | 'string' | 'boolean' }
  | { readonly kind: 'choice'; readonly choices: readonly Scalar[] }
  | { readonly kind: 'array'; readonly element: ParameterType }
  /** `empty` is what the notebook calls nothing. */
  | { readonly kind: 'optional'; readonly of: ParameterType; readonly empty: Empty };

type Empty = 'null' | 'undefined';

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly default: ParameterValue;
  /** Text of the doc comment; empty where there is none. */
  readonly doc: string;
}

interface Declared extends Parameter {
  /** Where the default stands in the source of the cell. */
  readonly start: number;
  readonly end: number;
}

export const parametersTag = 'parameters';

/** The parameters that a notebook declares, in order; none where no cell is tagged. `file` names it in errors. */
export function readParameters(notebook: Notebook, file: string): Parameter[] {
  return declarations(notebook, file).map(
    ({ start: _start, end: _end, ...parameter }) => parameter,
  );
}

/**
 * The notebook with these values in the place of its defaults. Every name and value is checked first: a ParameterError
 * names what is wrong and the nearest valid name or what the type allows.
 */
export function injectParameters(
  notebook: Notebook,
  values: Readonly<Record<string, ParameterValue>>,
  file: string,
): Notebook {
  if (Object.keys(values).length === 0) return notebook;
  const declared = declarations(notebook, file);
  checkNames(Object.keys(values), declared, file);
  const index = parametersCell(notebook, file);
  const cell = notebook.cells[index]!;
  let { source } = cell;
  // From the end to the start, so that the positions before stay true.
  for (const parameter of [...declared].reverse()) {
    const value = values[parameter.name];
    if (value === undefined) continue;
    checkValue(parameter, value, file);
    const before = source.slice(parameter.start, parameter.end);
    const lines = before.split('\n').length - 1;
    source =
      source.slice(0, parameter.start) +
      (value === null ? emptyOf(parameter.type) : JSON.stringify(value)) +
      '\n'.repeat(lines) +
      source.slice(parameter.end);
  }
  const cells = [...notebook.cells];
  cells[index] = { ...cell, source };
  return { ...notebook, cells };
}

function emptyOf(type: ParameterType): Empty {
  return type.kind === 'optional' ? type.empty : 'null';
}

/** Refuses a name that is not declared, naming the nearest one. */
export function checkNames(
  names: readonly string[],
  declared: readonly Parameter[],
  where: string,
): void {
  for (const name of names) {
    if (declared.some((parameter) => parameter.name === name)) continue;
    const names = declared.map((parameter) => parameter.name);
    const help =
      names.length > 0
        ? hint(name, names, 'It has')
        : 'No cell is tagged "parameters", or it declares none.';
    throw new ParameterError(`${where}: there is no parameter "${name}". ${help}`, name);
  }
}

/** A value from the command line, read as the type says: `true`, `3e-2`, `plain text`, `2,4,8`, `[2,4,8]` or `null`. */
export function parseValue(parameter: Parameter, text: string, where: string): ParameterValue {
  const value = fromText(parameter.type, text);
  if (value === undefined) throw wrongValue(parameter, JSON.stringify(text), where);
  return value;
}

function fromText(type: ParameterType, text: string): ParameterValue | undefined {
  switch (type.kind) {
    case 'number': {
      const value = text.trim() === '' ? Number.NaN : Number(text);
      return Number.isFinite(value) ? value : undefined;
    }
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'string':
      return text;
    case 'choice':
      return type.choices.find((choice) => String(choice) === text);
    case 'array':
      return arrayFromText(type, text.trim());
    case 'optional':
      return text === type.empty || text === 'null' ? null : fromText(type.of, text);
  }
}

function arrayFromText(
  type: ParameterType & { kind: 'array' },
  text: string,
): ParameterValue | undefined {
  if (text.startsWith('[')) {
    try {
      const value: unknown = JSON.parse(text);
      return conforms(type, value) ? (value as ParameterValue) : undefined;
    } catch {
      return undefined;
    }
  }
  const parts =
    text === '' ? [] : text.split(',').map((part) => fromText(type.element, part.trim()));
  return parts.includes(undefined) ? undefined : (parts as Scalar[]);
}

/** Refuses a value that the declared type does not allow. */
export function checkValue(parameter: Parameter, value: unknown, where: string): void {
  if (!conforms(parameter.type, value)) throw wrongValue(parameter, JSON.stringify(value), where);
}

function conforms(type: ParameterType, value: unknown): boolean {
  switch (type.kind) {
    case 'array':
      return Array.isArray(value) && value.every((element) => conforms(type.element, element));
    case 'choice':
      return type.choices.some((choice) => choice === value);
    case 'optional':
      return value === null || conforms(type.of, value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    default:
      return typeof value === type.kind;
  }
}

function wrongValue(parameter: Parameter, shown: string, where: string): ParameterError {
  return new ParameterError(
    `${where}: parameter "${parameter.name}" takes ${describeType(parameter.type)}, not ${shown}. Its default is ${JSON.stringify(parameter.default)}.`,
    parameter.name,
  );
}

/** A type as TypeScript writes it. */
export function describeType(type: ParameterType): string {
  switch (type.kind) {
    case 'choice':
      return type.choices.map(describeChoice).join(' | ');
    case 'optional':
      return `${describeType(type.of)} | ${type.empty}`;
    case 'array':
      return type.element.kind === 'choice'
        ? `(${describeType(type.element)})[]`
        : `${describeType(type.element)}[]`;
    default:
      return type.kind;
  }
}

function describeChoice(choice: Scalar): string {
  return typeof choice === 'string' ? `'${choice}'` : String(choice);
}

function parametersCell(notebook: Notebook, file: string): number {
  const tagged = notebook.cells.flatMap((cell, index) =>
    cell.metadata.tags?.includes(parametersTag) ? [index] : [],
  );
  if (tagged.length > 1) {
    const cells = tagged.map((index) => index + 1).join(' and ');
    throw new NotebookError(`only one cell can be tagged "parameters"; cells ${cells} are`, {
      file,
    });
  }
  const index = tagged[0];
  if (index === undefined) return -1;
  if (notebook.cells[index]!.cell_type !== 'code') {
    throw new NotebookError('the cell tagged "parameters" must be a code cell', {
      file,
      place: `cell ${index + 1}`,
    });
  }
  return index;
}

function declarations(notebook: Notebook, file: string): Declared[] {
  const index = parametersCell(notebook, file);
  if (index < 0) return [];
  const language =
    notebook.metadata.language_info?.name ?? notebook.metadata.kernelspec?.language ?? 'typescript';
  if (!/^(typescript|javascript)$/i.test(language)) return [];
  const source = ts.createSourceFile(
    'cell.ts',
    notebook.cells[index]!.source,
    ts.ScriptTarget.ES2022,
    true,
  );
  const fail = (node: ts.Node, problem: string): never => {
    const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source));
    throw new NotebookError(problem, {
      file,
      place: `cell ${index + 1}, line ${line + 1}, column ${character + 1}`,
    });
  };
  const aliases = new Map(
    source.statements
      .filter(ts.isTypeAliasDeclaration)
      .map((alias) => [alias.name.text, alias.type]),
  );
  return source.statements.filter(ts.isVariableStatement).flatMap((statement) =>
    statement.declarationList.declarations.map((declaration): Declared => {
      const { name, initializer } = declaration;
      if (!ts.isIdentifier(name)) return fail(name, 'a parameter is one name with one default');
      if (!initializer) return fail(name, `parameter "${name.text}" has no default`);
      const value = literal(initializer);
      if (value === undefined) {
        const allowed =
          'a number, a string, true, false, an array of these, null or undefined, written out';
        return fail(initializer, `the default of parameter "${name.text}" must be ${allowed}`);
      }
      const type = declaration.type ? typeOf(declaration.type, aliases) : typeOfValue(value);
      if (!type) {
        const allowed =
          'number, string, boolean, a union of literals, or an array of one of these, and may be "| null" or "| undefined"';
        return fail(
          declaration.type ?? name,
          `the type of parameter "${name.text}" must be ${allowed}`,
        );
      }
      if (!conforms(type, value)) {
        return fail(
          initializer,
          `the default of parameter "${name.text}" is not ${describeType(type)}`,
        );
      }
      return {
        name: name.text,
        type,
        default: value,
        doc: docOf(statement, source),
        start: initializer.getStart(source),
        end: initializer.getEnd(),
      };
    }),
  );
}

function literal(node: ts.Expression): ParameterValue | undefined {
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node)
  ) {
    return literal(node.expression);
  }
  if (ts.isArrayLiteralExpression(node)) {
    const values: unknown[] = node.elements.map((element) => literal(element));
    return values.some((value) => value === undefined || value === null || Array.isArray(value))
      ? undefined
      : (values as Scalar[]);
  }
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (node.kind === ts.SyntaxKind.NullKeyword || isUndefined(node)) return null;
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (ts.isPrefixUnaryExpression(node) && ts.isNumericLiteral(node.operand)) {
    if (node.operator === ts.SyntaxKind.MinusToken) return -Number(node.operand.text);
    if (node.operator === ts.SyntaxKind.PlusToken) return Number(node.operand.text);
  }
  return undefined;
}

function isUndefined(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === 'undefined';
}

function typeOf(
  node: ts.TypeNode,
  aliases: ReadonlyMap<string, ts.TypeNode>,
): ParameterType | undefined {
  if (ts.isParenthesizedTypeNode(node)) return typeOf(node.type, aliases);
  if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword)
    return typeOf(node.type, aliases);
  if (ts.isArrayTypeNode(node)) return arrayOf(typeOf(node.elementType, aliases));
  if (ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName)) {
    const name = node.typeName.text;
    const argument = node.typeArguments?.[0];
    if ((name === 'Array' || name === 'ReadonlyArray') && argument)
      return arrayOf(typeOf(argument, aliases));
    const alias = aliases.get(name);
    // Without the alias itself, so that one that refers to itself ends.
    const others = new Map([...aliases].filter(([key]) => key !== name));
    return alias && typeOf(alias, others);
  }
  if (ts.isUnionTypeNode(node)) return unionOf(node.types, aliases);
  const choice = choiceOf(node);
  if (choice !== undefined) return { kind: 'choice', choices: [choice] };
  switch (node.kind) {
    case ts.SyntaxKind.NumberKeyword:
      return { kind: 'number' };
    case ts.SyntaxKind.StringKeyword:
      return { kind: 'string' };
    case ts.SyntaxKind.BooleanKeyword:
      return { kind: 'boolean' };
    default:
      return undefined;
  }
}

/** Literals are choices; null or undefined beside anything makes it optional. */
function unionOf(
  members: readonly ts.TypeNode[],
  aliases: ReadonlyMap<string, ts.TypeNode>,
): ParameterType | undefined {
  const empties = members.map(emptyIn);
  const empty = empties.find((each) => each !== undefined);
  if (empty !== undefined) {
    const rest = members.filter((_, index) => empties[index] === undefined);
    const of = rest.length === 1 ? typeOf(rest[0]!, aliases) : unionOf(rest, aliases);
    return of && of.kind !== 'optional' ? { kind: 'optional', of, empty } : undefined;
  }
  const types = members.map((member) => typeOf(member, aliases));
  const choices = types.flatMap((type): (Scalar | undefined)[] =>
    type?.kind === 'choice' ? [...type.choices] : [undefined],
  );
  return choices.length === 0 || choices.includes(undefined)
    ? undefined
    : { kind: 'choice', choices: choices as Scalar[] };
}

function emptyIn(node: ts.TypeNode): Empty | undefined {
  if (node.kind === ts.SyntaxKind.UndefinedKeyword) return 'undefined';
  const isNull = ts.isLiteralTypeNode(node) && node.literal.kind === ts.SyntaxKind.NullKeyword;
  return isNull ? 'null' : undefined;
}

function choiceOf(node: ts.TypeNode): Scalar | undefined {
  if (!ts.isLiteralTypeNode(node)) return undefined;
  const value = literal(node.literal as ts.Expression);
  return Array.isArray(value) || value === null ? undefined : (value as Scalar | undefined);
}

function arrayOf(element: ParameterType | undefined): ParameterType | undefined {
  return element && element.kind !== 'array' && element.kind !== 'optional'
    ? { kind: 'array', element }
    : undefined;
}

function typeOfValue(value: ParameterValue): ParameterType | undefined {
  // Of null alone nobody knows what else it may be.
  if (value === null) return undefined;
  if (!Array.isArray(value)) return { kind: typeof value as 'number' | 'string' | 'boolean' };
  const kinds = new Set(value.map((element) => typeof element));
  const [kind] = kinds;
  return kinds.size === 1
    ? { kind: 'array', element: { kind: kind as 'number' | 'string' | 'boolean' } }
    : undefined;
}

/** Its text on one line, with what `@unit` says in brackets. */
function withUnit(comment: ts.JSDoc): string {
  const text = ts.getTextOfJSDocComment(comment.comment) ?? '';
  const tag = comment.tags?.find(({ tagName }) => tagName.text === 'unit');
  const unit = tag ? (ts.getTextOfJSDocComment(tag.comment) ?? '').trim() : '';
  return `${text} ${unit && `[${unit}]`}`.replace(/\s+/g, ' ').trim();
}

/** The doc comment before a declaration, or else the line comment after it. */
function docOf(statement: ts.VariableStatement, source: ts.SourceFile): string {
  const comments = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc);
  const last = comments.at(-1);
  if (last) return withUnit(last);
  const trailing = ts.getTrailingCommentRanges(source.text, statement.getEnd())?.[0];
  return trailing
    ? source.text
        .slice(trailing.pos, trailing.end)
        .replace(/^\/[/*]+|\*+\/$/g, '')
        .trim()
    : '';
}
