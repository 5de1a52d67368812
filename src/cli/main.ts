// The command line: puts the commands together, and turns every error into one clear line and an exit code.
// A command is one file in this folder that exports `register(program)`, and one line in `commands` below. It must load
// what it needs with `import()` inside its action, so that `fathom --help` stays quick.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { keepCompiled } from '../shared/compile-cache.js';
import { register as build } from './build.js';
import { register as clean } from './clean.js';
import { register as diff } from './diff.js';
import { register as doctor } from './doctor.js';
import { register as kernel } from './kernel.js';
import { register as lab } from './lab.js';
import { register as measure } from './measure.js';
import { register as measures } from './measures.js';
import { register as startNew } from './new.js';
import { register as preview } from './preview.js';
import { register as record } from './record.js';
import { register as verify } from './verify.js';
import { register as render } from './render.js';

const commands: ((program: Command) => void)[] = [
  build,
  render,
  preview,
  startNew,
  clean,
  diff,
  verify,
  record,
  measure,
  measures,
  doctor,
  kernel,
  lab,
];

/** Exit codes: what was asked for was wrong, as opposed to something failing while doing it. */
const badUsage = 2;

/**
 * Runs the command line and returns its exit code: 0 all well, 1 something failed, 2 bad usage, 130 interrupted.
 * An error with a numeric `exitCode` sets the code itself.
 */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('fathom')
    .description(
      'Trains CNNs of growing depth, measures what they learned, and prints the findings.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: false, subcommandTerm: (command) => command.name() })
    .showHelpAfterError('(fathom --help explains every command)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nfathom <command> --help explains one command. FATHOM_DEBUG=1 adds the stack to errors.',
    );
  for (const register of commands) register(program);
  let exitCode = 0;
  program.hook('postAction', () => {
    exitCode = Number(process.exitCode ?? 0);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has already printed its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : badUsage;
    report(error);
    const code = (error as { exitCode?: unknown }).exitCode;
    return typeof code === 'number' ? code : 1;
  }
}

function report(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`fathom: ${message}`);
  if (process.env.FATHOM_DEBUG && error instanceof Error) console.error(error.stack);
}

function version(): string {
  const path = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

if (import.meta.main) {
  keepCompiled();
  main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}
