// The first link of the chain: tfjs-node's own install script, which downloads libtensorflow and a prebuilt addon.
import { cpSync, existsSync, lstatSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isThere, sizeOfTree } from './files.mjs';
import { megabytes, SetupError } from './lines.mjs';
import { CommandError, lastLine, run } from './process.mjs';

// Where the host cannot be reached, connections often hang instead of failing; the script itself never gives up.
const FIRST_BYTES_MS = 20_000;
const STALL_MS = 60_000;
const LIMIT_MS = 15 * 60_000;

/** Tells each second whether a folder still grows; the reason to give up when it does not. */
export function watchGrowth(folder, { firstMs, stallMs, size = sizeOfTree, now = Date.now }) {
  const started = now();
  const before = size(folder);
  let last = before;
  let changed = started;
  return () => {
    const current = size(folder);
    if (current !== last) {
      last = current;
      changed = now();
    }
    if (last === before && now() - started >= firstMs)
      return `no answer within ${firstMs / 1000} s`;
    if (now() - changed >= stallMs) return `nothing came for ${stallMs / 1000} s`;
    return undefined;
  };
}

/**
 * Runs the install script in a copy of the package's sources under `staging`, so that the package itself only ever holds
 * a whole library. Leaves deps/lib and lib/napi-v8 there. Throws SetupError with the reason.
 */
export async function makeOfficial({ root, packageFolder, staging, node, env, say, limits = {} }) {
  const { firstMs = FIRST_BYTES_MS, stallMs = STALL_MS, limitMs = LIMIT_MS } = limits;
  for (const name of ['package.json', 'binding.gyp', 'binding', 'scripts']) {
    cpSync(join(packageFolder, name), join(staging, name), { recursive: true });
  }
  const modules = [join(packageFolder, 'node_modules'), join(root, 'node_modules')];
  const start = sizeOfTree(staging);
  say(() => `downloading with tfjs-node's own script, ${megabytes(sizeOfTree(staging) - start)}`);
  try {
    await run(node, ['scripts/install.js', 'cpu'], {
      cwd: staging,
      env: {
        ...env,
        NODE_PATH: modules.join(delimiter),
        PATH: [
          dirname(node),
          ...modules.map((folder) => join(folder, '.bin')),
          env.PATH ?? '',
        ].join(delimiter),
      },
      timeoutMs: limitMs,
      watch: watchGrowth(staging, { firstMs, stallMs }),
      label: 'install script',
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const said = lastLine(error.output, /Error: /) || lastLine(error.output, /error|40\d|50\d/i);
    throw new SetupError(said ? `${error.message} (${said})` : error.message, error.output);
  }
  for (const name of ['package.json', 'binding.gyp', 'binding', 'scripts', 'build']) {
    rmSync(join(staging, name), { recursive: true, force: true });
  }
  const addon = join(staging, 'lib', 'napi-v8', 'tfjs_binding.node');
  if (!existsSync(addon))
    throw new SetupError(
      'the install script ended well, but there is no lib/napi-v8/tfjs_binding.node',
    );
  keepNoLinks(join(staging, 'lib', 'napi-v8'));
}

/** On Windows the script links the library beside the addon by its absolute path, which ends with the staging folder. */
function keepNoLinks(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!lstatSync(path).isSymbolicLink() || !isThere(path)) continue;
    const source = realpathSync(path);
    rmSync(path);
    cpSync(source, path);
  }
}
