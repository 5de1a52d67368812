// Debian and Ubuntu packages, where the set-up runs as root there: containers and CI machines.
import { existsSync } from 'node:fs';
import { findProgram, run } from './process.mjs';

const LIMIT_MS = 8 * 60_000;

/** Whether packages can be installed with apt-get: root on Debian or a system made from it. */
export function aptIsOurs(env) {
  return (
    process.getuid?.() === 0 &&
    existsSync('/etc/debian_version') &&
    findProgram(['apt-get'], env) !== undefined
  );
}

let updated;
let queue = Promise.resolve();

/** Installs packages; the list of packages is brought up to date once. Steps that run side by side take turns. */
export function aptInstall(names, { env, say }) {
  const options = {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: LIMIT_MS,
    label: `apt-get install ${names.join(' ')}`,
  };
  const work = async () => {
    say('apt-get update');
    updated ??= run('apt-get', ['update', '-qq'], { ...options, label: 'apt-get update' });
    await updated;
    say(options.label);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options);
  };
  const turn = queue.then(work);
  queue = turn.catch(() => {});
  return turn;
}
