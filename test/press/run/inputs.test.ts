// Which edit changes which input, and how a reader is told. No kernel is started: these are known before a notebook runs.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Notebook } from '../../../src/press/notebook/nbformat.js';
import { inputDifferences } from '../../../src/press/run/cache.js';
import { chooseKernel } from '../../../src/press/run/choose-kernel.js';
import { readInputs } from '../../../src/press/run/inputs.js';
import { code, notebook, project, prose, put } from './fixtures.js';

const kernel = await chooseKernel(notebook());
const tslab = await chooseKernel(notebook(), 'tslab');

const cells = [
  prose('# One'),
  code('const depth: number | null = 1;', 'parameters'),
  code(
    "import { a } from './lib';\nimport { b } from 'thing';\nconsole.log(a, b, depth, process.env.MODE, 'data/points.csv');",
  ),
];
const files = {
  'lib.ts': "export { a } from './deeper/a.js';\n",
  'deeper/a.ts': 'export const a = 1;\n',
  'data/points.csv': '1,2\n',
  'package-lock.json': '{"lockfileVersion":3}',
  'node_modules/thing/package.json': '{"name":"thing","main":"index.js"}',
  'node_modules/thing/index.js': "exports.b = require('./other.js').a;\n",
  'node_modules/thing/other.js': 'exports.a = 1;\n',
};

interface Situation {
  readonly book: Notebook;
  readonly parameters: Record<string, number | null>;
  readonly env: Record<string, string>;
  readonly kernel: typeof kernel;
}

const edits: [
  title: string,
  edit: (folder: string) => Partial<Situation> | undefined,
  told: string[],
][] = [
  ['nothing', () => undefined, []],
  ['prose', () => ({ book: notebook(prose('# Two'), prose('more'), cells[1]!, cells[2]!) }), []],
  [
    'a code cell',
    () => ({ book: notebook(cells[0]!, cells[1]!, code(`${cells[2]!.source} // edited`)) }),
    ['code cell 2 has changed'],
  ],
  ['one code cell more', () => ({ book: notebook(...cells, code('1')) }), ['code cell 3 is new']],
  [
    'a tag that decides what runs',
    () => ({
      book: notebook(cells[0]!, cells[1]!, code(cells[2]!.source, 'skip-execution')),
    }),
    ['code cell 2 has changed'],
  ],
  [
    'a tag that does not',
    () => ({ book: notebook(cells[0]!, cells[1]!, code(cells[2]!.source, 'hide-input')) }),
    [],
  ],
  ['a parameter', () => ({ parameters: { depth: 2 } }), ['parameter depth is 2, was 1']],
  [
    'a parameter to nothing',
    () => ({ parameters: { depth: null } }),
    ['parameter depth is null, was 1'],
  ],
  [
    'a module of a module',
    (folder) => void put(folder, 'deeper/a.ts', 'export const a = 2;\n'),
    ['file deeper/a.ts has changed'],
  ],
  [
    'data that a cell names',
    (folder) => void put(folder, 'data/points.csv', '3,4\n'),
    ['file data/points.csv has changed'],
  ],
  [
    'data that is gone',
    (folder) => rmSync(join(folder, 'data/points.csv')) as undefined,
    ['file data/points.csv is gone'],
  ],
  [
    'the lockfile',
    (folder) => void put(folder, 'package-lock.json', '{"lockfileVersion":4}'),
    ['the set of installed packages has changed'],
  ],
  [
    'a package in place',
    (folder) => void put(folder, 'node_modules/thing/other.js', 'exports.a = 2;'),
    ['package thing has changed'],
  ],
  ["a package's words", (folder) => void put(folder, 'node_modules/thing/README.md', 'Other.'), []],
  [
    'what npm has installed',
    (folder) => void put(folder, 'node_modules/.package-lock.json', '{}'),
    ['the set of installed packages has changed'],
  ],
  ['the kernel', () => ({ kernel: tslab }), ['kernel has changed']],
  [
    'TensorFlow',
    () => ({ env: { FATHOM_TENSORFLOW: 'wasm' } }),
    ['variable FATHOM_TENSORFLOW is new'],
  ],
  ['a variable', () => ({ env: { MODE: 'x' } }), ['the variable MODE has changed']],
  ['a variable that nothing names', () => ({ env: { OTHER: 'x' } }), []],
];

describe('the inputs of a notebook', () => {
  for (const [title, edit, told] of edits) {
    it(`tell of an edit of ${title}${told.length === 0 ? ': none' : ''}`, async () => {
      const folder = project(files);
      const read = ({ book, parameters, env, kernel: used }: Situation) =>
        readInputs(book, { file: 'n.ipynb', kernel: used, parameters, cwd: folder, env });
      const situation: Situation = { book: notebook(...cells), parameters: {}, env: {}, kernel };
      const before = await read(situation);
      const change = edit(folder);
      assert.deepEqual(inputDifferences(before, await read({ ...situation, ...change })), told);
      assert.ok(!JSON.stringify(before).includes(folder), 'nothing of where the project lies');
    });
  }
});
