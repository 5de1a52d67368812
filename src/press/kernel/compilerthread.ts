/**
 * The compiler's thread: checking a cell takes from milliseconds to seconds (the first import of a large package), and
 * meanwhile the kernel goes on answering. Started by compilerclient.ts.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { keepCompiled } from '../../shared/compile-cache.js';
import { type Compilation, type Compiler, createCompiler } from './compiler.js';
import type { CompilerAnswer, CompilerQuestion } from './compilerclient.js';

keepCompiled();

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
  tidyLater();
});

/**
 * Each cell leaves a whole program of the compiler behind. While cells come one after another that is collected when it
 * must be; when there is a pause, what has piled up is given back, so that an idle kernel is small.
 */
const pauseMs = 3000;
const piledUpBytes = 64 << 20;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
let kept = 0;
let pause: NodeJS.Timeout | undefined;
function tidyLater(): void {
  clearTimeout(pause);
  pause = setTimeout(() => {
    if (process.memoryUsage().heapUsed - kept < piledUpBytes) return;
    collect();
    kept = process.memoryUsage().heapUsed;
  }, pauseMs);
  pause.unref();
}

// The first cell should not wait for the compiler to load, nor for its first use.
const first: Compilation = ready().compile('');
if (!first.ok) throw new Error('the compiler refuses an empty cell');
kept = process.memoryUsage().heapUsed;
port.postMessage({ id: 0, value: undefined } satisfies CompilerAnswer);
tidyLater();
