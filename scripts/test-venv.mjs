// The Python environment that tests of Jupyter run in: made once in the cache folder, shared by all clones. The last line
// printed is its path. scripts/setup/tests.mjs calls this; tests that need it skip themselves where it is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const packages = ['jupyterlab', 'nbclient', 'ipykernel'];

function cacheDirectory(env = process.env) {
  if (env.FATHOM_CACHE) return resolve(env.FATHOM_CACHE);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'fathom');
  if (process.platform === 'win32')
    return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'fathom');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fathom');
}

const venv = join(cacheDirectory(), 'venv-test');
const python = join(
  venv,
  process.platform === 'win32' ? 'Scripts' : 'bin',
  process.platform === 'win32' ? 'python.exe' : 'python',
);
// Written last: an environment whose making was cut off does not have it.
const ready = join(venv, 'ready');

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (error || status !== 0) {
    console.error(`${program} ${args.join(' ')}: ${error ? error.message : `exit code ${status}`}`);
    process.exit(1);
  }
}

if (!existsSync(ready)) {
  const found = ['python3', 'python'].find(
    (name) => spawnSync(name, ['-c', 'import venv'], { stdio: 'ignore' }).status === 0,
  );
  if (found === undefined) {
    console.error('no python3 with venv (on Debian and Ubuntu: apt-get install python3-venv)');
    process.exit(1);
  }
  // Programs in an environment name their interpreter by its path, so it is made where it stays.
  if (existsSync(venv)) {
    const old = `${venv}.old-${process.pid}`;
    renameSync(venv, old);
    rmSync(old, { recursive: true, force: true });
  }
  mkdirSync(join(venv, '..'), { recursive: true });
  run(found, ['-m', 'venv', venv]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  writeFileSync(ready, `${packages.join('\n')}\n`);
}
console.log(venv);
