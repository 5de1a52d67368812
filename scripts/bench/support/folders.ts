// Where a bench finds the project and keeps what its peers need.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '../../../src/shared/cache-directory.js';

/** The project, seen from where this file is compiled to. */
export const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** What named peers of a bench are installed into: outside the project. */
export function peerFolder(name: string): string {
  return join(cacheDirectory(), 'bench', name);
}
