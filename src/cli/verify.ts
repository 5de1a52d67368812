// `fathom verify`: whether a report comes out the same again.
import type { Command } from 'commander';

export function register(program: Command): void {
  program
    .command('verify')
    .summary('rebuild a report, and say whether it is the same')
    .description(
      'Looks whether the files of a report are as its manifest says, whether what it was made from is still the same, and ' +
        'prints it anew from the recorded execution, or with --execute from a new one. The exit code is 0 where all bytes are ' +
        'the same, 1 where not, 2 where it cannot be told.',
    )
    .argument('<report...>', 'files of reports, or folders of them')
    .option('--execute', 'execute the notebook again, on a fresh kernel and past the cache')
    .option('--out <folder>', 'keep what was built to compare with')
    .action(async (reports: string[], options: { execute?: boolean; out?: string }) => {
      const { verifyReports } = await import('./verify-reports.js');
      process.exitCode = await verifyReports(reports, {
        execute: options.execute ?? false,
        out: options.out,
      });
    });
}
