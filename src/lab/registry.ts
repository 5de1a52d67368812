// Things that are looked up by name (net families, datasets, measures): unknown names are refused with the nearest one.
import { nearest } from '../shared/nearest.js';

/** Entries by name, in the order in which they were registered. */
export interface Registry<Entry extends { readonly name: string }> {
  readonly names: readonly string[];
  readonly all: readonly Entry[];
  has(name: string): boolean;
  /** Throws `UnknownNameError` naming the nearest entry. */
  get(name: string): Entry;
}

/** A name that is not registered. */
export class UnknownNameError extends Error {
  override readonly name = 'UnknownNameError';
  constructor(
    /** What was looked up: `net family`, `dataset`, `key of a net`. */
    readonly kind: string,
    readonly given: string,
    readonly known: readonly string[],
    /** The known name nearest to the given one, or null when none is like it. */
    readonly nearest: string | null,
  ) {
    super(
      `unknown ${kind} ${JSON.stringify(given)}${nearest === null ? '.' : `; did you mean ${JSON.stringify(nearest)}?`} ` +
        `Known: ${known.join(', ')}`,
    );
  }
}

/** Makes a registry; throws when two entries have the same name. */
export function registry<Entry extends { readonly name: string }>(
  kind: string,
  entries: readonly Entry[],
): Registry<Entry> {
  const byName = new Map<string, Entry>();
  for (const entry of entries) {
    if (byName.has(entry.name)) throw new Error(`two entries of ${kind} are named ${entry.name}`);
    byName.set(entry.name, entry);
  }
  const names = [...byName.keys()];
  return {
    names,
    all: [...entries],
    has: (name) => byName.has(name),
    get(name) {
      const entry = byName.get(name);
      if (entry === undefined) throw unknownName(kind, name, names);
      return entry;
    },
  };
}

/**
 * Refuses what is no object, with a TypeError, and keys that `known` does not list: `UnknownNameError` for the first of them.
 *
 * @param kind `key of data`: what the keys belong to is named in both.
 */
export function checkKeys(kind: string, value: object, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = kind.replace(/^(key|option) of /, '');
    throw new TypeError(
      `${what} must be an object with ${known.join(', ')}, not ${JSON.stringify(value)}`,
    );
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw unknownName(kind, key, known);
  }
}

function unknownName(kind: string, name: unknown, known: readonly string[]): UnknownNameError {
  // Notebooks and JSON may leave it out or give something else.
  const given = String(name);
  return new UnknownNameError(kind, given, known, nearest(given, known) ?? null);
}
