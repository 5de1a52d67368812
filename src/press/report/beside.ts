// Files beside a notebook: pictures and the bibliography that it names. Whatever path it gives, nothing outside its folder
// is read, nothing that is no plain file, and nothing that is too large to be one of these.
import { openSync, closeSync, constants, fstatSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Pictures of more are refused anyway, and a bibliography of this size has 200,000 entries. */
const maximumBytes = 64_000_000;

/** Reads files of a folder and below it; null for everything else. */
export function fileReader(directory: string): (path: string) => Uint8Array | null {
  return (path) => {
    if (!inside(directory, path)) return null;
    let file: number | null = null;
    try {
      // A link may lead out of the folder.
      const real = realpathSync(join(directory, path));
      if (!inside(realpathSync(directory), real)) return null;
      // A pipe would wait for a writer for ever, unless asked not to.
      file = openSync(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const { size, ...about } = fstatSync(file);
      return !isPlain(about.mode) || size > maximumBytes ? null : readFileSync(file);
    } catch {
      return null;
    } finally {
      if (file !== null) closeSync(file);
    }
  };
}

function isPlain(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFREG;
}

function inside(directory: string, path: string): boolean {
  if (path.includes('\0')) return false;
  const way = relative(resolve(directory), resolve(directory, path));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
