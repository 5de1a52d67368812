/**
 * The compiler's thread: checking a cell takes from milliseconds to seconds (the first import of a large package), and
 * meanwhile the kernel goes on answering. Started by compilerclient.ts.
 */
import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { type Compilation, type Compiler, createCompiler } from './compiler.js';
import type { CompilerAnswer, CompilerQuestion } from './compilerclient.js';

enableCompileCache?.();

const port = parentPort!;
let compiler: Compiler | undefined;
function ready(): Compiler {
  compiler ??= createCompiler(workerData as string);
  return compiler;
}

port.on('message', ({ id, method, parameters }: CompilerQuestion) => {
  let answer: CompilerAnswer;
  try {
    const act = ready()[method] as (...all: unknown[]) => unknown;
    answer = { id, value: act(...parameters) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(answer);
});

// The first cell should not wait for the compiler to load, nor for its first use.
const first: Compilation = ready().compile('');
if (!first.ok) throw new Error('the compiler refuses an empty cell');
