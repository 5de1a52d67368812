/** The compiler in a thread of its own, with the same questions as in compiler.ts, answered later. */
import { Worker } from 'node:worker_threads';
import type { Compiler } from './compiler.js';

type Method = Exclude<keyof Compiler, 'close'>;

export interface CompilerQuestion {
  id: number;
  method: Method;
  parameters: unknown[];
}

export type CompilerAnswer = { id: number; value: unknown } | { id: number; error: string };

/** The compiler's thread ended: it ran out of memory, or failed. What cells declared is forgotten with it. */
export class CompilerLostError extends Error {
  override name = 'CompilerLostError';
}

export type CompilerClient = {
  [name in Method]: (
    ...parameters: Parameters<Compiler[name]>
  ) => Promise<ReturnType<Compiler[name]>>;
} & { close(): Promise<void> };

export function startCompiler(folder: string): CompilerClient {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let questions = 0;
  let worker: Worker | undefined;
  let closing = false;

  function start(): Worker {
    const started = new Worker(new URL('./compilerthread.js', import.meta.url), {
      workerData: folder,
      // The compiler recurses deeply over long expressions; its young objects need no more room than this.
      resourceLimits: { stackSizeMb: 16, maxYoungGenerationSizeMb: 32 },
    });
    started.on('message', (answer: CompilerAnswer) => {
      const asker = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('error' in answer) asker?.reject(new Error(answer.error));
      else asker?.resolve(answer.value);
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
    return started;
  }
  worker = start();

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
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
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
    async close() {
      closing = true;
      const ending = worker;
      worker = undefined;
      await ending?.terminate();
    },
  };
}
