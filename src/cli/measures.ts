// `fathom measures`: what can be measured, and what each measure tells.
import type { Command } from 'commander';

export function register(program: Command): void {
  program
    .command('measures')
    .summary('list the measures, or explain one')
    .description(
      'Lists the measures with their question, unit and cost; with a name, explains that one and its options.',
    )
    .argument('[name]', 'a measure')
    .option('--json', 'as JSON')
    .option(
      '--pages <folder>',
      'write a page of Markdown for each, with an example, into this folder',
    )
    .action(async (name: string | undefined, options: { json?: boolean; pages?: string }) => {
      if (options.pages !== undefined) {
        const { writeMeasurePages } = await import('./measure-pages.js');
        await writeMeasurePages(options.pages);
        return;
      }
      const { listMeasures } = await import('./list-measures.js');
      process.exitCode = listMeasures(name, options.json ?? false);
    });
}
