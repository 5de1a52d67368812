// A peer that needs Python gets an environment of its own, made at the first use.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { peerFolder } from './folders.js';

/**
 * The folder of an environment with these packages, as pip names them; null, with a line saying why, where it cannot be had.
 * Another list of packages makes it anew.
 */
export function pythonEnvironment(name: string, packages: readonly string[]): string | null {
  const folder = peerFolder(name);
  const done = join(folder, 'installed');
  const list = packages.join('\n');
  if (existsSync(done) && readFileSync(done, 'utf8') === list) return folder;
  console.error(`bench: installing ${packages.join(', ')} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  const steps = [
    ['python3', '-m', 'venv', folder],
    [pythonOf(folder), '-m', 'pip', 'install', '--quiet', ...packages],
  ];
  for (const [command, ...args] of steps) {
    const { status } = spawnSync(command!, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status === 0) continue;
    console.error(`bench: ${name} is left out, it could not be installed`);
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
  writeFileSync(done, list);
  return folder;
}

/** A program of an environment; python itself when left out. */
export function pythonOf(environment: string, program = 'python'): string {
  return join(environment, process.platform === 'win32' ? 'Scripts' : 'bin', program);
}
