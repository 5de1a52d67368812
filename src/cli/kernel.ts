/** `fathom kernel`: registers the TypeScript kernel with Jupyter, lists and removes kernelspecs. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';

/** Where a kernelspec is written to or removed from: one of these, the user's own data folder when left out. */
interface Where {
  name: string;
  user?: boolean;
  prefix?: string;
  sysPrefix?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('kernel')
    .description('register the TypeScript kernel with Jupyter');
  placed(command.command('install'), 'register')
    .description('write a kernelspec, so that Jupyter offers the kernel')
    .option('--display-name <text>', 'name that people see', 'TypeScript (Fathom)')
    .action(async (options: Where & { displayName: string }) => {
      const { installKernelSpec, dataDirectories } = await import('../press/kernel/kernelspec.js');
      const { kernelEnvironment } = await import('./runtime.js');
      const { name, displayName } = options;
      const prefix = await prefixOf(options);
      const { node, env } = await kernelEnvironment();
      const folder = installKernelSpec({ name, displayName, ...prefix, node, env });
      console.log(`installed ${displayName} in ${folder}`);
      const data = resolve(folder, '..', '..');
      if (!dataDirectories().includes(data))
        console.log(
          `a Jupyter installed in ${resolve(data, '..', '..')} finds it there; another one with JUPYTER_PATH=${data}`,
        );
    });
  command
    .command('list')
    .description('the kernels that Jupyter finds, and which of them are ours')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { listKernelSpecs } = await import('../press/kernel/kernelspec.js');
      const found = listKernelSpecs();
      console.log(json ? JSON.stringify(found, null, 2) : await table(found));
    });
  placed(command.command('remove'), 'remove')
    .description('remove a kernelspec that "kernel install" wrote; others are left as they are')
    .action(async (options: Where) => {
      const { removeKernelSpec } = await import('../press/kernel/kernelspec.js');
      const folder = removeKernelSpec({ name: options.name, ...(await prefixOf(options)) });
      console.log(`removed ${folder}`);
    });
}

function placed(command: Command, verb: string): Command {
  const places = ['user', 'prefix', 'sysPrefix'];
  const option = (flags: string, text: string): Option => {
    const made = new Option(flags, text);
    return made.conflicts(places.filter((place) => place !== made.attributeName()));
  };
  return command
    .addOption(option('--user', `${verb} for this user: Jupyter's own data folder (the default)`))
    .addOption(option('--prefix <dir>', `${verb} below <dir>/share/jupyter`))
    .addOption(option('--sys-prefix', `${verb} in the Python environment that is active`))
    .option('--name <name>', 'name that notebooks refer to', 'fathom');
}

async function prefixOf({ prefix, sysPrefix }: Where): Promise<{ prefix?: string }> {
  if (prefix !== undefined) return { prefix };
  return sysPrefix ? { prefix: await activeEnvironment() } : {};
}

/** What Python calls `sys.prefix`. */
async function activeEnvironment(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const active = env.VIRTUAL_ENV || env.CONDA_PREFIX;
  if (active) return active;
  const { execFileSync } = await import('node:child_process');
  for (const python of ['python3', 'python']) {
    try {
      const said = execFileSync(python, ['-c', 'import sys; print(sys.prefix)'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return said.trim();
    } catch {
      // Not there, or not a Python.
    }
  }
  throw new Error('--sys-prefix: no Python environment is active, and there is no python3');
}

interface Found {
  readonly name: string;
  readonly displayName: string;
  readonly folder: string;
  readonly ours: boolean;
  readonly problem?: string;
}

async function table(found: readonly Found[]): Promise<string> {
  if (found.length === 0)
    return 'no kernel is installed; this installs ours: npm run fathom -- kernel install';
  const { colours: colors } = await import('../shared/colours.js');
  const width = (of: (spec: Found) => string) => Math.max(...found.map((spec) => of(spec).length));
  const names = width(({ name }) => name);
  const titles = width(({ displayName }) => displayName);
  return found
    .map(({ name, displayName, folder, ours, problem }) => {
      const note = problem ? colors.red(`  ${problem}`) : ours ? colors.green('  (Fathom)') : '';
      return `${name.padEnd(names)}  ${displayName.padEnd(titles)}  ${colors.dim(folder)}${note}`;
    })
    .join('\n');
}
