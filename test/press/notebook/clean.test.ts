// What is taken out of notebooks, what stays, and that a second time changes nothing.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cleanNotebook } from '../../../src/press/notebook/clean.js';
import { parseNotebook } from '../../../src/press/notebook/read.js';
import { root } from '../../house/imports.js';

const used = {
  cells: [
    { cell_type: 'markdown', id: 'b', metadata: { tags: ['x'] }, source: '# Title\ntext' },
    {
      cell_type: 'code',
      id: 'a',
      execution_count: 7,
      metadata: {
        tags: ['parameters'],
        'fig-cap': 'A caption.',
        execution: { 'iopub.status.idle': '2024-01-01T00:00:00Z' },
        ExecuteTime: { start_time: 'x' },
        executionInfo: { user: { displayName: 'A. Person' } },
        collapsed: true,
        scrolled: true,
        jupyter: { outputs_hidden: true, source_hidden: true },
      },
      source: ['const a = 1;\n', 'a'],
      outputs: [{ output_type: 'stream', name: 'stdout', text: 'secret' }],
    },
    {
      cell_type: 'markdown',
      id: 'c',
      metadata: {},
      attachments: { 'p.png': { 'image/png': 'iVBORw0KGgo=' } },
      source: '![p](attachment:p.png)',
    },
  ],
  metadata: {
    title: 'T',
    kernelspec: { name: 'fathom', display_name: 'TypeScript (Fathom)', language: 'typescript' },
    language_info: { name: 'typescript', version: '5.9.3', file_extension: '.ts' },
    widgets: { 'application/vnd.jupyter.widget-state+json': { state: {} } },
    papermill: { duration: 3 },
  },
  nbformat: 4,
  nbformat_minor: 5,
};

describe('a clean notebook', () => {
  it('has no outputs, counts, times and view state, and all that its author wrote', async () => {
    const cleaned = JSON.parse(await cleanNotebook(JSON.stringify(used), 'n.ipynb'));
    const [title, code, picture] = cleaned.cells;
    assert.deepEqual(title, { ...used.cells[0], source: ['# Title\n', 'text'] });
    assert.deepEqual(code, {
      cell_type: 'code',
      id: 'a',
      execution_count: null,
      metadata: {
        tags: ['parameters'],
        'fig-cap': 'A caption.',
        jupyter: { source_hidden: true },
      },
      source: ['const a = 1;\n', 'a'],
      outputs: [],
    });
    assert.deepEqual(picture, { ...used.cells[2], source: ['![p](attachment:p.png)'] });
    assert.deepEqual(cleaned.metadata, {
      title: 'T',
      kernelspec: used.metadata.kernelspec,
      language_info: { name: 'typescript', file_extension: '.ts' },
    });
  });

  it('stays as it is, byte by byte; those of the book are clean', async () => {
    const once = await cleanNotebook(JSON.stringify(used), 'n.ipynb');
    assert.equal(await cleanNotebook(once, 'n.ipynb'), once);
    const book = join(root, 'notebooks');
    for (const name of readdirSync(book).filter((each) => each.endsWith('.ipynb'))) {
      const text = readFileSync(join(book, name), 'utf8');
      assert.deepEqual(
        await parseNotebook(await cleanNotebook(text, name), name),
        await parseNotebook(text, name),
        `${name}: run "fathom clean" on it`,
      );
    }
  });

  it('does not get ids that its front end did not write', async () => {
    const old = { ...used, nbformat_minor: 4, cells: used.cells.map(({ id: _, ...cell }) => cell) };
    const cleaned = JSON.parse(await cleanNotebook(`\uFEFF${JSON.stringify(old)}`, 'n.ipynb'));
    assert.equal(cleaned.nbformat_minor, 4);
    assert.ok(cleaned.cells.every((cell: object) => !('id' in cell)));
    await parseNotebook(JSON.stringify(cleaned), 'n.ipynb');
  });

  it('cannot be made of something else', async () => {
    await assert.rejects(
      cleanNotebook('{\n<<<<<<< HEAD\n', 'n.ipynb'),
      /n\.ipynb:2: an unresolved/,
    );
  });
});
