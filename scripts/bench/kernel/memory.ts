// The memory of all processes of a group, as Linux counts it.
import { readdirSync, readFileSync } from 'node:fs';

export interface Memory {
  /** Shared pages are counted in each process that has them (resident set size). */
  readonly residentMiB: number;
  /** Shared pages are counted once (proportional set size). */
  readonly proportionalMiB: number;
}

/** Null where the system does not say. */
export function groupMemory(group: number): Memory | null {
  if (process.platform !== 'linux') return null;
  let [resident, proportional] = [0, 0];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // After the name in parentheses: state, parent, group.
      const status = readFileSync(`/proc/${entry}/stat`, 'utf8');
      if (Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[2]) !== group) continue;
      const memory = readFileSync(`/proc/${entry}/smaps_rollup`, 'utf8');
      resident += kilobytes(memory, 'Rss');
      proportional += kilobytes(memory, 'Pss');
    } catch {
      // It has ended meanwhile.
    }
  }
  return { residentMiB: resident / 1024, proportionalMiB: proportional / 1024 };
}

function kilobytes(memory: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(memory)?.[1] ?? 0);
}
