/** What has been run, for `history_request`: tail, range and search. */
export interface History {
  add(line: number, source: string): void;
  /** Answers a history_request; the entries are `[session, line, input]`, or `[session, line, [input, null]]`. */
  find(request: Record<string, unknown>): unknown[];
}

interface Entry {
  session: number;
  line: number;
  source: string;
}

/** A history that starts from what earlier sessions kept. */
export function memoryHistory(
  earlier: Entry[] = [],
  keep: (entry: Entry) => void = () => undefined,
): History {
  const entries = [...earlier];
  const session = (entries.at(-1)?.session ?? 0) + 1;
  return {
    add(line, source) {
      const entry = { session, line, source };
      entries.push(entry);
      keep(entry);
    },
    find(request) {
      return select(entries, session, request).map(({ session: number, line, source }) => [
        number,
        line,
        request.output === true ? [source, null] : source,
      ]);
    },
  };
}

function select(entries: Entry[], session: number, request: Record<string, unknown>): Entry[] {
  const count = typeof request.n === 'number' && request.n >= 0 ? request.n : 1000;
  switch (request.hist_access_type) {
    case 'range': {
      const asked = typeof request.session === 'number' ? request.session : 0;
      // 0 is this session, negative numbers count back from it.
      const wanted = asked > 0 ? asked : session + asked;
      const start = typeof request.start === 'number' ? request.start : 0;
      const stop = typeof request.stop === 'number' ? request.stop : Number.POSITIVE_INFINITY;
      return entries.filter(
        (entry) => entry.session === wanted && entry.line >= start && entry.line < stop,
      );
    }
    case 'search': {
      const pattern = globPattern(typeof request.pattern === 'string' ? request.pattern : '*');
      let found = entries.filter(({ source }) => pattern.test(source));
      if (request.unique === true) {
        const latest = new Map(found.map((entry) => [entry.source, entry]));
        found = found.filter((entry) => latest.get(entry.source) === entry);
      }
      return count === 0 ? [] : found.slice(-count);
    }
    default:
      return count === 0 ? [] : entries.slice(-count);
  }
}

/** `*` and `?` as in a shell. */
function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]');
  return new RegExp(`^${source}$`);
}
