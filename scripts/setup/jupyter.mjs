// A Python environment with JupyterLab in the shared cache: for `fathom lab` where no Jupyter is installed, and for the tests.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './files.mjs';
import { SetupError } from './lines.mjs';
import { CommandError, findProgram, lastLine, run } from './process.mjs';

const VENV_LIMIT_MS = 3 * 60_000;
const PIP_LIMIT_MS = 10 * 60_000;
/** JupyterLab brings along ipykernel, nbclient, nbconvert and nbformat. */
const requirements = ['jupyterlab>=4,<5'];
/** The other programs that the tests try the kernel in. */
const testRequirements = [
  'jupyter-console>=6,<7',
  'jupyter-kernel-test>=0.7,<1',
  'notebook>=7,<8',
  'papermill>=2.4,<3',
];

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

/** Whether the environment also has what only the tests need. */
function hasTestPackages({ folder }) {
  return existsSync(join(folder, 'ready-for-tests'));
}

/**
 * Makes the environment where it is not there; resolves to its programs and whether it was made now. With `tests`, it also
 * has the packages that only the tests need. Programs of a virtual environment name their interpreter by its path, so it is
 * made where it stays. Throws SetupError with the reason.
 */
export async function jupyterEnvironment({ cache, env, tests = false, say = () => {} }) {
  const complete = () => {
    const there = installedEnvironment(cache);
    return there && (!tests || hasTestPackages(there)) ? { ...there, made: false } : undefined;
  };
  const there = complete();
  if (there) return there;
  const python = findProgram(['python3', 'python'], env);
  if (!python)
    throw new SetupError('no python3 (on Debian and Ubuntu: apt-get install python3-venv)');
  const programs = jupyterPrograms(cache);
  return withLock(
    `${programs.folder}.lock`,
    async () => {
      const meanwhile = complete();
      if (meanwhile) return meanwhile;
      try {
        if (!installedEnvironment(cache)) await makeEnvironment({ cache, env, say, python });
        if (tests) {
          say('pip install what the tests need');
          await install(programs, testRequirements, env);
          mkdirSync(join(programs.folder, 'ready-for-tests'), { recursive: true });
        }
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        const said = lastLine(error.output, /^ERROR:|[Ee]rror/) || lastLine(error.output);
        throw new SetupError(`${error.message}${said ? ` (${said})` : ''}`, error.output);
      }
      return { ...programs, made: true };
    },
    (owner) => say(`waiting for process ${owner?.pid ?? '?'}, which installs the same`),
  );
}

async function makeEnvironment({ cache, env, say, python }) {
  const programs = jupyterPrograms(cache);
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
    await install(programs, requirements, env);
  } catch (error) {
    rmSync(programs.folder, { recursive: true, force: true });
    throw error;
  }
  mkdirSync(join(programs.folder, 'ready'));
}

async function install({ python }, packages, env) {
  await run(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
    { env, timeoutMs: PIP_LIMIT_MS, label: `pip install ${packages.map(plain).join(' ')}` },
  );
}

/** The name of a package without the versions that are wanted. */
function plain(requirement) {
  return requirement.replace(/[<>=].*/, '');
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
