// The Python environment with JupyterLab: made once, whole or not there, with a python3 that is a stub.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { command, load, temporaryFolder } from './support.js';

interface Environment {
  readonly folder: string;
  readonly python: string;
  readonly jupyter: string;
}
interface Jupyter {
  jupyterEnvironment(options: object): Promise<Environment & { made: boolean }>;
  installedEnvironment(cache: string): Environment | undefined;
  jupyterVersion(environment: Environment): string;
}
const { jupyterEnvironment, installedEnvironment, jupyterVersion } =
  await load<Jupyter>('setup/jupyter.mjs');

const skip = process.platform === 'win32' && 'stub commands are shell scripts';

/** A python3 that makes an environment whose pip "installs", or does what `pip` says. */
function machine(t: TestContext, pip?: string) {
  const folder = temporaryFolder(t);
  const bin = join(folder, 'bin');
  const cache = join(folder, 'cache');
  command(
    bin,
    'python3',
    `echo "$@" >> '${folder}/python.log'
/bin/mkdir -p "$3/bin"
/bin/cat > "$3/bin/python" <<'SCRIPT'
#!/bin/sh
here="\${0%/python}"
${pip ?? '/bin/mkdir -p "$here/../lib/python3.9/site-packages/jupyterlab-4.4.9.dist-info"; echo > "$here/jupyter"'}
SCRIPT
/bin/chmod +x "$3/bin/python"`,
  );
  return { folder, cache, options: { cache, env: { PATH: bin } } };
}

describe("Jupyter's environment", { skip }, () => {
  test('is made once, also when two want it at the same time', async (t) => {
    const { folder, cache, options } = machine(t);
    const both = await Promise.all([jupyterEnvironment(options), jupyterEnvironment(options)]);
    assert.deepEqual(both.map(({ made }) => made).sort(), [false, true]);
    assert.equal((await jupyterEnvironment(options)).made, false);
    assert.equal(readFileSync(join(folder, 'python.log'), 'utf8').trim().split('\n').length, 1);
    assert.equal(jupyterVersion(installedEnvironment(cache)!), '4.4.9');
  });

  test('that was interrupted half-way is made anew', async (t) => {
    const { cache, options } = machine(t);
    const { folder } = await jupyterEnvironment(options);
    rmSync(join(folder, 'ready'), { recursive: true });
    assert.equal(installedEnvironment(cache), undefined);
    assert.equal((await jupyterEnvironment(options)).made, true);
    assert.ok(installedEnvironment(cache));
  });

  test('that cannot be made leaves nothing, and says why', async (t) => {
    const { cache, options } = machine(
      t,
      'echo "ERROR: No matching distribution found" >&2; exit 1',
    );
    await assert.rejects(
      jupyterEnvironment(options),
      /pip install jupyterlab: failed with exit code 1 \(ERROR: No matching distribution found\)/,
    );
    assert.ok(!existsSync(join(cache, 'venv-lab')));
  });

  test('gets what only the tests need when they ask for it, once, and keeps it', async (t) => {
    const pip = `echo "$@" >> "$here/pip.log"; /bin/mkdir -p "$here"; echo > "$here/jupyter"`;
    const { cache, options } = machine(t, pip);
    const { python } = await jupyterEnvironment(options);
    assert.equal((await jupyterEnvironment({ ...options, tests: true })).made, true);
    assert.equal((await jupyterEnvironment({ ...options, tests: true })).made, false);
    assert.equal((await jupyterEnvironment(options)).made, false);
    const log = readFileSync(join(dirname(python), 'pip.log'), 'utf8')
      .trim()
      .split('\n');
    assert.deepEqual(
      log.map((line) => [/ jupyterlab/.test(line), / papermill/.test(line)]),
      [
        [true, false],
        [false, true],
      ],
    );
    assert.ok(installedEnvironment(cache));
  });

  test('stays as it was when what the tests need cannot be had', async (t) => {
    const pip = `case "$*" in *papermill*) echo "ERROR: no papermill"; exit 1;; esac; echo > "$here/jupyter"`;
    const { cache, options } = machine(t, pip);
    await jupyterEnvironment(options);
    await assert.rejects(
      jupyterEnvironment({ ...options, tests: true }),
      /pip install jupyter-console jupyter-kernel-test notebook papermill: .*\(ERROR: no papermill\)/,
    );
    assert.ok(installedEnvironment(cache));
  });

  test('needs python3', async (t) => {
    const cache = temporaryFolder(t);
    await assert.rejects(jupyterEnvironment({ cache, env: { PATH: cache } }), /no python3/);
  });
});
