// The page in a real browser: nothing is loaded, the policy is kept, charts come alive, axe finds nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'puppeteer';
import { readBibliography } from '../../../src/press/report/citations.js';
import { drawCharts } from '../../../src/press/report/drawing.js';
import { renderHtml } from '../../../src/press/report/page.js';
import { readDocument } from '../../../src/press/report/read.js';
import { bibliography, chapter } from './chapter.js';
import { browserOrReason, openBrowser, visit, wakeCharts } from './support.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

describe('page', { skip: await browserOrReason() }, () => {
  let browser: Browser;
  let html: string;
  before(async () => {
    const citations = await readBibliography(bibliography, 'references.bib');
    const document = readDocument(chapter(), { file: 'chapter.ipynb', citations });
    const { drawings, diagnostics } = await drawCharts(document);
    assert.deepEqual(diagnostics, []);
    html = await renderHtml(document, drawings, {
      provenance: {
        commit: 'a'.repeat(40),
        dirty: false,
        versions: { fathom: '0.1.0' },
        lockfile: null,
        fonts: {},
        parameters: { depths: [8] },
        data: {},
        records: [],
        seeds: [1],
      },
    });
    browser = await openBrowser();
  });
  after(() => browser?.close());

  test('loads nothing, keeps its policy, and its charts come alive', () =>
    visit(browser, html, async ({ page, requests, complaints }) => {
      assert.equal(await wakeCharts(page), 5);
      assert.deepEqual(requests, []);
      assert.deepEqual(complaints, []);
      const names = await page.$$eval('.chart svg[role=img]', (all) =>
        all.map((svg) => svg.getAttribute('aria-label')),
      );
      assert.equal(names.length, 5);
      assert.ok(names.every((name) => name && name.length > 20));
    }));

  for (const dark of [false, true]) {
    test(`axe finds nothing, ${dark ? 'dark' : 'light'}`, () =>
      visit(
        browser,
        html,
        async ({ page }) => {
          await wakeCharts(page);
          await page.$$eval('details', (all) => {
            for (const box of all) box.open = true;
          });
          await page.evaluate(axe);
          const { violations } = await page.evaluate(async () => {
            const { axe: runner } = window as unknown as {
              axe: { run(options: object): Promise<unknown> };
            };
            return (await runner.run({
              runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
            })) as AxeResult;
          });
          assert.deepEqual(
            violations.map(
              ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`,
            ),
            [],
          );
        },
        { dark },
      ));
  }

  test('with scripts off everything is there', () =>
    visit(
      browser,
      html,
      async ({ page }) => {
        // Scripts of the page are off; the browser's own way of asking still works through the accessibility tree.
        const tree = JSON.stringify(await page.accessibility.snapshot({ interestingOnly: false }));
        for (const text of [
          'The question',
          'Numbers of Figure 1',
          'Line chart of test accuracy',
          'Figure 6.',
          'Contents',
        ]) {
          assert.ok(tree.includes(text), text);
        }
      },
      { scripts: false },
    ));

  test('a phone shows it without scrolling sideways', () =>
    visit(
      browser,
      html,
      async ({ page }) => {
        await wakeCharts(page);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
        assert.equal(await page.$eval('nav.contents details', (box) => box.open), false);
      },
      { width: 390 },
    ));

  test('the place in the contents follows the reader, and the theme can be switched', () =>
    visit(browser, html, async ({ page }) => {
      await wakeCharts(page);
      await page.$eval('#sec-limits', (heading) => heading.scrollIntoView({ behavior: 'instant' }));
      await page.waitForFunction(
        () => document.querySelector('nav.contents [aria-current]')?.textContent === '5Limits',
      );
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(await paper(), 'rgb(255, 255, 255)');
      await page.$eval('button.theme', (button) => button.click());
      assert.equal(await paper(), 'rgb(18, 22, 28)');
    }));

  test('a chart is saved as SVG, PNG, CSV and specification', () =>
    visit(browser, html, async ({ page }) => {
      await wakeCharts(page);
      const saved = await page.evaluate(async () => {
        const found: Record<string, string> = {};
        let arrived: () => void = () => undefined;
        HTMLAnchorElement.prototype.click = function (this: HTMLAnchorElement) {
          const { download, href } = this;
          if (href.startsWith('data:')) {
            found[download] = href.slice(0, 30);
            arrived();
          } else {
            // What a blob holds is read back without a request.
            arrived();
          }
        };
        const original = URL.createObjectURL.bind(URL);
        const blobs: Blob[] = [];
        URL.createObjectURL = (blob: Blob) => {
          blobs.push(blob);
          return original(blob);
        };
        for (const button of document.querySelectorAll<HTMLButtonElement>(
          '#fig-ladder .menu button',
        )) {
          const done = new Promise<void>((resolve) => {
            arrived = resolve;
          });
          button.click();
          await done;
        }
        for (const [index, blob] of blobs.entries())
          found[`${index} ${blob.type}`] = await blob.text();
        return found;
      });
      assert.match(saved['0 image/svg+xml']!, /^<svg/);
      assert.match(saved['fig-ladder.png']!, /^data:image\/png/);
      assert.match(saved['1 text/csv']!, /^[a-z,]*depth[a-z,]*\n/);
      assert.equal(saved['1 text/csv']!.trim().split('\n').length, 16);
      const specification = JSON.parse(saved['2 application/json']!) as {
        data: { values: unknown[] };
      };
      assert.equal(specification.data.values.length, 15);
    }));

  test('the width of text is what the browser measures, within 3 %', () =>
    visit(browser, html, async ({ page }) => {
      const { textWidth } = await import('../../../src/press/report/fonts.js');
      const text = 'Test accuracy 0.5';
      const measured = await page.evaluate(async (sample) => {
        await document.fonts.ready;
        const context = document.createElement('canvas').getContext('2d')!;
        context.font = "100px 'Source Sans 3'";
        return context.measureText(sample).width;
      }, text);
      assert.ok(
        Math.abs(textWidth(text, 100, false) / measured - 1) < 0.03,
        `${textWidth(text, 100, false)} ${measured}`,
      );
    }));

  test('is small, and one file: ≤ 1.6 MB with ten charts', () => {
    assert.equal(html.match(/<script/g)?.length, 3);
    const chartBytes =
      html.match(/<svg[\s\S]*?<\/svg>/g)!.join('').length +
      /id="chart-data">([\s\S]*?)<\/script>/.exec(html)![1]!.length;
    assert.ok(html.length + chartBytes <= 1_600_000, String(html.length + chartBytes));
  });
});
