// Notebooks are compiled by the TypeScript that tslab carries (5.0.4): it must be able to read our declarations.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type typescript from 'typescript';
import { root } from './imports.js';

const require = createRequire(import.meta.url);
const ts = require('@tslab/typescript-for-tslab') as typeof typescript;
const entry = join(root, 'dist', 'src', 'index.d.ts');

/** What a notebook's compiler finds wrong in our declarations, and the declaration files that it has read. */
function check(text: string): { problems: string[]; declarations: string[] } {
  const name = join(root, 'notebooks', 'declarations-check.ts');
  const options: typescript.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    strict: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === name || fileExists.call(host, path);
  host.getSourceFile = (path, ...rest) =>
    path === name
      ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, path, ...rest);
  const program = ts.createProgram([name], options, host);
  const declarations = program
    .getSourceFiles()
    .map(({ fileName }) => fileName)
    .filter((path) => path.startsWith(join(root, 'dist')));
  const problems = [name, ...declarations].flatMap((path) => {
    const source = program.getSourceFile(path)!;
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...(path === name ? program.getSemanticDiagnostics(source) : []),
    ];
    return found.map(
      ({ start, messageText }) =>
        `${path}:${source.getLineAndCharacterOfPosition(start ?? 0).line + 1} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
  return { problems, declarations };
}

describe('declarations', () => {
  test("tslab's TypeScript is the one this is about", () => {
    assert.match(ts.version, /^5\.0\./);
  });

  test("tslab's TypeScript reads what a notebook imports", {
    skip: !existsSync(entry) && 'no public entry yet',
  }, () => {
    const { problems, declarations } = check(
      "import * as fathom from 'fathom';\nexport const all = fathom;\n",
    );
    assert.deepEqual(problems, []);
    assert.ok(declarations.includes(entry), declarations.join('\n'));
  });

  test('the check notices what is not there', () => {
    const { problems } = check(
      "import { nowhere } from './nowhere.js';\nexport const x: number = nowhere;\n",
    );
    assert.equal(problems.length, 1);
  });
});
