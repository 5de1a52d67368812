// Notebook → document: numbers, references, options, diagnostics.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBibliography } from '../../../src/press/report/citations.js';
import { formatDiagnostic } from '../../../src/press/report/diagnostics.js';
import { type Block, walk } from '../../../src/press/report/document.js';
import type { Cell } from '../../../src/press/notebook/nbformat.js';
import { readDocument } from '../../../src/press/report/read.js';
import { bibliography, chapter } from './chapter.js';
import { code, md, notebook, problems, read, shown } from './support.js';

const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const chart = { mark: 'point', description: 'Points.', data: { values: [{ a: 1 }] } };
const chartOutput = (fathom: object = {}) =>
  shown({ 'application/vnd.vegalite.v5+json': chart, 'text/plain': 'chart' }, { fathom });

const blocks = (...cells: Cell[]) => [...walk(read(notebook(...cells)).blocks)];
const only = <K extends Block['kind']>(kind: K, ...cells: Cell[]) =>
  blocks(...cells).filter((block): block is Extract<Block, { kind: K }> => block.kind === kind);

test('a chapter is read without a complaint, and is plain data', async () => {
  const citations = await readBibliography(bibliography, 'references.bib');
  const document = readDocument(chapter(), { file: 'chapter.ipynb', citations });
  assert.deepEqual(document.diagnostics, []);
  assert.deepEqual(JSON.parse(JSON.stringify(document)), document);
  const all = [...walk(document.blocks)];
  const sections = all.filter((block) => block.kind === 'section');
  assert.deepEqual(
    sections.map((section) => `${section.number} ${section.title.text}`),
    [
      '1 The question',
      '2 Method',
      '2.1 How pieces are counted',
      '2.2 Training',
      '3 Results',
      '3.1 All depths learn the task',
      '3.2 The count grows, then it does not',
      '3.3 Inside the networks',
      '4 Verdict',
      '5 Limits',
    ],
  );
  const figures = all.filter((block) => block.kind === 'figure');
  assert.deepEqual(
    figures.map((figure) => [figure.id, figure.number]),
    [
      ['fig-curves', 1],
      ['fig-ladder', 2],
      ['fig-profile', 3],
      ['fig-cka', 4],
      ['fig-gap', 5],
      ['fig-maps', 6],
    ],
  );
  const tables = all.filter((block) => block.kind === 'table');
  assert.deepEqual(
    tables.map((table) => [table.id, table.number]),
    [
      ['tbl-summary', 1],
      ['tbl-all', 2],
    ],
  );
  assert.deepEqual(
    document.bibliography.map((entry) => entry.key),
    ['hanin2019', 'he2016', 'kornblith2019'],
  );
  assert.equal(document.footnotes.length, 1);
  assert.equal(document.authors[0]?.affiliation, 'Institute of Depth');
});

test('the first heading is the title, if it is the only one of its level', () => {
  const one = read(notebook(md('# Deep *down*\n\nHello'), md('## A'), md('### B'), md('## C')));
  assert.equal(one.title.text, 'Deep down');
  assert.deepEqual(
    [...walk(one.blocks)].flatMap((b) =>
      b.kind === 'section' ? [`${b.number} ${b.title.text} ${b.level}`] : [],
    ),
    ['1 A 1', '1.1 B 2', '2 C 1'],
  );
  const two = read(notebook(md('# A'), md('# B')));
  assert.equal(two.title.text, 'n');
  assert.equal(two.blocks.filter((block) => block.kind === 'section').length, 2);
});

test('unnumbered sections take no number, nor do those in them', () => {
  const found = only(
    'section',
    md('## A'),
    md('## Thanks {.unnumbered}'),
    md('### To all'),
    md('## B'),
  );
  assert.deepEqual(
    found.map((section) => section.number),
    ['1', null, null, '2'],
  );
});

test('references find figures, tables, sections and equations in other cells, before and after', () => {
  const [prose] = only(
    'prose',
    md('See @fig-a, [@tbl-b], @sec-c and [@eq-d; @fig-a].'),
    code('//| label: fig-a', [chartOutput({ caption: 'A.' })]),
    md('| x |\n|---|\n| 1 |\n\n: B. {#tbl-b}\n\n## C {#sec-c}\n\n$$ 1 $$ {#eq-d}'),
  );
  const text = prose!.html.replace(/<[^>]+>/g, '');
  assert.equal(text, 'See Figure 1, Table 1, Section 1 and Equation 1, Figure 1.');
  for (const id of ['fig-a', 'tbl-b', 'sec-c', 'eq-d'])
    assert.match(prose!.html, new RegExp(`href="#${id}"`));
});

test('an address with @ and a handle are no references', () => {
  const [prose] = only('prose', md('Write to a@fig-x.org or @someone on the web.'));
  assert.match(prose!.html, /a@fig-x\.org or @someone/);
});

test('cell options say how a cell is shown', () => {
  const [folded] = only('code', code('//| code-fold: true\n//| code-summary: How\nx'));
  assert.deepEqual([folded!.fold, folded!.summary, folded!.source], ['closed', 'How', 'x']);
  assert.equal(only('code', code('#| echo: false\nx')).length, 0);
  assert.equal(only('code', code('x', [], ['hide-input']))[0]!.fold, 'closed');
  assert.equal(only('code', code('x', [], ['remove_input'])).length, 0);
  assert.equal(blocks(code('x', [chartOutput()], ['remove-cell'])).length, 0);
  assert.equal(blocks(code('//| include: false\nx', [chartOutput()])).length, 0);
  assert.equal(only('figure', code('//| output: false\nx', [chartOutput()])).length, 0);
  assert.equal(only('fold', code('x', [chartOutput()], ['hide-output'])).length, 1);
  assert.equal(only('figure', code('//| column: page', [chartOutput()]))[0]!.column, 'page');
  assert.equal(
    only(
      'output',
      code('//| warning: false\nx', [{ output_type: 'stream', name: 'stderr', text: 'w' }]),
    ).length,
    0,
  );
});

test('captions and alternative texts: the cell goes before the display, and lists go by figure', () => {
  const found = only(
    'figure',
    code('//| label: fig-z\n//| fig-cap: [One, Two]\n//| fig-alt: [eins, zwei]', [
      chartOutput({ caption: 'no', alt: 'no' }),
      shown({ 'image/png': pixel }),
    ]),
  );
  assert.deepEqual(
    found.map(({ id, number, alt, caption }) => [id, number, alt, caption?.text]),
    [
      ['fig-z', 1, 'eins', 'One'],
      ['fig-z-2', 2, 'zwei', 'Two'],
    ],
  );
  const [own] = only('figure', code('x', [chartOutput({ label: 'fig-q', caption: 'A *b*' })]));
  assert.deepEqual([own!.id, own!.caption?.html, own!.alt], ['fig-q', 'A <em>b</em>', 'Points.']);
});

test('the caption inside a table becomes its numbered caption', () => {
  const [table] = only(
    'table',
    code('t', [
      shown({
        'text/html': '<table><caption>Runs &amp; more</caption><tr><td>1</td></tr></table>',
      }),
    ]),
  );
  assert.deepEqual([table!.number, table!.caption?.text], [1, 'Runs & more']);
  assert.doesNotMatch(table!.html, /caption/);
});

// what is wrong → kind cell:line, and what the message says
const wrong: [name: string, cells: Cell[], expected: string[], message: RegExp][] = [
  [
    'an unknown option',
    [code('//| echo: true\n//| lable: fig-a\nx')],
    ['unknown-option 1:2'],
    /"lable".*"label"/,
  ],
  [
    'an option of the wrong kind',
    [code('//| echo: maybe\nx')],
    ['bad-option 1:1'],
    /must be one of true, false, fenced/,
  ],
  [
    'options that are no YAML',
    [code('//| fig-cap: "open\nx')],
    ['bad-option 1:1'],
    /cannot read the cell options/,
  ],
  [
    'a tag that is nearly one',
    [code('x', [], ['hide-inputs'])],
    ['unknown-tag 1:-'],
    /"hide-input"/,
  ],
  [
    'a reference to nothing',
    [md('## A {#sec-ab}\n\nOne\n\nsee @sec-ac')],
    ['unresolved-reference 1:5'],
    /"@sec-ab"/,
  ],
  [
    'a label used twice',
    [code('//| label: fig-a', [chartOutput()]), code('//| label: fig-a', [chartOutput()])],
    ['duplicate-label 2:-'],
    /used twice/,
  ],
  [
    'a label of the wrong kind',
    [code('x', [chartOutput({ label: 'ladder' })])],
    ['bad-label 1:-'],
    /start with "fig-"/,
  ],
  [
    'a label for nothing',
    [code('//| label: fig-a\nx')],
    ['unused-label 1:-'],
    /no figure or table/,
  ],
  [
    'a figure without alternative text',
    [code('x', [shown({ 'image/png': pixel })])],
    ['missing-alt 1:-'],
    /fig-alt/,
  ],
  [
    'a picture that is not there',
    [md('Look ![a](b.png)')],
    ['missing-picture 1:1'],
    /no picture "b.png"/,
  ],
  [
    'a picture from the web',
    [md('![a](https://example.org/b.png)')],
    ['missing-picture 1:1'],
    /loads nothing/,
  ],
  [
    'a formula that cannot be read',
    [md('$\\frac{1}$')],
    ['formula 1:1'],
    /cannot read the formula/,
  ],
  [
    'a cell that failed',
    [code('x', [{ output_type: 'error', ename: 'E', evalue: 'v', traceback: [] }])],
    ['error-output 1:-'],
    /raises-exception/,
  ],
  [
    'an output that no page can hold',
    [code('x', [shown({ 'application/x-thing': 'z' })])],
    ['dropped-output 1:-'],
    /application\/x-thing/,
  ],
  [
    'a wrong key in the front matter',
    [{ cell_type: 'raw', id: '', metadata: {}, source: '---\ntitle: T\nsubtitel: S\n---' }],
    ['unknown-option 1:3'],
    /"subtitle"/,
  ],
];

for (const [name, cells, expected, message] of wrong) {
  test(`diagnosed: ${name}`, () => {
    const document = read(notebook(...cells));
    assert.deepEqual(problems(document), expected);
    assert.match(formatDiagnostic(document.diagnostics[0]!), message);
    assert.match(formatDiagnostic(document.diagnostics[0]!), /^n\.ipynb, cell \d/);
  });
}

test('a citation that the bibliography lacks is diagnosed with the nearest key', async () => {
  const citations = await readBibliography(
    '@book{alpha2020, author={A, B}, title={T}, year=2020}',
    'r.bib',
  );
  const document = read(notebook(md('[@alpha2021]')), citations);
  assert.deepEqual(problems(document), ['unresolved-citation 1:1']);
  assert.match(document.diagnostics[0]!.message, /"alpha2020"/);
});

test('two works of the same author and year are told apart', async () => {
  const bib =
    '@book{x, author={Lee, A.}, title={One}, year=2020}\n@book{y, author={Lee, A.}, title={Two}, year=2020}';
  const document = read(
    notebook(md('[@x; @y, p. 3] and @x and [-@y]')),
    await readBibliography(bib, 'r.bib'),
  );
  const [prose] = document.blocks;
  assert.equal(
    prose?.kind === 'prose' && prose.html.replace(/<[^>]+>/g, ''),
    '(Lee, 2020a, 2020b, p. 3) and Lee (2020a) and (2020b)',
  );
  assert.match(document.bibliography[0]!.html, /Lee, A\. \(2020a\)\. <em>One<\/em>/);
});

test('notes are numbered through the notebook, and know where they are called from', () => {
  const document = read(
    notebook(md('A[^x]\n\n[^x]: First *note*.'), md('B[^x] again[^x]\n\n[^x]: Second.')),
  );
  assert.deepEqual(
    document.footnotes.map(({ number, from, html }) => [number, from.length, html]),
    [
      [1, 1, '<p>First <em>note</em>.</p>'],
      [2, 2, '<p>Second.</p>'],
    ],
  );
});

test('callouts in both notations, and task lists', () => {
  const [prose] = only(
    'prose',
    md('::: {.callout-tip title="So"}\nDo.\n:::\n\n> [!WARNING]\n> Mind.\n\n- [x] a\n- [ ] b'),
  );
  assert.match(prose!.html, /callout-tip[^>]*><p class="callout-title">So<\/p>\s*<p>Do\.<\/p>/);
  assert.match(
    prose!.html,
    /callout-warning[^>]*><p class="callout-title">Warning<\/p>\s*<p>Mind\.<\/p>/,
  );
  assert.equal(prose!.html.match(/type="checkbox"/g)?.length, 2);
});

test('attached and inline pictures become part of the page', () => {
  const attached = md('![A boot](attachment:a%20b.png)', {
    attachments: { 'a b.png': { 'image/png': pixel } },
  } as Partial<Cell>);
  const [figure] = only('figure', attached);
  assert.deepEqual(
    [figure!.caption?.text, figure!.content.kind, figure!.alt],
    ['A boot', 'picture', 'A boot'],
  );
});

test('options of Quarto: code as written, printed markdown as prose, foreign ones as a warning', () => {
  const [fenced] = only('code', code('//| echo: fenced\n//| label: fig-a\nx', [chartOutput()]));
  assert.equal(fenced!.source, '//| label: fig-a\nx');
  const printed = {
    output_type: 'stream',
    name: 'stdout',
    text: 'A **b**\n\n| x |\n|---|\n| 1 |',
  } as const;
  const [prose] = only('prose', code('//| output: asis\nx', [printed]));
  assert.match(prose!.html, /<strong>b<\/strong>[\s\S]*<table>/);
  assert.equal(only('output', code('x', [printed], ['remove-stdout'])).length, 0);
  assert.equal(only('figure', code('x', [chartOutput()], ['full-width']))[0]!.column, 'page');
  const { diagnostics } = read(notebook(code('//| fig-width: 7\nx')));
  assert.deepEqual(
    diagnostics.map(({ kind, severity, line }) => [kind, severity, line]),
    [['foreign-option', 'warning', 1]],
  );
});

test('an error that the cell announces is part of the notebook', () => {
  const failed = { output_type: 'error', ename: 'E', evalue: 'v', traceback: [] } as const;
  for (const cell of [
    code('//| error: true\nx', [{ ...failed, traceback: [] }]),
    code('x', [{ ...failed, traceback: [] }], ['raises_exception']),
  ]) {
    assert.deepEqual(problems(read(notebook(cell))), []);
  }
});
