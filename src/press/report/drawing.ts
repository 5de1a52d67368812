// Draws the charts of a document in processes of their own. Such a process has a fixed time zone and locale, so that the
// same notebook gives the same picture everywhere, and limits on time and memory, so that a chart made to never end
// costs one figure and not the build.
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ChartRequest, Drawing } from './chart.js';
import type { Diagnostic } from './diagnostics.js';
import { type Chart, type Document, type Figure, walk } from './document.js';
import { stopwatch } from './processor-time.js';

/** By id of the figure. A figure that could not be drawn is not in here. */
export type Drawings = ReadonlyMap<string, Drawing>;

export interface DrawingLimits {
  /**
   * For one chart, in processor time where the system tells it: what a report holds must not depend on how busy the machine
   * is. Real charts take well under a second.
   */
  readonly timeoutMs: number;
  /** For the heap of the process. */
  readonly memoryMegabytes: number;
  /** For all charts of a document together, counted in the same way. */
  readonly totalMs?: number;
}

/** A chart that only waits is given up after this many times its limit, by the clock. */
const patience = 15;

const usualLimits: DrawingLimits = { timeoutMs: 20_000, memoryMegabytes: 1024, totalMs: 180_000 };

/** Width of the text column, of the page and of a wide screen in CSS pixels, as the style sheet has them. */
const widths = { body: 640, page: 900, screen: 1100 } as const;

export async function drawCharts(
  document: Document,
  limits: DrawingLimits = usualLimits,
): Promise<{ drawings: Drawings; diagnostics: Diagnostic[] }> {
  const figures = [...walk(document.blocks)].filter(
    (block): block is ChartFigure => block.kind === 'figure' && block.content.kind === 'chart',
  );
  const { totalMs = Number.POSITIVE_INFINITY } = limits;
  const answers: ChartAnswer[] = [];
  let spentMs = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < figures.length) {
      const index = next++;
      if (spentMs > totalMs) {
        answers[index] = {
          error: `the charts before it took more than ${totalMs / 1000} s, all there is`,
        };
        continue;
      }
      const drawn = await drawFigure(figures[index]!, index, limits);
      answers[index] = drawn.answer;
      spentMs += drawn.spentMs;
    }
  };
  const workers = Math.min(availableParallelism(), mostProcesses, Math.ceil(figures.length / 2));
  await Promise.all(Array.from({ length: workers }, work));

  const drawings = new Map<string, Drawing>();
  const diagnostics: Diagnostic[] = [];
  for (const [index, figure] of figures.entries()) {
    const answer = answers[index]!;
    if ('drawing' in answer) drawings.set(figure.id, answer.drawing);
    else {
      diagnostics.push({
        severity: 'error',
        kind: 'bad-chart',
        file: document.file,
        cell: figure.cell,
        line: null,
        message: `${figure.number ? `figure ${figure.number} (${figure.id})` : figure.id}: ${answer.error}`,
      });
    }
  }
  return { drawings, diagnostics };
}

type ChartFigure = Figure & { readonly content: Chart };

async function drawFigure(
  { content, alt, column }: ChartFigure,
  index: number,
  limits: DrawingLimits,
): Promise<Drawn> {
  const process = takeProcess(limits);
  const drawn = await process.draw({
    library: content.library,
    specification: content.specification,
    alt,
    id: `chart${index + 1}`,
    containerWidth: widths[column],
  });
  if (!('error' in drawn.answer && drawn.answer.lost)) giveBack(process);
  return drawn;
}

// Processes that draw. Loading Vega takes longer than drawing a chart, so they are kept for the next report for a while;
// they do not keep this process alive, and end with it.

const mostProcesses = 4;
const idleMs = 20_000;
const idle = new Map<ChartProcess, NodeJS.Timeout>();

function takeProcess(limits: DrawingLimits): ChartProcess {
  for (const [process, timer] of idle) {
    if (process.limits !== limits || !process.isAlive) continue;
    clearTimeout(timer);
    idle.delete(process);
    return process;
  }
  return new ChartProcess(limits);
}

function giveBack(process: ChartProcess): void {
  const timer = setTimeout(() => {
    idle.delete(process);
    process.end();
  }, idleMs).unref();
  idle.set(process, timer);
}

/** Starts processes that draw, so that they are ready when the charts are. */
export function warmUp(): void {
  const wanted = Math.min(availableParallelism(), 2);
  while (idle.size < wanted) giveBack(new ChartProcess(usualLimits));
}

export type ChartAnswer = { drawing: Drawing } | { error: string; lost?: boolean };

interface Drawn {
  readonly answer: ChartAnswer;
  /** Processor time that it took, see `stopwatch`. */
  readonly spentMs: number;
}

class ChartProcess {
  private readonly child: ChildProcess;

  constructor(readonly limits: DrawingLimits) {
    this.child = fork(fileURLToPath(new URL('./chart-process.js', import.meta.url)), {
      execArgv: [`--max-old-space-size=${limits.memoryMegabytes}`],
      // Nothing of the environment is passed on: a drawing depends on its specification alone.
      env: { TZ: 'UTC', LANG: 'C.UTF-8', PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    this.letGo();
    this.child.on('error', () => undefined);
  }

  get isAlive(): boolean {
    return this.child.connected && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waiting for work does not keep this process alive; drawing does. */
  private letGo(): void {
    this.child.unref();
    this.child.channel?.unref();
  }

  private hold(): void {
    this.child.ref();
    this.child.channel?.ref();
  }

  draw(request: ChartRequest): Promise<Drawn> {
    this.hold();
    const { timeoutMs } = this.limits;
    const spent = stopwatch(this.child.pid);
    const began = performance.now();
    return new Promise((resolve) => {
      const lost = (error: string) => {
        this.child.kill('SIGKILL');
        done({ error, lost: true });
      };
      const look = () => {
        const leftMs = timeoutMs - spent();
        if (leftMs <= 0 || performance.now() - began > patience * timeoutMs) {
          lost(`the chart was not drawn within ${timeoutMs / 1000} s`);
        } else timer = setTimeout(look, Math.max(leftMs, 50));
      };
      let timer = setTimeout(look, timeoutMs);
      const onExit = () =>
        lost(
          `the chart needed more than ${this.limits.memoryMegabytes} MB to draw, or ended the process`,
        );
      const onError = (error: Error) => lost(`the chart cannot be drawn: ${error.message}`);
      const done = (answer: ChartAnswer) => {
        clearTimeout(timer);
        this.child
          .off('message', done as never)
          .off('exit', onExit)
          .off('error', onError);
        this.letGo();
        resolve({ answer, spentMs: spent() });
      };
      this.child
        .on('message', done as never)
        .on('exit', onExit)
        .on('error', onError);
      this.child.send(request, (error) => {
        if (error) onError(error);
      });
    });
  }

  end(): void {
    this.child.removeAllListeners();
    if (this.child.connected) this.child.disconnect();
  }
}
