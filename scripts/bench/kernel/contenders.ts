// The kernels that are compared, and how the same things are said in their languages.
import { type KernelSpec, ownKernel, stockTslab } from '../../../src/press/run/kernel-spec.js';
import { peerFolder } from '../support/folders.js';
import { pythonEnvironment, pythonOf } from '../support/python.js';

export interface Contender {
  readonly name: string;
  readonly title: string;
  /** Null, with a line saying why, where it cannot be had. */
  spec(): KernelSpec | null;
  readonly language: Language;
}

export interface Language {
  /** A cell that adds one more variable, so that later cells stand on earlier ones. */
  declare(number: number): string;
  /** A cell, and the start of an expression on what it declared, with a name that is offered. */
  readonly completion: { readonly before: string; readonly code: string; readonly offers: string };
  /** Computes for so long without a pause. */
  busy(milliseconds: number): string;
  /** Prints the numbers from 0, a line each. */
  lines(count: number): string;
  readonly loop: string;
  readonly loopAfterAwait: string;
}

const typescript: Language = {
  declare: (number) => `const value${number} = ${number};`,
  completion: { before: 'const list = [1, 2, 3];', code: 'list.fla', offers: 'flatMap' },
  busy: (milliseconds) => `const end = Date.now() + ${milliseconds};\nwhile (Date.now() < end) {}`,
  lines: (count) => `for (let i = 0; i < ${count}; i++) console.log(i);`,
  loop: 'while (true) {}',
  loopAfterAwait: 'await new Promise((resolve) => setTimeout(resolve, 10));\nwhile (true) {}',
};

const python: Language = {
  declare: (number) => `value${number} = ${number}`,
  completion: { before: 'list_ = [1, 2, 3]', code: 'list_.app', offers: 'append' },
  busy: (milliseconds) =>
    `import time\nend = time.time() + ${milliseconds / 1000}\nwhile time.time() < end: pass`,
  lines: (count) => `for i in range(${count}): print(i)`,
  loop: 'while True: pass',
  loopAfterAwait: 'import asyncio\nawait asyncio.sleep(0.01)\nwhile True: pass',
};

/** ipykernel and Deno both come from the Python index, into one environment. */
function inEnvironment(spec: (program: (name: string) => string) => KernelSpec) {
  return (): KernelSpec | null => {
    const folder = pythonEnvironment('kernels', ['ipykernel', 'deno']);
    return folder === null ? null : spec((name) => pythonOf(folder, name));
  };
}

export const contenders: readonly Contender[] = [
  { name: 'tslab', title: 'stock tslab', spec: stockTslab, language: typescript },
  {
    name: 'ipykernel',
    title: 'ipykernel',
    spec: inEnvironment((program) => ({
      name: 'python3',
      displayName: 'Python 3',
      language: 'python',
      argv: [program('python'), '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
      interruptMode: 'signal',
      heartbeat: true,
    })),
    language: python,
  },
  {
    name: 'deno',
    title: 'Deno',
    spec: inEnvironment((program) => ({
      name: 'deno',
      displayName: 'Deno',
      language: 'typescript',
      argv: [program('deno'), 'jupyter', '--kernel', '--conn', '{connection_file}'],
      env: { DENO_DIR: peerFolder('deno-cache'), DENO_NO_UPDATE_CHECK: '1' },
      interruptMode: 'message',
      heartbeat: true,
    })),
    language: typescript,
  },
  { name: 'fathom', title: 'Fathom', spec: ownKernel, language: typescript },
];
