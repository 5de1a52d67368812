/**
 * The environment that TensorFlow and glibc read when a process starts. `scripts/runtime.mjs` mirrors the defaults, because
 * it runs before this file is compiled; a test holds the two equal.
 */
import { availableParallelism } from 'node:os';

/** Freed activations stay in the process: else glibc gives them back and faults them in again at each step. */
const ALLOCATOR = {
  MALLOC_TRIM_THRESHOLD_: '33554432',
  MALLOC_TOP_PAD_: '33554432',
  MALLOC_MMAP_THRESHOLD_: '33554432',
};

const TENSORFLOW = {
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_ENABLE_ONEDNN_OPTS: '1',
};

export const runtimeDefaults: Readonly<Record<string, string>> = { ...TENSORFLOW, ...ALLOCATOR };

/**
 * What to add to the environment of a process that trains or measures. What the user has set wins, except the thread
 * count, which is what the caller asks for.
 *
 * @param options.threads TensorFlow threads of that process; left out, TensorFlow takes every core.
 */
export function workerEnvironment(
  options: { threads?: number } = {},
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const missing = Object.entries(runtimeDefaults).filter(([name]) => env[name] === undefined);
  const { threads } = options;
  if (threads === undefined) return Object.fromEntries(missing);
  return {
    ...Object.fromEntries(missing),
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: String(threads),
  };
}

/** TensorFlow's settings can still be made in a running process, as long as its library is not loaded yet. */
export function applyTensorFlowDefaults(): void {
  for (const [name, value] of Object.entries(TENSORFLOW)) process.env[name] ??= value;
}

/** Number of threads that TensorFlow runs one operation on. */
export function threadCount(env: NodeJS.ProcessEnv = process.env): number {
  const asked = Number(env.TF_NUM_INTRAOP_THREADS);
  return Number.isInteger(asked) && asked > 0 ? asked : availableParallelism();
}
