// The book's notebooks as code: each must compile as one module under the rules of the project, with no name left unused.
// Running them is what `fathom build` does; this finds in seconds what a build of minutes would stumble over.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { root } from './imports.js';

const folder = join(root, 'notebooks');
const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'));

interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
}

/** The code cells of a notebook as one module. Its path lies beside the notebook, so that imports are found from there. */
const modules = new Map(
  names.map((name) => {
    const { cells } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { cells: Cell[] };
    const code = cells
      .filter((cell) => cell.cell_type === 'code')
      .map((cell) => cell.source.join(''));
    return [join(folder, name.replace(/\.ipynb$/, '.ts')), `${code.join('\n')}\nexport {};\n`];
  }),
);

function problemsOf(extra: ReadonlyMap<string, string> = new Map()): string[] {
  const files = new Map([...modules, ...extra]);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root);
  const own = { ...options, noEmit: true, noUnusedLocals: true, incremental: false, rootDir: root };
  const host = ts.createCompilerHost(own);
  const { fileExists, readFile } = host;
  host.fileExists = (file) => files.has(file) || fileExists.call(host, file);
  host.readFile = (file) => files.get(file) ?? readFile.call(host, file);
  const program = ts.createProgram({ rootNames: [...files.keys()], options: own, host });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) =>
      [
        file?.fileName.slice(folder.length + 1),
        ts.flattenDiagnosticMessageText(messageText, ' '),
      ].join(': '),
    );
}

test('the chapters compile, and use what they name', () => {
  assert.ok(names.length >= 5, `only ${names.length} notebooks`);
  assert.deepEqual(problemsOf(), []);
});

test('what a chapter got wrong would be found', () => {
  const wrong = new Map([
    [
      join(folder, 'wrong.ts'),
      `import { show, table } from 'fathom';\nshow(1 as string);\nexport {};\n`,
    ],
  ]);
  const found = problemsOf(wrong).join('\n');
  assert.match(found, /wrong\.ts: 'table' is declared but its value is never read/);
  assert.match(found, /wrong\.ts: Conversion of type 'number' to type 'string'/);
});
