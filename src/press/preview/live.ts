// A notebook on a kernel that stays alive between edits: of the cells, only those run again that an edit concerns. The first
// run, and each after which that cannot be told, goes from the top on a fresh kernel, as a build does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSkipped, mayRaise } from '../notebook/cell-flags.js';
import type { CodeCell, Notebook, Output } from '../notebook/nbformat.js';
import { injectParameters } from '../notebook/parameters.js';
import { withoutVolatile } from '../notebook/write.js';
import { changeOf, type Dependency, inputDifferences } from '../run/cache.js';
import { type Kernel, startKernel } from '../run/client.js';
import { type Ran, readDependencies } from '../run/execute.js';
import type { Inputs } from '../run/inputs.js';
import { KernelError } from '../run/kernel-error.js';
import { defaultLimits, type Displays, OutputArea } from '../run/outputs.js';
import { runCell } from '../run/run-cell.js';
import { type RunOptions, withKernel } from '../run/run-notebook.js';
import { watchFolder } from '../run/watchdog.js';
import { type Names, namesOf } from './names.js';
import { type KeyedCell, staleCells } from './stale.js';

/** A cell that has run to its end, with what it put out. */
interface Done extends KeyedCell {
  readonly area: OutputArea | undefined;
  readonly seconds: number | undefined;
  readonly executionCount: number | null;
}

/** A kernel with what has run on it. */
interface Session {
  readonly kernel: Kernel;
  readonly folder: string;
  readonly displays: Displays;
  inputs: Inputs;
  done: readonly Done[];
  /** Of cells that began and did not end, or are no longer there, since the last run that ended well. */
  left: readonly Names[];
  /** Declared by cells that were there, and by none that is. */
  lingering: ReadonlySet<string>;
}

/** What a run did. */
export interface LiveRun {
  /** Numbers, among the code cells from 1, of those that ran. */
  readonly cells: readonly number[];
  /** Whether it went from the top on a fresh kernel, and why where the kernel had run before. */
  readonly isWhole: boolean;
  readonly restarted: string | undefined;
}

export class LiveNotebook {
  #session: Session | undefined;
  #last: LiveRun | undefined;
  #mustRestart = false;

  get last(): LiveRun | undefined {
    return this.#last;
  }

  /** Lets the next run go from the top. */
  restart(): void {
    this.#mustRestart = true;
  }

  /** Ends the kernel. */
  async end(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    await session.kernel.shutdown();
    await rm(session.folder, { recursive: true, force: true });
  }

  /** Brings the outputs up to this notebook, whose inputs these are. As `runNotebook` otherwise. */
  async run(notebook: Notebook, options: RunOptions, inputs: Inputs): Promise<Ran> {
    const {
      kernel: spec,
      name = 'notebook',
      parameters = {},
      onEvent = () => {},
      signal,
    } = options;
    const now = options.now ?? (() => performance.now());
    const injected = withoutVolatile(injectParameters(notebook, parameters, name));
    const code = injected.cells.flatMap((cell, index) =>
      cell.cell_type === 'code' ? [{ cell, index }] : [],
    );
    const wanted = code.map(({ cell }): KeyedCell => {
      const key = JSON.stringify([cell.source, cell.metadata.tags ?? []]);
      return { key, names: namesOf(cell.source) };
    });
    const errors: Ran['errors'][number][] = [];
    const start = now();
    onEvent({ type: 'notebook-start', codeCells: code.length });

    let session = this.#session;
    const stale = session && (await this.#stale(session, wanted, inputs));
    const restarted = typeof stale === 'string' ? stale : undefined;
    if (restarted !== undefined) {
      await this.end();
      session = undefined;
    }
    const plan =
      stale === undefined || typeof stale === 'string'
        ? { same: wanted.map(() => undefined), run: wanted.map((_, index) => index), gone: [] }
        : stale;
    const before = session?.done ?? [];
    const results = plan.same.map((place) => (place === undefined ? undefined : before[place]));
    const isWhole = session === undefined;
    const ranCells: number[] = [];
    let current = { cell: 0, codeCell: 0 };
    const areas: (OutputArea | undefined)[] = results.map((each) => each?.area);
    // Until they have run, they are in the state that the kernel is in and not among what is done.
    const unfinished: Names[] = [];
    for (const index of plan.run) {
      if (results[index]) unfinished.push(wanted[index]!.names);
      results[index] = undefined;
      areas[index] = undefined;
    }
    const onAbort = (): void => void this.#session?.kernel.stop();
    try {
      signal?.throwIfAborted();
      session ??= await this.#start(options, inputs);
      session.left = [...plan.gone, ...unfinished];
      session.inputs = inputs;
      signal?.addEventListener('abort', onAbort);
      for (const index of plan.run) {
        signal?.throwIfAborted();
        const { cell, index: place } = code[index]!;
        current = { cell: place + 1, codeCell: index + 1 };
        const keyed = wanted[index]!;
        if (cell.source.trim() === '' || isSkipped(cell)) {
          if (cell.source.trim() !== '') onEvent({ type: 'cell-skipped', ...current });
          results[index] = { ...keyed, area: undefined, seconds: undefined, executionCount: null };
          continue;
        }
        onEvent({ type: 'cell-start', ...current });
        const area = new OutputArea(session.displays, options.limits ?? defaultLimits);
        areas[index] = area;
        const cellStart = now();
        session.left = [...session.left, keyed.names];
        const ran = await runCell(session.kernel, cell.source, area, {
          ...options,
          onEvent,
          place: { notebook: name, ...current },
          cellOf: (count) => {
            const found = results.findIndex((each) => each?.executionCount === count);
            return found < 0 ? undefined : code[found]!.index + 1;
          },
        });
        const seconds = (now() - cellStart) / 1000;
        ranCells.push(index + 1);
        if (ran.error) {
          signal?.throwIfAborted();
          const expected = mayRaise(cell);
          onEvent({ type: 'cell-error', error: ran.error, expected });
          if (!expected) {
            errors.push(ran.error);
            break;
          }
        }
        session.left = session.left.slice(0, -1);
        results[index] = { ...keyed, area, seconds, executionCount: ran.executionCount };
        onEvent({ type: 'cell-complete', ...current, seconds });
      }
    } catch (error) {
      const isKernel = error instanceof KernelError;
      if (isKernel) await this.end();
      if (!signal?.aborted) {
        if (!isKernel) throw error;
        const message = { name: error.name, message: error.message, traceback: [] };
        areas[current.codeCell - 1]?.add({
          output_type: 'error',
          ename: error.name,
          evalue: error.message,
          traceback: [],
        });
        const failed = {
          notebook: name,
          ...current,
          line: undefined,
          column: undefined,
          ...message,
        };
        onEvent({ type: 'cell-error', error: failed, expected: false });
        errors.push(failed);
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
    const interrupted = signal?.aborted ?? false;
    const info = session?.kernel.info;
    if (session) this.#settle(session, results, wanted, errors.length === 0 && !interrupted);
    if (errors.length === 0 && !interrupted)
      onEvent({ type: 'notebook-complete', seconds: (now() - start) / 1000 });
    this.#last = { cells: ranCells, isWhole, restarted };
    return {
      notebook: {
        ...injected,
        metadata: withKernel(injected.metadata, spec, info),
        cells: withResults(injected, areas, results),
      },
      errors,
      interrupted,
      seconds: Object.fromEntries(
        results.flatMap((each, index) =>
          each?.seconds === undefined ? [] : [[code[index]!.cell.id, each.seconds]],
        ),
      ),
      kernel: info,
      dependencies: session ? await readDependencies(sidecarOf(session.folder)) : [],
      isWhole,
    };
  }

  /** What is to run on the kernel that there is, or why only a fresh one will do. */
  async #stale(session: Session, wanted: readonly KeyedCell[], inputs: Inputs) {
    if (this.#mustRestart) return 'that was asked for';
    const others = ([name]: [string, string]): boolean => !/^(code cell|parameter) /.test(name);
    const [old, current] = [session.inputs, inputs].map((each) =>
      Object.fromEntries(Object.entries(each).filter(others)),
    ) as [Inputs, Inputs];
    // What cells name for the first time, or no longer, comes and goes with the cells.
    const changed = inputDifferences(old, current).filter((each) => !/ is (new|gone)$/.test(each));
    if (changed.length > 0) return changed.join('; ');
    const read = await readDependencies(sidecarOf(session.folder));
    const changes = (await Promise.all(read.map((each: Dependency) => changeOf(each)))).flat();
    if (changes.length > 0) return changes.join('; ');
    return staleCells(session.done, wanted, session.left, session.lingering);
  }

  async #start(options: RunOptions, inputs: Inputs): Promise<Session> {
    this.#mustRestart = false;
    const folder = await mkdtemp(join(tmpdir(), 'fathom-live-'));
    watchFolder(folder);
    try {
      const kernel = await startKernel(options.kernel, {
        cwd: options.cwd,
        env: { ...options.env, FATHOM_DEPENDENCIES: sidecarOf(folder) },
        ...(options.signal ? { signal: options.signal } : {}),
      });
      const displays: Displays = new Map();
      const nothing = { done: [], left: [], lingering: new Set<string>() };
      this.#session = { kernel, folder, displays, inputs, ...nothing };
      return this.#session;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  #settle(
    session: Session,
    results: readonly (Done | undefined)[],
    wanted: readonly KeyedCell[],
    isWell: boolean,
  ): void {
    session.done = results.filter((each) => each !== undefined);
    if (!isWell) return;
    const declared = new Set(wanted.flatMap(({ names }) => [...names.declared]));
    const older = [...session.lingering, ...session.left.flatMap((each) => [...each.declared])];
    session.lingering = new Set(older.filter((name) => !declared.has(name)));
    session.left = [];
  }
}

function sidecarOf(folder: string): string {
  return join(folder, 'dependencies.jsonl');
}

/** Counts are those of a run from the top, as a build prints them. */
function withResults(
  notebook: Notebook,
  areas: readonly (OutputArea | undefined)[],
  results: readonly (Done | undefined)[],
): Notebook['cells'] {
  let [index, count] = [-1, 0];
  return notebook.cells.map((cell) => {
    if (cell.cell_type !== 'code') return cell;
    index += 1;
    const area = areas[index];
    if (!area) return { ...cell, outputs: [], execution_count: null };
    const result = results[index];
    const isCounted = result === undefined || result.executionCount !== null;
    if (isCounted) count += 1;
    const execution_count = isCounted ? count : null;
    const outputs = area
      .outputs()
      .map(
        (output): Output =>
          output.output_type === 'execute_result' ? { ...output, execution_count } : output,
      );
    return { ...cell, outputs, execution_count } satisfies CodeCell;
  });
}
