// `fathom build`: notebooks in, executed and printed reports out.
import type { Command } from 'commander';

export function register(program: Command): void {
  program.command('build').description('execute notebooks and print them');
}
