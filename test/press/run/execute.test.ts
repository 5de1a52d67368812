// What is executed again and what is not. The kernel is real; whether it ran is seen from what the notebook leaves behind.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Notebook } from '../../../src/press/notebook/nbformat.js';
import { notebookText } from '../../../src/press/notebook/write.js';
import { chooseKernel } from '../../../src/press/run/choose-kernel.js';
import { type ExecuteOptions, type Execution, execute } from '../../../src/press/run/execute.js';
import { localFiles } from '../../../src/press/run/inputs.js';
import { code, notebook, project, prose, put, pythonKernel, texts } from './fixtures.js';

const kernel = await chooseKernel(notebook());

interface Tried extends Execution {
  readonly reasons: readonly string[];
}

async function build(
  folder: string,
  cells: Notebook,
  options: Partial<ExecuteOptions> = {},
): Promise<Tried> {
  let reasons: readonly string[] = ['not told'];
  const execution = await execute(cells, {
    file: join(folder, 'n.ipynb'),
    name: 'n.ipynb',
    kernel,
    cache: { folder: join(folder, 'cache'), path: 'n.ipynb' },
    onDecision: (told) => {
      reasons = told;
    },
    ...options,
  });
  return { ...execution, reasons };
}

const parameters = code('const depth: number = 1;', 'parameters');
const main = code(
  "import { twice } from './lib';\nimport { readFileSync } from 'node:fs';\nconsole.log(twice(depth), readFileSync('data.csv', 'utf8'));",
);
const files = {
  'lib.ts':
    "import { factor } from './deeper/factor.js';\nexport const twice = (x: number): number => factor * x;\n",
  'deeper/factor.ts': 'export const factor = 2;\n',
  'data.csv': 'a,b',
};

describe('a notebook that has run', () => {
  it('is not executed again for prose, and is for each thing that it depends on', async () => {
    const folder = project(files);
    const cells = notebook(prose('# One'), parameters, main);
    const first = await build(folder, cells);
    assert.deepEqual(first.reasons, ['it has not run before']);
    assert.deepEqual(texts(first.notebook), ['', '2 a,b\n']);

    const again = await build(folder, cells);
    assert.deepEqual([again.fromCache, again.reasons], [true, []]);
    assert.equal(notebookText(again.notebook), notebookText(first.notebook));
    assert.deepEqual(again.seconds, first.seconds);

    const edited = notebook(prose('# One, edited'), prose('more'), parameters, main, prose('end'));
    const withProse = await build(folder, edited);
    assert.equal(withProse.fromCache, true);
    assert.equal(withProse.notebook.cells[0]!.source, '# One, edited');
    assert.deepEqual(texts(withProse.notebook), ['', '2 a,b\n']);

    put(folder, 'deeper/factor.ts', 'export const factor = 3;\n');
    const module = await build(folder, cells);
    assert.deepEqual(
      [module.fromCache, module.reasons],
      [false, ['file deeper/factor.ts has changed']],
    );
    assert.deepEqual(texts(module.notebook), ['', '3 a,b\n']);

    put(folder, 'data.csv', 'c,d');
    const data = await build(folder, cells);
    assert.deepEqual(data.reasons, ['file data.csv has changed']);
    assert.deepEqual(texts(data.notebook), ['', '3 c,d\n']);

    const value = await build(folder, cells, { parameters: { depth: 5 } });
    assert.deepEqual(value.reasons, ['parameter depth is 5, was 1']);
    assert.deepEqual(texts(value.notebook), ['', '15 c,d\n']);

    const source = await build(
      folder,
      notebook(parameters, code(`${main.source}\nconsole.log(1);`)),
    );
    assert.deepEqual(source.reasons, ['code cell 2 has changed']);
    const skipped = await build(
      folder,
      notebook(parameters, { ...main, metadata: { tags: ['skip-execution'] } }),
    );
    assert.equal(skipped.fromCache, false);

    // And what was there before is still there.
    const back = await build(folder, cells);
    assert.deepEqual([back.fromCache, texts(back.notebook)[1]], [true, '3 c,d\n']);
  });

  it('is executed again when something that it told of has changed or gone', async () => {
    const folder = project({ 'record.json': '{"value":1}' });
    const digest =
      '(await import("node:crypto")).createHash("sha256").update(fs.readFileSync(path)).digest("hex")';
    // The path is put together at run time: only the notebook itself can tell of it.
    const cells = notebook(
      code(
        `import * as fs from 'node:fs';\nconst path = process.cwd() + '/record' + '.json';\nfs.appendFileSync(process.env.FATHOM_DEPENDENCIES!, JSON.stringify({ kind: 'file', path, digest: ${digest} }) + '\\n');\nconsole.log(fs.readFileSync(path, 'utf8'));`,
      ),
    );
    const first = await build(folder, cells);
    assert.deepEqual(first.errors, []);
    assert.equal(first.dependencies.length, 1, 'told twice, kept once');
    assert.equal((await build(folder, cells)).fromCache, true);
    put(folder, 'record.json', '{"value":2}');
    const changed = await build(folder, cells);
    assert.match(changed.reasons.join(), /record\.json, which it read, has changed$/);
    assert.deepEqual(texts(changed.notebook), ['{"value":2}\n']);
    assert.equal((await build(folder, cells)).fromCache, true);
  });

  it('is not kept when it failed, was interrupted, or when its inputs changed while it ran', async () => {
    const folder = project(files);
    const failing = notebook(code('console.log(1);'), code('throw new Error("no");'));
    for (let time = 0; time < 2; time++) {
      const result = await build(folder, failing);
      assert.deepEqual([result.fromCache, result.errors.length], [false, 1]);
      assert.deepEqual(result.reasons, ['it has not run before']);
    }
    const controller = new AbortController();
    const endless = notebook(
      code('console.log("on");\nawait new Promise((resolve) => setTimeout(resolve, 60000));'),
    );
    const interrupted = await build(folder, endless, {
      signal: controller.signal,
      onEvent: (event) => event.type === 'cell-output' && controller.abort(),
    });
    assert.equal(interrupted.interrupted, true);
    assert.deepEqual((await readdirOrNone(join(folder, 'cache'))).flat(), []);

    const cells = notebook(parameters, main);
    const edited = await build(folder, cells, {
      onEvent: (event) =>
        event.type === 'cell-start' &&
        event.codeCell === 2 &&
        put(folder, 'data.csv', 'edited meanwhile'),
    });
    assert.deepEqual(edited.errors, []);
    assert.equal((await build(folder, cells)).fromCache, false);
  });

  it('is executed again when its entry is damaged', async () => {
    const folder = project({});
    const cells = notebook(code('console.log(1);'));
    await build(folder, cells);
    const [part] = readdirSync(join(folder, 'cache'));
    const [entry] = readdirSync(join(folder, 'cache', part!));
    const file = join(folder, 'cache', part!, entry!);
    truncateSync(file, Math.floor(readFileSync(file).length / 2));
    const again = await build(folder, cells);
    assert.deepEqual([again.fromCache, texts(again.notebook)], [false, ['1\n']]);
    writeFileSync(file, '');
    appendFileSync(file, 'null\nnull\n');
    assert.equal((await build(folder, cells)).fromCache, false);
    assert.equal((await build(folder, cells)).fromCache, true);
  });

  it('may be built twice at once', async () => {
    const folder = project({});
    const cells = notebook(code('console.log("one");'), code('2 + 2'));
    const both = await Promise.all([build(folder, cells), build(folder, cells)]);
    assert.deepEqual(
      both.map((each) => each.errors),
      [[], []],
    );
    assert.equal(notebookText(both[0].notebook), notebookText(both[1].notebook));
    const [part] = readdirSync(join(folder, 'cache'));
    assert.deepEqual(
      readdirSync(join(folder, 'cache', part!)).map((name) => name.replace(/^[0-9a-f]{64}/, 'key')),
      ['key.json'],
    );
    assert.equal((await build(folder, cells)).fromCache, true);
  });

  it('is executed again when that is asked for, and kept', async () => {
    const folder = project({});
    const cells = notebook(code('console.log(Math.random());'));
    const [first, again] = [
      await build(folder, cells),
      await build(folder, cells, { refresh: true }),
    ];
    assert.deepEqual(again.reasons, ['that was asked for']);
    assert.notDeepEqual(again.notebook, first.notebook);
    assert.deepEqual((await build(folder, cells)).notebook, again.notebook);
  });

  it('always runs without a cache', async () => {
    const folder = project({});
    const cells = notebook(code('console.log(1);'));
    const options = { cache: undefined } as unknown as Partial<ExecuteOptions>;
    assert.deepEqual((await build(folder, cells, options)).reasons, ['the cache is not used']);
    assert.equal(existsSync(join(folder, 'cache')), false);
  });
});

describe('local files', () => {
  it('are followed through imports of every form, and stop at packages', async () => {
    const folder = project({
      'a.ts': "export * from './b.js';\nexport type { T } from './types';\n",
      'b.ts':
        "import data from './data.json';\nconst c = require('./c');\nexport const b = [data, c, import('./d.mjs')];\n",
      'c.js': "module.exports = require('./missing');\n",
      'd.mjs': 'export const path = "plain.txt";\n',
      'types.ts': 'export type T = 1;\n',
      'data.json': '{}',
      'plain.txt': 'text',
      'unused.ts': '',
      'node_modules/package/index.js': '',
      'node_modules/package/package.json': '{"name":"package","main":"index.js"}',
    });
    const found = await localFiles(
      ["import './a';\nimport 'package';\nimport 'node:fs';\nimport { show } from 'fathom';"],
      folder,
    );
    const names = [...found.keys()].map((path) => path.slice(folder.length + 1));
    assert.deepEqual(names, [
      'a.ts',
      'b.ts',
      'c.js',
      'd.mjs',
      'data.json',
      'plain.txt',
      'types.ts',
    ]);
  });

  it('may import each other in a circle', async () => {
    const folder = project({ 'a.ts': "import './b';", 'b.ts': "import './a';" });
    assert.equal((await localFiles(["import './a'"], folder)).size, 2);
  });
});

const python = pythonKernel();
describe('a notebook whose language is not followed', {
  skip: python === undefined && 'no Python with ipykernel',
}, () => {
  it('always runs, and says why', async () => {
    const folder = project({});
    const result = await build(folder, notebook(code('1')), { kernel: python! });
    assert.deepEqual(result.reasons, ['what a python notebook imports is not followed']);
    assert.equal(existsSync(join(folder, 'cache')), false);
  });
});

async function readdirOrNone(folder: string): Promise<string[][]> {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((part) => readdirSync(join(folder, part)));
}
