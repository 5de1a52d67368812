// `fathom lab`: opens JupyterLab with the book and the TypeScript kernel, in an installed Jupyter or one of its own.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';

/** No Jupyter, and no way to get one. */
export class JupyterMissingError extends Error {
  override readonly name = 'JupyterMissingError';
  readonly exitCode = 1;
}

export function register(program: Command): void {
  program
    .command('lab')
    .description('open JupyterLab with the book and the TypeScript kernel')
    .argument('[arguments...]', 'passed on to "jupyter lab"')
    .allowUnknownOption()
    .addHelpText(
      'after',
      '\nAn installed "jupyter lab" is taken; without one, JupyterLab is installed once into a Python environment in the cache ' +
        'folder, which needs python3 and the network. JupyterLab prints its address and opens the first chapter in the browser; ' +
        'arguments go to it: npm run lab -- --no-browser --port 8899',
    )
    .action(async (args: string[]) => {
      process.exitCode = await openLab(args);
    });
}

async function openLab(args: readonly string[]): Promise<number> {
  const { cacheDirectory } = await import('../shared/cache-directory.js');
  const { installKernelSpec } = await import('../press/kernel/kernelspec.js');
  const { kernelEnvironment } = await import('./runtime.js');
  const cache = cacheDirectory();
  const jupyter = installedJupyter() ?? (await ownJupyter(cache));
  // The kernel is offered through JUPYTER_PATH: nothing is written into the user's own Jupyter folders.
  const prefix = join(cache, 'lab');
  const { node, env } = await kernelEnvironment();
  installKernelSpec({ prefix, node, env });
  const folder = fileURLToPath(new URL('../../../notebooks', import.meta.url));
  const child = spawn(jupyter, ['lab', ...(await withDefaults(args, folder))], {
    cwd: existsSync(folder) ? folder : process.cwd(),
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
      child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
    });
  } finally {
    process.off('SIGINT', wait);
    process.off('SIGTERM', end);
    process.off('SIGHUP', end);
  }
}

/** The first chapter, unless the user names a file; and as root, as in a container, what JupyterLab would refuse to start without. */
async function withDefaults(args: readonly string[], folder: string): Promise<string[]> {
  const all = [...args];
  if (process.getuid?.() === 0 && !args.some((arg) => arg.startsWith('--allow-root')))
    all.unshift('--allow-root');
  if (args.some((arg) => arg.endsWith('.ipynb') || arg.includes('default_url'))) return all;
  const { findBook, readBook } = await import('../press/run/book.js');
  const file = findBook(folder);
  // A book with a mistake in it is no reason not to open JupyterLab: it may be there to mend it.
  const book = file === undefined ? undefined : await readBook(file).catch(() => undefined);
  const first = book?.chapters[0];
  if (first === undefined) return all;
  // As the address that JupyterLab prints and opens; a file among the arguments would be in neither.
  const path = relative(folder, first.file).split(sep).map(encodeURIComponent).join('/');
  return [...all, `--LabApp.default_url=/lab/tree/${path}`];
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
