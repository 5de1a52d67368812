// How a cell says that it is not run, or that it may fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkipped, mayRaise } from '../../../src/press/notebook/cell-flags.js';
import type { CodeCell } from '../../../src/press/notebook/nbformat.js';

const cell = (source: string, tags: string[] = []): CodeCell => ({
  cell_type: 'code',
  id: 'c',
  metadata: { tags },
  source,
  execution_count: null,
  outputs: [],
});

test('by tags and by option lines, in the comment sign of any language', () => {
  assert.ok(isSkipped(cell('x', ['skip-execution'])));
  assert.ok(isSkipped(cell('//| label: a\n//| eval: false\nx')));
  assert.ok(isSkipped(cell('#| eval: false # not now\nx')));
  assert.ok(mayRaise(cell('--| error: true\nx')));
  assert.ok(mayRaise(cell('x', ['raises_exception'])));
});

test('not by other values, nor by what stands below the options', () => {
  assert.ok(!isSkipped(cell('//| eval: true\nx')));
  assert.ok(!isSkipped(cell('x\n//| eval: false')));
  assert.ok(!mayRaise(cell('// error: true\nx')));
  assert.ok(!mayRaise(cell('//| error: false\nx', ['hide-input'])));
});
