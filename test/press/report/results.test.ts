// Results that cells export: quoted in prose, collected in the document, and what is wrong with them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell } from '../../../src/press/notebook/nbformat.js';
import { resultMime } from '../../../src/press/notebook/results.js';
import { numberHtml } from '../../../src/press/report/read/results.js';
import { code, md, notebook, problems, read, shown } from './support.js';

const interval = { low: 0.897, high: 0.926, level: 0.95, method: 'Student t, n = 3' };
const value = (name: string, given: unknown, more: object = {}) =>
  shown({
    [resultMime]: { kind: 'value', name, value: given, ...more },
    'text/plain': `${name} = ${given}`,
  });
const table = shown({
  [resultMime]: { kind: 'table', name: 'ranks', columns: [{ key: 'depth' }], rows: [[4], [8]] },
  'text/html': '<table><tr><td>4</td></tr></table>',
  'text/plain': '4',
});
const exporting = code('result(…)', [
  value('accuracy', 0.91234, { unit: '%', interval, digits: 3, title: 'Held-out accuracy' }),
  value('count', 1234567),
  value('family', '<b>plain</b>'),
  value('diverged', null, { unit: 'nat' }),
  table,
]);

const text = (...cells: Cell[]) =>
  read(notebook(...cells))
    .blocks.map((block) => (block.kind === 'prose' ? block.html : ''))
    .join('')
    .replaceAll('\u202f', ' ');

const quotes: [source: string, printed: string][] = [
  ['accuracy', '0.912 %'],
  ['accuracy bare', '0.912'],
  ['accuracy digits=1', '0.9 %'],
  ['accuracy, interval', '0.912 % (95 % interval 0.897 to 0.926 %)'],
  ['accuracy interval bare digits=2', '0.91 (95 % interval 0.90 to 0.93)'],
  ['accuracy low', '0.897 %'],
  ['accuracy high bare', '0.926'],
  ['accuracy title', 'Held-out accuracy'],
  ['count', '1 234 567'],
  ['family', '&#60;b&#62;plain&#60;/b&#62;'],
  ['diverged', '–'],
];
for (const [source, printed] of quotes) {
  test(`{eval}\`${source}\` prints ${printed}`, () => {
    // Before the cell and after it.
    const found = text(md(`A {eval}\`${source}\`.`), exporting, md(`B {eval}\`${source}\``));
    assert.equal(found, `<p>A ${printed}.</p><p>B ${printed}</p>`);
  });
}

test('values are not shown where they are exported, tables are', () => {
  const document = read(notebook(exporting));
  assert.deepEqual(
    document.blocks.map(({ kind }) => kind),
    ['code', 'output'],
  );
});

test('the document holds them with the position of their cell, also from a cell that is not shown', () => {
  const hidden = code('//| include: false\nresult(…)', [value('hidden', true)]);
  const { results, diagnostics } = read(notebook(md('Text'), exporting, hidden));
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    results.map(({ name, kind, cell }) => [name, kind, cell]),
    [
      ['accuracy', 'value', 2],
      ['count', 'value', 2],
      ['family', 'value', 2],
      ['diverged', 'value', 2],
      ['ranks', 'table', 2],
      ['hidden', 'value', 3],
    ],
  );
  assert.deepEqual(results[0], {
    kind: 'value',
    name: 'accuracy',
    title: 'Held-out accuracy',
    headline: false,
    value: 0.91234,
    unit: '%',
    interval,
    digits: 3,
    cell: 2,
  });
});

test('they stand in captions, headings and footnotes too', () => {
  const document = read(
    notebook(
      md('## Depth helps by {eval}`count`\n\nSo[^1].\n\n[^1]: {eval}`family`'),
      exporting,
      md(
        '![Of {eval}`accuracy bare`](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==)',
      ),
    ),
  );
  const [section] = document.blocks;
  assert.equal(section?.kind === 'section' && section.title.text, 'Depth helps by 1 234 567');
  assert.match(document.footnotes[0]!.html, /&#60;b&#62;plain/);
  assert.match(JSON.stringify(document), /"text":"Of 0\.912"/);
});

const wrong: [name: string, cells: Cell[], expected: string, message: RegExp][] = [
  [
    'a name that is nearly one',
    [exporting, md('x\n\n{eval}`acuracy`')],
    'unresolved-result 2:3',
    /"accuracy"/,
  ],
  ['no results at all', [md('{eval}`a`')], 'unresolved-result 1:1', /result\("name", value\)/],
  ['a table', [exporting, md('{eval}`ranks`')], 'unresolved-result 2:1', /is a table/],
  ['no interval', [exporting, md('{eval}`count low`')], 'unresolved-result 2:1', /no interval/],
  [
    'an unknown word',
    [exporting, md('{eval}`count intervall`')],
    'bad-result-format 2:1',
    /"interval"/,
  ],
  ['one name twice', [exporting, code('r', [value('count', 2)])], 'duplicate-result 2:-', /cell 1/],
  ['no valid result', [code('r', [value('a b', 2)])], 'bad-result 1:-', /no valid name/],
  [
    'a row that is too short',
    [code('r', [shown({ [resultMime]: { kind: 'table', name: 't', columns: [], rows: [[1]] } })])],
    'bad-result 1:-',
    /one value a column/,
  ],
];
for (const [name, cells, expected, message] of wrong) {
  test(`diagnosed: ${name}`, () => {
    const { diagnostics, ...document } = read(notebook(...cells));
    assert.deepEqual(
      problems({
        ...document,
        diagnostics: diagnostics.filter(({ kind }) => kind !== 'dropped-output'),
      }),
      [expected],
    );
    assert.match(diagnostics[0]!.message, message);
  });
}

test('numbers are set as in print', () => {
  const cases: [number, number | null, string][] = [
    [0, null, '0'],
    [-0.5, null, '−0.5'],
    [-0.001, 2, '0.00'],
    [3, 2, '3.00'],
    [1234.5678, null, '1235'],
    [12345.678, 1, '12 345.7'],
    [0.00012346, null, '0.0001235'],
    [0.000012345, null, '1.23 × 10<sup>−5</sup>'],
    [-2e20, null, '−2.00 × 10<sup>20</sup>'],
  ];
  for (const [number, digits, printed] of cases) {
    assert.equal(numberHtml(number, digits).replaceAll('\u202f', ' '), printed);
  }
});
