// What an experiment has read, told to whoever asks: a build keeps the outputs of a notebook only as long as it would read
// the same again. `FATHOM_DEPENDENCIES` names the file to tell it to, one JSON object a line; without it nothing is written.
import { createHash } from 'node:crypto';
import { appendFileSync, createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Something read: a file, or data known by a digest of its own. */
export type Dependency =
  | {
      readonly kind: 'file';
      /** The file is read again to see whether it is still the same. */
      readonly path: string;
      /** SHA-256 of its bytes, in hexadecimal. */
      readonly digest: string;
    }
  | {
      readonly kind: 'data';
      /** What the data is called; it is pinned by the version of Fathom, and stated in the manifest. */
      readonly name: string;
      readonly digest: string;
      /** What its randomness came from, where it is a run. */
      readonly seed?: number;
    };

const told = new Set<string>();

/** Tells of something read. Safe in any number of processes at once; the same thing is told once by each. */
export function noteDependency(dependency: Dependency, env: NodeJS.ProcessEnv = process.env): void {
  const file = env.FATHOM_DEPENDENCIES;
  if (!file) return;
  const whole =
    dependency.kind === 'file' ? { ...dependency, path: resolve(dependency.path) } : dependency;
  const line = JSON.stringify(whole);
  if (told.has(line + file)) return;
  told.add(line + file);
  // One short write in append mode is not interleaved with those of other processes.
  appendFileSync(file, `${line}\n`);
}

/** Tells of a file that was read, with the digest that it has now. */
export async function noteFile(path: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (!env.FATHOM_DEPENDENCIES) return;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  noteDependency({ kind: 'file', path, digest: hash.digest('hex') }, env);
}
