// The page in a real browser: nothing is loaded, the policy is kept, charts come alive, axe finds nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'puppeteer';
import { readBibliography } from '../../../src/press/report/citations.js';
import { drawCharts } from '../../../src/press/report/drawing.js';
import { renderHtml } from '../../../src/press/report/page.js';
import { readDocument } from '../../../src/press/report/read.js';
import { colours } from '../../../src/press/report/style.js';
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

  const findings = async (page: Page, where = 'html'): Promise<string[]> => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(async (part) => {
      const { axe: runner } = window as unknown as {
        axe: { run(part: string, options: object): Promise<unknown> };
      };
      return (await runner.run(part, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      })) as AxeResult;
    }, where);
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`,
    );
  };

  for (const dark of [false, true]) {
    test(`axe finds nothing, ${dark ? 'dark' : 'light'}: all unfolded, a preview shown, a figure enlarged`, () =>
      visit(
        browser,
        html,
        async ({ page }) => {
          await wakeCharts(page);
          await page.$$eval('details', (all) => {
            for (const box of all) box.open = true;
          });
          await page.$eval('main a.reference', (link) =>
            link.scrollIntoView({ block: 'center', behavior: 'instant' }),
          );
          await page.hover('main a.reference');
          await page.waitForSelector('.preview');
          assert.deepEqual(await findings(page), []);
          await page.$eval('#fig-ladder .tools > button', (button) => button.click());
          assert.deepEqual(await findings(page, 'dialog'), []);
        },
        { dark },
      ));
  }

  test('a figure is enlarged by keyboard, the next one shown, and the focus comes back', () =>
    visit(browser, html, async ({ page, complaints }) => {
      await wakeCharts(page);
      await page.focus('#fig-ladder .tools > button');
      await page.keyboard.press('Enter');
      const shown = () =>
        page.evaluate(() => ({
          name: document.querySelector('dialog[open]')?.getAttribute('aria-label') ?? null,
          width: document.querySelector('dialog[open] svg')?.getBoundingClientRect().width ?? 0,
          inside: document.querySelector('dialog')?.contains(document.activeElement) ?? false,
        }));
      const first = await shown();
      assert.equal(first.name, 'Figure 2');
      assert.ok(first.width > 900, String(first.width));
      assert.ok(first.inside);
      await page.keyboard.press('ArrowRight');
      assert.equal((await shown()).name, 'Figure 3');
      for (let i = 0; i < 8; i++) await page.keyboard.press('Tab');
      assert.equal(
        await page.evaluate(() => document.activeElement?.closest('main') ?? null),
        null,
      );
      await page.keyboard.press('Escape');
      assert.equal((await shown()).name, null);
      assert.equal(
        await page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
        'Enlarge Figure 2',
      );
      assert.deepEqual(complaints, []);
    }));

  test('references, citations and notes show what they point at: on hover, on focus, and on a touch', () =>
    visit(browser, html, async ({ page }) => {
      const text = () => page.$eval('.preview', (box) => box.textContent ?? '');
      const gone = () => page.waitForFunction(() => !document.querySelector('.preview'));
      const cases: [string, RegExp][] = [
        ['main a.reference[href="#fig-ladder"]', /Figure 2\./],
        ['main a.citation', /Hanin/],
        ['main .note-mark a', /\S/],
        ['main a.reference[href^="#sec-"]', /\S/],
      ];
      for (const [selector, expected] of cases) {
        await page.$eval(selector, (link) =>
          link.scrollIntoView({ block: 'center', behavior: 'instant' }),
        );
        await page.hover(selector);
        await page.waitForSelector('.preview');
        assert.match(await text(), expected);
        // The pointer may go into the box, and Escape closes it.
        await page.hover('.preview');
        await page.keyboard.press('Escape');
        await gone();
        await page.mouse.move(2, 2);
      }
      await page.focus('main a.citation');
      await page.keyboard.press('Tab');
      await page.waitForSelector('.preview');
      assert.equal(
        await page.evaluate(() => document.activeElement?.getAttribute('aria-describedby')),
        'preview',
      );
      await page.keyboard.press('Escape');
      await gone();
      const before = await page.evaluate(() => location.hash);
      const link = (await page.$('main a.reference[href="#fig-ladder"]'))!;
      await link.tap();
      await page.waitForSelector('.preview-way');
      assert.equal(await page.evaluate(() => location.hash), before);
      await page.tap('.preview-way');
      assert.equal(await page.evaluate(() => location.hash), '#fig-ladder');
      await gone();
    }));

  test('charts take the colours of the page, and change with it at once', () =>
    visit(browser, html, async ({ page }) => {
      await wakeCharts(page);
      const seen = () =>
        page.evaluate(() => {
          const of = (selector: string, property: 'fill' | 'stroke') =>
            getComputedStyle(document.querySelector(`#fig-ladder ${selector}`)!)[property];
          return [
            of('.role-axis-label text', 'fill'),
            of('.role-axis-title text', 'fill'),
            of('.role-axis-grid line', 'stroke'),
            of('.role-mark path', 'stroke'),
          ];
        });
      const rgb = (hex: string) =>
        `rgb(${[1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(', ')})`;
      const light = await seen();
      await page.$eval('button.theme', (button) => button.click());
      const dark = await seen();
      const { dark: set } = colours;
      assert.deepEqual(
        dark.slice(0, 3),
        [set['chart-quiet'], set['chart-ink'], set['chart-grid']].map(rgb),
      );
      assert.notDeepEqual(light.slice(0, 3), dark.slice(0, 3));
      // The data keep their colours: they are told by the same ones in the text.
      assert.equal(dark[3], light[3]);
      await page.$eval('button.theme', (button) => button.click());
      assert.deepEqual(await seen(), light);
    }));

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

  test('a phone shows it without scrolling sideways, and with targets that a finger meets', () =>
    visit(
      browser,
      html,
      async ({ page }) => {
        await wakeCharts(page);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
        assert.equal(await page.$eval('nav.contents details', (box) => box.open), false);
        await page.$$eval('details', (all) => {
          for (const box of all) box.open = true;
        });
        assert.deepEqual(await findings(page), []);
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
});
