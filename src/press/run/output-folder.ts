// Whether reports can go where they are wanted: found out before hours of work, not after.
import { statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

/** Null for a folder, or one that can be made; else what stands in its way, for a sentence that names the option before it. */
export function outputFolderProblem(out: string, from: string): string | null {
  for (let at = resolve(from, out); ; at = dirname(at)) {
    const found = statSync(at, { throwIfNoEntry: false });
    if (found?.isDirectory() || (!found && dirname(at) === at)) return null;
    if (found) return `${out}: ${relative(from, at) || at} is a file, not a folder`;
  }
}
