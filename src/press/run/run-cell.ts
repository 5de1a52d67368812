// Runs one code cell on a kernel: what it puts out goes into its area, and an error, however the kernel tells it, comes back
// with the place where it arose.
import type { Output } from '../notebook/nbformat.js';
import { type CellError, type ErrorPlace, errorFromText, placeOfError } from './cell-error.js';
import type { Kernel } from './client.js';
import type { ExecuteReply } from './execution.js';
import type { OutputArea } from './outputs.js';
import type { RunEvent } from './run-notebook.js';

export interface CellOptions {
  readonly onEvent: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
  readonly cellTimeoutMs?: number;
  readonly place: Pick<CellError, 'notebook' | 'cell' | 'codeCell'>;
  /** The number of the cell that the kernel counted so; undefined where no cell that is still there was. */
  readonly cellOf: (executionCount: number) => number | undefined;
}

export interface CellRun {
  readonly executionCount: number | null;
  readonly error: CellError | undefined;
}

/** Runs a cell. Rejects with a KernelError where the kernel fails; what the cell throws is in the result. */
export async function runCell(
  kernel: Kernel,
  source: string,
  area: OutputArea,
  options: CellOptions,
): Promise<CellRun> {
  const { place, onEvent } = options;
  let errorMetadata: Record<string, unknown> = {};
  const reply = await send(kernel, source, area, {
    ...options,
    onOutput: report(place.cell, place.codeCell, area, onEvent),
    onError: (metadata) => {
      errorMetadata = metadata;
    },
  });
  const { executionCount } = reply;
  if (reply.status === 'ok') return { executionCount, error: undefined };
  const { output, place: at } = readError(reply, area, errorMetadata);
  const { ename, evalue, traceback } = output;
  const error: CellError = {
    ...place,
    line: at.line,
    column: at.column,
    origin: originOf(at, reply, options.cellOf),
    name: ename,
    message: evalue,
    traceback,
  };
  return { executionCount, error };
}

/** How often, and how long after each other, a cell is sent again that the kernel would not run because of an error before it. */
const abortedRetries = { times: 4, waitMs: 150 };

async function send(
  kernel: Kernel,
  source: string,
  area: OutputArea,
  options: CellOptions & {
    onOutput: (content: Record<string, unknown>) => void;
    onError: (metadata: Record<string, unknown>) => void;
  },
): Promise<ExecuteReply> {
  for (let attempt = 1; ; attempt++) {
    const reply = await kernel.execute(source, {
      onMessage: (type, content, metadata) => {
        area.accept(type, content);
        if (type === 'error') options.onError(metadata);
        options.onOutput(content);
      },
      ...(options.cellTimeoutMs === undefined ? {} : { timeoutMs: options.cellTimeoutMs }),
    });
    // After an error, stock tslab aborts whatever it is asked during 200 ms.
    if (reply.status !== 'aborted' || attempt > abortedRetries.times || options.signal?.aborted)
      return reply;
    await new Promise((resolve) => setTimeout(resolve, abortedRetries.waitMs));
  }
}

/** Tells of output when its last line has changed, and of what a display says of the work behind it. */
function report(
  cell: number,
  codeCell: number,
  area: OutputArea,
  onEvent: (event: RunEvent) => void,
): (content: Record<string, unknown>) => void {
  let before = '';
  return (content) => {
    const status = statusOf(content);
    if (status) onEvent({ type: 'cell-progress', cell, codeCell, ...status });
    const lastLine = area.lastLine();
    if (lastLine === before) return;
    before = lastLine;
    onEvent({ type: 'cell-output', cell, codeCell, lastLine });
  };
}

/** The status that `show` put into the metadata of a display. */
function statusOf({ metadata }: Record<string, unknown>): {
  text: string;
  share: number | null;
} | null {
  const { fathom } = (metadata ?? {}) as {
    fathom?: { status?: { text?: unknown; share?: unknown } };
  };
  const { text, share } = fathom?.status ?? {};
  if (typeof text !== 'string') return null;
  return { text, share: typeof share === 'number' ? share : null };
}

/** The error of a cell that did not end well; it is then among the cell's outputs, however the kernel told it. */
function readError(
  reply: ExecuteReply,
  area: OutputArea,
  metadata: Record<string, unknown>,
): { output: ErrorOutput; place: ErrorPlace } {
  const told = lastError(area);
  if (told) return { output: told, place: placeOfError(metadata, told) };
  if (typeof reply.content.ename === 'string') {
    area.accept('error', reply.content as Record<string, unknown>);
    const output = lastError(area)!;
    return { output, place: placeOfError(metadata, output) };
  }
  if (reply.status === 'aborted') {
    const evalue = 'the kernel did not run this cell';
    const output: ErrorOutput = { output_type: 'error', ename: 'Aborted', evalue, traceback: [] };
    area.add(output);
    return { output, place: {} };
  }
  const { output, ...place } = errorFromText(area.takeLast('stderr'));
  area.add(output);
  return { output, place };
}

/** Where an error arose, if not in the cell that failed. */
function originOf(
  place: ErrorPlace,
  reply: ExecuteReply,
  cellOf: CellOptions['cellOf'],
): CellError['origin'] {
  if (place.file !== undefined) return { file: place.file };
  if (place.count === undefined || place.count === reply.executionCount) return undefined;
  const cell = cellOf(place.count);
  return cell === undefined ? undefined : { cell };
}

type ErrorOutput = Extract<Output, { output_type: 'error' }>;

function lastError(area: OutputArea): ErrorOutput | undefined {
  return area.outputs().findLast((output): output is ErrorOutput => output.output_type === 'error');
}
