// `fathom diff` over real builds: what it says, what it counts, and a page that lets nothing in.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { findBrowser, openBrowser } from '../../src/press/report/index.js';
import { code, notebook, project, prose, put } from '../press/run/fixtures.js';
import { fathom } from './program.js';

const chapter = (text: string, depth: number) =>
  notebook(
    prose(`# A chapter\n\n${text}`),
    code(`const depth: number = ${depth};`, 'parameters'),
    code(`import { chart, result, show } from 'fathom';
const points = [1, 2, 3].map((x) => ({ x, y: x === 3 ? depth : x }));
show(
  chart('Points that rise.', {
    data: { values: points },
    mark: 'bar',
    encoding: { x: { field: 'x', type: 'ordinal' }, y: { field: 'y', type: 'quantitative' } },
  }),
  { label: 'fig-points', caption: 'Points.' },
);
result('last', depth, { interval: { low: depth - 1, high: depth + 1, level: 0.95, method: 'given' } });
console.log('the last is ' + depth);`),
  );

const browser = await findBrowser().catch((error: Error) => error);

describe('fathom diff', () => {
  const folder = project({ 'n.ipynb': chapter('Words.', 3) });
  before(async () => {
    const build = async (out: string, ...rest: string[]) => {
      const ended = await fathom(folder, [
        'build',
        'n.ipynb',
        '--to',
        'html',
        '--out',
        out,
        ...rest,
      ]);
      assert.deepEqual([ended.code, ended.err], [0, '']);
    };
    await build('one');
    await build('same');
    await build('value', '-P', 'depth=3.5');
    await build('far', '-P', 'depth=9');
    put(folder, 'n.ipynb', chapter('Other <script>alert(1)</script> words.', 3));
    await build('words');
  });

  it('finds two builds of the same the same', async () => {
    const ended = await fathom(folder, ['diff', 'one', 'same']);
    assert.equal(ended.code, 0);
    assert.match(ended.out, /n {2}the same \(1 numbers, 1 figures\)/);
    assert.match(ended.out, /They are the same\.\n$/);
  });

  it('tells parameters, numbers with their intervals, charts and output', async () => {
    const ended = await fathom(folder, ['diff', 'one', 'far/n.html']);
    assert.equal(ended.code, 1);
    assert.match(ended.out, /made from {2}parameter depth {2}3 → 9\n/);
    assert.match(
      ended.out,
      /numbers {4}last {2}3 \[2, 4\] → 9 \[8, 10\] \(\+6, beyond the interval of the other\)\n/,
    );
    assert.match(ended.out, /figures {4}fig-points {2}1 of 6 data values, by at most 67 %/);
    if (!(browser instanceof Error)) assert.match(ended.out, /; \d+(\.\d+)? % of the picture\n/);
    assert.match(ended.out, /outputs {4}1 line more, 1 less\n/);
    assert.match(ended.out, /- the last is 3\n.*\+ the last is 9\n/);
    assert.match(ended.out, /time {7}\d/);
  });

  it('lets numbers be as far apart as it is told', async () => {
    const near = await fathom(folder, ['diff', 'one', 'value', '--tolerance', '0.2', '--json']);
    const comparison = JSON.parse(near.out);
    // The parameter stands in the code, which is compared as numbers too.
    assert.deepEqual([near.code, comparison.isSame], [0, true]);
    const chance = JSON.parse((await fathom(folder, ['diff', 'one', 'value', '--json'])).out);
    assert.equal(chance.chapters[0].results.changes[0].interval, 'within');
  });

  it('writes a page that shows both pictures and runs nothing', {
    skip: browser instanceof Error && 'no browser',
  }, async () => {
    const page = join(folder, 'diff.html');
    assert.equal((await fathom(folder, ['diff', 'far', 'words', '--html', page])).code, 1);
    assert.match(
      readFileSync(page, 'utf8'),
      /Content-Security-Policy" content="default-src 'none'/,
    );
    const opened = await openBrowser();
    try {
      const tab = await opened.newPage();
      let isRun = false;
      const requests: string[] = [];
      tab.on('dialog', async (dialog) => {
        isRun = true;
        await dialog.dismiss();
      });
      tab.on('request', (request) => requests.push(request.url().slice(0, 5)));
      await tab.goto(`file://${page}`);
      const pictures = await tab.evaluate(() =>
        Array.from(document.images, ({ naturalWidth, alt }) => [naturalWidth > 50, alt]),
      );
      assert.deepEqual(pictures, [
        [true, 'fig-points, before'],
        [true, 'fig-points, after'],
      ]);
      assert.ok((await tab.evaluate(() => document.body.innerText)).includes('<script>alert(1)'));
      assert.equal(isRun, false);
      assert.deepEqual([...new Set(requests)].sort(), ['data:', 'file:']);
    } finally {
      await opened.close();
    }
  });

  it('refuses what is no build', async () => {
    put(folder, 'empty/x.txt', '');
    writeFileSync(join(folder, 'lonely.html'), '');
    const wrong: [args: string[], message: RegExp][] = [
      [['one', 'nowhere'], /^fathom: nowhere: there is no such file or folder\n$/],
      [['one', 'empty'], /^fathom: empty: there is no executed notebook in it/],
      [['one', 'package.json'], /^fathom: package\.json: is not a file of a report\n$/],
      [['one', 'lonely.html'], /^fathom: lonely\.ipynb: not there/],
      [['one', 'same', '--tolerance', 'x'], /^fathom: --tolerance x: give a share/],
    ];
    for (const [args, message] of wrong) {
      const ended = await fathom(folder, ['diff', ...args]);
      assert.deepEqual([ended.code, ended.out], [2, '']);
      assert.match(ended.err, message);
    }
  });
});
