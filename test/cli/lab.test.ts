// `fathom lab`: which Jupyter it starts, and with what. JupyterLab itself: test/press/jupyter.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fathom } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'fathom-lab-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A `jupyter` that says its version and writes down how it was started. */
function stub(path: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(
    path,
    `#!/bin/sh\n[ "$2" = --version ] && { echo 4.4.0; exit; }\necho "$0|$PWD|$JUPYTER_PATH|$*"\nexit 3\n`,
  );
  chmodSync(path, 0o755);
}

describe('fathom lab', {
  skip: process.platform === 'win32' && 'the stub is a shell script',
}, () => {
  it('starts the installed Jupyter on the first chapter, with the kernel, and ends as it does', async () => {
    const bin = join(folder, 'bin');
    const cache = join(folder, 'cache');
    stub(join(bin, 'jupyter'));
    const env = { PATH: bin, FATHOM_CACHE: cache, JUPYTER_PATH: '/theirs' };
    const { code, out, err } = await fathom(folder, ['lab', '--no-browser'], { env });
    assert.deepEqual([code, err], [3, '']);
    const [program, cwd, path, args] = out.trim().split('|');
    assert.equal(program, join(bin, 'jupyter'));
    assert.match(cwd!, /notebooks$/);
    assert.match(
      args!,
      /^lab (--allow-root )?--no-browser --LabApp\.default_url=\/lab\/tree\/01-\S+\.ipynb$/,
    );
    const [ours, theirs] = path!.split(':');
    assert.equal(theirs, '/theirs');
    assert.match(
      readFileSync(join(ours!, 'kernels', 'fathom', 'kernel.json'), 'utf8'),
      /"TypeScript \(Fathom\)"/,
    );
    const named = await fathom(folder, ['lab', 'mine.ipynb'], { env });
    assert.match(named.out, /\|lab (--allow-root )?mine\.ipynb$/m);
  });

  it('starts its own Jupyter where none is installed, and says what to do where it cannot', async () => {
    const cache = join(folder, 'own');
    stub(join(cache, 'venv-lab', 'bin', 'jupyter'));
    mkdirSync(join(cache, 'venv-lab', 'ready'));
    const { out } = await fathom(folder, ['lab'], {
      env: { PATH: '/nowhere', FATHOM_CACHE: cache },
    });
    assert.match(out, new RegExp(`^${join(cache, 'venv-lab', 'bin', 'jupyter')}\\|`));
    const empty = join(folder, 'empty');
    const none = await fathom(folder, ['lab'], { env: { PATH: '/nowhere', FATHOM_CACHE: empty } });
    assert.equal(none.code, 1);
    assert.match(none.err, /no python3.*pip install jupyterlab/s);
    assert.equal(existsSync(join(empty, 'venv-lab')), false);
  });
});
