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
    .action(async (name: string | undefined, options: { json?: boolean }) => {
      const { listMeasures } = await import('./list-measures.js');
      process.exitCode = listMeasures(name, options.json ?? false);
    });
}
