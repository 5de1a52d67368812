// Ships runs with a project: copies what a published edition was built from into the folder that `runStudy` looks into first,
// so that a clone builds the edition without training. Nets are left out unless asked for: records and readings are text of a
// few kilobytes, weights are not.
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What of a run is shipped. `metrics.jsonl` says what the record says too. */
const shippedFiles = ['record.json', 'provenance.json', 'readings'];

export interface Shipped {
  /** Runs that are there now, of those asked for. */
  readonly runs: number;
  /** Those of them that were not there before, or lacked readings. */
  readonly added: number;
  /** Keys that are neither in the store nor shipped. */
  readonly missing: readonly string[];
}

/** Copies runs from a store to the shipped ones; each appears whole. Readings that are shipped already are kept. */
export async function shipRuns(
  keys: readonly string[],
  {
    store,
    recorded,
    nets = false,
  }: { readonly store: string; readonly recorded: string; readonly nets?: boolean },
): Promise<Shipped> {
  let added = 0;
  const missing: string[] = [];
  await mkdir(recorded, { recursive: true });
  for (const key of keys) {
    const [from, to] = [join(store, key), join(recorded, key)];
    const isShipped = existsSync(join(to, 'record.json'));
    if (!existsSync(join(from, 'record.json'))) {
      if (!isShipped) missing.push(key);
      continue;
    }
    const parts = [...shippedFiles, ...(nets ? ['net'] : [])];
    if (isShipped && !(await lacks(from, to, parts))) continue;
    const partial = join(recorded, `.partial-${key}-${process.pid}`);
    try {
      if (isShipped) await cp(to, partial, { recursive: true });
      for (const part of parts) {
        if (existsSync(join(from, part)))
          await cp(join(from, part), join(partial, part), { recursive: true });
      }
      await remove(to);
      await rename(partial, to);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    added += 1;
  }
  return { runs: keys.length - missing.length, added, missing };
}

/** Takes away the shipped runs that are not among these keys; returns how many went. */
export async function keepRuns(recorded: string, keys: ReadonlySet<string>): Promise<number> {
  const names = await readdir(recorded).catch(() => [] as string[]);
  const gone = names.filter((name) => /^[0-9a-f]{64}$/.test(name) && !keys.has(name));
  for (const name of gone) await remove(join(recorded, name));
  return gone.length;
}

/** Bytes of all files below a folder. */
export async function bytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Whether a shipped run is without something that the store has. */
async function lacks(from: string, to: string, parts: readonly string[]): Promise<boolean> {
  for (const part of parts) {
    if (!existsSync(join(from, part))) continue;
    if (!existsSync(join(to, part))) return true;
    if (part !== 'readings') continue;
    const shipped = new Set(await readdir(join(to, part)));
    if ((await readdir(join(from, part))).some((name) => !shipped.has(name))) return true;
  }
  return false;
}

/** Out of sight at once, then away: nobody finds half a run. */
async function remove(directory: string): Promise<void> {
  const aside = `${directory}.${process.pid}.removed`;
  try {
    await rename(directory, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await rm(aside, { recursive: true, force: true });
}
