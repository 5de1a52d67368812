// How long a process has computed. On a busy machine it says what a clock on the wall cannot: whether a program takes long, or
// only waits its turn.
import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second for all programs, whatever its own clock (USER_HZ). */
const tickMs = 10;

/** Milliseconds of processor time, of all threads; null where the system does not say, or the process is gone. */
export function processorMs(pid: number | undefined): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program, in brackets, may hold anything; behind it come fields 3 and up.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isFinite(ticks) ? ticks * tickMs : null;
  } catch {
    return null;
  }
}

/** Started now: milliseconds that the process has computed since, or that have passed where that is not known. */
export function stopwatch(pid: number | undefined): () => number {
  const [began, computed] = [performance.now(), processorMs(pid)];
  return () => {
    const now = processorMs(pid);
    return now === null || computed === null ? performance.now() - began : now - computed;
  };
}
