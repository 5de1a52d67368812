import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NotebookError } from '../../../src/press/notebook/error.js';
import { parseNotebook, readNotebook } from '../../../src/press/notebook/read.js';
import { notebookText, withoutVolatile, writeNotebook } from '../../../src/press/notebook/write.js';

const base = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] as unknown[] };
const codeCell = {
  cell_type: 'code',
  id: 'a',
  metadata: {},
  source: '1',
  execution_count: null,
  outputs: [],
};

describe('reading a notebook', () => {
  it('joins sources and texts, and makes missing and repeated ids from the position', async () => {
    const notebook = await parseNotebook(
      JSON.stringify({
        ...base,
        nbformat_minor: 2,
        cells: [
          { cell_type: 'markdown', metadata: {}, source: ['# One\n', 'two'] },
          { ...codeCell, outputs: [{ output_type: 'stream', name: 'stdout', text: ['a\n', 'b'] }] },
          { ...codeCell, source: ['x'] },
          {
            ...codeCell,
            id: 'cell-1',
            outputs: [
              {
                output_type: 'display_data',
                data: { 'text/html': ['<p>', '</p>'], 'application/json': ['kept', 'as it is'] },
                metadata: {},
              },
            ],
          },
        ],
      }),
      'a.ipynb',
    );
    assert.equal(notebook.nbformat_minor, 5);
    assert.deepEqual(
      notebook.cells.map((cell) => [cell.id, cell.source]),
      [
        ['cell-1-', '# One\ntwo'],
        ['a', '1'],
        ['cell-3', 'x'],
        ['cell-1', '1'],
      ],
    );
    const [, first, , last] = notebook.cells;
    assert.ok(first?.cell_type === 'code' && last?.cell_type === 'code');
    assert.deepEqual(first.outputs, [{ output_type: 'stream', name: 'stdout', text: 'a\nb' }]);
    assert.deepEqual(last.outputs, [
      {
        output_type: 'display_data',
        data: { 'text/html': '<p></p>', 'application/json': ['kept', 'as it is'] },
        metadata: {},
      },
    ]);
  });

  const text = (change: object) => JSON.stringify({ ...base, ...change }, null, 1);
  const refusals: [title: string, content: string, message: RegExp][] = [
    ['an empty file', ' \n', /^n\.ipynb: the file is empty, not a notebook$/],
    [
      'text that is not JSON',
      '{\n "cells": [\n  oops\n ]\n}',
      /^n\.ipynb:3: not valid JSON: unexpected token/,
    ],
    ['a cut file', '{\n "cells": [\n', /^n\.ipynb:3: not valid JSON: unexpected end/],
    [
      'merge markers',
      '{\n "nbformat": 4,\n<<<<<<< HEAD\n "nbformat_minor": 5,\n=======\n "nbformat_minor": 4,\n>>>>>>> b\n}',
      /^n\.ipynb:3: an unresolved merge conflict/,
    ],
    ['other JSON', '[1]', /^n\.ipynb: not a notebook: there is no "nbformat" in it$/],
    [
      'format 3',
      text({ nbformat: 3, nbformat_minor: 0 }),
      /^n\.ipynb:2: notebook format 3\.0 is not one of 4\.0 to 4\.5; convert/,
    ],
    [
      'format 4.6',
      text({ nbformat_minor: 6 }),
      /^n\.ipynb:2: notebook format 4\.6 is not one of 4\.0 to 4\.5$/,
    ],
    ['no cells', text({ cells: undefined }), /^n\.ipynb:1: cells: .*"cells".*undefined/],
    [
      'a source that is a number',
      text({ cells: [codeCell, { ...codeCell, source: 7 }] }),
      /^n\.ipynb:18: cell 2, source: expected text or a list of lines$/,
    ],
    [
      'an unknown output type',
      text({ cells: [{ ...codeCell, outputs: [{ output_type: 'pyout' }] }] }),
      /^n\.ipynb:14: cell 1, outputs\[0\]\.output_type: expected .*"pyout"/,
    ],
    [
      'tags that are not a list',
      text({ cells: [{ ...codeCell, metadata: { tags: 'x' } }] }),
      /cell 1, metadata\.tags: /,
    ],
    [
      'lists within each other without end',
      `{"cells": ${'['.repeat(100_000)}`,
      /^n\.ipynb: lists and objects within each other more than 200 deep/,
    ],
    [
      'a web page',
      '\n<!DOCTYPE html><html></html>',
      /^n\.ipynb: this is a web page, not a notebook; download the raw file$/,
    ],
  ];
  for (const [title, content, message] of refusals) {
    it(`refuses ${title} in one line that says where`, async () => {
      await assert.rejects(parseNotebook(content, 'n.ipynb'), (error) => {
        assert.ok(error instanceof NotebookError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    });
  }

  const bytes: [title: string, content: Buffer, message: RegExp][] = [
    ['UTF-16', Buffer.from('\uFEFF{"nbformat": 4}', 'utf16le'), /UTF-16 .*iconv -f UTF-16/],
    [
      'UTF-16 with the high byte first',
      Buffer.from('\uFEFF{"nbformat": 4}', 'utf16le').swap16(),
      /UTF-16 .*iconv/,
    ],
    ['UTF-16 without a mark', Buffer.from('{"nbformat": 4}', 'utf16le'), /UTF-16 .*iconv/],
    ['Latin-1', Buffer.from('{"title": "caf\xE9"}', 'latin1'), /not UTF-8 text.*iconv/],
    ['a gzip archive', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), /gzip archive; unpack/],
    ['a zip archive', Buffer.from('PK\x03\x04'), /zip archive; unpack/],
    ['zeros', Buffer.alloc(100), /UTF-16/],
  ];
  for (const [title, content, message] of bytes) {
    it(`refuses ${title}, and says how to mend it`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'fathom-read-'));
      try {
        await writeFile(join(folder, 'n.ipynb'), content);
        await assert.rejects(readNotebook(join(folder, 'n.ipynb')), (error) => {
          assert.ok(error instanceof NotebookError);
          assert.match(error.message, message);
          return true;
        });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }

  it('takes a byte order mark, and what tools leave out or get wrong beside the content', async () => {
    const notebook = await parseNotebook(
      `\uFEFF${JSON.stringify({
        ...base,
        metadata: { kernelspec: {}, language_info: null, authors: 'A', title: 3, other: 1 },
        cells: [
          { cell_type: 'markdown', id: 'not an id', source: 'a', attachments: [] },
          {
            cell_type: 'code',
            metadata: {},
            source: [],
            outputs: [
              { output_type: 'execute_result', data: { 'text/plain': ['1'] } },
              { output_type: 'error', ename: 'E', evalue: 'e' },
            ],
          },
        ],
      })}`,
      'n.ipynb',
    );
    assert.deepEqual(notebook.metadata.other, 1);
    assert.equal(notebook.metadata.kernelspec, undefined);
    assert.deepEqual(
      notebook.cells.map((cell) => cell.id),
      ['cell-1', 'cell-2'],
    );
    const [, second] = notebook.cells;
    assert.ok(second?.cell_type === 'code');
    assert.deepEqual(second.outputs, [
      {
        output_type: 'execute_result',
        data: { 'text/plain': '1' },
        metadata: {},
        execution_count: null,
      },
      { output_type: 'error', ename: 'E', evalue: 'e', traceback: [] },
    ]);
  });

  for (const minor of [0, 1, 2, 3, 4, 5]) {
    it(`reads format 4.${minor}`, async () => {
      const { id: _, ...cell } = codeCell;
      const cells = [minor < 5 ? cell : codeCell];
      const notebook = await parseNotebook(text({ nbformat_minor: minor, cells }), 'n.ipynb');
      assert.equal(notebook.cells.length, 1);
    });
  }

  it('names a file that is not there', async () => {
    await assert.rejects(
      readNotebook('nowhere.ipynb'),
      /^NotebookError: nowhere\.ipynb: no such file$/,
    );
  });
});

describe('writing a notebook', () => {
  it('is canonical: reading and writing again gives the same bytes, whatever the order of keys was', async () => {
    const raw = {
      ...base,
      cells: [
        {
          source: 'let a = 1\n\nshow(a)',
          outputs: [
            { text: 'x\ny', name: 'stdout', output_type: 'stream' },
            {
              data: { 'text/plain': '1', 'image/png': 'AAAA' },
              output_type: 'display_data',
              metadata: {},
            },
          ],
          id: 'a',
          execution_count: 2,
          metadata: { tags: ['t'], b: 1, a: { d: 1, c: 2 } },
          cell_type: 'code',
        },
      ],
    };
    const once = notebookText(await parseNotebook(JSON.stringify(raw), 'n.ipynb'));
    const twice = notebookText(await parseNotebook(once, 'n.ipynb'));
    assert.equal(twice, once);
    const cell = JSON.parse(once).cells[0];
    assert.deepEqual(cell.source, ['let a = 1\n', '\n', 'show(a)']);
    assert.deepEqual(cell.outputs[0].text, ['x\n', 'y']);
    assert.equal(cell.outputs[1].data['image/png'], 'AAAA');
    assert.deepEqual(Object.keys(cell.metadata), ['a', 'b', 'tags']);
    assert.ok(once.endsWith('}\n'));
  });

  it('leaves nothing half-written: a write that fails keeps the old file and no other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fathom-write-'));
    const file = join(folder, 'n.ipynb');
    await writeFile(file, 'old');
    const notebook = await parseNotebook(JSON.stringify(base), 'n.ipynb');
    const cyclic = { ...notebook, metadata: { ...notebook.metadata, big: 1n as unknown } };
    await assert.rejects(writeNotebook(file, cyclic), TypeError);
    await assert.rejects(writeNotebook(join(file, 'inside.ipynb'), notebook));
    assert.equal(await readFile(file, 'utf8'), 'old');
    assert.deepEqual(await readdir(folder), ['n.ipynb']);
    await writeNotebook(file, notebook);
    assert.equal(await readFile(file, 'utf8'), notebookText(notebook));
    assert.deepEqual(await readdir(folder), ['n.ipynb']);
    await rm(folder, { recursive: true });
  });

  it('drops times and view state, and nothing else', async () => {
    const metadata = {
      execution: { 'iopub.execute_input': 'now' },
      scrolled: true,
      tags: ['keep'],
    };
    const notebook = await parseNotebook(
      JSON.stringify({ ...base, cells: [{ ...codeCell, metadata }] }),
      'n.ipynb',
    );
    assert.deepEqual(withoutVolatile(notebook).cells[0]?.metadata, { tags: ['keep'] });
  });
});
