import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotebookError } from '../../src/press/notebook/error.js';
import { parseNotebook } from '../../src/press/notebook/read.js';
import { formatDiagnostic } from '../../src/press/report/diagnostics.js';
import { nearest } from '../../src/shared/nearest.js';
import { printable } from '../../src/shared/printable.js';

test('nothing that a terminal would obey, and no more than can be read', () => {
  assert.equal(printable('a\x1b]0;title\x07b\x9b31m\u202ec\td\ne'), 'a·]0;title·b·31m·c\td\ne');
  assert.equal(printable('x'.repeat(1_000), 10), `${'x'.repeat(10)} … (990 more)`);
});

test('messages about notebooks are printable, whatever stands in them', async () => {
  const cell = {
    cell_type: 'code',
    metadata: {},
    source: '',
    outputs: [{ output_type: '\x1b[2J' }],
  };
  const text = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] });
  await assert.rejects(parseNotebook(text, 'n.ipynb'), (error) => {
    assert.ok(error instanceof NotebookError);
    assert.doesNotMatch(error.message, /\x1b/);
    return true;
  });
  const place = { file: 'a\x1b.ipynb', cell: 1, line: null };
  const line = formatDiagnostic({ severity: 'error', kind: 'x', message: '\x1b[31m', ...place });
  assert.equal(line, 'a·.ipynb, cell 1: ·[31m');
});

test('the nearest of very many names is not looked for', () => {
  const names = Array.from({ length: 3_000 }, (_, i) => `name-${i}`);
  assert.equal(nearest('name-1x', names), undefined);
  assert.equal(nearest('name-1x', names.slice(0, 5)), 'name-1');
  assert.equal(nearest('y'.repeat(1_000), ['y']), undefined);
});
