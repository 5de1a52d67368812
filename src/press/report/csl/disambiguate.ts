// Works that would be cited alike are told apart, by the means that the style allows and in the order that CSL gives them:
// more names, given names, the style's own conditions, a letter after the year.
import { type Item, type Name, nameVariables, namesOf } from './item.js';
import { nameKey } from './names.js';
import { type Distinction, plainDistinction } from './rendering.js';
import type { Style } from './style.js';

export interface Distinctions {
  readonly byKey: ReadonlyMap<string, Distinction>;
  readonly givenLevels: ReadonlyMap<string, 1 | 2>;
}

/** `cite` is the text of a citation of the work alone; `keys` are in the order of the bibliography. */
export function disambiguate(
  style: Style,
  keys: readonly string[],
  items: ReadonlyMap<string, Item>,
  cite: (key: string, distinction: Distinction, givenLevels: ReadonlyMap<string, 1 | 2>) => string,
): Distinctions {
  const has = (option: string) =>
    style.citation.attributes[`disambiguate-add-${option}`] === 'true';
  const rule = style.citation.attributes['givenname-disambiguation-rule'] ?? 'by-cite';
  const givenLevels =
    has('givenname') && rule !== 'by-cite'
      ? sameFamilies(style, keys, items, rule)
      : new Map<string, 1 | 2>();
  const byKey = new Map<string, Distinction>(keys.map((key) => [key, plainDistinction]));
  const text = (key: string) => cite(key, byKey.get(key)!, givenLevels);
  const ambiguous = (): string[][] => {
    const groups = new Map<string, string[]>();
    for (const key of keys) groups.set(text(key), [...(groups.get(text(key)) ?? []), key]);
    return [...groups.values()].filter((group) => group.length > 1);
  };
  /** Changes the group step by step, and keeps the first step that tells any two of them apart. */
  const attempt = (group: readonly string[], steps: readonly Partial<Distinction>[]): void => {
    const before = new Map(group.map((key) => [key, byKey.get(key)!]));
    const apart = (change: Partial<Distinction>) => {
      for (const key of group) byKey.set(key, { ...before.get(key)!, ...change });
      return new Set(group.map(text)).size;
    };
    let best = { count: 1, change: null as Partial<Distinction> | null };
    for (const change of steps) {
      const count = apart(change);
      if (count > best.count) best = { count, change };
      if (count === group.length) break;
    }
    for (const key of group) byKey.set(key, { ...before.get(key)!, ...(best.change ?? {}) });
  };
  if (has('names')) {
    for (const group of ambiguous()) {
      const most = Math.max(...group.map((key) => countNames(items.get(key)!)));
      attempt(
        group,
        Array.from({ length: Math.min(most, 50) }, (_, index) => ({ moreNames: index + 1 })),
      );
    }
  }
  if (has('givenname') && rule === 'by-cite') {
    for (const group of ambiguous()) attempt(group, [{ given: 1 }, { given: 2 }]);
  }
  for (const group of ambiguous()) attempt(group, [{ byStyle: true }]);
  if (has('year-suffix')) {
    for (const group of ambiguous()) {
      for (const [index, key] of group.entries()) {
        byKey.set(key, { ...byKey.get(key)!, yearSuffix: letters(index) });
      }
    }
  }
  return { byKey, givenLevels };
}

function countNames(item: Item): number {
  return Math.max(0, ...[...nameVariables].map((variable) => namesOf(item, variable).length));
}

/** People of one family name among those cited: they get initials, or full given names where initials agree. */
function sameFamilies(
  style: Style,
  keys: readonly string[],
  items: ReadonlyMap<string, Item>,
  rule: string,
): Map<string, 1 | 2> {
  const families = new Map<string, Map<string, Name>>();
  for (const key of keys) {
    const item = items.get(key)!;
    const shown =
      namesOf(item, 'author').length > 0 ? namesOf(item, 'author') : namesOf(item, 'editor');
    for (const name of rule.startsWith('primary') ? shown.slice(0, 1) : shown) {
      if (!name.family) continue;
      const family = `${name['non-dropping-particle'] ?? ''} ${name.family}`;
      families.set(family, (families.get(family) ?? new Map()).set(nameKey(name), name));
    }
  }
  const levels = new Map<string, 1 | 2>();
  const hasInitials = JSON.stringify([style.root, style.citation]).includes('initialize-with');
  for (const people of families.values()) {
    if (people.size < 2) continue;
    const initials = [...people.values()].map(({ given }) => initialsOf(given ?? ''));
    const distinct = new Set(initials).size === people.size;
    const level = distinct || rule.endsWith('with-initials') ? 1 : 2;
    for (const key of people.keys()) levels.set(key, hasInitials ? level : 2);
  }
  return levels;
}

function initialsOf(given: string): string {
  return given
    .split(/[\s.-]+/)
    .map((word) => word[0] ?? '')
    .join('');
}

/** a … z, aa, ab, … */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
