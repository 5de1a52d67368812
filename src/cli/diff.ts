// `fathom diff`: what differs between two builds.
import type { Command } from 'commander';

interface Options {
  tolerance: string;
  acceptChance?: boolean;
  html?: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('diff')
    .summary('compare two builds: numbers, figures, text, time')
    .description(
      'Compares two folders of reports, or two reports (any of their files). The exit code is 0 where a reader would see no ' +
        'difference, 1 where one would, 2 where they cannot be compared. Time, versions and parameters are told and do not count.',
    )
    .argument('<before>', 'folder of reports, or a file of a report')
    .argument('<after>', 'the same of the other build')
    .option('--tolerance <share>', 'share of a number that it may differ by', '1e-6')
    .option('--accept-chance', 'numbers within the interval of each other do not count')
    .option('--html <file>', 'write a page with the pictures beside each other')
    .option('--json', 'print the comparison as JSON')
    .action(async (before: string, after: string, options: Options) => {
      const { diffBuilds } = await import('./diff-builds.js');
      process.exitCode = await diffBuilds(before, after, options);
    });
}
