// `fathom kernel`: what it writes, where, and that it leaves alone what others wrote.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fathom } from './program.js';

const home = mkdtempSync(join(tmpdir(), 'fathom-kernel-command-'));
after(() => rmSync(home, { recursive: true, force: true }));
const data = join(home, 'data');
/** Jupyter's folders, and no other environment of Python's. */
const env = {
  HOME: home,
  JUPYTER_DATA_DIR: data,
  JUPYTER_PATH: '',
  VIRTUAL_ENV: '',
  CONDA_PREFIX: '',
};
const kernel = (args: string[], more: Record<string, string> = {}) =>
  fathom(home, ['kernel', ...args], { env: { ...env, ...more } });
const spec = (folder: string) => JSON.parse(readFileSync(join(folder, 'kernel.json'), 'utf8'));

describe('fathom kernel', () => {
  it('installs for the user, lists what is there, and removes it', async () => {
    const folder = join(data, 'kernels', 'fathom');
    const installed = await kernel(['install']);
    assert.deepEqual([installed.code, installed.err], [0, '']);
    assert.equal(installed.out, `installed TypeScript (Fathom) in ${folder}\n`);
    const { argv, language, interrupt_mode, display_name } = spec(folder);
    assert.ok(argv.slice(0, 2).every((path: string) => existsSync(path)));
    assert.deepEqual(
      [argv[2], language, interrupt_mode, display_name],
      ['{connection_file}', 'typescript', 'message', 'TypeScript (Fathom)'],
    );
    const listed = JSON.parse((await kernel(['list', '--json'])).out);
    assert.deepEqual(
      listed
        .filter(({ ours }: { ours: boolean }) => ours)
        .map((one: { folder: string }) => one.folder),
      [folder],
    );
    assert.equal((await kernel(['remove'])).out, `removed ${folder}\n`);
    assert.equal(existsSync(folder), false);
  });

  it('installs elsewhere, under another name, and says how a Jupyter finds it', async () => {
    const prefix = join(home, 'an environment');
    const args = ['--name', 'deep', '--display-name', 'Deep'];
    const folder = join(prefix, 'share', 'jupyter', 'kernels', 'deep');
    const { out } = await kernel(['install', '--prefix', prefix, ...args]);
    assert.match(out, /^installed Deep in .*\n.*JUPYTER_PATH=/);
    assert.equal(spec(folder).display_name, 'Deep');
    // The same place, as the environment that is active: Jupyter looks there by itself.
    const active = { VIRTUAL_ENV: prefix };
    const again = await kernel(['install', '--sys-prefix', ...args], active);
    assert.equal(again.out, `installed Deep in ${folder}\n`);
    assert.match((await kernel(['list'], active)).out, /^deep +Deep +.*\(Fathom\)$/m);
    assert.equal((await kernel(['remove', '--sys-prefix', '--name', 'deep'], active)).code, 0);
    assert.equal(existsSync(folder), false);
  });

  it('never touches what it did not write', async () => {
    const folder = join(data, 'kernels', 'other');
    mkdirSync(folder, { recursive: true });
    const theirs = '{"argv": ["x"], "display_name": "Other", "language": "other"}';
    writeFileSync(join(folder, 'kernel.json'), theirs);
    for (const verb of ['install', 'remove']) {
      const { code, err } = await kernel([verb, '--name', 'other']);
      assert.equal(code, 1);
      assert.match(err, /other holds a kernelspec of another program; it is left as it is/);
    }
    assert.equal(readFileSync(join(folder, 'kernel.json'), 'utf8'), theirs);
  });

  it('refuses two places, an unknown name and a name that cannot be a folder', async () => {
    const both = await kernel(['install', '--user', '--prefix', home]);
    assert.equal(both.code, 2);
    assert.match(both.err, /'--user' cannot be used with option '--prefix <dir>'/);
    const unknown = await kernel(['remove', '--name', 'nobody']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /nobody does not exist; "npm run fathom -- kernel list" shows/);
    assert.match((await kernel(['install', '--name', '../x'])).err, /only letters, digits/);
  });
});
