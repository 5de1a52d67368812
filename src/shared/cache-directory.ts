// The one folder outside the project that everything may be kept in that can be made again.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where parsed data, downloads, libraries and compiled programs are kept: `$FATHOM_CACHE`, else `fathom` in the user's cache directory.
 *
 * @param env, platform, home the process's own, unless given.
 */
export function cacheDirectory(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  home: string = homedir(),
): string {
  if (env.FATHOM_CACHE) return resolve(env.FATHOM_CACHE);
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'fathom');
  if (platform === 'win32') {
    return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'fathom');
  }
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'fathom');
}
