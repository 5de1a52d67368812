/** Whether code is a whole cell or goes on in the next line, and how far that line is to be indented. */
import type TS from 'typescript';

export interface Completeness {
  status: 'complete' | 'incomplete' | 'invalid';
  /** White space at the beginning of the next line, where the code is incomplete. */
  indent?: string;
}

/** Template literal or comment that is not closed. */
const open = new Set([1160, 1010]);
const unterminatedString = 1002;
const step = '  ';

export function completeness(ts: typeof TS, code: string): Completeness {
  const file = ts.createSourceFile('cell.ts', code, ts.ScriptTarget.ES2022, true);
  const { parseDiagnostics = [] } = file as unknown as { parseDiagnostics?: TS.Diagnostic[] };
  if (parseDiagnostics.length === 0) return { status: 'complete' };
  if (parseDiagnostics.some(({ code: number }) => open.has(number)))
    return { status: 'incomplete', indent: '' };
  // A string in quotes ends with its line.
  if (parseDiagnostics.some(({ code: number }) => number === unterminatedString))
    return { status: 'invalid' };
  const end = endOfCode(ts, code);
  // What is wrong before the end of the code does not get right by more code behind it.
  if (parseDiagnostics.some(({ start = 0 }) => start < end)) return { status: 'invalid' };
  // Two empty lines say that the author means it as it is, and wants to see what is wrong with it.
  if (/\n[ \t]*\n[ \t]*$/.test(code)) return { status: 'invalid' };
  return { status: 'incomplete', indent: indentation(ts, code) };
}

/** Where the last token ends; white space and comments may follow. */
function endOfCode(ts: typeof TS, code: string): number {
  let end = 0;
  for (const { end: at } of tokens(ts, code)) end = at;
  return end;
}

/** One step more than the line with the innermost bracket that is open, or than the last line, if a statement goes on there. */
function indentation(ts: typeof TS, code: string): string {
  const brackets: number[] = [];
  for (const { kind, start } of tokens(ts, code)) {
    if (opening(ts).has(kind)) brackets.push(start);
    else if (closing(ts).has(kind)) brackets.pop();
  }
  const lines = code.trimEnd().split('\n');
  const innermost = brackets.at(-1);
  const line =
    innermost === undefined ? lines.at(-1)! : code.slice(code.lastIndexOf('\n', innermost) + 1);
  const unit = /^\t/m.test(code) ? '\t' : step;
  return `${/^[ \t]*/.exec(line)![0]}${unit}`;
}

const opening = (ts: typeof TS) =>
  new Set<TS.SyntaxKind>([
    ts.SyntaxKind.OpenBraceToken,
    ts.SyntaxKind.OpenBracketToken,
    ts.SyntaxKind.OpenParenToken,
    ts.SyntaxKind.TemplateHead,
  ]);
const closing = (ts: typeof TS) =>
  new Set<TS.SyntaxKind>([
    ts.SyntaxKind.CloseBraceToken,
    ts.SyntaxKind.CloseBracketToken,
    ts.SyntaxKind.CloseParenToken,
    ts.SyntaxKind.TemplateTail,
  ]);

interface Token {
  kind: TS.SyntaxKind;
  start: number;
  end: number;
}

function* tokens(ts: typeof TS, code: string): Generator<Token> {
  const scanner = ts.createScanner(ts.ScriptTarget.ES2022, true, ts.LanguageVariant.Standard, code);
  const braces: TS.SyntaxKind[] = [];
  let previous: TS.SyntaxKind | undefined;
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.CloseBraceToken && braces.at(-1) === ts.SyntaxKind.TemplateHead)
      kind = scanner.reScanTemplateToken(false);
    else if (kind === ts.SyntaxKind.SlashToken && mayBeginExpression(ts, previous))
      kind = scanner.reScanSlashToken();
    if (kind === ts.SyntaxKind.OpenBraceToken || kind === ts.SyntaxKind.TemplateHead)
      braces.push(kind);
    else if (kind === ts.SyntaxKind.CloseBraceToken || kind === ts.SyntaxKind.TemplateTail)
      braces.pop();
    yield { kind, start: scanner.getTokenPos(), end: scanner.getTextPos() };
    previous = kind;
  }
}

/** Whether a slash behind this token begins a regular expression: behind a value it divides. */
function mayBeginExpression(ts: typeof TS, previous: TS.SyntaxKind | undefined): boolean {
  if (previous === undefined) return true;
  return ![
    ts.SyntaxKind.Identifier,
    ts.SyntaxKind.NumericLiteral,
    ts.SyntaxKind.BigIntLiteral,
    ts.SyntaxKind.StringLiteral,
    ts.SyntaxKind.RegularExpressionLiteral,
    ts.SyntaxKind.NoSubstitutionTemplateLiteral,
    ts.SyntaxKind.TemplateTail,
    ts.SyntaxKind.CloseParenToken,
    ts.SyntaxKind.CloseBracketToken,
    ts.SyntaxKind.CloseBraceToken,
    ts.SyntaxKind.ThisKeyword,
    ts.SyntaxKind.TrueKeyword,
    ts.SyntaxKind.FalseKeyword,
    ts.SyntaxKind.NullKeyword,
  ].includes(previous);
}
