// Runs chapters side by side, as many at once as the machine can carry, and prints beside that what has run.
import { availableParallelism, totalmem } from 'node:os';

/** A chapter that trains starts worker processes of its own; with fewer cores than this for each, they would only wait. */
const coresOfChapter = 2;
/** A kernel with TensorFlow and one worker process. */
const bytesOfChapter = 3 * 2 ** 30;

export interface Machine {
  readonly cores: number;
  readonly memory: number;
}

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    memory: Math.min(totalmem(), process.constrainedMemory() || Infinity),
  };
}

/** How many chapters run at once when nobody says. */
export function usualJobs(chapters: number, { cores, memory }: Machine = thisMachine()): number {
  const most = Math.min(Math.floor(cores / coresOfChapter), Math.floor(memory / bytesOfChapter));
  return Math.max(1, Math.min(chapters, most));
}

/** What a kernel is told of its share of the machine, so that chapters do not each start a worker a core. */
export function shareOf(
  jobs: number,
  { cores }: Machine = thisMachine(),
): Readonly<Record<string, string>> {
  return jobs === 1 ? {} : { FATHOM_CORES: String(Math.max(1, Math.floor(cores / jobs))) };
}

/**
 * Does `work` on every item, at most `jobs` at once, begun in order; results come in the order of the items. After the first
 * rejection no further one begins; what runs is waited for, then it is thrown.
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  jobs: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  let failure: { error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failure) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
  if (failure) throw failure.error;
  return results;
}

export interface Queue {
  /** Does this as soon as fewer than the most are under way, in the order of the calls. Rejects as the work does. */
  add<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Whether some work was rejected: what waits then is not begun. */
  readonly hasFailed: boolean;
}

/** Work that is done beside what asks for it, at most `most` pieces at once. */
export function queue(most: number): Queue {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  let failure: { error: unknown } | undefined;
  return {
    get hasFailed() {
      return failure !== undefined;
    },
    async add(work) {
      // Who ends hands his place on.
      if (underWay >= most) await new Promise<void>((resolve) => waiting.push(resolve));
      else underWay += 1;
      try {
        if (failure) throw failure.error;
        return await work();
      } catch (error) {
        failure ??= { error };
        throw error;
      } finally {
        const next = waiting.shift();
        if (next) next();
        else underWay -= 1;
      }
    },
  };
}
