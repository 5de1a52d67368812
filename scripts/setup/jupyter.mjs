// A Python environment with JupyterLab in the shared cache: for `fathom lab` where no Jupyter is installed, and for the tests.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './files.mjs';
import { SetupError } from './lines.mjs';
import { CommandError, findProgram, lastLine, run } from './process.mjs';

const VENV_LIMIT_MS = 3 * 60_000;
const PIP_LIMIT_MS = 10 * 60_000;
/** JupyterLab brings along ipykernel, nbclient, nbconvert and nbformat. */
const requirement = 'jupyterlab>=4,<5';

/** Where the environment's programs are, whether it is there or not. */
export function jupyterPrograms(cache) {
  const folder = join(cache, 'venv-lab');
  const windows = process.platform === 'win32';
  const bin = join(folder, windows ? 'Scripts' : 'bin');
  const end = windows ? '.exe' : '';
  return { folder, python: join(bin, `python${end}`), jupyter: join(bin, `jupyter${end}`) };
}

/** The environment's programs when it is there and whole, else undefined. */
export function installedEnvironment(cache) {
  const programs = jupyterPrograms(cache);
  // Made last: an environment that was interrupted half-way does not have it.
  return existsSync(join(programs.folder, 'ready')) && existsSync(programs.jupyter)
    ? programs
    : undefined;
}

/**
 * Makes the environment where it is not there; resolves to its programs and whether it was made now. Programs of a virtual
 * environment name their interpreter by its path, so it is made where it stays. Throws SetupError with the reason.
 */
export async function jupyterEnvironment({ cache, env, say = () => {} }) {
  const there = installedEnvironment(cache);
  if (there) return { ...there, made: false };
  const python = findProgram(['python3', 'python'], env);
  if (!python)
    throw new SetupError('no python3 (on Debian and Ubuntu: apt-get install python3-venv)');
  const programs = jupyterPrograms(cache);
  return withLock(
    `${programs.folder}.lock`,
    async () => {
      const meanwhile = installedEnvironment(cache);
      if (meanwhile) return { ...meanwhile, made: false };
      rmSync(programs.folder, { recursive: true, force: true });
      mkdirSync(cache, { recursive: true });
      try {
        say('python3 -m venv');
        await run(python, ['-m', 'venv', programs.folder], {
          env,
          timeoutMs: VENV_LIMIT_MS,
          label: 'python3 -m venv',
        });
        say('pip install jupyterlab');
        await run(
          programs.python,
          ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement],
          { env, timeoutMs: PIP_LIMIT_MS, label: 'pip install jupyterlab' },
        );
      } catch (error) {
        rmSync(programs.folder, { recursive: true, force: true });
        if (!(error instanceof CommandError)) throw error;
        const said = lastLine(error.output, /^ERROR:|[Ee]rror/) || lastLine(error.output);
        throw new SetupError(`${error.message}${said ? ` (${said})` : ''}`, error.output);
      }
      mkdirSync(join(programs.folder, 'ready'));
      return { ...programs, made: true };
    },
    (owner) => say(`waiting for process ${owner?.pid ?? '?'}, which installs the same`),
  );
}

/** The version of JupyterLab in the environment, read from its metadata; starting it would take a second. */
export function jupyterVersion({ folder }) {
  const libraries = [join(folder, 'Lib', 'site-packages')];
  if (existsSync(join(folder, 'lib'))) {
    for (const name of readdirSync(join(folder, 'lib')))
      libraries.push(join(folder, 'lib', name, 'site-packages'));
  }
  for (const library of libraries) {
    if (!existsSync(library)) continue;
    const match = readdirSync(library).map(
      (name) => /^jupyterlab-(.+)\.dist-info$/.exec(name)?.[1],
    );
    const version = match.find(Boolean);
    if (version) return version;
  }
  return '';
}
