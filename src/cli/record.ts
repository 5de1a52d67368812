// `fathom record`: the runs of an edition, kept with the project.
import type { Command } from 'commander';

export function register(program: Command): void {
  program
    .command('record')
    .summary('keep the runs of an edition: a clone need not train')
    .description(
      'Copies the records and readings that the reports of a profile were built from into reports/recorded, which belongs ' +
        'under version control. Runs that no recorded edition uses any more are taken out of it.',
    )
    .option('--profile <name>', 'the edition; the first profile of book.yml by default')
    .option('--nets', 'with the trained nets, for chapters that load them')
    .action(async (options: { profile?: string; nets?: boolean }) => {
      const { recordEdition } = await import('./record-edition.js');
      for (const line of await recordEdition(options)) console.log(line);
    });
}
