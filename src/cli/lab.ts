// `fathom lab`: opens JupyterLab with the book and the TypeScript kernel, in an installed Jupyter or one of its own.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { cacheDirectory } from '../lab/data/cache.js';
import { installKernelSpec } from '../press/kernel/kernelspec.js';
import { kernelEnvironment } from './runtime.js';

/** No Jupyter, and no way to get one. */
export class JupyterMissingError extends Error {
  override readonly name = 'JupyterMissingError';
  readonly exitCode = 1;
}

export function labCommand(): Command {
  return new Command('lab')
    .description('open JupyterLab with the notebooks and the TypeScript kernel')
    .argument('[arguments...]', 'passed on to "jupyter lab"')
    .allowUnknownOption()
    .addHelpText(
      'after',
      '\nAn installed "jupyter lab" is taken; without one, JupyterLab is installed once into a Python environment in the cache ' +
        'folder, which needs python3 and the network. Arguments behind -- go to JupyterLab: fathom lab -- --no-browser',
    )
    .action(async (args: string[]) => {
      process.exitCode = await openLab(args);
    });
}

async function openLab(args: string[]): Promise<number> {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const cache = cacheDirectory();
  const jupyter = installedJupyter() ?? ownJupyter(join(cache, 'venv-lab'));
  // The kernel is offered through JUPYTER_PATH: nothing is written into the user's own Jupyter folders.
  const prefix = join(cache, 'lab');
  const { node, env } = await kernelEnvironment();
  installKernelSpec({ prefix, node, env });
  const notebooks = join(root, 'notebooks');
  const child = spawn(jupyter, ['lab', ...args], {
    cwd: existsSync(notebooks) ? notebooks : process.cwd(),
    stdio: 'inherit',
    env: {
      ...process.env,
      JUPYTER_PATH: [join(prefix, 'share', 'jupyter'), process.env.JUPYTER_PATH]
        .filter(Boolean)
        .join(delimiter),
    },
  });
  // A terminal sends Ctrl-C to both; JupyterLab asks whether it is meant, so this program waits for its decision.
  const wait = () => undefined;
  const end = () => child.kill('SIGTERM');
  process.on('SIGINT', wait);
  process.on('SIGTERM', end);
  process.on('SIGHUP', end);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGINT', wait);
    process.off('SIGTERM', end);
    process.off('SIGHUP', end);
  }
}

function installedJupyter(): string | undefined {
  const found = spawnSync('jupyter', ['lab', '--version'], { stdio: 'ignore' });
  return found.status === 0 ? 'jupyter' : undefined;
}

/** The `jupyter` of a Python environment of our own, made on first use. */
function ownJupyter(venv: string): string {
  const bin = process.platform === 'win32' ? 'Scripts' : 'bin';
  const jupyter = join(venv, bin, process.platform === 'win32' ? 'jupyter.exe' : 'jupyter');
  // Written last: an environment that was interrupted half-way does not have it.
  const ready = join(venv, 'ready');
  if (existsSync(ready) && existsSync(jupyter)) return jupyter;
  const python = ['python3', 'python'].find(
    (name) => spawnSync(name, ['-c', 'import venv'], { stdio: 'ignore' }).status === 0,
  );
  if (python === undefined)
    throw new JupyterMissingError(
      'there is no "jupyter lab", and no python3 with venv to install it with. Install JupyterLab (pip install jupyterlab) or python3 (on Debian and Ubuntu: apt-get install python3-venv)',
    );
  console.log(`installing JupyterLab into ${venv} (once)`);
  // Programs of a virtual environment name their interpreter by its path: it is made where it stays.
  if (existsSync(venv)) {
    const old = mkdtempSync(`${venv}.`);
    renameSync(venv, join(old, 'venv'));
    rmSync(old, { recursive: true, force: true });
  }
  mkdirSync(join(venv, '..'), { recursive: true });
  run(python, ['-m', 'venv', venv]);
  run(join(venv, bin, 'python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    'jupyterlab',
  ]);
  mkdirSync(ready);
  return jupyter;
}

function run(program: string, args: string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (error || status !== 0)
    throw new JupyterMissingError(
      `JupyterLab could not be installed: "${program} ${args.join(' ')}" ${error ? error.message : `ended with exit code ${status}`}`,
    );
}
