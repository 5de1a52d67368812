// Runs the command in its arguments, and ends it with all that it has started when the set-up is gone: then the pipe at
// descriptor 3 closes. An npm that outlives a killed set-up would write where the next set-up writes.
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

const LIFELINE = 3;
const [command, ...args] = process.argv.slice(2);

// Signals to the group are for the command; this process stays until it has ended.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
// The set-up gives each command a group of its own, which this process leads.
new Socket({ fd: LIFELINE }).on('close', () => process.kill(-process.pid, 'SIGKILL')).resume();

const child = spawn(command, args, { stdio: 'inherit' });
child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on('exit', (code, signal) => {
  if (!signal) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
