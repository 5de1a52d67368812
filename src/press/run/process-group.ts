// A process that leads its own group, so that it can be ended with everything it started.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { watch } from './watchdog.js';

export interface ProcessOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Groups still running: whatever ends this process in an orderly way ends them too. */
const running = new Set<ProcessGroup>();
process.on('exit', () => {
  for (const group of running) group.signal('SIGKILL');
});

/** How much of what a process writes is kept, for messages about its end. */
const keptCharacters = 8_000;

export class ProcessGroup {
  readonly #child: ChildProcess;
  #lastOutput = '';
  #ended = false;
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(argv: readonly string[], options: ProcessOptions) {
    const [program, ...args] = argv;
    this.#child = spawn(program!, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    running.add(this);
    const hasEnded = watch(this.#child.pid);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#lastOutput = (this.#lastOutput + text).slice(-keptCharacters);
      });
    }
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#ended = true;
        // Nothing of the group outlives its leader.
        this.signal('SIGKILL');
        running.delete(this);
        hasEnded();
        resolve({ code, signal });
      };
      this.#child.on('exit', end);
      this.#child.on('error', (error) => {
        this.#lastOutput += `\n${error.message}`;
        if (this.#child.pid === undefined) end(127, null);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The end of what the process wrote to its own output and error streams. */
  get lastOutput(): string {
    return this.#lastOutput;
  }

  /** Sends a signal to the whole group; does nothing when it is gone. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (process.platform === 'win32') {
      if (signal !== 'SIGINT') execFile('taskkill', ['/pid', String(pid), '/t', '/f'], () => {});
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // macOS says EPERM for a group of which only unreaped processes are left.
      if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  }
}
