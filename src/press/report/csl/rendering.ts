// What the parts of the processor pass among them while they print one work.
import type { Item } from './item.js';
import type { Rich } from './rich.js';
import type { Style } from './style.js';
import type { XmlElement } from './xml.js';

/** How far the names and the year of a work must be spelled out so that it is not taken for another. */
export interface Distinction {
  /** Names shown beyond what the style shows. */
  readonly moreNames: number;
  /** Given names: as the style has them, as initials, or in full. */
  readonly given: 0 | 1 | 2;
  /** Whether the style's own means (`disambiguate` conditions) are used. */
  readonly byStyle: boolean;
  /** 'a', 'b', …; '' for none. */
  readonly yearSuffix: string;
}

export const plainDistinction: Distinction = {
  moreNames: 0,
  given: 0,
  byStyle: false,
  yearSuffix: '',
};

export type Position = 'first' | 'subsequent' | 'ibid' | 'ibid-with-locator';

/** One print of one work: in a citation, in the bibliography, or as a key to sort by. */
export interface Rendering {
  readonly style: Style;
  readonly item: Item;
  readonly area: 'citation' | 'bibliography';
  /** Attributes that names inherit. */
  readonly nameDefaults: Readonly<Record<string, string>>;
  readonly number: number;
  readonly position: Position;
  readonly locator: { readonly label: string; readonly text: string } | null;
  readonly distinction: Distinction;
  /** Names that are written out although others of the same family are not: family → given names level. */
  readonly givenLevels: ReadonlyMap<string, 1 | 2>;
  readonly isSortKey: boolean;
  /** Leaves out the first names. */
  readonly withoutAuthor: boolean;
  // What is found on the way.
  /** The first names that were printed. */
  author: Rich | null;
  /** Variables that stood in for missing names, and may not appear again. */
  readonly replaced: Set<string>;
  /** Variables that were printed so far. */
  used: Set<string>;
  yearSuffixShown: boolean;
}

/** What an element printed, and whether it asked for variables and got any: a group without any is left out. */
export interface Result {
  readonly rich: Rich;
  readonly asked: boolean;
  readonly got: boolean;
}

export const nothing: Result = { rich: [], asked: false, got: false };
export const missing: Result = { rich: [], asked: true, got: false };

export type Render = (element: XmlElement, rendering: Rendering) => Result;

export function isEnglish({ style, item }: Rendering): boolean {
  const language =
    typeof item.language === 'string' && item.language !== ''
      ? item.language
      : style.locale.language;
  return /^en/i.test(language);
}
