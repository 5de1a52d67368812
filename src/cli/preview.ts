// `fathom preview`: the report of a notebook in the browser, as it is being written.
import type { Command } from 'commander';

interface Options {
  P?: string[];
  profile?: string;
  port?: string;
}

export function register(program: Command): void {
  program
    .command('preview')
    .summary('show a report in the browser as you write')
    .description(
      'Serves the report of a notebook, or of the chapters of the book, to the browser on this machine. When a file is saved, ' +
        'prose is printed anew; of code, the cells are executed again that the edit concerns, and the page says which, and ' +
        'what goes on. What was executed from the top is kept for the next build. Nothing is written to the reports. Ctrl-C ends it.',
    )
    .argument('[notebook...]', 'notebooks to show; the chapters of the book when none is named')
    .option(
      '-P <name=value>',
      'set a parameter (repeat for more)',
      (value: string, all: string[] = []) => [...all, value],
    )
    .option('--profile <name>', 'size of the run, as in quick or full')
    .option('--port <n>', 'port to serve at (default: 8320, or a free one)')
    .action(async (notebooks: string[], options: Options) => {
      const { preview } = await import('./preview-notebooks.js');
      process.exitCode = await preview({
        notebooks,
        parameters: options.P ?? [],
        profile: options.profile,
        port: options.port,
      });
    });
}
