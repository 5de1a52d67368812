// Which columns of a printed table are set as numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markNumberColumns } from '../../../src/press/report/table-columns.js';

const tableOf = (...cells: string[]) =>
  `<table><thead><tr><th>Head</th></tr></thead><tbody>${cells
    .map((cell) => `<tr><td>${cell}</td></tr>`)
    .join('')}</tbody></table>`;

for (const [name, cells] of [
  ['numbers', ['1', '−0.96', '1,024', '3.1e-5', '0.5&nbsp;%'.replace('&nbsp;', '\u00a0')]],
  ['intervals', ['−0.96 to −0.49', '0.5 ± 0.1', '[0.1, 0.2]', '0.3 (0.1, 0.4)']],
  ['powers', ['10^5,946', '10^18']],
  ['numbers with gaps', ['1', '', '–', '&lt;0.001']],
  ['numbers in bold', ['<strong>1</strong>', '2']],
] as const) {
  test(`${name} are a column of numbers, its head too`, () => {
    const marked = markNumberColumns(tableOf(...cells));
    assert.equal(marked.match(/<td class="number">/g)?.length, cells.length);
    assert.match(marked, /<th class="number">Head/);
    assert.equal(marked.replaceAll(' class="number"', ''), tableOf(...cells));
  });
}

for (const [name, html] of [
  ['words', tableOf('1', 'two')],
  ['gaps alone', tableOf('', '–')],
  ['numbers within words', tableOf('depth 20', '2 → 8')],
  ['cells that span others', tableOf('1').replace('<td>', '<td colspan="2">')],
  ['cells with a place of their own', tableOf('1').replace('<td>', '<td style="text-align:left">')],
  ['a table in a table', `<table><tr><td>${tableOf('1')}</td></tr></table>`.replace('1', 'a')],
  [
    'a data frame, which has a look of its own',
    tableOf('1').replace('<table', '<table class="dataframe"'),
  ],
] as const) {
  test(`${name} stay as they are`, () => {
    assert.equal(markNumberColumns(html), html);
  });
}

test('only the columns of numbers are marked', () => {
  assert.equal(
    markNumberColumns(
      '<table><tr><td>plain</td><td>1</td></tr><tr><td>residual</td><td>2</td></tr></table>',
    ),
    '<table><tr><td>plain</td><td class="number">1</td></tr><tr><td>residual</td><td class="number">2</td></tr></table>',
  );
});

test('a text of a million characters takes no long time', () => {
  const html = tableOf('1'.repeat(1_000_000), `${'1,'.repeat(100_000)}x`, '[1 to '.repeat(10_000));
  assert.equal(markNumberColumns(html), html);
});
