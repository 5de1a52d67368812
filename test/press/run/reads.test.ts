// What cells read while they run, in whatever way, is looked at before their outputs are used again.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import type { Notebook } from '../../../src/press/notebook/nbformat.js';
import { chooseKernel } from '../../../src/press/run/choose-kernel.js';
import { execute } from '../../../src/press/run/execute.js';
import { code, notebook, project, put } from './fixtures.js';

const kernel = await chooseKernel(notebook());

async function build(folder: string, cells: Notebook, env: Record<string, string> = {}) {
  let reasons: string[] = [];
  const { errors, fromCache, dependencies } = await execute(cells, {
    file: join(folder, 'n.ipynb'),
    name: 'n.ipynb',
    kernel,
    env,
    cache: { folder: join(folder, 'cache'), path: 'n.ipynb' },
    onDecision: (told) => {
      reasons = told.map((reason) => reason.replaceAll(`${folder}/`, ''));
    },
  });
  assert.deepEqual(errors, []);
  const told = dependencies.map((each) =>
    each.kind === 'data' ? each.name : `${each.kind} ${relative(folder, each.path)}`,
  );
  return { fromCache, reasons, told, dependencies };
}

// Every path is put together at run time, so that none stands in the code.
const reading = `import * as fs from 'node:fs';
import { readFileSync, existsSync } from 'node:fs';
import { readFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
const at = (name: string) => join(process.cwd(), 'in', name + '.txt');
readFileSync(at('sync'));
await readFile(at('promise'), 'utf8');
fs.readFile(at('callback'), () => {});
await promisify(fs.readFile)(at('promisified'));
for await (const part of fs.createReadStream(at('stream'))) void part;
await (await open(at('handle'))).close();
fs.closeSync(fs.openSync(at('descriptor'), 'r'));
fs.copyFileSync(at('copied'), join(process.cwd(), 'copy' + '.txt'));
console.log(existsSync(at('missing')), existsSync(at('seen')), fs.readdirSync(join(process.cwd(), 'list' + 'ed')));`;

// What a notebook makes itself, and what was there in a folder that it makes sure of.
const writing = `const made = join(process.cwd(), 'made');
fs.mkdirSync(made, { recursive: true });
fs.writeFileSync(join(made, 'own.txt'), '1');
console.log(readFileSync(join(made, 'own.txt'), 'utf8'), fs.readdirSync(made));
fs.mkdirSync(join(process.cwd(), 'in'), { recursive: true });
readFileSync(at('behind'));
fs.readFileSync(join(process.cwd(), 'copy' + '.txt'));`;

const names = [
  'sync',
  'promise',
  'callback',
  'promisified',
  'stream',
  'handle',
  'descriptor',
  'copied',
  'behind',
];

describe('what cells read', () => {
  const folder = project({
    ...Object.fromEntries(names.map((name) => [`in/${name}.txt`, name])),
    'listed/a.txt': '',
    'in/seen.txt': 'as it is',
  });
  const cells = notebook(code(reading), code(writing));

  it('is told, in whatever way it is read, and what they write themselves is not', async () => {
    const first = await build(folder, cells);
    assert.deepEqual(
      first.told.sort(),
      [
        ...names.map((name) => `file in/${name}.txt`),
        'file in/missing.txt',
        'file in/seen.txt',
        'folder listed',
      ].sort(),
    );
    assert.equal((await build(folder, cells)).fromCache, true);
  });

  it('is the reason to execute again when it has changed, is gone, or has come', async () => {
    put(folder, 'in/stream.txt', 'other');
    put(folder, 'in/missing.txt', 'here');
    put(folder, 'listed/b.txt', '');
    put(folder, 'in/seen.txt', 'of which only the name counts');
    const changed = await build(folder, cells);
    assert.deepEqual(changed.reasons.sort(), [
      'in/missing.txt, which it looked for, is there now',
      'in/stream.txt, which it read, has changed',
      'listed, which it listed, has changed',
    ]);
    assert.equal((await build(folder, cells)).fromCache, true);
    rmSync(join(folder, 'in', 'missing.txt'));
    rmSync(join(folder, 'in', 'seen.txt'));
    const gone = await build(folder, cells);
    assert.deepEqual(gone.reasons.sort(), [
      'in/missing.txt, which it looked for, is gone',
      'in/seen.txt, which it looked for, is gone',
    ]);
  });
});

describe('variables that code names', () => {
  it('are inputs, told without their values', async () => {
    const folder = project({ 'lib.ts': "export const b = process.env['SECOND'];\n" });
    const cells = notebook(
      code(
        "import { b } from './lib';\nconsole.log(process.env.FIRST, b, process.env.FATHOM_DEPENDENCIES);",
      ),
    );
    await build(folder, cells, { FIRST: '1', SECOND: 'secret' });
    assert.equal((await build(folder, cells, { FIRST: '1', SECOND: 'secret' })).fromCache, true);
    const { reasons } = await build(folder, cells, { FIRST: '1', SECOND: 'other' });
    assert.deepEqual(reasons, ['the variable SECOND has changed']);
  });
});
