// What every process of Fathom runs on: the pinned Node, and the environment that must be set when a process starts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the set-up writes what it found: `{node, tensorflow: {link, version, reasons}, browser: {path, version, from}}`. */
export const statePath = join(root, '.fathom', 'setup.json');

/** What the last set-up found; empty before the first. */
export function readState() {
  try {
    return JSON.parse(readFileSync(statePath, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return {};
    throw error;
  }
}

/**
 * Path of the Node that the lockfile pins, or of the running one where that package does not exist for this platform or
 * does not run on it. With `pinned`, undefined instead of the running one, and no trust in what the last set-up found.
 */
export function pinnedNode({ pinned = false } = {}) {
  const platform = { win32: 'win' }[process.platform] ?? process.platform;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin', program);
  const there = existsSync(path);
  if (pinned) return there ? path : undefined;
  return there && readState().node !== 'running' ? path : process.execPath;
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

/** Tells the browser that the set-up has found and tried to those who look for one, unless the user names another. */
export function browserEnvironment(env = process.env) {
  const path = readState().browser?.path;
  if (env.PUPPETEER_EXECUTABLE_PATH || !path || !existsSync(path)) return {};
  return { PUPPETEER_EXECUTABLE_PATH: path };
}
