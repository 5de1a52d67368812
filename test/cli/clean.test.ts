// `fathom clean` in place and as git runs it, and `fathom new`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { code, notebook, project, prose, put } from '../press/run/fixtures.js';
import { fathom } from './program.js';

const outputs = [{ output_type: 'stream' as const, name: 'stdout' as const, text: 'secret\n' }];
const dirty = notebook(prose('# T'), { ...code('1 + 1'), execution_count: 4, outputs });
const cleaned = notebook(prose('# T'), code('1 + 1'));

describe('fathom clean', () => {
  it('cleans in place, once, and checks without a change', async () => {
    const folder = project({ 'a.ipynb': dirty, 'b.ipynb': cleaned });
    const before = readFileSync(join(folder, 'a.ipynb'), 'utf8');
    const check = await fathom(folder, ['clean', '--check', 'a.ipynb', 'b.ipynb']);
    assert.deepEqual(check, { code: 1, out: 'a.ipynb  is not clean\n', err: '' });
    assert.equal(readFileSync(join(folder, 'a.ipynb'), 'utf8'), before);
    const clean = await fathom(folder, ['clean', 'a.ipynb', 'b.ipynb']);
    assert.deepEqual(clean, { code: 0, out: 'a.ipynb  cleaned\n', err: '' });
    assert.doesNotMatch(readFileSync(join(folder, 'a.ipynb'), 'utf8'), /secret/);
    assert.deepEqual(await fathom(folder, ['clean', '--check', 'a.ipynb', 'b.ipynb']), {
      code: 0,
      out: '',
      err: '',
    });
  });

  it('changes none of several when one is broken', async () => {
    const folder = project({ 'a.ipynb': dirty, 'b.ipynb': '{' });
    const ended = await fathom(folder, ['clean', 'a.ipynb', 'b.ipynb']);
    assert.equal(ended.code, 2);
    assert.match(ended.err, /^fathom: b\.ipynb:1: not valid JSON/);
    assert.match(readFileSync(join(folder, 'a.ipynb'), 'utf8'), /secret/);
    assert.match(
      (await fathom(folder, ['clean', 'c.ipynb'])).err,
      /^fathom: c\.ipynb: no such file\n$/,
    );
  });

  it('lets through as it is what git must be able to read, with a warning', async () => {
    const conflict = '{\n<<<<<<< ours\n';
    const ended = await fathom('.', ['clean'], { input: conflict });
    assert.deepEqual([ended.code, ended.out], [0, conflict]);
    assert.match(
      ended.err,
      /^fathom: standard input:2: an unresolved merge .*; passed on as it is\n$/,
    );
  });

  it('installs itself as a filter of git, which then adds no outputs', async () => {
    const folder = project({ 'n.ipynb': dirty, '.gitattributes': '*.csv text' });
    const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
    git('init', '-q');
    const installed = await fathom(folder, ['clean', '--install']);
    assert.deepEqual([installed.code, installed.err], [0, '']);
    assert.equal((await fathom(folder, ['clean', '--install'])).code, 0);
    const attributes = readFileSync(join(folder, '.gitattributes'), 'utf8');
    assert.equal(attributes, '*.csv text\n*.ipynb filter=fathom\n');
    git('add', '.');
    assert.match(readFileSync(join(folder, 'n.ipynb'), 'utf8'), /secret/);
    const added = git('show', ':n.ipynb');
    assert.doesNotMatch(added, /secret/);
    put(folder, 'n.ipynb', cleaned);
    assert.equal(added, readFileSync(join(folder, 'n.ipynb'), 'utf8'));
    assert.equal((await fathom(folder, ['clean', '--uninstall'])).code, 0);
    assert.equal(readFileSync(join(folder, '.gitattributes'), 'utf8'), '*.csv text\n');
    assert.throws(() => git('config', 'filter.fathom.clean'));
  });

  it('says where there is no repository', async () => {
    const folder = project({});
    const ended = await fathom(folder, ['clean', '--install'], {
      env: { GIT_CEILING_DIRECTORIES: folder },
    });
    assert.equal(ended.code, 2);
    assert.match(ended.err, /is not in a git repository/);
  });
});

describe('fathom new', () => {
  it('starts the next chapter, lists it, and what it wrote builds', async () => {
    const folder = project({
      'notebooks/book.yml': '# Mine.\ntitle: B\nchapters:\n  - 01-a.ipynb # first\n',
      'notebooks/01-a.ipynb': notebook(prose('# A')),
    });
    const made = await fathom(folder, ['new', 'Linear', 'regions?']);
    assert.deepEqual([made.code, made.err], [0, '']);
    assert.match(
      made.out,
      /^notebooks\/02-linear-regions\.ipynb {2}written, and listed in notebooks\/book\.yml\n/,
    );
    assert.equal(
      readFileSync(join(folder, 'notebooks/book.yml'), 'utf8'),
      '# Mine.\ntitle: B\nchapters:\n  - 01-a.ipynb # first\n  - 02-linear-regions.ipynb\n',
    );
    const help = await fathom(folder, ['build', 'notebooks/02-linear-regions.ipynb', '--help']);
    assert.match(help.out, /seeds: number\[\] = \[0,1,2\] +Seeds, each a net of its own\./);
    const built = await fathom(folder, ['build', '--to', 'html', '--strict']);
    assert.deepEqual([built.code, built.err], [0, '']);
    assert.match(
      readFileSync(join(folder, 'reports', '02-linear-regions.html'), 'utf8'),
      /The grid of this chapter/,
    );
    const clean = await fathom(folder, ['clean', '--check', 'notebooks/02-linear-regions.ipynb']);
    assert.equal(clean.code, 0);
  });

  it('writes beside nothing, and over nothing', async () => {
    const folder = project({});
    assert.equal((await fathom(folder, ['new', 'My analysis'])).code, 0);
    assert.deepEqual(readdirSync(folder).sort(), ['my-analysis.ipynb', 'package.json']);
    const again = await fathom(folder, ['new', 'My analysis']);
    assert.deepEqual([again.code, again.err], [2, 'fathom: my-analysis.ipynb is there already\n']);
    assert.equal((await fathom(folder, ['new', ' '])).code, 2);
    assert.equal(existsSync(join(folder, 'chapter.ipynb')), false);
  });
});
