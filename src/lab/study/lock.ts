// Who is training a grid cell: a lock file beside the store, so that studies in several processes share the work.
// A lock only saves time. Two holders by a race would train the same cell twice, and the store keeps the first.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';

/** A process on a machine. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in the kernel's count, where the system tells: a later process can have the same id. */
  readonly started: string | null;
}

/** A lock of another machine is stale when its holder has not touched it for so long; holders touch it each 30 s. */
export const foreignStaleMs = 10 * 60_000;
export const heartbeatMs = 30_000;
/** A lock file without content is being written, unless it is older than this. */
const emptyStaleMs = 10_000;

export function thisProcess(): Owner {
  return { host: hostname(), pid: process.pid, started: startOf(process.pid) };
}

function startOf(pid: number): string | null {
  return stateOf(pid)?.started ?? null;
}

/** Fields 3 and 22 of /proc/<pid>/stat, where there is one; the name in field 2 may hold spaces and brackets. */
function stateOf(pid: number): { readonly state: string; readonly started: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, started: fields[19]! };
  } catch {
    return null;
  }
}

/** Whether a process of this machine lives. */
export function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const found = stateOf(owner.pid);
  if (found === null) return true;
  // A dead process stays in the table until its parent has read its end, in some containers for ever.
  if (found.state === 'Z' || found.state === 'X') return false;
  return owner.started === null || found.started === owner.started;
}

export interface Lock {
  readonly path: string;
  /** Says that the holder lives, to other machines. */
  touch(): Promise<void>;
  release(): Promise<void>;
}

/** Takes the lock, or says that another living process has it. */
export async function acquire(path: string, now: () => number = Date.now): Promise<Lock | 'held'> {
  await mkdir(dirname(path), { recursive: true });
  const content = JSON.stringify({ ...thisProcess(), token: randomUUID() });
  for (;;) {
    try {
      const file = await open(path, 'wx');
      try {
        await file.writeFile(content);
      } finally {
        await file.close();
      }
      return {
        path,
        touch: async () => {
          const time = new Date(now());
          await utimes(path, time, time).catch(() => {});
        },
        release: async () => {
          const found = await readFile(path, 'utf8').catch(() => null);
          if (found === content) await rm(path, { force: true });
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isHeld(path, now)) return 'held';
    // Renamed before it is removed: of two processes that find it stale, one gets it.
    const aside = `${path}.${randomUUID()}`;
    await rename(path, aside).catch(() => {});
    await rm(aside, { force: true });
  }
}

/** Whether a living process holds the lock. */
export async function isHeld(path: string, now: () => number = Date.now): Promise<boolean> {
  if (!existsSync(path)) return false;
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const age = now() - mtimeMs;
    let owner: Owner;
    try {
      owner = JSON.parse(text) as Owner;
    } catch {
      return age < emptyStaleMs;
    }
    return owner.host === hostname() ? isAlive(owner) : age < foreignStaleMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
