// The scripts and kinds of characters that reports do not bring a font for, and where to get one.

export interface Script {
  readonly name: string;
  readonly pattern: RegExp;
  /** Font packages that have it, the best first; the language of a document may prefer another. */
  readonly packages: readonly string[];
  readonly byLanguage?: Readonly<Record<string, string>>;
  /** Package of Debian and Ubuntu. */
  readonly debian: string;
}

const noto = (...names: string[]) => names.map((name) => `@fontsource/noto-${name}`);

export const scripts: readonly Script[] = [
  {
    name: 'Japanese',
    pattern: /[\p{Script=Hiragana}\p{Script=Katakana}]/u,
    packages: noto('sans-jp', 'serif-jp'),
    debian: 'fonts-noto-cjk',
  },
  {
    name: 'Korean',
    pattern: /\p{Script=Hangul}/u,
    packages: noto('sans-kr', 'serif-kr'),
    debian: 'fonts-noto-cjk',
  },
  {
    name: 'Chinese',
    pattern: /[\p{Script=Han}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]/u,
    packages: noto('sans-sc', 'sans-tc', 'sans-jp', 'sans-kr', 'serif-sc', 'serif-jp'),
    byLanguage: {
      ja: '@fontsource/noto-sans-jp',
      ko: '@fontsource/noto-sans-kr',
      'zh-tw': '@fontsource/noto-sans-tc',
      'zh-hant': '@fontsource/noto-sans-tc',
      'zh-hk': '@fontsource/noto-sans-hk',
    },
    debian: 'fonts-noto-cjk',
  },
  {
    name: 'emoji',
    pattern: /\p{Emoji_Presentation}/u,
    packages: noto('emoji', 'color-emoji'),
    debian: 'fonts-noto-color-emoji',
  },
  {
    name: 'Arabic',
    pattern: /\p{Script=Arabic}/u,
    packages: noto('sans-arabic', 'naskh-arabic'),
    debian: 'fonts-noto-core',
  },
  {
    name: 'Hebrew',
    pattern: /\p{Script=Hebrew}/u,
    packages: noto('sans-hebrew', 'serif-hebrew'),
    debian: 'fonts-noto-core',
  },
  {
    name: 'Devanagari',
    pattern: /\p{Script=Devanagari}/u,
    packages: noto('sans-devanagari', 'serif-devanagari'),
    debian: 'fonts-noto-core',
  },
  {
    name: 'Thai',
    pattern: /\p{Script=Thai}/u,
    packages: noto('sans-thai', 'serif-thai'),
    debian: 'fonts-noto-core',
  },
  {
    name: 'mathematics',
    pattern: /[\p{Sm}\u2100-\u214f\u2190-\u21ff\u2200-\u2bff\u{1d400}-\u{1d7ff}]/u,
    packages: noto('sans-math', 'sans-symbols', 'sans-symbols-2'),
    debian: 'fonts-noto-core',
  },
  {
    name: 'other scripts and symbols',
    pattern: /[\s\S]/u,
    packages: noto('sans-symbols', 'sans-symbols-2', 'sans'),
    debian: 'fonts-noto-core',
  },
];

export function scriptOf(character: string): Script {
  return scripts.find(({ pattern }) => pattern.test(character)) ?? scripts.at(-1)!;
}

/** Packages for a script in a document of this language, the best first. */
export function packagesFor(script: Script, language: string): readonly string[] {
  const tag = language.toLowerCase();
  const preferred = script.byLanguage?.[tag] ?? script.byLanguage?.[tag.split('-')[0]!];
  return preferred
    ? [preferred, ...script.packages.filter((name) => name !== preferred)]
    : script.packages;
}
