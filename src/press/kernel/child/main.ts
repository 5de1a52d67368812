/**
 * The cell process: runs compiled cells and tells the protocol process what they print, show, return and throw.
 *
 * File descriptors: 1 and 2 are pipes that catch what native code prints; 3 takes messages to the protocol process,
 * written synchronously; 4 brings messages from it; 5 is read by the guard thread (guard.ts), which ends this process
 * when the protocol process is gone and breaks loops on an interrupt.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { inspect, types } from 'node:util';
import { Worker } from 'node:worker_threads';
import { bundleOf, type DisplayBundle } from '../bundle.js';
import { type CellError, deframer, type FromChild, frame, type ToChild } from '../channel.js';
import { hookSymbol, type KernelHook } from '../hook.js';
import { createCommRouter } from './comms.js';
import { captureOutput } from './output.js';
import { tellReads } from './reads.js';
import { createRunner } from './runner.js';
import { describeError, Interrupted, installStackMapping } from './stack.js';
import { catchUncaught } from './uncaught.js';

interface Origin {
  id: number;
  label: number;
  silent: boolean;
  allowInput: boolean;
}

const folder = process.env.FATHOM_KERNEL_FOLDER ?? process.cwd();
delete process.env.FATHOM_KERNEL_FOLDER;
const barrier = process.env.FATHOM_KERNEL_BARRIER ?? '';
delete process.env.FATHOM_KERNEL_BARRIER;

if (process.env.FATHOM_DEPENDENCIES) tellReads(process.env.FATHOM_DEPENDENCIES);

/** The cell that the running code was started by: also in its timers and callbacks. */
const origins = new AsyncLocalStorage<Origin>();
/** What cannot be traced to a cell belongs to the latest one. */
let latest: Origin = { id: 0, label: 0, silent: false, allowInput: false };
let running: Running | undefined;

interface Running {
  id: number;
  fail(error: unknown): void;
  /** Other errors that nobody caught, of a cell that has failed already. */
  also: unknown[];
}

function origin(): Origin {
  return origins.getStore() ?? latest;
}

function send(message: FromChild): void {
  const bytes = frame(message);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(3, bytes, offset);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') continue;
      // The protocol process is gone, and with it the reason to be here.
      process.kill(process.pid, 'SIGKILL');
    }
  }
}

captureOutput((name, text) => {
  const { id, silent } = origin();
  if (!silent) send({ type: 'stream', id, name, text });
});

const answers = new Map<number, (value: string) => void>();
let requests = 0;

const comms = createCommRouter((message) => send({ type: 'comm', id: origin().id, ...message }));

/** Tells work that goes on outside this thread, such as worker processes, that the running cell is interrupted. */
let interruption = new AbortController();

const hook: KernelHook = {
  comms,
  display(bundle, displayId, update) {
    const { id, silent } = origin();
    if (silent) return;
    send({ type: 'display', id, bundle, update, ...(displayId !== undefined && { displayId }) });
  },
  clear(wait) {
    send({ type: 'clear', id: origin().id, wait });
  },
  input(prompt, password) {
    const { id, allowInput } = origin();
    if (!allowInput)
      return Promise.reject(
        new Error(
          'input: this notebook is run by a program that cannot ask anybody (allow_stdin is false)',
        ),
      );
    const request = ++requests;
    return new Promise((resolve) => {
      answers.set(request, resolve);
      send({ type: 'input', id, request, prompt, password });
    });
  },
  get interruption() {
    return interruption.signal;
  },
};
Object.defineProperty(globalThis, hookSymbol, { value: hook });
Object.defineProperty(globalThis, 'input', {
  value: function input(prompt: unknown = '', options: { password?: boolean } = {}) {
    return hook.input(String(prompt), options.password === true);
  },
  configurable: true,
  writable: true,
});

const runner = createRunner(folder, hook);
installStackMapping(runner.locate);

/** How often this thread has taken notice of an interrupt: shared with the guard, which steps in when it does not. */
const noticed = new Int32Array(new SharedArrayBuffer(4));
const guard = new Worker(new URL('./guard.js', import.meta.url), {
  workerData: noticed,
  stdin: false,
  stdout: false,
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 },
});
guard.unref();

function interrupt(): void {
  Atomics.add(noticed, 0, 1);
  answers.clear();
  const reason = new Interrupted();
  running?.fail(reason);
  if (running) interruption.abort(reason);
}

/** Settles with the first failure that is reported from outside: an interrupt, or an error nobody caught. */
function outsideFailure(id: number): Promise<never> {
  const failure = new Promise<never>((_, reject) => {
    let failed = false;
    const also: unknown[] = [];
    running = {
      id,
      also,
      fail(error) {
        if (failed) also.push(error);
        else reject(error);
        failed = true;
      },
    };
  });
  failure.catch(() => undefined);
  return failure;
}

async function runCell(message: ToChild & { type: 'run' }): Promise<void> {
  const { id, label, cell, silent, allowInput } = message;
  const from: Origin = { id, label, silent, allowInput };
  latest = from;
  interruption = new AbortController();
  setMaxListeners(0, interruption.signal);
  const failure = outsideFailure(id);
  let done: FromChild & { type: 'done' };
  let completed = 0;
  try {
    const work = origins.run(from, async (): Promise<DisplayBundle | undefined> => {
      const shown = await runner.run(label, cell, (statements) => {
        completed = statements;
      });
      return shown?.value === undefined || silent ? undefined : await bundleOf(shown.value);
    });
    work.catch(() => undefined);
    const result = await Promise.race([work, failure]);
    // Rejections and errors that this cell caused are reported right after its microtasks: wait for them.
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), failure]);
    done = { type: 'done', id, ...(result && { result }) };
  } catch (error) {
    done = {
      type: 'done',
      id,
      error: describeError(error, running?.also),
      completed,
      ...(types.isNativeError(error) && error instanceof Interrupted && { interrupted: true }),
    };
  }
  running = undefined;
  // Native code writes to the pipes without telling: a mark behind its output says that all of it has been read.
  const closed = (['stdout', 'stderr'] as const).filter((_, index) => !mark(index + 1, id));
  send({ ...done, ...(closed.length && { closed }) });
}

/** False where the descriptor is closed. */
function mark(descriptor: number, id: number): boolean {
  const bytes = Buffer.from(`${barrier}${id}\n`);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false;
    }
  }
  return true;
}

async function evaluate(message: ToChild & { type: 'evaluate' }): Promise<void> {
  const values: Record<string, { bundle: DisplayBundle } | { error: CellError }> = {};
  for (const [name, cell] of Object.entries(message.expressions)) {
    const failure = outsideFailure(message.id);
    try {
      values[name] = {
        bundle: (await bundleOf(
          (
            await Promise.race([runner.run(latest.label, cell), failure])
          )?.value,
        )) ?? { data: {}, metadata: {} },
      };
    } catch (error) {
      values[name] = { error: describeError(error) };
    }
    running = undefined;
  }
  send({ type: 'evaluated', id: message.id, values });
}

/** A message of a front end to a cell's comm: what its listener prints belongs to that message. */
function receiveComm(message: ToChild & { type: 'comm' }): void {
  const { id } = message;
  origins.run({ id, label: latest.label, silent: false, allowInput: false }, () => {
    try {
      comms.receive(message);
    } catch (error) {
      send({ type: 'late-error', id, error: describeError(error) });
    }
  });
  send({ type: 'handled', id });
}

function failedOutside(error: unknown): void {
  const { id } = origin();
  if (running && running.id === id) running.fail(error);
  else send({ type: 'late-error', id, error: describeError(error) });
}
catchUncaught(failedOutside);
// The protocol process decides what an interrupt does; a terminal sends it to both.
process.on('SIGINT', () => undefined);

const exit = process.exit.bind(process);

const receive = deframer<ToChild>((message) => {
  switch (message.type) {
    // User code starts on a clean stack: an interrupt unwinds all of it, and this reader must not be part of that.
    case 'run':
      setImmediate(runCell, message);
      break;
    case 'evaluate':
      setImmediate(evaluate, message);
      break;
    case 'interrupt':
      interrupt();
      break;
    case 'input':
      answers.get(message.request)?.(message.value);
      answers.delete(message.request);
      break;
    case 'comm':
      setImmediate(receiveComm, message);
      break;
    case 'exit':
      exit(0);
  }
});
const incoming = new Socket({ fd: 4, readable: true, writable: false });
incoming.on('data', receive);
incoming.on('close', () => exit(0));

inspect.defaultOptions.breakLength = 100;
send({ type: 'ready' });
