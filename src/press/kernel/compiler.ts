/**
 * Compiles the cells of one session: what earlier cells declared is in scope, and the answers of the compiler come back
 * in the notebook's own cells, lines and columns.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CompiledCell, SideModule } from './channel.js';
import { type Completeness, completeness } from './completeness.js';
import { createDeclarations } from './declarations.js';
import { globals } from './globals.js';
import { type Completion, completeCode, type Inspection, inspectCode } from './language.js';
import { installHint } from './install-hint.js';
import { parseCell } from './source.js';
import { loadTslab, type Tslab, type TslabConverter, type TslabDiagnostic } from './tslab.js';
import { hiddenCode } from './translation.js';

/** A message of the compiler about a cell (or a local module that it imports). Lines and columns count from 1. */
export interface Diagnostic {
  code: number;
  message: string;
  line: number;
  column: number;
  /** Columns that are marked in the code frame; at least 1. */
  length: number;
  /** The local module, relative to the notebook's folder; absent for the cell itself. */
  file?: string;
}

export type Compilation =
  | { ok: true; cell: CompiledCell; declarations: string }
  | { ok: false; diagnostics: Diagnostic[] }
  /** A `@module` cell: it defines a module in memory and runs nothing. */
  | { ok: true; cell: undefined; declarations: string };

export interface Compiler {
  compile(source: string): Compilation;
  /** Takes the declarations of a cell that ran into the scope of later ones. */
  commit(declared: string): void;
  /**
   * Takes what a cell declared before it failed: by its first `completed` statements, and what needs not to be run. Returns
   * these declarations, if there are any.
   */
  commitPart(source: string, completed: number): string | undefined;
  /** Forgets all declarations: the variables are gone. */
  reset(): void;
  /** `position` and the answer count UTF-16 units. */
  complete(source: string, position: number): Completion;
  inspect(source: string, position: number, detail: 0 | 1): Inspection | undefined;
  isComplete(source: string): Completeness;
  close(): void;
}

/** What the compiler says when a module is not there. */
const moduleNotFound = new Set([2307, 2792, 7016]);
const awaitsOutside = 1308;
const noUsing = "Cannot find name 'using'.";

export function createCompiler(folder: string): Compiler {
  const tslab: Tslab = loadTslab(folder, globals);
  let converter: TslabConverter = tslab.createConverter();
  const declarations = createDeclarations(tslab.typescript);
  /** Local modules as last translated. The compiler gives each once; a new cell process needs all of them. */
  const translated = new Map<string, SideModule>();
  let resend = false;

  function convert(source: string) {
    tslab.refresh();
    tslab.setEarlier(declarations.files());
    const made = converter.convert(source);
    const missing = made.diagnostics
      .filter(({ code }) => moduleNotFound.has(code))
      .map(({ messageText }) => /'([^']+)'/.exec(messageText)?.[1]);
    // The compiler remembers that a module is missing. One that has been installed or written since needs a new one.
    if (missing.some((name) => name !== undefined && isThere(folder, name))) {
      converter.close();
      converter = tslab.createConverter();
      return converter.convert(source);
    }
    return made;
  }

  function compile(source: string): Compilation {
    const { module, mode, ...rest } = tslab.getCodeMetadata(source);
    if (mode === 'browser')
      return failure([
        {
          code: 0,
          message: '@browser cells cannot be run: there is no browser behind this kernel.',
        },
      ]);
    if (module) {
      const found = converter.addModule(module, source, { module, ...rest });
      if (found.length) return { ok: false, diagnostics: diagnostics(found, folder) };
      return { ok: true, cell: undefined, declarations: '' };
    }
    const made = convert(source);
    if (made.diagnostics.length)
      return { ok: false, diagnostics: diagnostics(made.diagnostics, folder) };
    const code = made.output ?? '';
    const modules: SideModule[] = (made.sideOutputs ?? []).map(({ path, data }) => ({
      path,
      code: data,
      maps: tslab.mapsOf(data),
      imports: importsOf(data),
    }));
    for (const module of modules) translated.set(module.path, module);
    const sent = resend ? [...translated.values()] : modules;
    resend = false;
    return {
      ok: true,
      declarations: made.declOutput ?? '',
      cell: {
        code,
        maps: tslab.mapsOf(code),
        async: made.async,
        imports: importsOf(code),
        modules: sent,
      },
    };
  }

  return {
    compile,
    commit(declared) {
      declarations.add(declared);
    },
    commitPart(source, completed) {
      const ts = tslab.typescript;
      const file = parseCell(ts, source);
      const statements = file.statements.slice(1).map((node, index) => ({
        text: node.getText(file),
        ran: index < completed,
        needsNoRun:
          ts.isFunctionDeclaration(node) ||
          ts.isImportDeclaration(node) ||
          ts.isInterfaceDeclaration(node) ||
          ts.isTypeAliasDeclaration(node),
      }));
      const texts = (kept: typeof statements) => kept.map(({ text }) => text).join('\n');
      for (const part of [
        texts(statements.filter(({ ran, needsNoRun }) => ran || needsNoRun)),
        texts(statements.filter(({ ran }) => ran)),
      ]) {
        if (part === '') continue;
        const made = convert(part);
        if (made.diagnostics.length) continue;
        const declared = made.declOutput ?? '';
        declarations.add(declared);
        return declared;
      }
      return undefined;
    },
    reset() {
      declarations.clear();
      resend = true;
    },
    complete(source, position) {
      tslab.setEarlier(declarations.files());
      return completeCode(tslab.typescript, converter, folder, source, position);
    },
    inspect(source, position, detail) {
      tslab.setEarlier(declarations.files());
      return inspectCode(converter, source, position, detail);
    },
    isComplete: (source) => completeness(tslab.typescript, source),
    close: () => converter.close(),
  };
}

function failure(found: { code: number; message: string }[]): Compilation {
  return {
    ok: false,
    diagnostics: found.map((one) => ({ ...one, line: 1, column: 1, length: 1 })),
  };
}

/** tslab flattens a chained message into several at one place: they are one message again here. */
function diagnostics(given: TslabDiagnostic[], folder: string): Diagnostic[] {
  const merged: (Diagnostic & { offset: number })[] = [];
  // What else is said of a `using` declaration is only what the compiler took it for.
  const using = given.find(({ messageText }) => messageText === noUsing);
  const found = using ? [using] : given;
  for (const { start, end, messageText, code: marked, fileName, category } of found) {
    const code = marked % hiddenCode;
    // Warnings and suggestions do not keep a cell from running.
    if (category !== 1 && category !== undefined && found.some((other) => other.category === 1))
      continue;
    const last = merged.at(-1);
    if (
      last &&
      last.offset === start.offset &&
      (fileName === undefined || last.file === fileName)
    ) {
      if (!last.message.endsWith(messageText)) last.message += `\n  ${messageText}`;
      continue;
    }
    merged.push({
      code,
      message: withHint(code, messageText, folder, fileName),
      line: start.line + 1,
      column: start.character + 1,
      length: start.line === end.line ? Math.max(1, end.character - start.character) : 1,
      offset: start.offset,
      ...(fileName !== undefined && { file: fileName }),
    });
  }
  return merged.map(({ offset: _offset, ...diagnostic }) => diagnostic);
}

function withHint(code: number, message: string, folder: string, file?: string): string {
  if (code === awaitsOutside && file !== undefined)
    return `${message} A module that a cell imports is no exception: await in the cell, or export an async function.`;
  if (message === noUsing)
    return 'Cells are compiled by TypeScript 5.0, which does not know "using" declarations yet: dispose of the value in a "finally" block.';
  if (!moduleNotFound.has(code)) return message;
  const name = /'([^']+)'/.exec(message)?.[1];
  return name === undefined ? message : message + installHint(name, folder);
}

function isThere(folder: string, name: string): boolean {
  if (name.startsWith('.'))
    return ['', '.ts', '.tsx', '.js', '.json', '/index.ts'].some((end) =>
      existsSync(join(folder, name.replace(/\.js$/, '') + end)),
    );
  for (let at = folder; ; at = dirname(at)) {
    if (
      existsSync(
        join(
          at,
          'node_modules',
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
      )
    )
      return true;
    if (at === dirname(at)) return false;
  }
}

/** The static imports of translated code, which the compiler writes one a line. */
function importsOf(code: string): string[] {
  const found = code.matchAll(
    /^(?:(?:const|var|let) [\w$]+ = )?(?:__\w+\()*require\("([^"\\]+)"\)(?:, exports)?\)*;$/gm,
  );
  return [...new Set([...found].map((match) => match[1]!))];
}
