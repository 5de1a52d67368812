// The valid name that somebody probably meant: one rule for everything that is looked up by name.
import { distance } from 'fastest-levenshtein';

/**
 * The closest of `names`, if it is close enough to be a slip of the hand: at most two letters, or two in five of the longer
 * name, are wrong, and something of what was given is right. Capitals do not count.
 */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const given = name.toLowerCase();
  const far = (other: string): number => distance(given, other.toLowerCase());
  const [best] = [...names].sort((a, b) => far(a) - far(b));
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
