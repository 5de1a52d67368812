// The TypeScript build: dist/ is made again when a source, the compiler or its configuration has changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './files.mjs';
import { SetupError } from './lines.mjs';
import { CommandError, run } from './process.mjs';

const LIMIT_MS = 10 * 60_000;
const folders = ['src', 'test', 'scripts'];

function filesUnder(folder, matches) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesUnder(path, matches);
      return matches.test(entry.name) ? [path] : [];
    })
    .sort();
}

/** SHA-256 over the names and contents of all that the compiler reads. */
export function digestOfSources(root) {
  const hash = createHash('sha256');
  const sources = folders.flatMap((folder) =>
    filesUnder(join(root, folder), /\.(ts|mts|cts|json)$/),
  );
  for (const path of [join(root, 'tsconfig.json'), join(root, 'package-lock.json'), ...sources]) {
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** Removes what an earlier build made of sources that are gone: the test runner would still run it. */
export function removeOrphans(root) {
  for (const folder of folders) {
    for (const path of filesUnder(join(root, 'dist', folder), /\.(js|js\.map|d\.ts)$/)) {
      const source = path.slice(join(root, 'dist').length).replace(/\.(js|js\.map|d\.ts)$/, '');
      if (!['.ts', '.tsx', '.js'].some((ending) => existsSync(join(root, source + ending))))
        rmSync(path);
    }
  }
}

export async function build({ root, node, env, say }) {
  const stamp = join(root, 'dist', '.fathom-build.json');
  const digest = digestOfSources(root);
  if (readJson(stamp)?.digest === digest) return { found: 'up to date' };
  say('tsc');
  const started = existsSync(join(root, 'dist', '.tsbuildinfo'));
  rmSync(stamp, { force: true });
  try {
    await run(node, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root], {
      cwd: root,
      env,
      timeoutMs: LIMIT_MS,
      label: 'tsc',
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new SetupError(error.message, error.output);
  }
  removeOrphans(root);
  writeJson(stamp, { digest });
  return { found: started ? 'compiled what changed' : 'compiled' };
}
