// Files that are there whole or not at all.
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

type Content = string | Uint8Array;

/**
 * Writes a file under a temporary name beside it (`<file>.<unique>.tmp`), syncs it and renames it. The folder is made if need
 * be. A list of parts is written one after another.
 *
 * @throws what the file system throws; the temporary file is gone then.
 */
export async function writeWhole(
  file: string,
  content: Content | readonly Content[],
): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (const part of Array.isArray(content) ? (content as Content[]) : [content as Content]) {
        await handle.writeFile(part);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncDirectory(folder);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A rename is durable only when its directory is synced; Windows has no such call, and needs none. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
