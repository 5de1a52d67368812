// The packages of the lockfile: installed when what is in node_modules is not exactly what the lockfile names.
import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from './files.mjs';
import { SetupError } from './lines.mjs';
import { CommandError, run } from './process.mjs';

const NPM_LIMIT_MS = 15 * 60_000;

/**
 * Why node_modules is not what the lockfile asks for, or undefined when it is. npm writes node_modules/.package-lock.json
 * last, so an interrupted installation is seen as one. Optional packages of other platforms may be absent.
 */
export function packagesDiffer(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (!wanted)
    throw new SetupError('package-lock.json is missing or broken: git checkout package-lock.json');
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!installed) return 'no packages are installed';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link) continue;
    const found = installed[path];
    if (!found) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return `${path} is not installed`;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) {
      return `${path} is ${found.version}, the lockfile names ${entry.version}`;
    }
  }
  for (const [path, entry] of Object.entries(installed)) {
    if (!entry.link && !wanted[path]) return `${path} is not in the lockfile`;
    if (!existsSync(join(root, path))) return `${path} is gone`;
  }
  return undefined;
}

/** How to start npm: the one that runs us, else the one in PATH. */
function npmCommand(env) {
  const script = env.npm_execpath;
  if (script && /npm-cli\.[cm]?js$/.test(script) && existsSync(script))
    return [process.execPath, [script], false];
  return process.platform === 'win32' ? ['npm.cmd', [], true] : ['npm', [], false];
}

export async function installPackages({ root, env, say }) {
  const count = () =>
    Object.keys(readJson(join(root, 'node_modules', '.package-lock.json'))?.packages ?? {}).length;
  const reason = packagesDiffer(root);
  if (!reason) return { found: `${count()} as the lockfile names them` };
  say('npm ci');
  const [command, before, shell] = npmCommand(env);
  try {
    // Without its warnings: dozens of packages want the pinned Node, which does not run npm, and would hide an error.
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    await run(command, [...before, 'ci', ...options], {
      cwd: root,
      env,
      shell,
      timeoutMs: NPM_LIMIT_MS,
      label: 'npm ci',
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new SetupError(`${error.message} (${reason})`, error.output);
  }
  const left = packagesDiffer(root);
  if (left) throw new SetupError(`npm ci ended well, but ${left}`);
  return { found: `installed ${count()} packages from the lockfile` };
}

/** Makes `import 'fathom'` find this project from its notebooks. */
export function linkSelf(root) {
  const link = join(root, 'node_modules', 'fathom');
  // A relative link survives when the project's folder is moved; Windows' junctions are absolute.
  const target = process.platform === 'win32' ? root : '..';
  try {
    if (lstatSync(link).isSymbolicLink()) {
      const found = readlinkSync(link);
      if (found === target || join(found) === join(target)) return;
    }
    rmSync(link, { recursive: true, force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  symlinkSync(target, link, 'junction');
}

/** The version that the lockfile names for an installed package. */
export function packageVersion(root, name) {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
}
