// `fathom clean`: notebooks without outputs, in place or as a filter of git.
import type { Command } from 'commander';

interface Options {
  check?: boolean;
  install?: boolean;
  uninstall?: boolean;
}

export function register(program: Command): void {
  program
    .command('clean')
    .summary('strip outputs from notebooks, also as a git filter')
    .description(
      'Takes outputs, counts and what front ends write into the metadata out of notebooks; text, order, ids, tags and options ' +
        'stay. Without notebooks it reads one from standard input and writes it to standard output, as git asks of a filter.',
    )
    .argument('[notebook...]', 'notebooks to clean in place')
    .option('--check', 'change nothing; exit code 1 where a notebook is not clean')
    .option('--install', 'let git clean notebooks of this repository as they are added')
    .option('--uninstall', 'undo --install')
    .action(async (notebooks: string[], options: Options) => {
      const { cleanFiles, cleanStream } = await import('./clean-notebooks.js');
      const { install, uninstall } = await import('./git-filter.js');
      if (options.install) console.log(await install());
      else if (options.uninstall) console.log(await uninstall());
      else if (notebooks.length > 0)
        process.exitCode = await cleanFiles(notebooks, options.check ?? false);
      else process.exitCode = await cleanStream(options.check ?? false);
    });
}
