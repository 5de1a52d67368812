// Notebooks from strangers: every case of test/fixtures/hostile goes the whole way, from the notebook to the page and the
// PDF. A real browser opens the pages with every request refused and is asked what happened; qpdf looks into the PDF.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encode } from 'fast-png';
import type { Browser } from 'puppeteer';
import { NotebookError } from '../../../src/press/notebook/error.js';
import type { Notebook } from '../../../src/press/notebook/nbformat.js';
import { parseNotebook } from '../../../src/press/notebook/read.js';
import { walk } from '../../../src/press/report/document.js';
import { drawCharts } from '../../../src/press/report/drawing.js';
import { indexPage } from '../../../src/press/report/index-page.js';
import { renderReport } from '../../../src/press/report/report.js';
import { BookError, readBook } from '../../../src/press/run/book.js';
import { audit } from './hostile-audit.js';
import {
  type Case,
  cellsOf,
  corpus,
  type Kind,
  lastWords,
  notebookOf,
  surround,
  together,
} from './hostile-corpus.js';
import {
  browserOrReason,
  code,
  has,
  notebook,
  openBrowser,
  read,
  shown,
  visit,
  wakeCharts,
} from './support.js';

const noBrowser = await browserOrReason();
const kindsAs = (way: string): Kind[] => corpus.filter(({ as }) => as.includes(way));

test('there are 150 cases of 20 kinds and more, each with its source', () => {
  const cases = corpus.flatMap((kind) => kind.cases);
  assert.ok(
    corpus.length >= 20 && cases.length >= 150,
    `${corpus.length} kinds, ${cases.length} cases`,
  );
  for (const { tries, source } of cases) assert.ok(tries && source);
  const handled = ['file', 'book', 'path', 'front matter', 'metadata', 'widget', 'bibliography'];
  for (const kind of corpus)
    assert.ok(together.includes(kind) || handled.includes(kind.as[0]!), kind.file);
});

/** Where a stranger's notebook lies: what it must not reach stands beside its folder. */
const outside = mkdtempSync(join(tmpdir(), 'fathom-hostile-'));
const beside = join(outside, 'notebook');
const out = join(outside, 'out');
const secret = Buffer.from(
  encode({
    width: 3,
    height: 1,
    channels: 3,
    depth: 8,
    data: new Uint8Array([1, 2, 3, 40, 50, 60, 77, 88, 99]),
  }),
);

before(() => {
  mkdirSync(beside);
  writeFileSync(join(outside, 'secret.png'), secret);
  writeFileSync(join(beside, 'x.bib'), '@book{a, title={x}, author={A}, year=2000}');
  symlinkSync('../secret.png', join(beside, 'link.png'));
  symlinkSync('..', join(beside, 'folder'));
  writeFileSync(
    join(beside, 'include.svg'),
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="../secret.png" width="9" height="9"/></svg>',
  );
  execFileSync('mkfifo', [join(beside, 'pipe.png')]);
});
after(() => rmSync(outside, { recursive: true, force: true }));

async function pageOf(source: Notebook, name = 'n', bibliography?: string): Promise<string> {
  await renderReport(source, {
    formats: ['html'],
    outDirectory: out,
    name,
    directory: beside,
    lenient: true,
    ...(bibliography ? { bibliography } : {}),
  });
  return readFileSync(join(out, `${name}.html`), 'utf8');
}

const files = ['root:x:0', secret.toString('base64').slice(20)];

describe('in a browser', { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await openBrowser();
  });
  after(() => browser.close());

  async function mustBeHarmless(
    html: string,
    { isReport = true, withoutScripts = false } = {},
  ): Promise<void> {
    for (const text of files) assert.ok(!html.includes(text), 'it holds a file from elsewhere');
    for (const scripts of withoutScripts ? [true, false] : [true]) {
      await visit(
        browser,
        html,
        async ({ page, requests, complaints }) => {
          if (scripts) {
            await wakeCharts(page);
            // Somebody reads, types and clicks.
            await page.keyboard.press('a');
            await page.mouse.wheel({ deltaY: 500 });
            await page.mouse.click(300, 300);
            const state = await page.evaluate(() => ({
              ran: (window as unknown as { pwned?: number }).pwned ?? 0,
              polluted: ({} as { polluted?: number }).polluted ?? 0,
              place: location.href.startsWith('file:'),
            }));
            assert.deepEqual(state, { ran: 0, polluted: 0, place: true });
            if (isReport) assert.deepEqual(await page.evaluate(audit, lastWords), []);
          }
          assert.deepEqual(requests, []);
          assert.deepEqual(
            complaints.filter((text) => !isOurRefusal(text)),
            [],
          );
        },
        { scripts },
      );
    }
  }

  for (const kind of together) {
    test(`${kind.kind}: ${kind.cases.length} ways to ${kind.tries}`, async () => {
      await mustBeHarmless(await pageOf(surround(cellsOf(kind))), { withoutScripts: true });
    });
  }

  for (const way of ['front matter', 'metadata', 'widget', 'path']) {
    for (const kind of kindsAs(way)) {
      for (const { tries, input } of kind.cases) {
        test(`${kind.kind}: ${tries}`, async () => {
          const given =
            way === 'path'
              ? String(input).replaceAll('SECRET', join(outside, 'secret.png'))
              : input;
          const source = notebookOf(way, given)!;
          const html = await pageOf(source);
          await mustBeHarmless(html);
        });
      }
    }
  }

  for (const kind of kindsAs('bibliography')) {
    for (const { tries, input } of kind.cases) {
      test(`${kind.kind}: ${tries}`, async () => {
        const file = join(outside, 'given.bib');
        writeFileSync(file, String(input));
        await mustBeHarmless(await pageOf(notebookOf('bibliography', input)!, 'n', file));
      });
    }
  }

  for (const kind of kindsAs('book')) {
    for (const { tries, input, refused } of kind.cases) {
      test(`${kind.kind}: ${tries}`, async () => {
        const folder = mkdtempSync(join(outside, 'book-'));
        const file = join(folder, 'book.yml');
        writeFileSync(file, String(input));
        writeFileSync(join(folder, 'a.ipynb'), '{}');
        if (refused) {
          await assert.rejects(readBook(file), (error: Error) => {
            assert.ok(error instanceof BookError || /alias/i.test(error.message), error.stack);
            assert.match(error.message, new RegExp(refused));
            return true;
          });
          return;
        }
        const { title, language, chapters } = await readBook(file);
        const headline = { name: 'a', title, headline: true };
        const entries = chapters.map((chapter) => ({
          title: chapter.title ?? chapter.name,
          description: chapter.title ?? null,
          files: [{ format: 'html', path: `${chapter.name}.html` }],
          headlines: [
            {
              ...headline,
              kind: 'value' as const,
              value: title,
              unit: title,
              interval: null,
              digits: null,
            },
            {
              ...headline,
              kind: 'table' as const,
              columns: [{ key: 'a', title, unit: title, digits: 2 }],
              rows: [[title]],
            },
          ],
        }));
        await mustBeHarmless(indexPage(entries, { title, language, note: title }), {
          isReport: false,
        });
      });
    }
  }

  test('the PDF of all of them runs nothing, opens nothing and links only to the web', {
    skip: !has('qpdf') && 'no qpdf',
  }, async () => {
    const cells = together.flatMap((kind) => cellsOf(kind));
    await renderReport(surround(cells), {
      formats: ['pdf'],
      outDirectory: out,
      name: 'all',
      directory: beside,
      lenient: true,
      browser: async () => browser,
    });
    const file = join(out, 'all.pdf');
    execFileSync('qpdf', ['--check', file]);
    const text = execFileSync('qpdf', ['--qdf', '--object-streams=disable', file, '-'], {
      maxBuffer: 1 << 30,
    }).toString('latin1');
    const actions = text.match(
      /\/(?:JavaScript|JS|Launch|GoToR|GoToE|SubmitForm|ImportData|EmbeddedFiles?|OpenAction|AA|RichMedia|AcroForm|XFA)\b/g,
    );
    assert.equal(actions, null);
    const addresses = [...text.matchAll(/\/URI \(((?:[^()\\]|\\.)*)\)/g)].map((found) => found[1]!);
    assert.ok(addresses.length > 0);
    assert.deepEqual(
      addresses.filter((address) => !/^(?:https?:\/\/|mailto:)/.test(address)),
      [],
    );
  });
});

/** The policy of the page refuses what slipped through to it, and says so; that is checked by the audit, not here. */
function isOurRefusal(text: string): boolean {
  return /evil\.example/.test(text) && /Content Security Policy/.test(text);
}

for (const kind of [...kindsAs('vega-lite'), ...kindsAs('vega')]) {
  test(`${kind.kind}: those that would load or escape are not drawn`, async () => {
    const document = read(surround(cellsOf(kind)));
    const { drawings } = await drawCharts(document);
    const figures = [...walk(document.blocks)].filter((block) => block.kind === 'figure');
    const wanted = (each: Case, index: number) =>
      each.drawn === null ? drawings.has(figures[index]!.id) : each.drawn;
    assert.deepEqual(
      figures.map((figure, index) => [kind.cases[index]!.tries, drawings.has(figure.id)]),
      kind.cases.map((each, index) => [each.tries, wanted(each, index)]),
    );
    for (const { svg } of drawings.values()) {
      assert.doesNotMatch(
        svg.replace(/>[^<]*</g, '><').replace(/aria-label="[^"]*"/g, ''),
        /<script| on[a-z]+="|evil\.example|javascript:/i,
      );
    }
  });
}

for (const kind of kindsAs('file')) {
  for (const { tries, input, refused } of kind.cases) {
    test(`${kind.kind}: ${tries}`, async () => {
      if (refused === null) {
        await parseNotebook(String(input), 'n.ipynb');
        assert.equal(({} as { polluted?: number }).polluted, undefined);
        return;
      }
      await assert.rejects(parseNotebook(String(input), 'n.ipynb'), (error) => {
        assert.ok(error instanceof NotebookError, String(error));
        assert.match(error.message, new RegExp(refused!));
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    });
  }
}

test('what is kept beside the page has names of its own, whatever the notebook says', async () => {
  const long = 'x'.repeat(400_000);
  const metadata = { filename: '../../evil', filenames: { 'text/html': '/etc/evil' } };
  const folder = join(outside, 'kept');
  const report = await renderReport(
    notebook(
      code('x', [shown({ 'text/html': `<p>${long.repeat(5)}</p>` }, metadata)]),
      code('x', [{ output_type: 'stream', name: 'stdout', text: `</script>${long}` }]),
    ),
    { formats: ['html'], outDirectory: folder, name: 'a "name"', lenient: true },
  );
  assert.deepEqual(report.kept, [
    'a "name".cell-1.output-1.html.txt',
    'a "name".cell-2.output-1.txt',
  ]);
  assert.deepEqual(readdirSync(folder).sort(), [...report.kept, 'a "name".html'].sort());
  const html = readFileSync(join(folder, 'a "name".html'), 'utf8');
  assert.match(html, /<a class="whole" href="a%20%22name%22\.cell-2\.output-1\.txt">/);
});
