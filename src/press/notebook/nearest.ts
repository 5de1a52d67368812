// The valid name that somebody probably meant.
import { distance } from 'fastest-levenshtein';

/** The closest of `names`, if it is close enough to be a slip of the hand. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const near = (other: string): number => distance(name.toLowerCase(), other.toLowerCase());
  const [best] = [...names].sort((a, b) => near(a) - near(b));
  return best !== undefined && near(best) <= Math.max(2, name.length / 3) ? best : undefined;
}

/** `Did you mean "x"? It has: x, y.`, as far as there is something to say. */
export function hint(name: string, names: readonly string[], listed = 'There are'): string {
  const best = nearest(name, names);
  const list = names.length > 0 ? `${listed}: ${names.join(', ')}.` : '';
  return [best === undefined ? '' : `Did you mean "${best}"?`, list].filter(Boolean).join(' ');
}
