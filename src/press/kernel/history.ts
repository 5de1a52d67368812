/**
 * What has been run, for `history_request`: tail, range and search. Kept in a file, one JSON line a cell, which all
 * kernels of a user append to; a session is one kernel from its start to its end.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

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

/** So many cells are kept in the file; it is cut when it holds twice as many. */
const kept = 5000;

/** A history in memory; it starts from what earlier sessions kept. */
export function memoryHistory(
  earlier: readonly Entry[] = [],
  keep: (entry: Entry) => void = () => undefined,
): History {
  const entries = [...earlier];
  const session = entries.reduce((most, entry) => Math.max(most, entry.session), 0) + 1;
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

/**
 * A history that is kept in a file. It is read when it is first needed: a kernel starts without it. A file that cannot be
 * read or written costs the history of earlier sessions, not the kernel; `log` hears of it once.
 */
export function fileHistory(path: string, log: (line: string) => void): History {
  let memory: History | undefined;
  let broken = false;
  const failed = (error: unknown) => {
    if (!broken) log(`the history in ${path} is not kept: ${(error as Error).message}`);
    broken = true;
  };
  function ready(): History {
    if (memory) return memory;
    let earlier: Entry[] = [];
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      earlier = readEntries(path);
      if (earlier.length > 2 * kept) {
        earlier = earlier.slice(-kept);
        const temporary = `${path}.${process.pid}`;
        writeFileSync(temporary, earlier.map(line).join(''), { mode: 0o600 });
        renameSync(temporary, path);
      }
    } catch (error) {
      failed(error);
    }
    memory = memoryHistory(earlier, (entry) => {
      if (broken) return;
      try {
        appendFileSync(path, line(entry), { mode: 0o600 });
      } catch (error) {
        failed(error);
      }
    });
    return memory;
  }
  return {
    add: (number, source) => ready().add(number, source),
    find: (request) => ready().find(request),
  };
}

function line(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** The entries of a file. A line that was written half, by a machine that lost power, is passed over. */
function readEntries(path: string): Entry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((one) => {
    try {
      const entry = JSON.parse(one) as Entry;
      return typeof entry.session === 'number' &&
        typeof entry.line === 'number' &&
        typeof entry.source === 'string'
        ? [entry]
        : [];
    } catch {
      return [];
    }
  });
}

function select(entries: Entry[], session: number, request: Record<string, unknown>): Entry[] {
  const count = typeof request.n === 'number' && request.n >= 0 ? Math.floor(request.n) : 1000;
  const last = (found: Entry[]) => (count === 0 ? [] : found.slice(-count));
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
      const matches = glob(typeof request.pattern === 'string' ? request.pattern : '*');
      let found = entries.filter(({ source }) => matches(source));
      if (request.unique === true) {
        const latest = new Map(found.map((entry) => [entry.source, entry]));
        found = found.filter((entry) => latest.get(entry.source) === entry);
      }
      return last(found);
    }
    default:
      return last(entries);
  }
}

/** `*` and `?` as in a shell, in time that grows with the length of text times pattern, whatever the pattern is. */
function glob(pattern: string): (text: string) => boolean {
  return (text) => {
    let at = 0;
    let part = 0;
    let star = -1;
    let resume = 0;
    while (at < text.length) {
      if (part < pattern.length && pattern[part] === '*') {
        star = part++;
        resume = at;
      } else if (part < pattern.length && (pattern[part] === '?' || pattern[part] === text[at])) {
        part++;
        at++;
      } else if (star >= 0) {
        part = star + 1;
        at = ++resume;
      } else return false;
    }
    while (pattern[part] === '*') part++;
    return part === pattern.length;
  };
}
