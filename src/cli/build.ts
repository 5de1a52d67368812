// `fathom build`: notebooks in; executed notebooks, pages and PDFs out.
import type { Command } from 'commander';

interface Options {
  P?: string[];
  profile?: string;
  to: string;
  out?: string;
  kernel?: string;
  cache: boolean;
  explain?: boolean;
  jobs?: string;
  cellTimeout?: string;
  strict?: boolean;
  book?: boolean;
  help?: boolean;
}

export function register(program: Command): void {
  program
    .command('build')
    .summary('execute notebooks and print them as HTML and PDF')
    .description(
      'Executes notebooks from top to bottom, or takes what they put out from the cache where nothing that they depend on has ' +
        'changed, and prints them. Without notebooks it builds the book that book.yml describes.',
    )
    .argument('[notebook...]', 'notebooks to build')
    .option('-P <name=value>', 'set a parameter, as in -P depths=2,4,8 (repeat for more)', collect)
    .option(
      '--profile <name>',
      'size of the run, as in quick or full; the first in book.yml by default',
    )
    .option(
      '--to <formats>',
      'any of html, pdf and ipynb; the executed notebook is always written',
      'html,pdf',
    )
    .option('--out <folder>', 'where the reports go (default: reports/<profile>)')
    .option('--book', 'also print the whole book as one PDF, book.pdf')
    .option('--kernel <name>', 'run on another installed Jupyter kernel')
    .option('--no-cache', 'execute even if nothing has changed')
    .option('--jobs <n>', 'chapters to run at once (default: one for two cores and 3 GB)')
    .option('--cell-timeout <seconds>', 'end a cell that takes longer (default: no limit)')
    .option('--explain', 'say why each chapter runs or need not')
    .option('--strict', 'fail on warnings about a report, such as a missing alternative text')
    .helpOption(false)
    .option('-h, --help', 'explain the command, and list the parameters of the notebooks')
    .action(async (notebooks: string[], options: Options, command: Command) => {
      if (options.help) {
        const { parametersHelp } = await import('./parameters-help.js');
        process.stdout.write(command.helpInformation());
        process.stdout.write(await parametersHelp(notebooks));
        return;
      }
      const { buildNotebooks, readCellTimeout, readJobs } = await import('./build-notebooks.js');
      const { formats } = await import('./print-chapter.js');
      const { readFormats } = await import('./read-formats.js');
      process.exitCode = await buildNotebooks({
        notebooks,
        parameters: options.P ?? [],
        profile: options.profile,
        formats: readFormats(options.to, formats),
        out: options.out,
        kernel: options.kernel,
        refresh: !options.cache,
        explain: options.explain ?? false,
        strict: options.strict ?? false,
        book: options.book ?? false,
        jobs: readJobs(options.jobs),
        cellTimeoutMs: readCellTimeout(options.cellTimeout),
      });
    });
}

function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}
