// `fathom preview` in a real browser: what a saved file leads to, what the page says, and who is kept out.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer';
import { findBrowser, openBrowser } from '../../src/press/report/index.js';
import { code, notebook, project, prose, put } from '../press/run/fixtures.js';
import { fathom, program } from './program.js';

const browserFound = await findBrowser().catch((error: Error) => error);

const chapter = (text: string, source = 'console.log("value one");') =>
  notebook(prose(`# A chapter\n\n${text}`), prose('long\n\n'.repeat(200)), code(source));

function get(
  address: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    request(address, { headers, method }, (response) => {
      response.resume();
      resolve({ status: response.statusCode!, headers: response.headers });
    })
      .on('error', reject)
      .end();
  });
}

describe('fathom preview', {
  skip: browserFound instanceof Error && 'no browser',
}, () => {
  const folder = project({ 'n.ipynb': chapter('First words.'), 'lib.ts': 'export const a = 1;\n' });
  let [child, address, said]: [ChildProcess | undefined, string, string] = [undefined, '', ''];
  let browser: Browser;
  let page: Page;

  before(async () => {
    child = spawn(process.execPath, [program, 'preview', 'n.ipynb', '--port', '0'], {
      cwd: folder,
    });
    child.stderr!.on('data', (text) => {
      said += text;
    });
    address = await new Promise<string>((resolve, reject) => {
      child!.stdout!.on('data', (text) => {
        if (String(text).includes('Shiki')) said += text;
        const found = /^(http:\S+)/m.exec(String(text));
        if (found) resolve(found[1]!);
      });
      child!.on('close', () => reject(new Error(`it ended: ${said}`)));
    });
    browser = await openBrowser();
    page = await browser.newPage();
    await page.goto(address);
  });
  after(async () => {
    await browser?.close();
    child?.kill('SIGKILL');
  });

  /** Until the report that is shown says something. */
  const shows = (text: string) =>
    page.waitForFunction(
      (wanted) =>
        document.querySelector('iframe:not(.coming)') instanceof HTMLIFrameElement &&
        (
          document.querySelector<HTMLIFrameElement>('iframe:not(.coming)')!.contentDocument?.body
            .innerText ?? ''
        ).includes(wanted),
      { timeout: 120_000 },
      text,
    );
  const isIn = (id: string, text: string) =>
    page.waitForFunction(
      (element, wanted) => document.getElementById(element)!.textContent!.includes(wanted),
      { timeout: 120_000 },
      id,
      text,
    );

  it('executes and shows the report', async () => {
    await shows('First words.');
    await shows('value one');
    await isIn('status', 'executed in');
  });

  it('prints prose anew without executing, where the reader was', async () => {
    await page.evaluate(() => {
      document.querySelector('iframe')!.contentWindow!.scrollTo({ top: 400, behavior: 'instant' });
    });
    put(folder, 'n.ipynb', chapter('Second words.'));
    await shows('Second words.');
    await isIn('status', 'printed in');
    const top = await page.evaluate(() => document.querySelector('iframe')!.contentWindow!.scrollY);
    assert.equal(top, 400);
  });

  it('prints as often as is saved, and keeps nothing of it', async () => {
    for (let edit = 1; edit <= 12; edit++) {
      put(folder, 'n.ipynb', chapter(`Edit ${edit} of the words.`));
      await shows(`Edit ${edit} of the words.`);
    }
    // The highlighter warns when many of it are held.
    assert.equal(said, '');
  });

  it('executes code that was edited, and says so and what comes of it', async () => {
    put(folder, 'n.ipynb', chapter('Second words.', 'console.log("value two");'));
    await shows('value two');
    await isIn('status', 'executed cell 1 in');
  });

  it('stops what it executes when the code is edited again', async () => {
    put(folder, 'n.ipynb', chapter('Second words.', 'console.log("endless"); for (;;) {}'));
    await isIn('status', 'executing cell 1 of 1: endless');
    put(folder, 'n.ipynb', chapter('Second words.', 'console.log("value three");'));
    await shows('value three');
  });

  it('shows errors in the page, with what was done so far, until they are mended', async () => {
    put(folder, 'n.ipynb', chapter('Second words.', 'const x: number = "text";'));
    await isIn('errors', "n.ipynb: cell 3, line 1, column 7: TS2322: Type 'string'");
    put(folder, 'n.ipynb', '{ broken');
    await isIn('errors', 'n.ipynb:1: not valid JSON');
    put(
      folder,
      'n.ipynb',
      chapter('Third words.', 'import { a } from "./lib";\nconsole.log("a is", a);'),
    );
    await shows('a is 1');
    assert.equal(await page.$eval('#errors', (element) => element.textContent), '');
  });

  it('executes when a module that it imports is edited', async () => {
    put(folder, 'lib.ts', 'export const a = 2;\n');
    await shows('a is 2');
  });

  it('executes only the cells that an edit concerns, says so, and all from the top when asked', async () => {
    const cells = (...sources: string[]) =>
      put(folder, 'n.ipynb', notebook(prose('# A chapter'), ...sources.map((each) => code(each))));
    cells('const once = Math.random();', 'once', '"first"');
    await shows('first');
    await isIn('status', 'executed');
    const value = () =>
      page.evaluate(
        () =>
          /0\.\d+/.exec(
            document.querySelector<HTMLIFrameElement>('iframe:not(.coming)')!.contentDocument!.body
              .innerText,
          )![0],
      );
    const before = await value();
    cells('const once = Math.random();', 'once', '"second"');
    await shows('second');
    await isIn('status', 'executed cell 3 in');
    await isIn('note', 'a build runs from the top');
    assert.equal(await value(), before);
    await page.click('#note button');
    await isIn('status', 'executed from the top (that was asked for) in');
    // The status is there before the frame with the report is.
    await page.waitForFunction(
      (old) => {
        const frame = document.querySelector<HTMLIFrameElement>('iframe:not(.coming)');
        const text = frame?.contentDocument?.body.innerText ?? '';
        return /0\.\d+/.test(text) && !text.includes(old);
      },
      { timeout: 120_000 },
      before,
    );
    assert.equal(await page.$eval('#note', (element) => (element as HTMLElement).hidden), true);
  });

  it('keeps the place of the reader when the page is loaded anew', async () => {
    put(folder, 'n.ipynb', chapter('Loaded anew.', '"third"'));
    await shows('Loaded anew.');
    await page.evaluate(() => {
      document.querySelector('iframe')!.contentWindow!.scrollTo({ top: 300, behavior: 'instant' });
    });
    await page.reload();
    await shows('Loaded anew.');
    assert.equal(
      await page.evaluate(() => document.querySelector('iframe')!.contentWindow!.scrollY),
      300,
    );
  });

  it('writes no reports', () => {
    assert.ok(!readdirSync(folder).includes('reports'));
  });

  it('answers only to this machine, to its own name, and to its own pages', async () => {
    assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const report = `${address}n/report`;
    const own = await get(report);
    assert.equal(own.status, 200);
    assert.equal(own.headers['content-security-policy'], "frame-ancestors 'self'");
    assert.equal(own.headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(own.headers['access-control-allow-origin'], undefined);
    const port = new URL(address).port;
    const tried: [headers: Record<string, string>, method: string, path: string, status: number][] =
      [
        [{ host: `evil.example:${port}` }, 'GET', 'n/report', 403],
        [{ host: '127.0.0.1:1' }, 'GET', 'n/report', 403],
        [{ host: `localhost:${port}` }, 'GET', 'n/report', 200],
        [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 'GET', 'n/report', 403],
        [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }, 'GET', 'n/events', 403],
        [{}, 'POST', 'n/report', 405],
        [{}, 'POST', 'n/restart', 403],
        [{ origin: 'http://evil.example' }, 'POST', 'n/restart', 403],
        [{}, 'GET', 'n/restart', 405],
        [{}, 'GET', '../package.json', 404],
        [{}, 'GET', 'n/../../package.json', 404],
        [{}, 'GET', '%2e%2e%2fpackage.json/', 404],
        [{}, 'GET', '%ff/', 404],
        [{}, 'GET', 'm/', 404],
      ];
    for (const [headers, method, path, status] of tried) {
      const { status: got } = await get(address + path, headers, method);
      assert.equal(got, status, `${method} ${path} ${JSON.stringify(headers)}`);
    }
  });

  it('ends on Ctrl-C, and leaves no kernel behind', async () => {
    put(folder, 'n.ipynb', chapter('Last.', 'console.log("pid " + process.pid); for (;;) {}'));
    await isIn('status', 'pid ');
    const status = await page.$eval('#status', (element) => element.textContent!);
    const ended = new Promise((resolve) => child!.on('close', resolve));
    child!.kill('SIGINT');
    assert.equal(await ended, 0);
    assert.equal(said, '');
    const pid = Number(/pid (\d+)/.exec(status)![1]);
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    await isIn('status', 'the preview has ended');
  });

  it('refuses a port that cannot be had', async () => {
    const ended = await fathom(folder, ['preview', 'n.ipynb', '--port', '99999']);
    assert.deepEqual(
      [ended.code, ended.err],
      [2, 'fathom: --port 99999: give a number from 0 to 65535\n'],
    );
  });
});
