// `fathom render`: notebooks that were executed elsewhere, by any kernel, as pages and PDFs. Nothing is run.
import type { Command } from 'commander';

interface Options {
  to: string;
  out?: string;
  strict?: boolean;
}

export function register(program: Command): void {
  program
    .command('render')
    .summary('print notebooks that were executed elsewhere')
    .description(
      'Prints executed notebooks of any kernel as HTML and PDF. Nothing in them is run: what they show is made safe, and what ' +
        'is wrong with them is said while the best report that can be made of them is written. Outputs too large for a page ' +
        'are cut and kept beside it.',
    )
    .argument('<notebook...>', 'executed notebooks')
    .option('--to <formats>', 'any of html and pdf', 'html')
    .option('--out <folder>', 'where the reports go (default: beside each notebook)')
    .option('--strict', 'write nothing for a notebook with which something is wrong')
    .action(async (notebooks: string[], options: Options) => {
      const { renderNotebooks } = await import('./render-notebooks.js');
      process.exitCode = await renderNotebooks({
        notebooks,
        formats: options.to,
        out: options.out,
        strict: options.strict ?? false,
      });
    });
}
