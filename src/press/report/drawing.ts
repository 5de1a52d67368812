// Draws the charts of a document in a process of its own. That process has a fixed time zone and locale, so that the
// same notebook gives the same picture everywhere, and limits on time and memory, so that a chart made to never end
// costs one figure and not the build.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChartRequest, Drawing } from './chart.js';
import type { Diagnostic } from './diagnostics.js';
import { type Document, type Figure, walk } from './document.js';

/** By id of the figure. A figure that could not be drawn is not in here. */
export type Drawings = ReadonlyMap<string, Drawing>;

export interface DrawingLimits {
  /** For one chart. Real ones take well under a second. */
  readonly timeoutMs: number;
  /** For the heap of the process. */
  readonly memoryMegabytes: number;
}

const usualLimits: DrawingLimits = { timeoutMs: 20_000, memoryMegabytes: 1024 };

/** Width of the text column, of the page and of a wide screen in CSS pixels, as the style sheet has them. */
const widths = { body: 640, page: 900, screen: 1100 } as const;

export async function drawCharts(
  document: Document,
  limits: DrawingLimits = usualLimits,
): Promise<{ drawings: Drawings; diagnostics: Diagnostic[] }> {
  const drawings = new Map<string, Drawing>();
  const diagnostics: Diagnostic[] = [];
  const figures = [...walk(document.blocks)].filter(
    (block): block is Figure => block.kind === 'figure' && block.content.kind === 'chart',
  );
  let worker: ChartProcess | null = null;
  try {
    for (const [index, figure] of figures.entries()) {
      if (figure.content.kind !== 'chart') continue;
      worker ??= new ChartProcess(limits);
      const { library, specification } = figure.content;
      const answer = await worker.draw({
        library,
        specification,
        alt: figure.alt,
        id: `chart${index + 1}`,
        containerWidth: widths[figure.column],
      });
      if ('drawing' in answer) drawings.set(figure.id, answer.drawing);
      else {
        diagnostics.push({
          severity: 'error',
          kind: 'bad-chart',
          file: document.file,
          cell: null,
          line: null,
          message: `${figure.number ? `figure ${figure.number} (${figure.id})` : figure.id}: ${answer.error}`,
        });
        if (answer.lost) worker = null;
      }
    }
  } finally {
    worker?.end();
  }
  return { drawings, diagnostics };
}

export type ChartAnswer = { drawing: Drawing } | { error: string; lost?: boolean };

class ChartProcess {
  private readonly child: ChildProcess;

  constructor(private readonly limits: DrawingLimits) {
    this.child = fork(fileURLToPath(new URL('./chart-process.js', import.meta.url)), {
      execArgv: [`--max-old-space-size=${limits.memoryMegabytes}`],
      // Nothing of the environment is passed on: a drawing depends on its specification alone.
      env: { TZ: 'UTC', LANG: 'C.UTF-8', PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
  }

  draw(request: ChartRequest): Promise<ChartAnswer> {
    return new Promise((resolve) => {
      const lost = (error: string) => {
        this.child.kill('SIGKILL');
        done({ error, lost: true });
      };
      const timer = setTimeout(
        () => lost(`the chart was not drawn within ${this.limits.timeoutMs / 1000} s`),
        this.limits.timeoutMs,
      );
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
        resolve(answer);
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
