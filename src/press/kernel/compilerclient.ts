/**
 * The compiler in a thread of its own, with the same questions as in compiler.ts, answered later. When the thread ends, or
 * is given up because it does not come to an end, another one takes its place and is told what cells declared.
 */
import { Worker } from 'node:worker_threads';
import type { Compilation, Compiler } from './compiler.js';

type Method = Exclude<keyof Compiler, 'close'>;

export interface CompilerQuestion {
  id: number;
  method: Method;
  parameters: unknown[];
}

export type CompilerAnswer = { id: number; value: unknown } | { id: number; error: string };

/** The compiler's thread ended while it worked on a question: it ran out of memory, or failed. */
export class CompilerLostError extends Error {
  override name = 'CompilerLostError';
}

export type CompilerClient = {
  [name in Method]: (
    ...parameters: Parameters<Compiler[name]>
  ) => Promise<ReturnType<Compiler[name]>>;
} & {
  /** Gives up the compilation that is going on, if it does not end soon. */
  interrupt(): void;
  close(): Promise<void>;
};

/** A compilation that ends within this time after an interrupt costs less than a new compiler. */
const graceMs = 1000;

interface Waiting extends CompilerQuestion {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function startCompiler(folder: string): CompilerClient {
  const waiting = new Map<number, Waiting>();
  let questions = 0;
  let worker: Worker | undefined;
  let closing = false;
  let grace: NodeJS.Timeout | undefined;
  /** Whether the thread has begun to work: until then nothing that it was asked can be what it takes long over. */
  let loaded = false;
  /** What a new compiler must be told. */
  let told: { method: Method; parameters: unknown[] }[] = [];

  function start(): Worker {
    const started = new Worker(new URL('./compilerthread.js', import.meta.url), {
      workerData: folder,
      // The compiler recurses deeply over long expressions; its young objects need no more room than this.
      resourceLimits: { stackSizeMb: 16, maxYoungGenerationSizeMb: 32 },
    });
    loaded = false;
    started.on('message', (answer: CompilerAnswer) => {
      if (worker === started) loaded = true;
      const asked = waiting.get(answer.id);
      if (worker !== started || !asked) return;
      waiting.delete(answer.id);
      if ('error' in answer) asked.reject(new Error(answer.error));
      else {
        remember(asked, answer.value);
        asked.resolve(answer.value);
      }
    });
    const lost = (reason: string) => {
      if (worker !== started) return;
      worker = undefined;
      for (const { reject } of waiting.values())
        reject(new CompilerLostError(`the compiler ended (${reason})`));
      waiting.clear();
    };
    started.on('error', (error) => lost(error.message));
    started.on('exit', (code) => lost(`code ${code}`));
    started.unref();
    for (const { method, parameters } of told)
      started.postMessage({ id: 0, method, parameters } satisfies CompilerQuestion);
    return started;
  }
  worker = start();

  function remember({ method, parameters }: CompilerQuestion, answer: unknown): void {
    if (method === 'reset') told = [{ method, parameters }];
    else if (method === 'commit') told.push({ method, parameters });
    else if (method === 'commitPart' && answer !== undefined)
      told.push({ method: 'commit', parameters: [answer] });
    else if (method === 'compile') {
      const made = answer as Compilation;
      // A cell that is a module: the compiler keeps it.
      if (made.ok && made.cell === undefined) told.push({ method, parameters });
    }
  }

  /** The thread is ended; what it was asked besides these compilations is asked again. */
  function giveUp(compilations: readonly Waiting[]): void {
    const given = worker;
    worker = undefined;
    given?.terminate();
    for (const { id, reject } of compilations) {
      waiting.delete(id);
      reject(new CompilerLostError('the compilation was interrupted'));
    }
    worker = start();
    for (const { id, method, parameters } of waiting.values())
      worker.postMessage({ id, method, parameters } satisfies CompilerQuestion);
  }

  const ask =
    (method: Method) =>
    (...parameters: unknown[]): Promise<never> =>
      new Promise((resolve, reject) => {
        if (closing) {
          reject(new CompilerLostError('the kernel is closing'));
          return;
        }
        worker ??= start();
        const id = ++questions;
        waiting.set(id, {
          id,
          method,
          parameters,
          resolve: resolve as (value: unknown) => void,
          reject,
        });
        worker.postMessage({ id, method, parameters } satisfies CompilerQuestion);
      });
  return {
    compile: ask('compile'),
    commit: ask('commit'),
    commitPart: ask('commitPart'),
    reset: ask('reset'),
    complete: ask('complete'),
    inspect: ask('inspect'),
    isComplete: ask('isComplete'),
    interrupt() {
      const compiled = [...waiting.values()].filter(({ method }) => method === 'compile');
      if (grace || compiled.length === 0) return;
      const look = () => {
        grace = undefined;
        const open = compiled.filter(({ id }) => waiting.has(id));
        if (closing || open.length === 0) return;
        if (loaded) giveUp(open);
        else grace = setTimeout(look, graceMs);
      };
      grace = setTimeout(look, graceMs);
    },
    async close() {
      closing = true;
      clearTimeout(grace);
      const ending = worker;
      worker = undefined;
      await ending?.terminate();
    },
  };
}
