/** `execute_request`: cells one after another, their results and errors, and what becomes of those behind a failed one. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DisplayBundle } from './bundle.js';
import type { Answer, Cells } from './cells.js';
import type { CompiledCell } from './channel.js';
import type { Compilation } from './compiler.js';
import type { CompilerClient } from './compilerclient.js';
import { deathReport, failedContent, interruptionReport, kernelFault } from './faults.js';
import type { History } from './history.js';
import type { Message } from './message.js';
import type { Parent, Publisher } from './publisher.js';
import { type ErrorReport, reportDiagnostics, reportError, type SourceOf } from './report.js';

export interface Execution {
  /** Takes an execute_request into the queue. */
  enqueue(message: Message): void;
  /** Interrupts the cell that runs, or that is being compiled; nothing when idle. */
  interrupt(): void;
  /** The request that runs now. */
  current(): Message | undefined;
  /** A number for another message that code may act on, and whose output belongs to it. */
  register(message: Message): number;
  parent(id: number): Parent | undefined;
  /** The latest message that code was run for. */
  latest(): number;
  count(): number;
  describe(error: Parameters<typeof reportError>[0]): ErrorReport;
}

export interface ExecutionOptions {
  /** From where modules are found. */
  folder: string;
  cells: Cells;
  compiler: CompilerClient;
  publisher: Publisher;
  history: History;
  log(line: string): void;
  closing(): boolean;
}

/** Cells whose timers may still print are remembered, up to this number. */
const rememberedCells = 10_000;
/** Time to take in what a client sent before it learned of an error. It learns of it after this, so nothing else is caught. */
const abortWindowMs = 20;

type Outcome = { status: 'ok'; result?: DisplayBundle } | { status: 'error'; report: ErrorReport };

export function createExecution(options: ExecutionOptions): Execution {
  const { cells, compiler, publisher, history, log } = options;
  let executionCount = 0;
  let nextId = 0;
  const parents = new Map<number, Parent>();
  const sources = new Map<number, string>();
  let waiting: Message[] = [];
  let current: Message | undefined;
  let draining = false;

  const sourceOf: SourceOf = (of) => {
    if (typeof of === 'number') return sources.get(of);
    try {
      return readFileSync(resolve(options.folder, of), 'utf8');
    } catch {
      return undefined;
    }
  };
  const describe = (error: Parameters<typeof reportError>[0]) => reportError(error, sourceOf);

  function register({ header, identities }: Message): number {
    const id = ++nextId;
    parents.set(id, { header, identities });
    if (parents.size > rememberedCells) parents.delete(parents.keys().next().value!);
    return id;
  }

  /** Ends the wait for the compiler: the cell that is being compiled is not run. */
  let giveUp: (() => void) | undefined;

  /** Undefined when it was interrupted. */
  async function compile(source: string): Promise<Compilation | undefined> {
    const interrupted = new Promise<undefined>((resolve) => {
      giveUp = () => {
        compiler.interrupt();
        resolve(undefined);
      };
    });
    const compilation = compiler.compile(source);
    // Once given up, nobody asks what became of it.
    compilation.catch(() => undefined);
    try {
      return await Promise.race([compilation, interrupted]);
    } finally {
      giveUp = undefined;
    }
  }

  async function runCell(
    id: number,
    label: number,
    source: string,
    how: { silent: boolean; allowInput: boolean },
  ): Promise<Outcome> {
    sources.set(label, source);
    if (sources.size > rememberedCells) sources.delete(sources.keys().next().value!);
    const compilation = await compile(source);
    if (!compilation) return { status: 'error', report: interruptionReport(executionCount) };
    if (!compilation.ok)
      return {
        status: 'error',
        report: reportDiagnostics(compilation.diagnostics, label, sourceOf),
      };
    const { cell } = compilation;
    if (!cell) return { status: 'ok' };
    const answer = await cells.ask(id, { type: 'run', id, label, cell, ...how });
    if ('died' in answer) return { status: 'error', report: died(answer) };
    if (answer.type !== 'done') throw new Error(`unexpected answer ${answer.type}`);
    if (answer.error) {
      await compiler.commitPart(source, answer.completed ?? 0);
      return { status: 'error', report: describe(answer.error) };
    }
    await compiler.commit(compilation.declarations);
    return { status: 'ok', ...(answer.result && { result: answer.result }) };
  }

  function died({ died: death, interrupted }: Extract<Answer, { died: unknown }>): ErrorReport {
    return deathReport(death, interrupted, executionCount);
  }

  async function evaluate(
    id: number,
    expressions: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const results = new Map<string, unknown>();
    const compiled: Record<string, CompiledCell> = {};
    for (const [name, expression] of Object.entries(expressions)) {
      const source = `(${String(expression)})`;
      const compilation = await compile(source);
      if (!compilation) results.set(name, failedContent(interruptionReport(executionCount)));
      else if (!compilation.ok)
        results.set(
          name,
          failedContent(reportDiagnostics(compilation.diagnostics, executionCount, () => source)),
        );
      else if (compilation.cell) compiled[name] = compilation.cell;
    }
    if (Object.keys(compiled).length > 0) {
      const answer = await cells.ask(id, { type: 'evaluate', id, expressions: compiled });
      if ('died' in answer)
        for (const name of Object.keys(compiled)) results.set(name, failedContent(died(answer)));
      else if (answer.type === 'evaluated')
        for (const [name, value] of Object.entries(answer.values))
          results.set(
            name,
            'bundle' in value
              ? { status: 'ok', ...value.bundle }
              : failedContent(describe(value.error)),
          );
    }
    return Object.fromEntries(results);
  }

  async function execute(message: Message): Promise<void> {
    const { content } = message;
    const silent = content.silent === true;
    const stored = !silent && content.store_history !== false;
    const source = typeof content.code === 'string' ? content.code : '';
    const id = register(message);
    const parent = parents.get(id)!;
    if (stored) executionCount++;
    publisher.status('busy', parent);
    if (!silent)
      publisher.publish('execute_input', { code: source, execution_count: executionCount }, parent);
    if (stored) history.add(executionCount, source);

    let outcome: Outcome;
    try {
      outcome = await runCell(id, stored ? executionCount : executionCount + 1, source, {
        silent,
        allowInput: content.allow_stdin !== false,
      });
    } catch (error) {
      if (options.closing()) return;
      log(error instanceof Error ? (error.stack ?? error.message) : String(error));
      outcome = { status: 'error', report: kernelFault(error, executionCount) };
    }

    const reply: Record<string, unknown> = {
      status: outcome.status,
      execution_count: executionCount,
      payload: [],
      user_expressions: {},
    };
    if (outcome.status === 'ok') {
      if (outcome.result && !silent)
        publisher.publish(
          'execute_result',
          { ...outcome.result, execution_count: executionCount, transient: {} },
          parent,
        );
      const expressions = content.user_expressions;
      if (typeof expressions === 'object' && expressions !== null)
        reply.user_expressions = await evaluate(id, expressions as Record<string, unknown>);
    } else {
      if (!silent) publishError(publisher, outcome.report, parent);
      Object.assign(reply, failedContent(outcome.report));
    }
    publisher.flush();

    let aborted: Message[] = [];
    if (outcome.status === 'error' && content.stop_on_error !== false) {
      // What the client sent before it could know of the error may still be on its way in.
      await new Promise((resolve) => setTimeout(resolve, abortWindowMs));
      aborted = waiting;
      waiting = [];
    }
    publisher.reply('shell', 'execute_reply', reply, message);
    publisher.status('idle', parent);
    for (const one of aborted) {
      publisher.status('busy', one);
      // Without a number: front ends would show it beside a cell that was not run.
      publisher.reply('shell', 'execute_reply', { status: 'aborted' }, one);
      publisher.status('idle', one);
    }
  }

  async function drain(): Promise<void> {
    if (draining) return;
    draining = true;
    while (!options.closing()) {
      current = waiting.shift();
      if (!current) break;
      try {
        await execute(current);
      } catch (error) {
        log(error instanceof Error ? (error.stack ?? error.message) : String(error));
      }
      current = undefined;
    }
    draining = false;
  }

  return {
    enqueue(message) {
      waiting.push(message);
      drain();
    },
    interrupt() {
      giveUp?.();
      cells.interrupt();
    },
    current: () => current,
    register,
    parent: (id) => parents.get(id),
    latest: () => nextId,
    count: () => executionCount,
    describe,
  };
}

/** Sends an error under a cell; programs read its place from the metadata. */
export function publishError(
  publisher: Publisher,
  { ename, evalue, traceback, place }: ErrorReport,
  parent: Parent | undefined,
): void {
  publisher.publish('error', { ename, evalue, traceback }, parent, { metadata: { fathom: place } });
}
