// Fonts of a system without fontconfig: macOS and Windows keep them in known folders, and so do Linux systems that lack it.
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, extname, join } from 'node:path';

export interface FontFile {
  readonly path: string;
  /** Which font of a collection. */
  readonly index: number;
  readonly family: string;
}

/** Where fonts lie on this system. */
export function fontFolders(
  platform: string = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home: string = homedir(),
): string[] {
  if (platform === 'darwin') {
    return ['/System/Library/Fonts', '/Library/Fonts', join(home, 'Library', 'Fonts')];
  }
  if (platform === 'win32') {
    const local = env.LOCALAPPDATA ?? join(home, 'AppData', 'Local');
    return [
      join(env.SystemRoot ?? 'C:\\Windows', 'Fonts'),
      join(local, 'Microsoft', 'Windows', 'Fonts'),
    ];
  }
  const shared = env.XDG_DATA_HOME ?? join(home, '.local', 'share');
  return [
    '/usr/share/fonts',
    '/usr/local/share/fonts',
    join(shared, 'fonts'),
    join(home, '.fonts'),
  ];
}

/** Font files in these folders and below, those made for many scripts first; null where there is none to be seen. */
export function fontFilesIn(folders: readonly string[]): FontFile[] | null {
  const paths = folders.flatMap((folder) => {
    try {
      return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      );
    } catch {
      return [];
    }
  });
  // Some fonts claim every character and draw boxes for them.
  const fonts = paths.filter(
    (path) =>
      /\.(?:ttf|otf|ttc|otc)$/i.test(path) && !/lastresort|blank|fallback/i.test(basename(path)),
  );
  const rank = (path: string) =>
    (/noto|source|unicode/i.test(basename(path)) ? 0 : 2) +
    (/bold|italic|black|thin|light/i.test(basename(path)) ? 1 : 0);
  fonts.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return fonts.length === 0
    ? null
    : fonts.map((path) => ({ path, index: 0, family: basename(path, extname(path)) }));
}
