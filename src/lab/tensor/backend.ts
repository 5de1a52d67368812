/** Which link of the chain official library → wheel → WebAssembly runs here, and what it says of itself. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import type * as util from 'node:util';
import { applyTensorFlowDefaults, threadCount } from './environment.js';
import { tf } from './library.js';
import type { NativeBackend } from './native.js';
import { registerWasmKernels } from './wasm.js';

const require = createRequire(import.meta.url);

export type Link = 'official' | 'wheel' | 'wasm';

export interface BackendInfo {
  /** Name of the tfjs backend. */
  readonly backend: 'tensorflow' | 'wasm';
  /** Version of the TensorFlow library, or of the WebAssembly package. */
  readonly tensorflow: string;
  readonly link: Link;
  /** Threads that one operation runs on. */
  readonly threads: number;
  /** Whether TensorFlow may use oneDNN kernels. */
  readonly oneDNN: boolean;
  /** Why the native library does not run, or null where it does. */
  readonly fallback: string | null;
}

/** The asked-for link of the chain is not there. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
  constructor(
    message: string,
    readonly asked: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const links: readonly string[] = ['official', 'wheel', 'wasm'];

/** Loads the native backend, synchronously, or prepares WebAssembly, which only `ready` can finish. */
function loadBackend(): { ready(): Promise<BackendInfo> } {
  const asked = process.env.FATHOM_TENSORFLOW || null;
  let failure: Error | null = null;
  if (asked !== null && !links.includes(asked)) {
    failure = new BackendError(
      `FATHOM_TENSORFLOW is "${asked}"; it can be ${links.join(', ')}, or left unset to take the first that works`,
      asked,
    );
    return { ready: () => Promise.reject(failure) };
  }
  if (asked !== 'wasm') {
    try {
      const info = loadNative();
      return { ready: () => Promise.resolve(info) };
    } catch (error) {
      failure = error as Error;
    }
    if (asked !== null) {
      const missing = new BackendError(
        `FATHOM_TENSORFLOW asks for the ${asked} library, but the native addon does not load: ${firstLine(failure)}. Run: npm run setup`,
        asked,
        { cause: failure },
      );
      return { ready: () => Promise.reject(missing) };
    }
  }
  let pending: Promise<BackendInfo> | null = null;
  return {
    ready() {
      pending ??= loadWasm(failure ? firstLine(failure) : 'FATHOM_TENSORFLOW=wasm');
      return pending;
    },
  };
}

function loadNative(): BackendInfo {
  // tfjs-node calls a helper that Node 23 removed, and another that warns wherever it is called.
  const helpers = require('node:util') as typeof util & { isNullOrUndefined?: unknown };
  helpers.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  helpers.isArray = Array.isArray;
  require('@tensorflow/tfjs-node');
  const { binding } = tf.backend() as unknown as NativeBackend;
  return {
    backend: 'tensorflow',
    tensorflow: binding.TF_Version,
    link: readLink(),
    threads: threadCount(),
    oneDNN: process.env.TF_ENABLE_ONEDNN_OPTS !== '0',
    fallback: null,
  };
}

/** What the set-up wrote down about the library that it linked; without that, the kind of library lying there. */
function readLink(): Link {
  const folder = dirname(require.resolve('@tensorflow/tfjs-node/package.json'));
  const path = join(folder, 'lib', 'fathom.json');
  if (existsSync(path)) {
    const { link } = JSON.parse(readFileSync(path, 'utf8')) as { link?: string };
    if (link === 'official' || link === 'wheel') return link;
  }
  // Only the Python wheel has the C++ library under its own name.
  const wheel = existsSync(join(folder, 'deps', 'lib', 'libtensorflow_cc.so.2'));
  return wheel ? 'wheel' : 'official';
}

async function loadWasm(fallback: string): Promise<BackendInfo> {
  const wasm = require('@tensorflow/tfjs-backend-wasm') as {
    setWasmPaths(prefix: string): void;
    version_wasm: string;
  };
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  wasm.setWasmPaths(join(folder, 'dist', '/'));
  if (!(await tf.setBackend('wasm'))) {
    throw new BackendError('the WebAssembly backend does not start', 'wasm');
  }
  registerWasmKernels();
  return {
    backend: 'wasm',
    tensorflow: wasm.version_wasm,
    link: 'wasm',
    threads: 1,
    oneDNN: false,
    fallback,
  };
}

function firstLine(error: Error): string {
  return error.message.split('\n', 1)[0]!;
}

applyTensorFlowDefaults();
const backend = loadBackend();

/**
 * Which backend runs, once it can run. Cheap to call again.
 *
 * @throws BackendError when `FATHOM_TENSORFLOW` asks for a link of the chain that is not there.
 */
export function ready(): Promise<BackendInfo> {
  return backend.ready();
}
