// What every process of Fathom runs on: the pinned Node, and the environment TensorFlow reads when its process starts.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Path of the Node that the lockfile pins, or of the running one where that package does not exist for this platform. */
export function pinnedNode() {
  const platform = { win32: 'win' }[process.platform] ?? process.platform;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = `${root}node_modules/node-${platform}-${process.arch}/bin/${program}`;
  return existsSync(path) ? path : process.execPath;
}

/**
 * glibc reads the allocator settings, and TensorFlow its own, once at process start. Freed activations are kept instead of
 * given back to the system and faulted in again at each step (5–15 % of training time). What the user has set wins.
 */
export function runtimeEnvironment(env = process.env) {
  const defaults = {
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_ENABLE_ONEDNN_OPTS: '1',
    MALLOC_TRIM_THRESHOLD_: '33554432',
    MALLOC_TOP_PAD_: '33554432',
    MALLOC_MMAP_THRESHOLD_: '33554432',
  };
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => env[name] === undefined));
}
