/**
 * Tells a build which files cells read with `node:fs`, so that their outputs are kept only as long as these are the same.
 * The functions that open files are wrapped in the cell process; what is told is a line of JSON in the file that
 * `FATHOM_DEPENDENCIES` names (lab/data/dependencies.ts writes the same).
 *
 * Told: the digest of a file as it was when it was first opened for reading; the names in a folder that was listed; whether
 * something that was looked for was there. Not told: what cells wrote before themselves; packages, Fathom's own files and stores (pinned in
 * other ways), and what belongs to the system. Not seen: files read by other processes and by native code,
 * and what a cell makes of the size or the times of a file that it does not read.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What stands for the digest of something that was looked for and is not there. */
const absent = 'absent';
/** And of something of which no more was asked than whether it is there. */
const present = 'present';

type Any = (...args: never[]) => unknown;
type Functions = Record<string, Any>;

/** Wraps the functions, for this process, from now on. */
export function tellReads(sidecar: string, env: NodeJS.ProcessEnv = process.env): void {
  const { openSync, readSync, closeSync, readdirSync, statSync, realpathSync } = fs;
  const { appendFileSync, existsSync } = fs;
  const told = new Set<string>([resolve(sidecar)]);
  const looked = new Set<string>();
  const written = new Set<string>();
  const ignored = ignoredFolders(env).map((folder) => {
    try {
      return realpathSync(folder) + sep;
    } catch {
      return folder + sep;
    }
  });

  const tell = (kind: 'file' | 'folder', path: string, digest: string): void => {
    appendFileSync(sidecar, `${JSON.stringify({ kind, path, digest })}\n`);
  };
  const isIgnored = (path: string): boolean =>
    ignored.some((folder) => `${path}${sep}`.startsWith(folder)) ||
    /[\\/](node_modules|\.fathom|\.git)([\\/]|$)/.test(path) ||
    // The lab tells of these itself.
    /[\\/]reports[\\/]recorded([\\/]|$)/.test(path);
  /** What a cell wrote, or what lies in a folder that it made, is no input. */
  const isOwn = (path: string): boolean => {
    for (let at = path; ; at = dirname(at)) {
      if (written.has(at)) return true;
      if (dirname(at) === at) return false;
    }
  };
  const digestOf = (path: string): string => {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(1 << 20);
    const handle = openSync(path, 'r');
    try {
      for (let count = 1; count > 0; ) {
        count = readSync(handle, buffer, 0, buffer.length, null);
        hash.update(buffer.subarray(0, count));
      }
    } finally {
      closeSync(handle);
    }
    return hash.digest('hex');
  };
  const noteRead = (given: unknown): void => {
    const path = pathOf(given);
    if (path === undefined || told.has(path) || isIgnored(path) || isOwn(path)) return;
    told.add(path);
    try {
      const info = statSync(path);
      if (info.isFile()) tell('file', path, digestOf(path));
    } catch {
      tell('file', path, absent);
    }
  };
  const noteList = (given: unknown): void => {
    const path = pathOf(given);
    if (path === undefined || told.has(`${path}${sep}`) || isIgnored(path) || isOwn(path)) return;
    told.add(`${path}${sep}`);
    try {
      const names = readdirSync(path).sort().join('\n');
      tell('folder', path, createHash('sha256').update(names).digest('hex'));
    } catch {
      tell('folder', path, absent);
    }
  };
  /** Whether something is there; what is in it is told when it is opened. */
  const noteLook = (given: unknown): void => {
    const path = pathOf(given);
    if (path === undefined || looked.has(path) || isIgnored(path) || isOwn(path)) return;
    looked.add(path);
    if (!told.has(path)) tell('file', path, existsSync(path) ? present : absent);
  };
  const noteWrite = (given: unknown): void => {
    const path = pathOf(given);
    // What was read before it was written stays an input.
    if (path !== undefined && !told.has(path)) written.add(path);
  };
  /** A folder that is there already holds what others put into it. */
  const noteMake = (given: unknown): void => {
    const path = pathOf(given);
    if (path !== undefined && !existsSync(path)) noteWrite(path);
  };
  const noteOpen = (path: unknown, flags: unknown): void => {
    const { O_TRUNC, O_EXCL } = fs.constants;
    const isAnew =
      typeof flags === 'number' ? (flags & (O_TRUNC | O_EXCL)) !== 0 : /w|x/.test(String(flags));
    // What is appended to, or changed in place, is what it was before too.
    if (isAnew && typeof flags !== 'function') noteWrite(path);
    else noteRead(path);
  };

  const wrap = (owner: object, name: string, note: (...args: unknown[]) => void): void => {
    const functions = owner as Functions;
    const original = functions[name];
    if (typeof original !== 'function') return;
    const wrapped = function (this: unknown, ...args: unknown[]): unknown {
      try {
        note(...args);
      } catch {
        // What the call itself makes of its arguments is what the cell must see.
      }
      return Reflect.apply(original as (...all: unknown[]) => unknown, this, args);
    };
    // `util.promisify(fs.readFile)` and `fs.existsSync.name` go on as they were.
    Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
    functions[name] = wrapped as Any;
  };
  const wrapAll = (names: readonly string[], note: (...args: unknown[]) => void): void => {
    for (const name of names) {
      wrap(fs, name, note);
      wrap(fs, `${name}Sync`, note);
      wrap(fs.promises, name, note);
    }
  };
  wrapAll(['readFile'], noteRead);
  wrapAll(['open'], noteOpen);
  wrapAll(['readdir', 'opendir'], noteList);
  wrapAll(['stat', 'lstat', 'access', 'exists'], noteLook);
  wrapAll(['writeFile'], noteWrite);
  wrapAll(['appendFile'], noteRead);
  wrapAll(['mkdir'], noteMake);
  wrapAll(['copyFile', 'cp', 'rename'], (from, to) => {
    noteRead(from);
    noteWrite(to);
  });
  syncBuiltinESMExports();
}

function pathOf(given: unknown): string | undefined {
  if (typeof given === 'string') return resolve(given);
  if (given instanceof URL) return given.protocol === 'file:' ? fileURLToPath(given) : undefined;
  return Buffer.isBuffer(given) ? resolve(given.toString()) : undefined;
}

function ignoredFolders(env: NodeJS.ProcessEnv): string[] {
  const own = fileURLToPath(new URL('../../../../../dist', import.meta.url));
  const caches = [
    env.FATHOM_CACHE,
    env.FATHOM_STORE,
    env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    join(homedir(), 'Library', 'Caches'),
  ];
  const system = ['/proc', '/sys', '/dev', '/etc', '/usr', '/lib', '/bin', '/opt'];
  // Temporary files are made by the run that reads them.
  const folders = [own, dirname(dirname(process.execPath)), ...caches, ...system];
  const isSystem = folders.filter((folder) => folder !== undefined);
  return isInside(process.cwd(), tmpdir()) ? isSystem : [...isSystem, tmpdir()];
}

function isInside(path: string, folder: string): boolean {
  return `${path}${sep}`.startsWith(`${folder}${sep}`);
}
