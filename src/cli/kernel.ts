/** `fathom kernel`: registers the TypeScript kernel with Jupyter, lists and removes kernelspecs. */
import { Command } from 'commander';
import pc from 'picocolors';
import {
  installKernelSpec,
  KernelSpecError,
  listKernelSpecs,
  removeKernelSpec,
} from '../press/kernel/kernelspec.js';
import { kernelEnvironment } from './runtime.js';

interface Where {
  name: string;
  prefix?: string;
  user?: boolean;
}

export function kernelCommand(): Command {
  const command = new Command('kernel').description(
    'register the TypeScript kernel with Jupyter, list and remove kernels',
  );
  command
    .command('install')
    .description('write a kernelspec, so that Jupyter offers the kernel')
    .option('--user', "for this user only: Jupyter's own data folder (the default)")
    .option('--prefix <dir>', 'below <dir>/share/jupyter, as for a virtual environment')
    .option('--name <name>', 'name that notebooks refer to', 'fathom')
    .option('--display-name <text>', 'name that people see', 'TypeScript (Fathom)')
    .action(async (options: Where & { displayName: string }) => {
      await tell(async () => {
        refuseBoth(options);
        const { node, env } = await kernelEnvironment();
        const folder = installKernelSpec({
          name: options.name,
          displayName: options.displayName,
          ...(options.prefix !== undefined && { prefix: options.prefix }),
          node,
          env,
        });
        return `installed ${options.name} in ${folder}`;
      });
    });
  command
    .command('list')
    .description('the kernels that Jupyter finds, and which of them are ours')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => {
      const found = listKernelSpecs();
      if (options.json) {
        console.log(JSON.stringify(found, null, 2));
        return;
      }
      if (found.length === 0) console.log('no kernel is installed; run: fathom kernel install');
      const width = Math.max(0, ...found.map(({ name }) => name.length));
      for (const { name, displayName, folder, ours, problem } of found) {
        const note = problem ? pc.red(`  ${problem}`) : ours ? pc.green('  (Fathom)') : '';
        console.log(`${name.padEnd(width)}  ${displayName}  ${pc.dim(folder)}${note}`);
      }
    });
  command
    .command('remove')
    .description('remove a kernelspec that "fathom kernel install" wrote')
    .option('--user', "from this user's data folder (the default)")
    .option('--prefix <dir>', 'from <dir>/share/jupyter')
    .option('--name <name>', 'its name', 'fathom')
    .action(async (options: Where) => {
      await tell(() => {
        refuseBoth(options);
        return `removed ${removeKernelSpec({
          name: options.name,
          ...(options.prefix !== undefined && { prefix: options.prefix }),
        })}`;
      });
    });
  return command;
}

function refuseBoth(options: Where): void {
  if (options.user && options.prefix !== undefined)
    throw new KernelSpecError('', '--user and --prefix name different places: give one of them');
}

/** Prints what was done, or the one line of what was wrong and exit code 1. */
async function tell(act: () => string | Promise<string>): Promise<void> {
  try {
    console.log(await act());
  } catch (error) {
    if (!(error instanceof KernelSpecError) && !('code' in (error as object))) throw error;
    console.error(`fathom kernel: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
