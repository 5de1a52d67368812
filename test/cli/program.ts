// The program as a user starts it, for the tests of commands.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program; `onOut` sees all that was written so far. */
export function fathom(
  cwd: string,
  args: readonly string[],
  {
    env = {},
    input,
    onOut,
  }: {
    env?: Record<string, string>;
    input?: string;
    onOut?: (out: string, signal: (name: NodeJS.Signals) => void) => void;
  } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, ...env },
  });
  child.stdin.end(input ?? '');
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    onOut?.(out, (name) => child.kill(name));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve) => child.on('close', (exit) => resolve({ code: exit, out, err })));
}
