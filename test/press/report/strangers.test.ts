// Notebooks that other kernels executed (test/fixtures/notebooks, made by scripts/fixtures.mjs): each kind of output comes
// out in its best form, and the whole page is as safe as one of our own.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseNotebook, readNotebook } from '../../../src/press/notebook/read.js';
import { type Block, type Document, walk } from '../../../src/press/report/document.js';
import { drawCharts } from '../../../src/press/report/drawing.js';
import { renderHtml } from '../../../src/press/report/page.js';
import { readDocument } from '../../../src/press/report/read.js';
import { browserOrReason, openBrowser, visit, wakeCharts } from './support.js';

const folder = fileURLToPath(new URL('../../../../test/fixtures/notebooks/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'));

async function documentOf(name: string): Promise<Document> {
  return readDocument(await readNotebook(`${folder}executed/${name}`), { file: name });
}

/** What a cell shows, code aside: blocks in order, with their kind. */
function shownBy(document: Document, cell: number): Block[] {
  const place = new RegExp(`-c?${cell}(?:-\\d+)?$`);
  return [...walk(document.blocks)].filter(
    (block) =>
      'id' in block && block.kind !== 'code' && block.kind !== 'section' && place.test(block.id),
  );
}

function htmlOf(document: Document): string {
  return [...walk(document.blocks)]
    .map((block) =>
      block.kind === 'output'
        ? block.content.html
        : block.kind === 'table' || block.kind === 'prose'
          ? block.html
          : '',
    )
    .join('\n');
}

test('every source was executed, by a kernel of its language', async () => {
  assert.deepEqual(readdirSync(`${folder}executed`).sort(), names.sort());
  for (const name of names) {
    const [source, executed] = await Promise.all(
      [name, `executed/${name}`].map((path) => readNotebook(folder + path)),
    );
    assert.deepEqual(
      executed!.cells.map((cell) => cell.source),
      source!.cells.map((cell) => cell.source),
    );
    assert.ok(executed!.metadata.language_info, name);
    const outputs = executed!.cells.flatMap((cell) =>
      cell.cell_type === 'code' ? cell.outputs : [],
    );
    assert.ok(outputs.length >= 9, name);
    assert.doesNotMatch(
      readFileSync(`${folder}executed/${name}`, 'utf8'),
      /\/(?:home|root|Users)\/|ipykernel_\d/,
    );
  }
});

describe('Python', () => {
  test('frames are tables, and styled ones keep their colours without their sheet', async () => {
    const html = htmlOf(await documentOf('python-outputs.ipynb'));
    assert.match(html, /<table class="dataframe">[\s\S]*a&lt;b[\s\S]*日本/);
    assert.match(
      html,
      /<td[^>]*style="background-color:#[0-9a-f]{6};color:#[0-9a-f]{6}"[^>]*>0\.35<\/td>/,
    );
    assert.match(html, /<td[^>]*style="[^"]*background-color:#a5282c[^"]*"[^>]*>0\.91<\/td>/);
    assert.match(html, /style="[^"]*background:linear-gradient\(90deg,\s*#8fbcd4/);
    assert.match(html, /<div class="own-colours"><div style="background:#eef6ee/);
    assert.doesNotMatch(html, /<style|T_styled|box-of-mine/);
  });

  test('pictures, formulas, boxes, attachments', async () => {
    const document = await documentOf('python-outputs.ipynb');
    const figures = [...walk(document.blocks)].filter((block) => block.kind === 'figure');
    assert.deepEqual(
      figures.map(({ content }) => content.kind === 'picture' && content.mime),
      ['image/png', 'image/svg+xml', 'image/svg+xml'],
    );
    const html = htmlOf(document);
    assert.equal(html.match(/class="katex-display"/g)?.length, 3);
    assert.equal([...walk(document.blocks)].filter(({ kind }) => kind === 'equation').length, 2);
    assert.match(html, /<div class="callout callout-note"><b>Note\.<\/b>/);
    assert.match(html, /<img src="data:image\/png;base64,[^"]+" alt="green"/);
  });

  test('terminals: all colours, weights and the last state of a progress bar', async () => {
    const html = htmlOf(await documentOf('python-outputs.ipynb'));
    for (const part of [
      '<span class="ansi-bold">bold</span>',
      '<span style="background:var(--ink);color:var(--paper)">inverse</span>',
      '<span class="ansi-yellow-bg ansi-red-fg ansi-bold"> alert </span>',
      '<span style="background:#ff8700;color:#000000"> inverse orange </span>',
    ]) {
      assert.ok(html.includes(part), part);
    }
    assert.ok((html.match(/style="background:#[0-9a-f]{6};/g)?.length ?? 0) > 216);
    assert.ok((html.match(/--light:#[0-9a-f]{6};--dark:#[0-9a-f]{6}/g)?.length ?? 0) > 50);
    assert.match(html, /progress 100 %/);
    assert.doesNotMatch(html, /progress {2,}\d0 %/);
    assert.match(html, /ZeroDivisionError/);
  });

  test('charts of Altair and Plotly are drawn, whichever way they were shown; what cannot be is said', async () => {
    const document = await documentOf('python-charts.ipynb');
    const { drawings, diagnostics } = await drawCharts(document);
    const drawn = (cell: number) =>
      shownBy(document, cell).map((block) => 'id' in block && drawings.has(block.id));
    for (const cell of [2, 3, 4, 6, 7, 8, 9, 10, 11, 13])
      assert.deepEqual(drawn(cell), [true], `cell ${cell}`);
    assert.deepEqual(drawn(5), [false]);
    assert.match(diagnostics[0]!.message, /loads "https:\/\/data\.invalid\/cars\.json"/);
    assert.match(htmlOf(document), /surface, which has no flat form” is of the kind “surface”/);
    const plotly = drawings.get('fig-c6')!;
    assert.match(plotly.svg, /Plotly: lines and markers[\s\S]*/);
    assert.equal(plotly.table?.total, 24);
  });

  test('widgets show their saved state', async () => {
    const html = htmlOf(await documentOf('python-widgets.ipynb'));
    for (const part of [
      'depth</span><span class="widget-bar"><span style="width:70%"></span></span><span class="widget-value">7',
      '☑ shuffle',
      '<span class="widget-field">residual</span>',
      'a &#60;b&#62; name',
      '<p>with <b>bold</b> text and </p>',
      '<p class="widget-title">two</p>',
      '<strong>◉ b</strong>',
      '<pre class="stdout">printed inside an output widget',
      '4 squared is 16',
      '100%',
      '<strong>fast</strong>',
      '<img src="data:image/png;base64,',
    ]) {
      assert.ok(html.includes(part), part);
    }
  });
});

test('R: tables, lists, SVG, formulas, colours, errors', async () => {
  const document = await documentOf('r-outputs.ipynb');
  const html = htmlOf(document);
  assert.match(html, /Mazda RX4/);
  assert.match(html, /<li style="display:inline-block">1<\/li>/);
  assert.match(html, /class="katex-display"/);
  assert.match(html, /<span class="ansi-red-fg">red<\/span> <span class="ansi-bold">bold<\/span>/);
  assert.match(html, /went wrong/);
  assert.match(html, /step 5/);
  assert.doesNotMatch(html, /step 4|alert/);
  const figures = [...walk(document.blocks)].filter((block) => block.kind === 'figure');
  assert.equal(figures.length, 1);
});

test('Deno: HTML, markdown, SVG, a chart, colours, errors', async () => {
  const document = await documentOf('deno-outputs.ipynb');
  const html = htmlOf(document);
  assert.match(html, /<h4>A heading<\/h4><p>from <em>Deno<\/em><\/p>/);
  assert.match(html, /<strong>bold<\/strong> and <span class="katex">/);
  assert.match(html, /TypeError: went wrong/);
  const kinds = [...walk(document.blocks)].flatMap((block) =>
    block.kind === 'figure' ? [block.content.kind] : [],
  );
  assert.deepEqual(kinds, ['picture', 'chart']);
});

test('a picture that came with a chart stands in where the chart cannot be drawn', async () => {
  const png =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
  const data = {
    'application/vnd.vegalite.v5+json': {
      data: { url: 'https://data.invalid/x.json' },
      mark: 'point',
    },
    'image/png': png,
  };
  const outputs = [{ output_type: 'display_data', data, metadata: {} }];
  const cell = { cell_type: 'code', metadata: {}, source: 'x', execution_count: 1, outputs };
  const text = JSON.stringify({ nbformat: 4, nbformat_minor: 2, metadata: {}, cells: [cell] });
  const document = readDocument(await parseNotebook(text, 'n.ipynb'), { file: 'n.ipynb' });
  const html = await renderHtml(document, (await drawCharts(document)).drawings);
  assert.ok(html.includes(`<img src="data:image/png;base64,${png}"`));
});

test('their pages load nothing, run nothing of theirs and bring their charts to life', {
  skip: await browserOrReason(),
}, async () => {
  const browser = await openBrowser();
  try {
    for (const name of names) {
      const document = await documentOf(name);
      const { drawings } = await drawCharts(document);
      await visit(
        browser,
        await renderHtml(document, drawings),
        async ({ page, requests, complaints }) => {
          assert.equal(await wakeCharts(page), drawings.size, name);
          assert.deepEqual(requests, []);
          assert.deepEqual(complaints, []);
        },
      );
    }
  } finally {
    await browser.close();
  }
});
