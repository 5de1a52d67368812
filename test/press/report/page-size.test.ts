// How large a page becomes, tried with the charts that the book has; and that what stands in it once serves twice.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { encode } from 'fast-png';
import { drawCharts, type Drawings } from '../../../src/press/report/drawing.js';
import type { Document } from '../../../src/press/report/document.js';
import { renderHtml } from '../../../src/press/report/page.js';
import { readDocument } from '../../../src/press/report/read.js';
import {
  browserOrReason,
  code,
  notebook,
  openBrowser,
  page,
  shown,
  visit,
  wakeCharts,
} from './support.js';
import { tenCharts } from './ten-charts.js';

describe('a chapter of ten charts', () => {
  let document: Document;
  let drawings: Drawings;
  let html: string;
  before(async () => {
    document = readDocument(tenCharts(), { file: 'chapter.ipynb' });
    const drawn = await drawCharts(document);
    assert.deepEqual(drawn.diagnostics, []);
    drawings = drawn.drawings;
    html = await renderHtml(document, drawings);
  });

  test('is one file of at most 1.6 MB, with Vega in it once', () => {
    assert.equal(drawings.size, 10);
    assert.equal(html.match(/<svg\b[^>]*class="marks"/g)?.length, 10);
    assert.equal(html.match(/University of Washington Interactive Data Lab/g)?.length, 1);
    assert.equal(html.match(/<script/g)?.length, 3);
    const bytes = Buffer.byteLength(html);
    assert.ok(bytes <= 1_600_000, `${bytes} bytes`);
  });

  test('is the same to the byte when it is made again', async () => {
    assert.ok((await renderHtml(document, drawings)) === html);
  });
});

const pixels = (value: number) =>
  `data:image/png;base64,${Buffer.from(
    encode({ width: 2, height: 2, data: Uint8Array.of(value, 0, 0, 255), channels: 1 }),
  ).toString('base64')}`;

/** Five pictures in rows, which become a table of the page, and one alone. */
const pictures = [1, 2, 3, 4, 5].map(pixels);
const withPictures = notebook(
  code('maps', [
    shown(
      {
        'application/vnd.vegalite.v5+json': {
          layer: [
            { data: { values: pictures.map((url, x) => ({ x, y: x, url })) } },
            { data: { values: [{ x: 9, y: 9, url: pixels(6) }] } },
          ].map((layer) => ({
            ...layer,
            mark: { type: 'image', width: 20, height: 20 },
            encoding: {
              x: { field: 'x', type: 'quantitative' },
              y: { field: 'y', type: 'quantitative' },
              url: { field: 'url', type: 'nominal' },
            },
          })),
        },
      },
      { fathom: { alt: 'Six pictures' } },
    ),
  ]),
);

test('a picture of a chart stands in the page once, and no table reads it out', async () => {
  const html = await page(withPictures);
  for (const picture of [...pictures, pixels(6)]) assert.equal(html.split(picture).length, 2);
  const table = /<details class="data">[\s\S]*?<\/details>/.exec(html)![0];
  assert.doesNotMatch(table, /data:image|picture|url/);
  assert.equal(table.match(/<th\b/g)?.length, 2);
});

test('the live chart shows the pictures of the static one, and saves them', {
  skip: await browserOrReason(),
}, async () => {
  const html = await page(withPictures);
  const browser = await openBrowser();
  try {
    await visit(browser, html, async ({ page, requests, complaints }) => {
      assert.equal(await wakeCharts(page), 1);
      const shown = await page.$$eval('.live svg image', (images) =>
        images.map((image) => image.getAttribute('href') ?? image.getAttribute('xlink:href')),
      );
      assert.deepEqual(shown, [...pictures, pixels(6)]);
      assert.deepEqual([...requests, ...complaints], []);
    });
  } finally {
    await browser.close();
  }
});
