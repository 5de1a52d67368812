// Child processes of the set-up: time limits, stall detection, and no process left behind when the set-up is interrupted or killed.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const windows = process.platform === 'win32';
const KEPT_OUTPUT = 64 * 1024;
const guard = fileURLToPath(new URL('guard.mjs', import.meta.url));

/** A command that could not be started, failed, or was stopped. `output` is the end of what it printed. */
export class CommandError extends Error {
  constructor(command, reason, output) {
    super(`${command}: ${reason}`);
    this.name = 'CommandError';
    this.command = command;
    this.reason = reason;
    this.output = output;
  }
}

const running = new Set();
let interrupted = false;

function killTree(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  if (windows) {
    spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Stops all commands that are still running. */
export function stopCommands(signal = 'SIGTERM') {
  for (const child of running) killTree(child, signal);
}

/**
 * On an interrupt stops all commands, runs `tidy()` and ends this process with the code that the signal stands for.
 * Commands get a moment first, because a stopped one may still write.
 */
export function stopOnSignals(tidy) {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.once(signal, () => {
      interrupted = true;
      stopCommands();
      setTimeout(() => {
        stopCommands('SIGKILL');
        tidy();
        process.exit(code);
      }, 300);
    });
  }
}

/**
 * Runs a command to its end and resolves to what it printed (the last 64 KiB).
 * `watch()` is called each second; when it returns a string the command is stopped for that reason.
 * A command that writes where another set-up might write is `guarded`, as all are unless told otherwise: it ends with this
 * process, also when that is killed. The guard takes 50 ms to start.
 * Throws CommandError when it cannot be started, ends with another code than 0, exceeds `timeoutMs`, or is given up.
 */
export function run(command, args, options = {}) {
  const { cwd, env = process.env, timeoutMs, watch, label = command, shell = false } = options;
  const guarded = (options.guarded ?? true) && !windows;
  return new Promise((resolve, reject) => {
    // After an interrupt no step goes on: neither a command that was stopped nor the next one returns.
    if (interrupted) return;
    if (guarded && !isProgram(command) && !findProgram([command], env)) {
      reject(new CommandError(label, 'not found', ''));
      return;
    }
    const [program, ...first] = guarded ? [process.execPath, guard, command] : [command];
    const child = spawn(program, [...first, ...args], {
      cwd,
      env,
      shell,
      stdio: ['ignore', 'pipe', 'pipe', ...(guarded ? ['pipe'] : [])],
      // A group of its own, so that a time limit also ends what the command has started.
      detached: !windows,
      windowsHide: true,
    });
    running.add(child);
    let output = '';
    let stopped;
    const stop = (reason) => {
      if (stopped) return;
      stopped = reason;
      killTree(child, 'SIGTERM');
      setTimeout(() => killTree(child, 'SIGKILL'), 3000).unref();
    };
    const keep = (text) => {
      output = (output + text).slice(-KEPT_OUTPUT);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const limit =
      timeoutMs &&
      setTimeout(() => stop(`not done after ${Math.round(timeoutMs / 1000)} s`), timeoutMs);
    const look =
      watch &&
      setInterval(() => {
        const reason = watch();
        if (reason) stop(reason);
      }, 1000);
    const end = () => {
      running.delete(child);
      clearTimeout(limit);
      clearInterval(look);
    };
    child.on('error', (error) => {
      end();
      const reason = error.code === 'ENOENT' ? 'not found' : error.message;
      reject(new CommandError(label, reason, output));
    });
    child.on('close', (code, signal) => {
      end();
      if (interrupted) return;
      if (stopped) reject(new CommandError(label, stopped, output));
      else if (code !== 0) {
        const reason = signal ? `ended by ${signal}` : `failed with exit code ${code}`;
        reject(new CommandError(label, reason, output));
      } else resolve(output);
    });
  });
}

/** Path of the first of `names` that is an executable file in PATH, or undefined. */
export function findProgram(names, env = process.env) {
  const endings = windows ? (env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';') : [''];
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      for (const ending of endings) {
        const path = join(folder, name + ending);
        if (isProgram(path)) return path;
      }
    }
  }
  return undefined;
}

function isProgram(path) {
  if (!existsSync(path)) return false;
  const found = statSync(path);
  return found.isFile() && (windows || (found.mode & 0o111) !== 0);
}

/** The last line of a command's output that says something, for a reason that fits on one line. */
export function lastLine(output, pattern = /\S/) {
  const lines = output.split(/\r?\n/).map((line) => line.trim());
  const line = lines.filter((text) => pattern.test(text)).at(-1) ?? '';
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
