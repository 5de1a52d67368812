// The valid name that somebody probably meant: one rule for everything that is looked up by name.
import { distance } from 'fastest-levenshtein';

/** Beyond these nobody made a slip of the hand, and a stranger's notebook would keep the search busy. */
const longestName = 200;
const mostNames = 2_000;

/**
 * The closest of `names`, if it is close enough to be a slip of the hand: at most two letters, or two in five of the longer
 * name, are wrong, and something of what was given is right. Capitals do not count.
 */
export function nearest(name: string, names: readonly string[]): string | undefined {
  if (name.length > longestName || names.length > mostNames) return undefined;
  const given = name.toLowerCase();
  const far = (other: string): number => distance(given, other.toLowerCase());
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const other of names) {
    const apart = far(other);
    if (apart < least) [best, least] = [other, apart];
  }
  if (best === undefined) return undefined;
  const longer = Math.max(name.length, best.length);
  return far(best) <= Math.max(2, longer * 0.4) && far(best) < longer ? best : undefined;
}

/** `Did you mean "x"? It has: x, y.`, as far as there is something to say. */
export function hint(name: string, names: readonly string[], listed = 'There are'): string {
  const best = nearest(name, names);
  const list = names.length > 0 ? `${listed}: ${names.join(', ')}.` : '';
  return [best === undefined ? '' : `Did you mean "${best}"?`, list].filter(Boolean).join(' ');
}
