// `fathom render`, as a user calls it.
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fathom as run } from './program.js';

const executed = fileURLToPath(
  new URL('../../../test/fixtures/notebooks/executed/', import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), 'fathom-render-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const fathom = (...args: string[]) => run(folder, ['render', ...args]);

test('a notebook of another kernel is printed beside itself, with its problems as warnings; nothing of it is run', async () => {
  copyFileSync(join(executed, 'r-outputs.ipynb'), join(folder, 'r-outputs.ipynb'));
  const before = readFileSync(join(folder, 'r-outputs.ipynb'));
  const { code, out, err } = await fathom('r-outputs.ipynb');
  assert.equal(code, 0, err);
  assert.equal(out, 'r-outputs.html\n');
  assert.match(err, /^r-outputs\.ipynb, cell 8: a figure has no alternative text/);
  assert.match(readFileSync(join(folder, 'r-outputs.html'), 'utf8'), /Mazda RX4/);
  assert.deepEqual(readFileSync(join(folder, 'r-outputs.ipynb')), before);
});

test('errors in cells, lost pictures and unknown options do not keep it from being printed, unless it is strict', async () => {
  const cells = [
    { cell_type: 'markdown', metadata: {}, source: '![x](gone.png) @fig-gone [@gone] $\\oops$' },
    {
      cell_type: 'code',
      metadata: {},
      source: '#| fig-width: 5\n1/0',
      execution_count: 1,
      outputs: [{ output_type: 'error', ename: 'E', evalue: 'went wrong', traceback: [] }],
    },
  ];
  const raw = {
    cell_type: 'raw',
    metadata: {},
    source: '---\ntitle: x\nbibliography: gone.bib\n---',
  };
  writeFileSync(
    join(folder, 'bad.ipynb'),
    JSON.stringify({ nbformat: 4, nbformat_minor: 2, metadata: {}, cells: [raw, ...cells] }),
  );
  const { code, err } = await fathom('bad.ipynb', '--out', 'out');
  assert.equal(code, 0, err);
  for (const part of [
    /gone\.png/,
    /fig-gone/,
    /gone\.bib/,
    /formula/,
    /fig-width/,
    /the cell failed/,
  ]) {
    assert.match(err, part);
  }
  assert.match(readFileSync(join(folder, 'out', 'bad.html'), 'utf8'), /went wrong/);
  const strict = await fathom('bad.ipynb', '--out', 'strict', '--strict');
  assert.equal(strict.code, 1);
  assert.ok(!existsSync(join(folder, 'strict')));
});

test('what is no notebook is said in a line, and the others are printed', async () => {
  writeFileSync(join(folder, 'page.ipynb'), '<!doctype html>');
  mkdirSync(join(folder, 'other'), { recursive: true });
  copyFileSync(join(executed, 'deno-outputs.ipynb'), join(folder, 'deno-outputs.ipynb'));
  copyFileSync(join(executed, 'deno-outputs.ipynb'), join(folder, 'other', 'deno-outputs.ipynb'));
  const { code, out, err } = await fathom(
    'page.ipynb',
    'nowhere.ipynb',
    'deno-outputs.ipynb',
    'other/deno-outputs.ipynb',
    '--out',
    'several',
  );
  assert.equal(code, 1);
  assert.match(
    err,
    /^fathom: page\.ipynb: this is a web page, not a notebook; download the raw file$/m,
  );
  assert.match(err, /^fathom: nowhere\.ipynb: no such file$/m);
  assert.match(
    err,
    /^fathom: other\/deno-outputs\.ipynb: its report would be written over that of deno/m,
  );
  assert.equal(out, 'several/deno-outputs.html\n');
  assert.deepEqual(readdirSync(join(folder, 'several')), ['deno-outputs.html']);
});

test('a format that there is not', async () => {
  const { code, err } = await fathom('deno-outputs.ipynb', '--to', 'htm');
  assert.equal(code, 2);
  assert.match(err, /--to htm: there is no format "htm"\. Did you mean "html"\?/);
});

test('a place that is a file', async () => {
  const { code, out, err } = await fathom('deno-outputs.ipynb', '--out', 'deno-outputs.ipynb');
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /--out deno-outputs\.ipynb: deno-outputs\.ipynb is a file, not a folder/);
});
