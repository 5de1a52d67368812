// Fonts for the characters that the typefaces of a report lack: Chinese, Japanese, Korean, Arabic, mathematics, emoji.
// Font packages that are installed come first, since a lockfile pins them; then the fonts of the system, as fontconfig
// knows them or as its folders hold them. Of each only the characters in use are embedded. What no font has is told, never printed as a box.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cutFont } from './cut.js';
import { type FontFile, fontFilesIn, fontFolders } from './font-folders.js';
import { mayBeEmbedded, readCharacterMap, readTables } from './sfnt.js';
import { packagesFor, scriptOf } from './scripts.js';

/** The name under which they stand behind the typefaces of the report. */
export const otherScripts = 'Other Scripts';

export interface OtherFonts {
  /** Rules that embed them; '' if there is nothing to embed. */
  readonly css: string;
  /** Fonts in use, for those who want to know. */
  readonly families: readonly string[];
  /** Characters that nobody has. */
  readonly missing: readonly string[];
}

/** Where fonts are looked for; the default is this machine. */
export interface FontSources {
  /** Font files of a package, or none. */
  packaged(name: string): readonly FontFile[];
  /** Installed fonts that may have this character, the best first; null where the system cannot be asked. */
  installed(point: number, language: string): readonly FontFile[] | null;
}

/** Fonts for these characters, in a document of this language. */
export function findOtherFonts(
  characters: Iterable<string>,
  language: string,
  sources: FontSources = machine,
): OtherFonts {
  const wanted = new Set([...characters].sort());
  const missing: string[] = [];
  const chosen = new Map<string, { font: FontFile; points: Set<number> }>();
  const families = new Set<string>();
  const take = (font: FontFile): boolean => {
    const has = charactersOf(font);
    if (!has) return false;
    const served = [...wanted].filter((character) => has.has(character.codePointAt(0)!));
    if (served.length === 0) return false;
    const key = `${font.path}#${font.index}`;
    const points = chosen.get(key)?.points ?? new Set();
    for (const character of served) {
      points.add(character.codePointAt(0)!);
      wanted.delete(character);
    }
    chosen.set(key, { font, points });
    families.add(font.family);
    return true;
  };
  for (const character of [...wanted]) {
    if (!wanted.has(character)) continue;
    const point = character.codePointAt(0)!;
    const has = (font: FontFile) => charactersOf(font)?.has(point) ?? false;
    const packaged = packagesFor(scriptOf(character), language)
      .flatMap((name) => sources.packaged(name))
      .find(has);
    if (packaged && take(packaged)) continue;
    const installed = sources.installed(point, language);
    const font = installed?.find(has);
    if (font && take(font)) continue;
    wanted.delete(character);
    // Where the system cannot be asked, its browser finds what there is.
    if (installed !== null) missing.push(character);
  }
  const rules = [...chosen.values()].map(({ font, points }) => {
    const range = [...points].sort((a, b) => a - b).map((point) => `U+${point.toString(16)}`);
    return (
      `@font-face{font-family:'${otherScripts}';font-weight:100 900;font-display:block;` +
      `src:url(data:font/woff2;base64,${cutFont(font.path, points, font.index)}) format('woff2');unicode-range:${range.join(',')}}`
    );
  });
  return { css: rules.join('\n'), families: [...families].sort(), missing };
}

/** What to do about characters that no font has, a line for each script. */
export function adviceFor(
  missing: readonly string[],
  language: string,
): { characters: string[]; message: string }[] {
  const groups = new Map<string, string[]>();
  for (const character of missing) {
    const { name } = scriptOf(character);
    groups.set(name, [...(groups.get(name) ?? []), character]);
  }
  return [...groups.values()].map((characters) => {
    const script = scriptOf(characters[0]!);
    const shown = characters.slice(0, 5).map((character) => {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      return `“${character}” (U+${code})`;
    });
    const more = characters.length > 5 ? ` and ${characters.length - 5} more` : '';
    return {
      characters,
      message: `no font has ${shown.join(', ')}${more} (${script.name}). Install one: npm install ${packagesFor(script, language)[0]}, or on Debian and Ubuntu apt-get install ${script.debian}`,
    };
  });
}

const known = new Map<string, ReadonlySet<number> | null>();

/** Characters of a font; null for a file that cannot be read or may not be embedded. */
function charactersOf({ path, index }: FontFile): ReadonlySet<number> | null {
  const key = `${path}#${index}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  let result: ReadonlySet<number> | null = null;
  try {
    const tables = readTables(readFileSync(path), index);
    if (mayBeEmbedded(tables)) result = new Set(readCharacterMap(tables).keys());
  } catch {
    // A broken font is none.
  }
  known.set(key, result);
  return result;
}

const machine: FontSources = {
  packaged(name) {
    for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
      try {
        const folder = dirname(createRequire(from).resolve(`${name}/package.json`));
        const files = join(folder, 'files');
        return readdirSync(files)
          .filter((file) => file.endsWith('-400-normal.woff'))
          .sort()
          .map((file) => ({ path: join(files, file), index: 0, family: name }));
      } catch {
        // It is not installed there.
      }
    }
    return [];
  },
  installed(point, language) {
    const all = installedFonts();
    // What these have is not known before they are read, which is done one after another until one has the character.
    if (all === null) return folderFonts();
    const tag = language.toLowerCase().split('-')[0]!;
    const rank = ({ style, family, languages }: InstalledFont): number =>
      (/^(?:Regular|Book|Roman|Medium)$/i.test(style) ? 0 : 4) +
      (/\bNoto\b|\bSource\b/.test(family) ? 0 : 2) +
      (languages.includes(tag) ? 0 : 1);
    return all
      .filter(({ ranges }) => ranges.some(([from, to]) => point >= from && point <= to))
      .sort((a, b) => rank(a) - rank(b) || (a.family + a.path < b.family + b.path ? -1 : 1));
  },
};

interface InstalledFont extends FontFile {
  readonly style: string;
  readonly languages: readonly string[];
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

let installed: readonly InstalledFont[] | null | undefined;

/** All that fontconfig knows, asked once; null where it is not. */
function installedFonts(): readonly InstalledFont[] | null {
  if (installed !== undefined) return installed;
  try {
    const format = '%{file}\t%{index}\t%{family[0]}\t%{style[0]}\t%{lang}\t%{charset}\n';
    const lines = execFileSync('fc-list', [':', '--format', format], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 60_000,
      maxBuffer: 1 << 28,
    });
    installed = lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [path, index, family, style, languages, charset] = line.split('\t');
        return {
          path: path!,
          index: Number(index) & 0xffff,
          family: family!,
          style: style ?? '',
          languages: (languages ?? '').split('|'),
          ranges: (charset ?? '').split(' ').map((range) => {
            const [from, to = from] = range.split('-');
            return [Number.parseInt(from!, 16), Number.parseInt(to!, 16)] as const;
          }),
        };
      });
  } catch {
    installed = null;
  }
  return installed;
}

let inFolders: readonly FontFile[] | null | undefined;

/** The font files of this system, looked for once; null where there are none. */
function folderFonts(): readonly FontFile[] | null {
  if (inFolders === undefined) inFolders = fontFilesIn(fontFolders());
  return inFolders;
}
