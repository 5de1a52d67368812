// The memory of a process and of all that it started, as Linux counts it. A browser makes a group of its own, so that the
// tree of parents is followed.
import { readdirSync, readFileSync } from 'node:fs';

/** Proportional set size in MiB: pages that several processes share count once. Null where the system does not say. */
export function treeMemory(root: number): number | null {
  if (process.platform !== 'linux') return null;
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // After the name in parentheses: state, parent.
      const status = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  let kilobytes = 0;
  const waiting = [root];
  for (let process = waiting.pop(); process !== undefined; process = waiting.pop()) {
    waiting.push(...(children.get(process) ?? []));
    try {
      const memory = readFileSync(`/proc/${process}/smaps_rollup`, 'utf8');
      kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(memory)?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return kilobytes / 1024;
}
