// `fathom lab`: opens JupyterLab with the book and the TypeScript kernel, in an installed Jupyter or one of its own.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
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
  const jupyter = installedJupyter() ?? (await ownJupyter(cache));
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

/** What scripts/setup/jupyter.mjs does: the tests use the same environment, before anything is compiled. */
interface Environments {
  installedEnvironment(cache: string): { readonly jupyter: string } | undefined;
  jupyterEnvironment(options: {
    cache: string;
    env: NodeJS.ProcessEnv;
  }): Promise<{ readonly jupyter: string }>;
}

/** The `jupyter` of a Python environment of our own, made on first use. */
async function ownJupyter(cache: string): Promise<string> {
  const script = new URL('../../../scripts/setup/jupyter.mjs', import.meta.url).href;
  const { installedEnvironment, jupyterEnvironment } = (await import(script)) as Environments;
  const installed = installedEnvironment(cache);
  if (installed) return installed.jupyter;
  console.log(`installing JupyterLab into ${cache} (once, a minute or two)`);
  try {
    return (await jupyterEnvironment({ cache, env: process.env })).jupyter;
  } catch (error) {
    throw new JupyterMissingError(
      `there is no "jupyter lab", and it could not be installed: ${(error as Error).message}. Install JupyterLab (python3 -m pip install jupyterlab) and try again`,
      { cause: error },
    );
  }
}
