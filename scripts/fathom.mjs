#!/usr/bin/env node
// Starts the command line on the pinned Node, with the environment that TensorFlow must find when its process starts.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { browserEnvironment, pinnedNode, runtimeEnvironment } from './runtime.mjs';

const main = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
if (!existsSync(main)) {
  console.error('fathom: not set up yet (dist/ is missing). Run: npm run setup');
  process.exit(1);
}
const child = spawn(pinnedNode(), [main, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...runtimeEnvironment(), ...browserEnvironment() },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (!signal) process.exit(code ?? 1);
  // Ends as the child ended; our own listener would catch the signal, and the exit code would be 0.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
