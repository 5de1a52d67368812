// Runs a notebook from top to bottom on a fresh kernel and stops at the first error. Whatever happens, what was done so far
// comes back as a notebook.
import { isSkipped, mayRaise } from '../notebook/cell-flags.js';
import type { Cell, CodeCell, Notebook } from '../notebook/nbformat.js';
import { injectParameters, type ParameterValue } from '../notebook/parameters.js';
import { withoutVolatile } from '../notebook/write.js';
import type { CellError } from './cell-error.js';
import { type Kernel, type KernelInfo, startKernel } from './client.js';
import { KernelError } from './kernel-error.js';
import type { KernelSpec } from './kernel-spec.js';
import { defaultLimits, type Displays, OutputArea, type OutputLimits } from './outputs.js';
import { runCell } from './run-cell.js';

/** What happens during a run, in the words of nbclient. Numbers are those of CellError. */
export type RunEvent =
  | { readonly type: 'notebook-start'; readonly codeCells: number }
  | { readonly type: 'cell-start'; readonly cell: number; readonly codeCell: number }
  | {
      readonly type: 'cell-output';
      readonly cell: number;
      readonly codeCell: number;
      readonly lastLine: string;
    }
  /** A display of the cell says how far its work is. */
  | {
      readonly type: 'cell-progress';
      readonly cell: number;
      readonly codeCell: number;
      readonly text: string;
      /** 0 … 1; null where it is not known. */
      readonly share: number | null;
    }
  | {
      readonly type: 'cell-complete';
      readonly cell: number;
      readonly codeCell: number;
      readonly seconds: number;
    }
  | { readonly type: 'cell-skipped'; readonly cell: number; readonly codeCell: number }
  | { readonly type: 'cell-error'; readonly error: CellError; readonly expected: boolean }
  | { readonly type: 'notebook-complete'; readonly seconds: number };

export interface RunOptions {
  readonly kernel: KernelSpec;
  /** Folder that the cells run in. A front end runs them in the notebook's own folder. */
  readonly cwd: string;
  /** What errors call the notebook. */
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly onEvent?: (event: RunEvent) => void;
  /** Ends the run: the cell is interrupted, then the kernel is ended. */
  readonly signal?: AbortSignal;
  /** For each cell; none by default, because training takes what it takes. */
  readonly cellTimeoutMs?: number;
  readonly limits?: OutputLimits;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

export interface RunResult {
  /** With the outputs of the cells that ran; the cells after an error have none. */
  readonly notebook: Notebook;
  /** Errors that end the run: none or one. Errors that a cell tagged `raises-exception` announced are only in its outputs. */
  readonly errors: readonly CellError[];
  /** Ended by `signal`. */
  readonly interrupted: boolean;
  /** Seconds of each cell that ran, by its id. */
  readonly seconds: Readonly<Record<string, number>>;
  /** What the kernel said of itself; undefined where it did not start. */
  readonly kernel: KernelInfo | undefined;
}

/** Runs a notebook. Wrong parameters reject; everything else that goes wrong is in the result. */
export async function runNotebook(notebook: Notebook, options: RunOptions): Promise<RunResult> {
  const {
    kernel: spec,
    name = 'notebook',
    parameters = {},
    onEvent = () => {},
    signal,
    now = () => performance.now(),
  } = options;
  const injected = withoutVolatile(injectParameters(notebook, parameters, name));
  const cells = injected.cells.map(
    (cell): Cell =>
      cell.cell_type === 'code' ? { ...cell, outputs: [], execution_count: null } : cell,
  );
  const seconds: Record<string, number> = {};
  const errors: CellError[] = [];
  const displays: Displays = new Map();
  const areas = new Map<number, OutputArea>();
  const start = now();
  onEvent({
    type: 'notebook-start',
    codeCells: cells.filter((cell) => cell.cell_type === 'code').length,
  });

  let kernel: Kernel | undefined;
  let info: KernelInfo | undefined;
  let [cell, codeCell] = [0, 0];
  const fail = (error: CellError, expected = false): void => {
    onEvent({ type: 'cell-error', error, expected });
    if (!expected) errors.push(error);
  };
  const onAbort = (): void => {
    void kernel?.stop();
  };
  try {
    signal?.throwIfAborted();
    kernel = await startKernel(spec, {
      cwd: options.cwd,
      ...(options.env ? { env: options.env } : {}),
      ...(signal ? { signal } : {}),
    });
    info = kernel.info;
    signal?.addEventListener('abort', onAbort);
    for (const [index, each] of cells.entries()) {
      signal?.throwIfAborted();
      if (each.cell_type !== 'code') continue;
      cell = index + 1;
      codeCell += 1;
      if (each.source.trim() === '') continue;
      if (isSkipped(each)) {
        onEvent({ type: 'cell-skipped', cell, codeCell });
        continue;
      }
      onEvent({ type: 'cell-start', cell, codeCell });
      const area = new OutputArea(displays, options.limits ?? defaultLimits);
      areas.set(index, area);
      const cellStart = now();
      const ran = await runCell(kernel, each.source, area, {
        ...options,
        onEvent,
        place: { notebook: name, cell, codeCell },
        cellOf: (count) => {
          const found = cells.findIndex(
            (other) => other.cell_type === 'code' && other.execution_count === count,
          );
          return found < 0 ? undefined : found + 1;
        },
      });
      seconds[each.id] = (now() - cellStart) / 1000;
      each.execution_count = ran.executionCount;
      if (ran.error) {
        signal?.throwIfAborted();
        const expected = mayRaise(each);
        fail(ran.error, expected);
        if (!expected) break;
      }
      onEvent({ type: 'cell-complete', cell, codeCell, seconds: seconds[each.id]! });
    }
  } catch (error) {
    // Aborted: either before a cell, or the cell that was running did not end well because of it.
    if (!signal?.aborted) {
      if (!(error instanceof KernelError)) throw error;
      areas
        .get(cell - 1)
        ?.add({ output_type: 'error', ename: error.name, evalue: error.message, traceback: [] });
      fail({
        notebook: name,
        cell,
        codeCell,
        line: undefined,
        column: undefined,
        name: error.name,
        message: error.message,
        traceback: [],
      });
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await kernel?.shutdown();
  }
  for (const [index, area] of areas) (cells[index] as CodeCell).outputs = area.outputs();
  const interrupted = signal?.aborted ?? false;
  if (errors.length === 0 && !interrupted) {
    onEvent({ type: 'notebook-complete', seconds: (now() - start) / 1000 });
  }
  return {
    notebook: { ...injected, metadata: withKernel(injected.metadata, spec, info), cells },
    errors,
    interrupted,
    seconds,
    kernel: info,
  };
}

/** Says in the notebook what ran it, without what differs between machines that give the same outputs. */
export function withKernel(
  metadata: Notebook['metadata'],
  spec: KernelSpec,
  info: KernelInfo | undefined,
): Notebook['metadata'] {
  return {
    ...metadata,
    kernelspec: { name: spec.name, display_name: spec.displayName, language: spec.language },
    ...(info ? { language_info: { ...info.language } } : {}),
  };
}
