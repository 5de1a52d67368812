// Files out of a .tar or .tar.gz, into memory; nothing is unpacked to disk.
import path from 'node:path';
import { list } from 'tar';
import { DataFileError } from './source.js';

/**
 * Contents by base name of the members that `wanted` accepts.
 *
 * Throws `DataFileError` when the file is not a tar archive, or ends early.
 */
export async function readArchive(
  file: string,
  wanted: (name: string) => boolean,
): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  let members = 0;
  try {
    await list({
      file,
      strict: true,
      onReadEntry(entry) {
        members++;
        const name = path.posix.basename(entry.path);
        if (entry.type !== 'File' || !wanted(name)) return;
        const chunks: Buffer[] = [];
        entry.on('data', (chunk: Buffer) => chunks.push(chunk));
        entry.on('end', () => files.set(name, Buffer.concat(chunks)));
      },
    });
  } catch (error) {
    throw new DataFileError(
      file,
      null,
      'a whole .tar or .tar.gz archive',
      (error as Error).message,
      {
        cause: error,
      },
    );
  }
  if (members === 0)
    throw new DataFileError(file, null, 'a whole .tar or .tar.gz archive', 'no member');
  return files;
}
