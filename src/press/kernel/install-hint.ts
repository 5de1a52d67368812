/** What to do about a package that is not there. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A sentence with the command that installs the package of a module, or nothing where it is no package's. */
export function installHint(module: string, folder: string): string {
  if (/^[./]|^node:|^[A-Za-z]:[\\/]|^file:/.test(module)) return '';
  const parts = module.split('/');
  const name = module.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
  return ` If it is a package, install it: npm install ${name} (in ${projectOf(folder)})`;
}

/** The nearest folder upward with a package.json, else the folder itself. */
function projectOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (at === dirname(at)) return folder;
  }
}
