// `fathom verify`: the same bytes in another folder, at another time, in another place, for another user; and what it says
// where they are not the same.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findBrowser } from '../../src/press/report/index.js';
import { code, notebook, project, prose, put } from '../press/run/fixtures.js';
import { fathom } from './program.js';

const browser = await findBrowser().catch((error: Error) => error);
const isPrinting = !(browser instanceof Error);

const chapter = (text = 'Prose.') =>
  notebook(
    prose(`# A chapter\n\n${text}`),
    code('const depth: number = 1;', 'parameters'),
    code(`import { chart, result, show } from 'fathom';
import { readFileSync } from 'node:fs';
show(
  chart('Two bars.', {
    data: { values: [{ x: 'a', y: 1.5 }, { x: 'b', y: depth }] },
    mark: 'bar',
    encoding: { x: { field: 'x', type: 'nominal' }, y: { field: 'y', type: 'quantitative' } },
  }),
  { label: 'fig-bars', caption: 'Bars.' },
);
result('depth', depth);
console.log(readFileSync('data.csv', 'utf8'), (1234.5).toLocaleString('en'));`),
  );
const yml =
  'title: B\nchapters: [01-a.ipynb]\nprofiles:\n  quick: { parameters: { 01-a: { depth: 3 } } }\n';

/** A clock a year and some hours ahead, for the program and all that it starts. */
const laterClock = `const { now } = Date;
Date.now = () => now() + 400 * 86_400_000 + 12_345_678;
globalThis.Date = class extends Date {
  constructor(...args) {
    super(...(args.length === 0 ? [Date.now()] : args));
  }
};
`;

describe('fathom verify', () => {
  const folder = project({
    'notebooks/book.yml': yml,
    'notebooks/01-a.ipynb': chapter(),
    'notebooks/data.csv': 'a,b',
  });
  const report = join('reports', 'quick', '01-a.html');
  before(async () => {
    const formats = isPrinting ? ['html,pdf', '--book'] : ['html'];
    const built = await fathom(folder, ['build', '--to', ...formats]);
    assert.deepEqual([built.code, built.err], [0, '']);
  });

  it('finds a report the same that was not touched, without a kernel', async () => {
    const ended = await fathom(folder, ['verify', report]);
    assert.deepEqual([ended.code, ended.err], [0, ''], ended.out);
    assert.match(
      ended.out,
      /^01-a {2}the same\n {2}what it depends on is the same \(\d+ inputs\)\n/,
    );
    assert.match(
      ended.out,
      /printed anew from the recorded execution in .*: the same bytes in 01-a\.html, /,
    );
  });

  it('comes to the same bytes in another folder, at another time, elsewhere, by somebody else', async () => {
    const moved = mkdtempSync(join(tmpdir(), 'fathom-moved-'));
    after(() => rmSync(moved, { recursive: true, force: true }));
    cpSync(folder, moved, { recursive: true });
    rmSync(join(moved, '.fathom'), { recursive: true });
    const clock = join(moved, 'clock.mjs');
    writeFileSync(clock, laterClock);
    const ended = await fathom(moved, ['verify', '--execute', 'reports/quick'], {
      env: {
        NODE_OPTIONS: `--import=${clock}`,
        TZ: 'Pacific/Chatham',
        LANG: 'ar_EG.UTF-8',
        LC_ALL: 'ar_EG.UTF-8',
        USER: 'somebody',
        LOGNAME: 'somebody',
        HOME: moved,
        SOURCE_DATE_EPOCH: '1',
      },
    });
    assert.deepEqual([ended.code, ended.err], [0, ''], ended.out);
    assert.match(ended.out, /executed and printed anew in .*: the same bytes in /);
    if (isPrinting) assert.match(ended.out, /01-a\.pdf/);
    const files = isPrinting ? 'book\\.pdf, index\\.html' : 'index\\.html';
    assert.match(
      ended.out,
      new RegExp(`book {2}the same\n {2}made anew of its chapters: the same bytes in ${files}\n`),
    );
  });

  const restore = (name: string) => {
    const text = readFileSync(join(folder, name));
    return () => writeFileSync(join(folder, name), text);
  };

  it('tells a file that was changed', async () => {
    const back = restore(report);
    writeFileSync(join(folder, report), `${readFileSync(join(folder, report), 'utf8')}<!-- -->`);
    const ended = await fathom(folder, ['verify', report]);
    back();
    assert.equal(ended.code, 1);
    assert.match(
      ended.out,
      /^01-a {2}NOT the same\n {2}01-a\.html was changed after it was built\n/,
    );
  });

  it('tells files of the book that were changed, and chapters that it was not made of', async () => {
    const file = join('reports', 'quick', isPrinting ? 'book.pdf' : 'index.html');
    const backs = [restore(file), restore('reports/quick/01-a.manifest.json')];
    writeFileSync(join(folder, file), 'other bytes');
    writeFileSync(
      join(folder, 'reports/quick/01-a.manifest.json'),
      readFileSync(join(folder, 'reports/quick/01-a.manifest.json'), 'utf8').replace('\n', '\n '),
    );
    const ended = await fathom(folder, ['verify', file]);
    for (const back of backs) back();
    assert.equal(ended.code, 1, ended.out);
    assert.match(
      ended.out,
      /^book {2}NOT the same\n {2}(book\.pdf|index\.html) was changed after/m,
    );
    assert.match(ended.out, / {2}01-a\.manifest\.json is not the one that the book was made of\n/);
  });

  it('tells prose that was edited, as a difference of the page', async () => {
    const back = restore('notebooks/01-a.ipynb');
    put(folder, 'notebooks/01-a.ipynb', chapter('Other prose.'));
    const ended = await fathom(folder, ['verify', 'reports/quick']);
    back();
    assert.equal(ended.code, 1);
    assert.match(ended.out, / {2}01-a\.html comes out differently\n/);
    assert.match(ended.out, /- Prose\.\n.*\+ Other prose\.\n/);
  });

  it('tells code and data that were edited, and what comes of it when executed', async () => {
    const back = restore('notebooks/data.csv');
    put(folder, 'notebooks/data.csv', 'c,d');
    const ended = await fathom(folder, ['verify', report, '--execute', '--out', 'again']);
    back();
    assert.equal(ended.code, 1);
    assert.match(ended.out, / {2}file data\.csv has changed\n/);
    assert.match(ended.out, /- a,b 1,234\.5\n.*\+ c,d 1,234\.5\n/);
    assert.match(readFileSync(join(folder, 'again', '01-a.html'), 'utf8'), /c,d/);
    const backToCode = restore('notebooks/01-a.ipynb');
    put(folder, 'notebooks/01-a.ipynb', notebook(code('const depth: number = 1;', 'parameters')));
    const other = await fathom(folder, ['verify', report]);
    backToCode();
    assert.equal(other.code, 1);
    assert.match(other.out, / {2}code cell 2 is gone\n/);
    assert.match(other.out, / {2}its code is another one, .* --execute runs it\n/);
  });

  it('names the file with the times, which is no part of what must be the same', () => {
    const read = (name: string) =>
      JSON.parse(readFileSync(join(folder, 'reports', 'quick', name), 'utf8'));
    const { times, outputs } = read('01-a.manifest.json');
    assert.equal(times, '01-a.times.json');
    assert.ok(!outputs.some(({ file }: { file: string }) => file === times));
    assert.deepEqual(Object.keys(read(times).seconds), ['c2', 'c3']);
  });

  it('refuses what it cannot tell', async () => {
    put(folder, 'alone/n.ipynb', notebook(prose('# A')));
    const alone = await fathom(folder, ['verify', 'alone']);
    assert.deepEqual([alone.code, alone.out], [2, '']);
    assert.match(
      alone.err,
      /^fathom: alone\/n\.manifest\.json: not there; without it nobody knows/,
    );
    assert.equal((await fathom(folder, ['verify', 'nowhere.html'])).code, 2);
  });
});
