// Files of the set-up: digests, writes that are whole or not there, locks between set-ups, and linking a cached folder in.
import { createHash, randomBytes } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir, hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The folder for what is shared between clones: `$FATHOM_CACHE`, else `fathom` in the user's cache directory. */
export function cacheDirectory(env = process.env, platform = process.platform, home = homedir()) {
  if (env.FATHOM_CACHE) return resolve(env.FATHOM_CACHE);
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'fathom');
  if (platform === 'win32') {
    return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'fathom');
  }
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'fathom');
}

/**
 * Runs `work(cache)`; where that folder cannot be written, `work(own)`: what is missing from a cache that an administrator shares
 * goes into a folder of the clone.
 */
export async function inCache({ cache, own }, work) {
  try {
    return await work(cache);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(error.code)) throw error;
    return work(own);
  }
}

export async function sha256OfFile(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}

/** Writes to a temporary name and renames: a reader sees the old file or the new one. */
export function writeJson(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Bytes in all files under a folder; 0 where it is not there. Files that vanish meanwhile are left out. */
export function sizeOfTree(path) {
  let entry;
  try {
    entry = lstatSync(path);
  } catch {
    return 0;
  }
  if (!entry.isDirectory()) return entry.size;
  let names;
  try {
    names = readdirSync(path);
  } catch {
    return 0;
  }
  return names.reduce((sum, name) => sum + sizeOfTree(join(path, name)), 0);
}

const STAGING = /^\.staging-(.+)-(\d+)-[0-9a-f]{8}$/;

function alive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  try {
    // A dead process stays in the table until its parent reads its end, in some containers for ever.
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(text[text.lastIndexOf(')') + 2]);
  } catch {
    return true;
  }
}

/**
 * Makes a folder in which something is put together before it is renamed into `parent`.
 * What set-ups on this machine that no longer run have left there is removed first.
 */
export function makeStaging(parent, name) {
  mkdirSync(parent, { recursive: true });
  const host = hostname().replace(/[^A-Za-z0-9_]/g, '_');
  for (const entry of readdirSync(parent)) {
    const match = STAGING.exec(entry);
    if (match?.[1].endsWith(`@${host}`) && !alive(Number(match[2]))) {
      rmSync(join(parent, entry), { recursive: true, force: true });
    }
  }
  const id = randomBytes(4).toString('hex');
  const path = join(parent, `.staging-${name}@${host}-${process.pid}-${id}`);
  mkdirSync(path);
  return path;
}

// A holder touches its lock each 5 s; one that was not touched for a minute has no holder any more.
const BEAT_MS = 5_000;
const STALE_MS = 60_000;
const LOOK_MS = 500;

/** Whether the holder of a lock folder is gone: its process ended on this machine, or it stopped touching the lock. */
function abandoned(lock) {
  const owner = readJson(join(lock, 'owner.json'));
  if (owner?.host === hostname() && !alive(owner.pid)) return true;
  try {
    return Date.now() - statSync(lock).mtimeMs > STALE_MS;
  } catch {
    return false;
  }
}

/** Removes an abandoned lock, unless somebody else has done so and holds a new one by now. */
function takeAway(lock) {
  const judged = JSON.stringify(readJson(join(lock, 'owner.json')));
  const away = `${lock}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(lock, away);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (JSON.stringify(readJson(join(away, 'owner.json'))) !== judged && !isThere(lock)) {
    renameSync(away, lock);
    return;
  }
  rmSync(away, { recursive: true, force: true });
}

/**
 * Runs `work` while holding the lock folder `lock`, so that set-ups at the same time do not do the same work twice.
 * What they make is renamed into place whole, so even two holders could not harm each other.
 * `onWait(owner)` is called once when another set-up holds it.
 */
export async function withLock(lock, work, onWait = () => {}) {
  mkdirSync(dirname(lock), { recursive: true });
  for (let waited = false; ; ) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (abandoned(lock)) {
      takeAway(lock);
      continue;
    }
    if (!waited) onWait(readJson(join(lock, 'owner.json')));
    waited = true;
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  held.add(release);
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(lock, now, now);
    } catch {
      // Taken away by somebody who found it stale, for example after this machine slept. The work stays safe.
    }
  }, BEAT_MS);
  beat.unref();
  try {
    writeFileSync(join(lock, 'owner.json'), JSON.stringify({ pid: process.pid, host: hostname() }));
    return await work();
  } finally {
    clearInterval(beat);
    release();
    held.delete(release);
  }
}

const held = new Set();
const temporary = new Set();

/** Runs `work(path)` with a fresh staging folder that is gone afterwards, also after an interrupt. */
export async function withStaging(parent, name, work) {
  const path = makeStaging(parent, name);
  temporary.add(path);
  try {
    return await work(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
    temporary.delete(path);
  }
}

/** For an interrupt: removes what is half made and gives locks back, at once. */
export function abandonWork() {
  for (const path of temporary) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  for (const release of held) release();
}

/**
 * Makes `target` show what the folder `source` holds: hard links of its files, so that it stays when the cache is
 * emptied; a link to the folder where the two are on different file systems. Replaces what was there.
 */
export function linkFolder(source, target) {
  const next = `${target}.${process.pid}.tmp`;
  const old = `${target}.${process.pid}.old`;
  rmSync(next, { recursive: true, force: true });
  try {
    hardLinkTree(source, next);
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'EACCES'].includes(error.code))
      throw error;
    rmSync(next, { recursive: true, force: true });
    symlinkSync(source, next, 'junction');
  }
  if (isThere(target)) renameSync(target, old);
  renameSync(next, target);
  rmSync(old, { recursive: true, force: true });
}

function hardLinkTree(source, target) {
  mkdirSync(target);
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) hardLinkTree(from, to);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else linkSync(from, to);
  }
}

/** Whether there is anything of that name, also a link that points nowhere. */
export function isThere(path) {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Sizes in bytes of all files under a folder by relative path, to see later whether one is missing or cut short. */
export function listFiles(folder, prefix = '') {
  const sizes = {};
  for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
    const name = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) Object.assign(sizes, listFiles(folder, name));
    else if (entry.isFile()) sizes[name] = statSync(join(folder, name)).size;
  }
  return sizes;
}

/** Whether every file of `sizes` is under `folder` with that size. */
export function filesAreWhole(folder, sizes) {
  return Object.entries(sizes).every(([name, size]) => {
    const path = join(folder, name);
    return existsSync(path) && statSync(path).size === size;
  });
}

/** Renames a finished folder into place. True: it is now there; false: another set-up was first and its result is kept. */
export function moveIntoPlace(staging, target) {
  try {
    renameSync(staging, target);
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code) || !isThere(target)) throw error;
    return false;
  }
}
