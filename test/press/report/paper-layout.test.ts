// How pages are laid out before they are printed: what the layout foretells is what the printer does, figures leave no
// holes, and nothing makes the rest smaller by sticking out.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'puppeteer';
import type { Cell } from '../../../src/press/notebook/nbformat.js';
import { drawCharts } from '../../../src/press/report/drawing.js';
import { paperOf } from '../../../src/press/report/paper.js';
import { type Layout, layOut } from '../../../src/press/report/paper-layout.js';
import { pageSize } from '../../../src/press/report/print-style.js';
import { browserOrReason, code, md, notebook, openBrowser, read, shown } from './support.js';

const sentence = 'The count of linear pieces grows with depth, and the loss does not tell why. ';
const prose = (sentences: number) => md(sentence.repeat(sentences));
const figure = (name: string, height: number) =>
  code('show(chart)', [
    shown(
      {
        'application/vnd.vegalite.v5+json': {
          $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
          description: 'A bar.',
          data: { values: [{ a: 1 }] },
          mark: 'bar',
          width: 380,
          height,
          encoding: { y: { field: 'a', type: 'quantitative' } },
        },
      },
      { fathom: { label: `fig-${name}`, caption: `Bar ${name}.` } },
    ),
  ]);
const hidden = (cell: Cell): Cell => ({ ...cell, metadata: { tags: ['remove-input'] } }) as Cell;

describe('layout of pages', { skip: await browserOrReason() }, () => {
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), 'fathom-layout-'));
  before(async () => {
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function lay(...cells: Cell[]): Promise<Layout & { order: string[]; widths: number[] }> {
    const document = read(notebook(md('# Title'), ...cells));
    const { drawings } = await drawCharts(document);
    const file = join(folder, 'paper.html');
    writeFileSync(file, (await paperOf({ document, drawings, provenance: null })).markup);
    const page = await browser.newPage();
    try {
      await page.emulateMediaType('print');
      await page.goto(pathToFileURL(file).href);
      const layout = await page.evaluate(layOut, pageSize);
      return {
        ...layout,
        order: await page.$$eval('p, .floats', (all) =>
          all.map((each) => each.id || (each.textContent?.slice(0, 9) ?? '')),
        ),
        widths: await page.$$eval('.scroll > table', (all) =>
          all.map((each) => each.getBoundingClientRect().width),
        ),
      };
    } finally {
      await page.close();
    }
  }

  test('text behind a figure that does not fit is set before it, a new section only when it is needed', async () => {
    const { fitted, order, places } = await lay(
      md('## One'),
      prose(30),
      hidden(figure('a', 420)),
      prose(9),
      md('## Two'),
      prose(30),
    );
    assert.deepEqual(
      fitted.map(({ id, way }) => [id, way]),
      [['fig-a', 'moved']],
    );
    assert.ok(fitted[0]!.hole > 0.2);
    assert.deepEqual(order, ['The count', 'The count', 'fig-a', 'The count']);
    assert.equal(places['fig-a'], 3);
  });

  test('figures that stand together move together, past the heading of a section and with its text', async () => {
    const { fitted, order, places } = await lay(
      md('## One'),
      prose(30),
      hidden(figure('a', 420)),
      hidden(figure('b', 250)),
      md('## Two'),
      prose(9),
      md('## Three'),
      prose(30),
    );
    assert.deepEqual(fitted[0] && [fitted[0].id, fitted[0].way], ['fig-a', 'moved']);
    assert.deepEqual(
      order.filter((name) => name.startsWith('fig')),
      ['fig-a', 'fig-b'],
    );
    assert.ok(order.indexOf('fig-a') >= 2, String(order));
    assert.equal(places['fig-a'], 3);
    assert.equal(places['fig-b'], 3);
    assert.equal(places.two, 2);
  });

  test('a figure that all but fits is made smaller', async () => {
    const { fitted, places } = await lay(
      md('## One'),
      prose(20),
      hidden(figure('a', 430)),
      md('## Two'),
      prose(3),
    );
    assert.deepEqual(
      fitted.map(({ id, way }) => [id, way]),
      [['fig-a', 'scaled']],
    );
    assert.equal(places['fig-a'], 2);
  });

  test('a figure never passes another, and one without a number stays where it is', async () => {
    const unnumbered = hidden(
      code('show(chart)', [
        shown({
          'application/vnd.vegalite.v5+json': {
            description: 'A bar.',
            data: { values: [{ a: 1 }] },
            mark: 'bar',
            width: 380,
            height: 420,
            encoding: { y: { field: 'a', type: 'quantitative' } },
          },
        }),
      ]),
    );
    const one = await lay(
      md('## One'),
      prose(30),
      hidden(figure('a', 420)),
      hidden(figure('b', 420)),
      prose(9),
    );
    assert.deepEqual(
      one.order.filter((name) => name.startsWith('fig')),
      ['fig-a', 'fig-b'],
    );
    const two = await lay(md('## One'), prose(30), unnumbered, prose(9));
    assert.deepEqual(two.fitted, []);
  });

  test('a wide table becomes smaller, and breaks its words when that is not enough', async () => {
    const table = (columns: number) => {
      const cells = Array.from({ length: columns }, (_, i) => `<td>a column ${i}</td>`).join('');
      return hidden(
        code('t', [shown({ 'text/html': `<table class="dataframe"><tr>${cells}</tr></table>` })]),
      );
    };
    const { widths } = await lay(md('## One'), table(4), table(10), table(30));
    assert.equal(widths.length, 3);
    for (const width of widths) assert.ok(width <= pageSize.width + 1, String(width));
  });
});
