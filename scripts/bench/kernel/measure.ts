// One turn of one kernel: every number of the table. What a kernel cannot do is a few words instead of a number.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kernel, startKernel } from '../../../src/press/run/client.js';
import { OutputLostError } from '../../../src/press/run/kernel-error.js';
import type { KernelSpec } from '../../../src/press/run/kernel-spec.js';
import { median } from '../support/median.js';
import type { Contender, Language } from './contenders.js';
import { groupMemory } from './memory.js';

/** The rows of the table, in their order. */
export const rows = {
  ready: 'ready, ms',
  first: 'first cell, ms',
  tenth: '`1 + 1` at the 10th cell, ms',
  later: '`1 + 1` at the 200th cell, ms',
  lost: 'of these 240 cells, ends that never came',
  completion: 'completion, ms',
  busyCompletion: 'completion while a cell computes, ms',
  lines: '100,000 lines, ms',
  loop: 'interrupt of a loop, ms',
  loopAfterAwait: 'interrupt of a loop after an `await`, ms',
  proportional: 'idle memory, shared pages once, MiB',
  resident: 'idle memory, as each process has it, MiB',
} as const;
export type Row = keyof typeof rows;
export type Turn = Partial<Record<Row, number | string>> & { version?: string };

/** Round trips that one number is the median of. */
const trips = 21;
const busyMs = 2_000;
const lineCount = 100_000;
/** A kernel that has sent nothing for so long sends nothing more. */
const quietMs = 3_000;
/** What has not stopped by then is taken not to stop. Our kernel gives a cell 4 s before it ends its process. */
const interruptLimitMs = 10_000;
/** For what a kernel still does after it has answered. */
const settleMs = 1_500;

export async function takeTurn({ language }: Contender, spec: KernelSpec): Promise<Turn> {
  const turn: Turn = {};
  const ready: number[] = [];
  const fresh = (use: (kernel: Kernel) => Promise<void>): Promise<void> =>
    withKernel(spec, async (kernel, readyMs) => {
      ready.push(readyMs);
      await use(kernel);
    });
  await fresh(async (kernel) => {
    turn.version = `${kernel.info.implementation} ${kernel.info.implementationVersion}`;
    await answers(kernel, language, turn);
  });
  await fresh(async (kernel) => {
    turn.lines = await printLines(kernel, language);
  });
  for (const row of ['loop', 'loopAfterAwait'] as const) {
    await fresh(async (kernel) => {
      turn[row] = await interrupted(kernel, language[row]);
    });
  }
  turn.ready = median(ready);
  return turn;
}

async function withKernel(
  spec: KernelSpec,
  use: (kernel: Kernel, readyMs: number) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-bench-'));
  try {
    const start = performance.now();
    const kernel = await startKernel(spec, { cwd: folder, graceMs: 2_000 });
    const readyMs = performance.now() - start;
    try {
      await use(kernel, readyMs);
    } finally {
      await kernel.kill();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

async function medianOf(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  while (times.length < trips) times.push(await timed(run));
  return median(times);
}

async function answers(kernel: Kernel, language: Language, turn: Turn): Promise<void> {
  let lost = 0;
  const run = async (code: string): Promise<void> => {
    try {
      await good(kernel, code);
    } catch (error) {
      if (!(error instanceof OutputLostError)) throw error;
      lost += 1;
    }
  };
  const sum = () => run('1 + 1');
  turn.first = await timed(sum);
  await delay(settleMs);
  const memory = groupMemory(kernel.pid!);
  turn.proportional = memory?.proportionalMiB ?? '–';
  turn.resident = memory?.residentMiB ?? '–';

  let cells = 1;
  const upTo = async (count: number): Promise<void> => {
    while (cells < count) await run(language.declare(++cells));
  };
  await upTo(9);
  turn.tenth = await medianOf(sum);
  await upTo(199);
  turn.later = await medianOf(sum);

  turn.lost = lost;

  const { before, code, offers } = language.completion;
  await run(before);
  const complete = async (): Promise<void> => {
    const content = { code, cursor_pos: code.length };
    const { matches } = await kernel.request('complete_request', content);
    // IPython offers the whole expression.
    if (!(matches as string[]).some((match) => match.endsWith(offers)))
      throw new Error(`${kernel.spec.name} does not complete ${code} to ${offers}`);
  };
  turn.completion = await medianOf(complete);

  const running = started(kernel, language.busy(busyMs));
  await running.busy;
  const took = await timed(complete);
  turn.busyCompletion = took < busyMs / 2 ? took : 'after the cell';
  await running.done.catch(() => {});
}

async function good(kernel: Kernel, code: string): Promise<void> {
  const { status, content } = await kernel.execute(code);
  if (status !== 'ok')
    throw new Error(`${kernel.spec.name}: ${code}: ${status} ${content.evalue ?? ''}`);
}

/** `busy` resolves when the kernel has said that it runs the code, and had time to begin. */
function started(kernel: Kernel, code: string): { busy: Promise<void>; done: Promise<unknown> } {
  let begun: () => void;
  const busy = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const done = kernel.execute(code, { onMessage: () => begun() });
  return { busy: busy.then(() => delay(300)), done };
}

async function printLines(kernel: Kernel, language: Language): Promise<number | string> {
  let lines = 0;
  const start = performance.now();
  let latest = start;
  const onMessage = (type: string, content: Record<string, unknown>): void => {
    if (type !== 'stream') return;
    lines += String(content.text).split('\n').length - 1;
    latest = performance.now();
  };
  await kernel.execute(language.lines(lineCount), { onMessage }).catch((error) => {
    if (!(error instanceof OutputLostError)) throw error;
  });
  const end = performance.now();
  const inTime = lines;
  if (inTime >= lineCount) return end - start;
  // What comes behind the end is not lost, but no program that runs notebooks waits for it.
  while (lines < lineCount && performance.now() - Math.max(latest, end) < quietMs) await delay(100);
  return lines < lineCount
    ? `loses ${lineCount - lines}`
    : `${lineCount - inTime} after its end, the last at ${(latest - start).toFixed(0)}`;
}

async function interrupted(kernel: Kernel, code: string): Promise<number | string> {
  // The first cell may have to wait for a compiler to load.
  await kernel.execute('1 + 1').catch(() => {});
  const { busy, done } = started(kernel, code);
  const ended = done.then(
    () => true,
    () => true,
  );
  await busy;
  let stopped = false;
  const took = await timed(async () => {
    kernel.interrupt();
    const limit = delay(interruptLimitMs, false, { ref: false });
    stopped = await Promise.race([ended, limit]);
  });
  return stopped ? took : 'never';
}
