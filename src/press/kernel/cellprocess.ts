/** The protocol side of the cell process: starts it, talks to it, catches what native code prints, and notices its death. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { fileURLToPath } from 'node:url';
import { deframer, type FromChild, frame, type ToChild } from './channel.js';

/** How the cell process ended without being asked to. */
export interface Death {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last of what it printed on standard error. */
  errors: string;
}

export interface CellProcessHandlers {
  message(message: FromChild): void;
  /** Text written by native code to a standard stream. */
  native(name: 'stdout' | 'stderr', text: string): void;
  died(death: Death): void;
}

export interface CellProcess {
  readonly pid: number | undefined;
  send(message: ToChild): void;
  /** Asks the running code to stop: its promises are given up, its loops are broken. */
  interrupt(): void;
  /** Stops and continues reading: a process that prints faster than clients read waits. */
  pause(): void;
  resume(): void;
  kill(): void;
  /** Ends the process: at its own pace first, by force after `graceMs`. */
  exit(graceMs?: number): Promise<void>;
}

const tailLength = 4000;
const ownGroup = process.platform !== 'win32';

/** `folder` is the working folder, `moduleFolder` the one from where modules are found. */
export function startCellProcess(
  folder: string,
  moduleFolder: string,
  handlers: CellProcessHandlers,
): CellProcess {
  const barrier = `\0${randomBytes(12).toString('hex')}\0`;
  const child: ChildProcess = spawn(
    process.execPath,
    [
      // An interrupt unwinds running code from outside; Node's check of its own bookkeeping takes that for corruption.
      '--no-force-async-hooks-checks',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('./child/main.js', import.meta.url)),
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        FATHOM_KERNEL_BARRIER: barrier.replaceAll('\0', ''),
        FATHOM_KERNEL_FOLDER: moduleFolder,
      },
      windowsHide: true,
      // A group of its own, so that what cells started ends with it.
      detached: ownGroup,
    },
  );
  const [, , , messages, commands, guard] = child.stdio as unknown as [
    null,
    Readable,
    Readable,
    Readable,
    Writable,
    Writable,
  ];
  let exiting = false;
  let errors = '';

  /** Ends the process and whatever it started and left behind. */
  function killAll(): void {
    if (child.pid === undefined) return;
    try {
      if (ownGroup) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    } catch {
      // Nobody is left.
    }
  }

  // A cell is done when its message is there and both streams have been read up to its mark.
  const seen = { stdout: 0, stderr: 0 };
  let held: (FromChild & { type: 'done' }) | undefined;
  const isRead = (name: 'stdout' | 'stderr', { id, closed }: FromChild & { type: 'done' }) =>
    seen[name] >= id || closed?.includes(name) === true;
  function releaseDone(): void {
    if (held && isRead('stdout', held) && isRead('stderr', held)) {
      const message = held;
      held = undefined;
      handlers.message(message);
    }
  }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.on(
      'data',
      markReader(barrier.replaceAll('\0', ''), {
        text(text) {
          if (name === 'stderr') errors = (errors + text).slice(-tailLength);
          handlers.native(name, text);
        },
        mark(id) {
          seen[name] = id;
          releaseDone();
        },
      }),
    );
  messages.on(
    'data',
    deframer<FromChild>((message) => {
      if (message.type === 'done') {
        held = message;
        releaseDone();
      } else handlers.message(message);
    }),
  );
  const read = [child.stdout!, child.stderr!, messages];
  for (const stream of [messages, commands, guard]) stream.on('error', () => undefined);
  child.on('error', (error) => {
    errors += error.message;
    if (!exiting) handlers.died({ code: null, signal: null, errors });
  });
  const closed = new Promise<void>((resolve) => {
    // What the process started may hold its streams open: they close when that has ended too.
    child.on('exit', killAll);
    child.on('close', (code, signal) => {
      resolve();
      if (!exiting) handlers.died({ code, signal, errors });
    });
  });

  return {
    pid: child.pid,
    send(message) {
      if (!commands.destroyed) commands.write(frame(message));
    },
    interrupt() {
      this.send({ type: 'interrupt' });
      if (!guard.destroyed) guard.write('!');
    },
    pause() {
      for (const stream of read) stream.pause();
    },
    resume() {
      for (const stream of read) stream.resume();
    },
    kill: killAll,
    async exit(graceMs = 500) {
      exiting = true;
      this.send({ type: 'exit' });
      this.resume();
      const timer = setTimeout(killAll, graceMs);
      if (child.pid !== undefined) await closed;
      clearTimeout(timer);
    },
  };
}

/** Splits what a descriptor brings into text and the marks `<barrier><cell id>\n`. */
function markReader(
  barrier: string,
  found: { text(text: string): void; mark(id: number): void },
): (chunk: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk) => {
    rest += decoder.write(chunk);
    for (;;) {
      const at = rest.indexOf(barrier);
      if (at < 0) break;
      const end = rest.indexOf('\n', at);
      if (end < 0) break;
      if (at > 0) found.text(rest.slice(0, at));
      found.mark(Number(rest.slice(at + barrier.length, end)));
      rest = rest.slice(end + 1);
    }
    // Keep back what may be the beginning of a mark.
    const at = rest.indexOf(barrier);
    let keep = at < 0 ? 0 : rest.length - at;
    if (at < 0)
      for (
        let length = Math.min(barrier.length - 1, rest.length);
        length > 0 && keep === 0;
        length--
      )
        if (barrier.startsWith(rest.slice(rest.length - length))) keep = length;
    if (rest.length > keep) found.text(rest.slice(0, rest.length - keep));
    rest = rest.slice(rest.length - keep);
  };
}
