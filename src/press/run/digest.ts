// Digests of contents and files: SHA-256 in hexadecimal.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The digest of a file's bytes; undefined where there is no such file. */
export async function digestOfFile(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
    return hash.digest('hex');
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

/** One digest over names and contents of the files of a folder and its subfolders that `isCounted` takes. */
export async function digestOfFolder(
  folder: string,
  isCounted: (path: string) => boolean,
): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => isCounted(path.slice(folder.length + 1)))
    .sort();
  const digests = await Promise.all(paths.map(digestOfFile));
  return digestOf(
    paths.map((path, index) => `${path.slice(folder.length)}\0${digests[index]}\n`).join(''),
  );
}
