// `fathom build` as a user meets it: the program, its files, what it says and its exit code.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { code, notebook, project, prose, put } from '../press/run/fixtures.js';
import { fathom } from './program.js';

const parameters = code('/** Layers to compare. */\nconst depths: number[] = [1];', 'parameters');
const yml =
  'title: A book\nchapters: [01-a.ipynb]\nprofiles:\n  quick: { description: a minute, parameters: { 01-a: { depths: [2, 4] } } }\n  full:\n';

describe('fathom build', () => {
  it('builds the book, does not execute it again for prose, and gives the same bytes', async () => {
    const chapter = (text: string) =>
      notebook(prose(`# A chapter\n\n${text}`), parameters, code('console.log(depths.join());'));
    const folder = project({
      'notebooks/book.yml': yml,
      'notebooks/01-a.ipynb': chapter('Prose.'),
    });
    const first = await fathom(folder, ['build', '--to', 'html']);
    assert.deepEqual([first.code, first.err], [0, '']);
    assert.match(first.out, /01-a {2}cell 2 of 2 {2}\d/);
    assert.match(first.out, /reports\/quick\/01-a\.html\n/);
    const out = join(folder, 'reports', 'quick');
    assert.deepEqual(readdirSync(out).sort(), [
      '01-a.html',
      '01-a.ipynb',
      '01-a.manifest.json',
      '01-a.times.json',
      'index.html',
      'manifest.json',
    ]);
    assert.match(readFileSync(join(out, '01-a.html'), 'utf8'), /2,4/);
    assert.match(
      readFileSync(join(out, 'index.html'), 'utf8'),
      /<a href="01-a\.html">A chapter<\/a>/,
    );
    const manifest = JSON.parse(readFileSync(join(out, '01-a.manifest.json'), 'utf8'));
    assert.equal(manifest.title, 'A chapter');
    assert.deepEqual(manifest.parameters, { depths: [2, 4] });
    assert.equal(manifest.profile, 'quick');
    for (const { file, bytes, digest } of manifest.outputs) {
      const content = readFileSync(join(out, file));
      assert.equal(content.length, bytes);
      assert.equal(createHash('sha256').update(content).digest('hex'), digest);
    }
    assert.doesNotMatch(
      JSON.stringify(manifest),
      /fathom-test-/,
      'nothing of where the project lies',
    );

    const files = readdirSync(out).map((name) => [name, readFileSync(join(out, name), 'utf8')]);
    const again = await fathom(folder, ['build', '--to', 'html', '--explain']);
    assert.equal(again.code, 0);
    assert.match(again.out, /01-a {2}not executed: nothing it depends on has changed\n/);
    assert.deepEqual(
      readdirSync(out).map((name) => [name, readFileSync(join(out, name), 'utf8')]),
      files,
    );

    put(folder, 'notebooks/01-a.ipynb', chapter('Prose, edited.'));
    const edited = await fathom(folder, ['build', '--to', 'html']);
    assert.match(edited.out, /not executed/);
    assert.match(readFileSync(join(out, '01-a.html'), 'utf8'), /Prose, edited\./);

    const value = await fathom(folder, [
      'build',
      '--to',
      'ipynb',
      '--explain',
      '-P',
      'depths=7',
      '--out',
      'other',
    ]);
    assert.equal(value.code, 0);
    assert.match(value.out, /executed, because:\n {2}parameter depths is \[7\], was \[2,4\]\n/);
    assert.match(readFileSync(join(folder, 'other', '01-a.ipynb'), 'utf8'), /"7\\n"/);
  });

  it('writes results as data, with units and intervals, and the seeds they came from', async () => {
    const folder = project({
      'n.ipynb': notebook(
        prose('# T'),
        code('const seeds: number[] = [3, 1];', 'parameters'),
        code(
          `import { result, resultTable } from 'fathom';
result('accuracy', 0.9, { unit: '%', interval: { low: 0.8, high: 0.95, level: 0.95, method: 'Wilson' } });
resultTable('rows', [{ depth: 2, loss: 0.5 }]);`,
        ),
      ),
    });
    const built = await fathom(folder, ['build', 'n.ipynb', '--to', 'html']);
    assert.deepEqual([built.code, built.err], [0, '']);
    const read = (name: string) => JSON.parse(readFileSync(join(folder, 'reports', name), 'utf8'));
    const { format, chapter, results } = read('n.results.json');
    assert.deepEqual([format, chapter], [1, 'n']);
    assert.deepEqual(results[0], {
      kind: 'value',
      name: 'accuracy',
      title: null,
      headline: false,
      value: 0.9,
      unit: '%',
      interval: { low: 0.8, high: 0.95, level: 0.95, method: 'Wilson' },
      digits: null,
      cell: 3,
    });
    assert.deepEqual([results[1].kind, results[1].rows], ['table', [[2, 0.5]]]);
    const manifest = read('n.manifest.json');
    assert.deepEqual(manifest.seeds, [1, 3]);
    assert.ok(manifest.fonts['@fontsource/source-sans-3']);
    assert.ok(manifest.outputs.some(({ file }: { file: string }) => file === 'n.results.json'));
    put(folder, 'n.ipynb', notebook(prose('# T'), code('1')));
    await fathom(folder, ['build', 'n.ipynb', '--to', 'html']);
    assert.equal(existsSync(join(folder, 'reports', 'n.results.json')), false, 'an old one goes');
  });

  it('says cell, line, column and message of an error, keeps what was done and the last good report', async () => {
    const folder = project({ 'n.ipynb': notebook(code('console.log("good");')) });
    assert.equal((await fathom(folder, ['build', 'n.ipynb', '--to', 'ipynb'])).code, 0);
    put(
      folder,
      'n.ipynb',
      notebook(prose('x'), code('console.log("done");'), code('const a = 1;\na.b();'), code('3')),
    );
    const failed = await fathom(folder, ['build', 'n.ipynb', '--to', 'ipynb']);
    assert.equal(failed.code, 1);
    assert.match(
      failed.err,
      /^fathom: n\.ipynb: cell 3, line 2, column 3: TS2339: Property 'b' does not exist on type '1'\.\n$/,
    );
    const partial = JSON.parse(readFileSync(join(folder, 'reports', 'n.partial.ipynb'), 'utf8'));
    assert.deepEqual(
      partial.cells.map((cell: { outputs?: { output_type: string }[] }) =>
        cell.outputs?.map((output) => output.output_type),
      ),
      [undefined, ['stream'], ['error'], []],
    );
    assert.match(readFileSync(join(folder, 'reports', 'n.ipynb'), 'utf8'), /good/);
    put(folder, 'n.ipynb', notebook(code('console.log("good");')));
    await fathom(folder, ['build', 'n.ipynb', '--to', 'ipynb']);
    assert.equal(existsSync(join(folder, 'reports', 'n.partial.ipynb')), false);
  });

  it('stops on a signal, with the partial notebook and nothing left running', {
    skip: process.platform === 'win32',
  }, async () => {
    const source = 'console.log("pid " + process.pid);\nfor (;;) {}';
    const folder = project({ 'n.ipynb': notebook(code('console.log("done");'), code(source)) });
    let sent = false;
    const ended = await fathom(folder, ['build', 'n.ipynb', '--to', 'ipynb'], {
      onOut(out, signal) {
        if (sent || !out.includes('cell 1 of 2')) return;
        sent = true;
        signal('SIGINT');
      },
    });
    assert.equal(ended.code, 130);
    assert.match(ended.err, /fathom: interrupted\n/);
    const partial = readFileSync(join(folder, 'reports', 'n.partial.ipynb'), 'utf8');
    assert.match(partial, /done/);
    const pid = /pid (\d+)/.exec(partial)?.[1];
    if (pid) assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });
  });

  it('builds what it can without a browser, and says so', async () => {
    const folder = project({ 'n.ipynb': notebook(prose('# Title'), code('1')) });
    const ended = await fathom(folder, ['build', 'n.ipynb'], {
      env: { PUPPETEER_EXECUTABLE_PATH: '/not/there' },
    });
    assert.equal(ended.code, 1);
    assert.match(
      ended.err,
      /^fathom: n\.pdf was not made: PUPPETEER_EXECUTABLE_PATH is "\/not\/there"/,
    );
    assert.deepEqual(
      readdirSync(join(folder, 'reports')).filter((name) => /html|pdf/.test(name)),
      ['n.html'],
    );
  });

  it('builds the page with a browser that does not start, and lists it', {
    skip: process.platform === 'win32' && 'the stub is a shell script',
  }, async () => {
    const folder = project({
      'n.ipynb': notebook(prose('# Title'), code('1')),
      broken: '#!/bin/sh\necho no display >&2\nexit 1\n',
    });
    chmodSync(join(folder, 'broken'), 0o755);
    const ended = await fathom(folder, ['build', 'n.ipynb'], {
      env: { PUPPETEER_EXECUTABLE_PATH: join(folder, 'broken') },
    });
    assert.equal(ended.code, 1);
    assert.match(
      ended.err,
      /^fathom: n\.pdf was not made: the browser .*broken does not start: .*\n$/,
    );
    assert.match(ended.out, /reports\/n\.html\n/);
    const manifest = JSON.parse(readFileSync(join(folder, 'reports', 'n.manifest.json'), 'utf8'));
    assert.equal(manifest.title, 'Title');
    assert.deepEqual(
      manifest.outputs.map(({ file }: { file: string }) => file),
      ['n.html', 'n.ipynb'],
    );
  });

  it('refuses to write into what is no folder, before anything runs', async () => {
    const folder = project({
      'n.ipynb': notebook(code("require('node:fs').writeFileSync('ran', '')")),
      taken: 'a file',
    });
    for (const out of ['taken', 'taken/reports']) {
      const ended = await fathom(folder, ['build', 'n.ipynb', '--out', out]);
      assert.equal(ended.code, 2);
      assert.match(
        ended.err,
        /^fathom: --out taken(\/reports)?: .*taken is a file, not a folder\n$/,
      );
    }
    assert.ok(!existsSync(join(folder, 'ran')));
  });

  it('runs chapters side by side, and tells of them in order', async () => {
    // Each chapter waits for a file that the other one writes.
    const meeting = (own: string, other: string) =>
      code(`import { existsSync, writeFileSync } from 'node:fs';
writeFileSync('${own}', '');
for (let tries = 0; !existsSync('${other}'); tries++) {
  if (tries > 3000) throw new Error('nobody came');
  await new Promise((resolve) => setTimeout(resolve, 10));
}`);
    const folder = project({
      'a.ipynb': notebook(meeting('a.here', 'b.here')),
      'b.ipynb': notebook(meeting('b.here', 'a.here')),
    });
    const both = await fathom(folder, [
      'build',
      'a.ipynb',
      'b.ipynb',
      '--to',
      'ipynb',
      '--jobs',
      '2',
    ]);
    assert.deepEqual([both.code, both.err], [0, '']);
    assert.match(both.out, /reports\/a\.ipynb\n {2}reports\/b\.ipynb\n/);
  });

  it('may run twice at once', async () => {
    const folder = project({
      'notebooks/book.yml': yml,
      'notebooks/01-a.ipynb': notebook(prose('# A'), parameters, code('console.log(depths);')),
    });
    const both = await Promise.all([
      fathom(folder, ['build', '--to', 'html']),
      fathom(folder, ['build', '--to', 'html']),
    ]);
    assert.deepEqual(
      both.map((each) => [each.code, each.err]),
      [
        [0, ''],
        [0, ''],
      ],
    );
    const out = join(folder, 'reports', 'quick');
    assert.ok(!readdirSync(out).some((name) => /tmp|part/.test(name)));
    const manifest = JSON.parse(readFileSync(join(out, '01-a.manifest.json'), 'utf8'));
    for (const { file, digest } of manifest.outputs) {
      assert.equal(
        createHash('sha256')
          .update(readFileSync(join(out, file)))
          .digest('hex'),
        digest,
      );
    }
  });

  const wrong: [title: string, args: string[], message: RegExp][] = [
    [
      'an unknown parameter',
      ['n.ipynb', '-P', 'depth=1'],
      /^fathom: n\.ipynb: there is no parameter "depth"\. Did you mean "depths"\? It has: depths\.\n$/,
    ],
    [
      'a wrong value',
      ['n.ipynb', '-P', 'depths=deep'],
      /^fathom: n\.ipynb: parameter "depths" takes number\[\], not "deep"\. Its default is \[1\]\.\n$/,
    ],
    ['a missing notebook', ['m.ipynb'], /^fathom: m\.ipynb: no such file\n$/],
    [
      'a broken notebook',
      ['broken.ipynb'],
      /^fathom: broken\.ipynb:2: an unresolved merge conflict/,
    ],
    ['no book', [], /^fathom: there is no book\.yml here/],
    [
      'an unknown format',
      ['n.ipynb', '--to', 'docx'],
      /^fathom: --to docx: there is no format "docx"\. There are: html, pdf, ipynb\.\n$/,
    ],
    [
      'no time',
      ['n.ipynb', '--cell-timeout', '1h'],
      /^fathom: --cell-timeout 1h: give the seconds/,
    ],
    ['no number of jobs', ['n.ipynb', '--jobs', '0'], /^fathom: --jobs 0: give the number of chap/],
    [
      'an unknown kernel',
      ['n.ipynb', '--kernel', 'nowhere'],
      /^fathom: there is no kernel "nowhere"\./,
    ],
    [
      'an unknown option',
      ['n.ipynb', '--profil', 'x'],
      /unknown option '--profil'\n\(Did you mean --profile\?\)/,
    ],
  ];
  it('refuses what cannot be meant, in one line and with exit code 2, before anything runs', async () => {
    const folder = project({
      'n.ipynb': notebook(parameters),
      'broken.ipynb': '{\n<<<<<<< HEAD\n',
    });
    const ended = await Promise.all(wrong.map(([, args]) => fathom(folder, ['build', ...args])));
    for (const [index, [title, , message]] of wrong.entries()) {
      const { code: exit, out, err } = ended[index]!;
      assert.deepEqual([exit, out], [2, ''], title);
      assert.match(err, message, title);
    }
    assert.equal(existsSync(join(folder, 'reports')), false);
  });

  it('lists the parameters of a notebook with its help', async () => {
    const folder = project({ 'n.ipynb': notebook(parameters) });
    const { code: exit, out } = await fathom(folder, ['build', 'n.ipynb', '--help']);
    assert.equal(exit, 0);
    assert.match(out, /^Usage: fathom build /);
    assert.match(
      out,
      /\nParameters of n\.ipynb:\n {2}depths: number\[\] = \[1\] {2}Layers to compare\.\n$/,
    );
  });
});

describe('fathom', () => {
  it('explains every command in a screen, and knows its version', async () => {
    const help = await fathom('.', ['--help']);
    assert.equal(help.code, 0);
    const commands =
      'build render preview new clean diff verify record measure measures doctor kernel lab';
    for (const command of commands.split(' '))
      assert.match(help.out, new RegExp(`\\n  ${command} +[a-z].*\\n`));
    assert.ok(help.out.split('\n').length <= 30);
    assert.match((await fathom('.', ['--version'])).out, /^\d+\.\d+\.\d+\n$/);
  });

  it('shows the stack of an error only when asked', async () => {
    const folder = project({});
    const quiet = await fathom(folder, ['build', 'm.ipynb']);
    assert.equal(quiet.err.split('\n').length, 2);
    const loud = await fathom(folder, ['build', 'm.ipynb'], { env: { FATHOM_DEBUG: '1' } });
    assert.match(loud.err, /\n\s+at .*read/);
  });
});
