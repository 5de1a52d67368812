/**
 * The kernel: answers a Jupyter client's messages. It compiles cells here and has them run by the cell process, so it
 * stays able to answer whatever the cells do.
 */
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { DisplayBundle } from './bundle.js';
import { type CellProcess, type Death, startCellProcess } from './cellprocess.js';
import type { CompiledCell, FromChild } from './channel.js';
import { type Compiler, createCompiler } from './compiler.js';
import type { Connection } from './connection.js';
import { type History, memoryHistory } from './history.js';
import { header, type Message, MessageError, protocolVersion, type Wire, wire } from './message.js';
import { type ErrorReport, reportDiagnostics, reportError } from './report.js';
import { type Channel, openSockets, type Sockets } from './sockets.js';

export interface KernelOptions {
  connection: Connection;
  /** The notebook's folder: modules and files are found from here. */
  folder: string;
  history?: History;
  /** Takes one line on each thing that is wrong with the kernel itself, not with a cell. */
  log?: (line: string) => void;
}

export interface Kernel {
  /** Interrupts what is running; nothing when idle. */
  interrupt(): void;
  /** Ends the cell process and closes the sockets, once. */
  shutdown(): Promise<void>;
  /** Settles when the kernel is closed. */
  closed: Promise<void>;
}

/** Texts of one stream are sent together as long as they come within this time and stay under this length. */
const coalesceMs = 10;
const coalesceLength = 1 << 18;
/** Output that ZeroMQ has not taken yet: above the first, the cell process waits; below the second, it goes on. */
const backlogHigh = 32 << 20;
const backlogLow = 8 << 20;
/** An interrupt that has not worked by then ends the cell process. */
const interruptPatienceMs = 4000;
/** Cells whose timers may still print are remembered, up to this number. */
const rememberedCells = 10_000;

type Parent = Pick<Message, 'header' | 'identities'>;
type Outcome = { status: 'ok'; result?: DisplayBundle } | { status: 'error'; report: ErrorReport };
type Reply = { type: string; content: Record<string, unknown> } | undefined;

export async function startKernel(options: KernelOptions): Promise<Kernel> {
  const { connection, folder } = options;
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const history = options.history ?? memoryHistory();
  const session = randomUUID();
  const codec: Wire = wire(connection.key, connection.signature_scheme);
  const version = (
    createRequire(import.meta.url)('../../../../package.json') as { version: string }
  ).version;

  let compiler: Compiler | undefined;
  const compile = () => {
    compiler ??= createCompiler(folder);
    return compiler;
  };

  let executionCount = 0;
  let nextId = 0;
  const parents = new Map<number, Parent>();
  const sources = new Map<number, string>();
  let waiting: Message[] = [];
  let current: Message | undefined;
  let active:
    | { id: number; finish: (outcome: FromChild | { died: Death }) => void; interrupted: boolean }
    | undefined;
  let closing: Promise<void> | undefined;
  let announceClosed: () => void;
  const closed = new Promise<void>((resolve) => {
    announceClosed = resolve;
  });

  const sockets: Sockets = await openSockets(connection, {
    receive(channel, frames) {
      let message: Message;
      try {
        message = codec.decode(frames);
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
        log(`fathom kernel: ignored a message on ${channel}: ${error.message}`);
        return;
      }
      receive(channel, message);
    },
    subscribed(topic) {
      publish('iopub_welcome', { subscription: topic.toString('utf8') }, undefined);
    },
    failed(error) {
      log(`fathom kernel: ${error.message}`);
      shutdown();
    },
  });

  // ---------------------------------------------------------------- sending

  function transmit(
    channel: Channel,
    type: string,
    content: Record<string, unknown>,
    parent: Parent | undefined,
    metadata: Record<string, unknown> = {},
  ): void {
    const identities =
      channel === 'iopub' ? [Buffer.from(`kernel.${session}.${type}`)] : (parent?.identities ?? []);
    let frames: Buffer[];
    try {
      frames = codec.encode({
        identities,
        header: header(type, session, parent?.header.username),
        parent: parent?.header ?? {},
        metadata,
        content,
      });
    } catch (error) {
      log(`fathom kernel: ${type} could not be written: ${(error as Error).message}`);
      return;
    }
    sockets.send(channel, frames).then(checkBacklog);
    if (channel === 'iopub') checkBacklog();
  }

  function publish(
    type: string,
    content: Record<string, unknown>,
    parent: Parent | undefined,
    metadata?: Record<string, unknown>,
  ): void {
    flush();
    transmit('iopub', type, content, parent, metadata);
  }

  function status(state: 'starting' | 'busy' | 'idle', parent?: Parent): void {
    publish('status', { execution_state: state }, parent);
  }

  let paused = false;
  function checkBacklog(): void {
    const backlog = sockets.backlog();
    if (!paused && backlog > backlogHigh) {
      paused = true;
      cells.pause();
    } else if (paused && backlog < backlogLow) {
      paused = false;
      cells.resume();
    }
  }

  let pending:
    | { id: number; name: 'stdout' | 'stderr'; texts: string[]; length: number }
    | undefined;
  let flushTimer: NodeJS.Timeout | undefined;
  function stream(id: number, name: 'stdout' | 'stderr', text: string): void {
    if (pending && (pending.id !== id || pending.name !== name)) flush();
    pending ??= { id, name, texts: [], length: 0 };
    pending.texts.push(text);
    pending.length += text.length;
    if (pending.length >= coalesceLength) flush();
    else flushTimer ??= setTimeout(flush, coalesceMs);
  }
  function flush(): void {
    clearTimeout(flushTimer);
    flushTimer = undefined;
    if (!pending) return;
    const { id, name, texts } = pending;
    pending = undefined;
    transmit('iopub', 'stream', { name, text: texts.join('') }, parents.get(id));
  }

  // ---------------------------------------------------------------- the cell process

  let cells: CellProcess = spawnCells();

  function spawnCells(): CellProcess {
    const started: CellProcess = startCellProcess(folder, {
      message: fromCells,
      native: (name, text) => stream(active?.id ?? nextId, name, text),
      died(death) {
        if (closing || cells !== started) return;
        paused = false;
        cells = spawnCells();
        compiler?.reset();
        if (active) active.finish({ died: death });
        else {
          const report = deathReport(death, false);
          publishError(report, parents.get(nextId));
        }
      },
    });
    return started;
  }

  function fromCells(message: FromChild): void {
    switch (message.type) {
      case 'ready':
      case 'comm':
        break;
      case 'stream':
        stream(message.id, message.name, message.text);
        break;
      case 'display':
        publish(
          message.update ? 'update_display_data' : 'display_data',
          {
            ...message.bundle,
            transient: message.displayId === undefined ? {} : { display_id: message.displayId },
          },
          parents.get(message.id),
        );
        break;
      case 'clear':
        publish('clear_output', { wait: message.wait }, parents.get(message.id));
        break;
      case 'late-error':
        publishError(
          reportError(message.error, (cell) => sources.get(cell)),
          parents.get(message.id),
        );
        break;
      case 'input': {
        const parent = parents.get(message.id);
        inputs.set(message.request, message.request);
        latestInput = message.request;
        flush();
        transmit(
          'stdin',
          'input_request',
          { prompt: message.prompt, password: message.password },
          parent,
        );
        break;
      }
      case 'done':
      case 'evaluated':
        if (active?.id === message.id) active.finish(message);
    }
  }

  const inputs = new Map<number, number>();
  let latestInput = 0;

  function publishError(report: ErrorReport, parent: Parent | undefined): void {
    const { ename, evalue, traceback, place } = report;
    publish('error', { ename, evalue, traceback }, parent, { fathom: place });
  }

  /** Hands something to the cell process and waits for its answer, or its death. */
  function ask(
    id: number,
    send: () => void,
  ): Promise<FromChild | { died: Death; interrupted: boolean }> {
    return new Promise((resolve) => {
      const task = {
        id,
        interrupted: false,
        finish(answer: FromChild | { died: Death }) {
          clearTimeout(patience);
          patience = undefined;
          active = undefined;
          resolve('died' in answer ? { ...answer, interrupted: task.interrupted } : answer);
        },
      };
      active = task;
      send();
    });
  }

  let patience: NodeJS.Timeout | undefined;
  function interrupt(): void {
    if (!active) return;
    active.interrupted = true;
    cells.interrupt();
    const id = active.id;
    patience ??= setTimeout(() => {
      patience = undefined;
      if (active?.id === id) cells.kill();
    }, interruptPatienceMs);
  }

  // ---------------------------------------------------------------- execution

  async function runCell(
    id: number,
    label: number,
    source: string,
    how: { silent: boolean; allowInput: boolean },
  ): Promise<Outcome> {
    sources.set(label, source);
    const compilation = compile().compile(source);
    if (!compilation.ok)
      return { status: 'error', report: reportDiagnostics(compilation.diagnostics, label, source) };
    if (!compilation.cell) return { status: 'ok' };
    const cell = compilation.cell;
    const answer = await ask(id, () => cells.send({ type: 'run', id, label, cell, ...how }));
    if ('died' in answer)
      return { status: 'error', report: deathReport(answer.died, answer.interrupted) };
    if (answer.type !== 'done') throw new Error(`unexpected answer ${answer.type}`);
    if (answer.error) {
      compile().commitPart(source, answer.completed ?? 0);
      return {
        status: 'error',
        report: reportError(answer.error, (number) => sources.get(number)),
      };
    }
    compile().commit(compilation);
    return { status: 'ok', ...(answer.result && { result: answer.result }) };
  }

  async function evaluate(expressions: Record<string, unknown>): Promise<Record<string, unknown>> {
    const results: Record<string, unknown> = {};
    const compiled: Record<string, CompiledCell> = {};
    for (const [name, expression] of Object.entries(expressions)) {
      const source = `(${String(expression)})`;
      const compilation = compile().compile(source);
      if (!compilation.ok)
        results[name] = failed(reportDiagnostics(compilation.diagnostics, executionCount, source));
      else if (compilation.cell) compiled[name] = compilation.cell;
    }
    if (Object.keys(compiled).length === 0) return results;
    const id = nextId;
    const answer = await ask(id, () => cells.send({ type: 'evaluate', id, expressions: compiled }));
    if ('died' in answer) {
      const report = deathReport(answer.died, answer.interrupted);
      for (const name of Object.keys(compiled)) results[name] = failed(report);
    } else if (answer.type === 'evaluated')
      for (const [name, value] of Object.entries(answer.values))
        results[name] =
          'bundle' in value
            ? { status: 'ok', ...value.bundle }
            : failed(reportError(value.error, (number) => sources.get(number)));
    return results;
  }

  function failed({ ename, evalue, traceback }: ErrorReport): Record<string, unknown> {
    return { status: 'error', ename, evalue, traceback };
  }

  async function execute(message: Message): Promise<void> {
    const { content } = message;
    const silent = content.silent === true;
    const stored = !silent && content.store_history !== false;
    const source = typeof content.code === 'string' ? content.code : '';
    const id = ++nextId;
    parents.set(id, message);
    if (parents.size > rememberedCells) parents.delete(parents.keys().next().value!);
    if (stored) executionCount++;
    status('busy', message);
    if (!silent)
      publish('execute_input', { code: source, execution_count: executionCount }, message);
    if (stored) history.add(executionCount, source);

    let outcome: Outcome;
    try {
      outcome = await runCell(id, stored ? executionCount : executionCount + 1, source, {
        silent,
        allowInput: content.allow_stdin !== false,
      });
    } catch (error) {
      outcome = { status: 'error', report: kernelFault(error) };
    }

    const reply: Record<string, unknown> = {
      status: outcome.status,
      execution_count: executionCount,
      payload: [],
      user_expressions: {},
    };
    if (outcome.status === 'ok') {
      if (outcome.result && !silent)
        publish(
          'execute_result',
          { ...outcome.result, execution_count: executionCount, transient: {} },
          message,
        );
      if (typeof content.user_expressions === 'object' && content.user_expressions !== null)
        reply.user_expressions = await evaluate(
          content.user_expressions as Record<string, unknown>,
        );
    } else {
      if (!silent) publishError(outcome.report, message);
      Object.assign(reply, failed(outcome.report));
    }
    flush();

    let aborted: Message[] = [];
    if (outcome.status === 'error' && content.stop_on_error !== false) {
      // What the client sent before it could know of the error may still be on its way in.
      await new Promise((resolve) => setTimeout(resolve, abortWindowMs));
      aborted = waiting;
      waiting = [];
    }
    answer('shell', message, { type: 'execute_reply', content: reply }, 'ok');
    status('idle', message);
    for (const one of aborted) {
      status('busy', one);
      answer('shell', one, {
        type: 'execute_reply',
        content: { status: 'aborted', execution_count: executionCount },
      });
      status('idle', one);
    }
  }

  let draining = false;
  async function drain(): Promise<void> {
    if (draining) return;
    draining = true;
    while (!closing) {
      current = waiting.shift();
      if (!current) break;
      await execute(current);
      current = undefined;
    }
    draining = false;
  }

  function deathReport({ code, signal, errors }: Death, interrupted: boolean): ErrorReport {
    const gone =
      'The variables of all cells are gone; a new process is ready: run the cells again from the top.';
    let name = 'ProcessExit';
    let what: string;
    if (interrupted) {
      name = 'KeyboardInterrupt';
      what = 'the code did not react to the interrupt, so its process was ended';
    } else if (/heap out of memory|allocation failed/i.test(errors)) {
      name = 'OutOfMemory';
      what = "the code ran out of memory (Node's heap limit)";
    } else if (signal === 'SIGKILL') {
      name = 'ProcessKilled';
      what = 'the process was killed (SIGKILL), as the system does when memory runs out';
    } else if (signal) {
      name = 'ProcessCrash';
      what = `the process crashed (${signal})`;
    } else if (code !== null)
      what = `the process ended with exit code ${code} (process.exit, or a fatal error)`;
    else what = 'the process could not be started';
    const message = `${what}. ${gone}`;
    return {
      ename: name,
      evalue: message,
      traceback: [`\u001b[31m${name}\u001b[39m: ${message}`],
      place: { cell: executionCount, code: name, message },
    };
  }

  function kernelFault(error: unknown): ErrorReport {
    const message = `the kernel itself failed: ${error instanceof Error ? error.message : String(error)}`;
    log(`fathom kernel: ${error instanceof Error ? error.stack : String(error)}`);
    return {
      ename: 'KernelError',
      evalue: message,
      traceback: [`KernelError: ${message}`],
      place: { cell: executionCount, code: 'KernelError', message },
    };
  }

  // ---------------------------------------------------------------- requests

  function answer(
    channel: 'shell' | 'control',
    request: Message,
    reply: Reply,
    _status?: string,
  ): void {
    if (reply) transmit(channel, reply.type, reply.content, request);
  }

  const handlers: Record<string, (message: Message) => Reply> = {
    kernel_info_request: () => ({
      type: 'kernel_info_reply',
      content: {
        status: 'ok',
        protocol_version: protocolVersion,
        implementation: 'fathom',
        implementation_version: version,
        language_info: {
          name: 'typescript',
          version: typescriptVersion(),
          mimetype: 'text/typescript',
          file_extension: '.ts',
          pygments_lexer: 'typescript',
          codemirror_mode: 'typescript',
          nbconvert_exporter: 'script',
        },
        banner: `Fathom ${version}: TypeScript ${typescriptVersion()} on Node ${process.version}`,
        help_links: [
          { text: 'TypeScript', url: 'https://www.typescriptlang.org/docs/' },
          { text: 'Node.js', url: 'https://nodejs.org/docs/latest/api/' },
        ],
        debugger: false,
        supported_features: [],
      },
    }),
    is_complete_request: ({ content }) => ({
      type: 'is_complete_reply',
      content: { ...compile().isComplete(String(content.code ?? '')) },
    }),
    complete_request: ({ content }) => {
      const code = String(content.code ?? '');
      const position = utf16Position(code, content.cursor_pos);
      const { start, end, matches } = compile().complete(code, position);
      const from = codePoints(code, start);
      const to = codePoints(code, end);
      return {
        type: 'complete_reply',
        content: {
          status: 'ok',
          matches: matches.map(({ name }) => name),
          cursor_start: from,
          cursor_end: to,
          metadata: {
            _jupyter_types_experimental: matches.map(({ name, kind }) => ({
              start: from,
              end: to,
              text: name,
              type: kind,
            })),
          },
        },
      };
    },
    inspect_request: ({ content }) => {
      const code = String(content.code ?? '');
      const found = compile().inspect(
        code,
        utf16Position(code, content.cursor_pos),
        content.detail_level === 1 ? 1 : 0,
      );
      const data = found && {
        'text/plain': [found.signature, found.documentation].filter(Boolean).join('\n\n'),
        'text/markdown': [`\`\`\`typescript\n${found.signature}\n\`\`\``, found.documentation]
          .filter(Boolean)
          .join('\n\n'),
      };
      return {
        type: 'inspect_reply',
        content: { status: 'ok', found: found !== undefined, data: data ?? {}, metadata: {} },
      };
    },
    history_request: ({ content }) => ({
      type: 'history_reply',
      content: { status: 'ok', history: history.find(content) },
    }),
    comm_info_request: () => ({ type: 'comm_info_reply', content: { status: 'ok', comms: {} } }),
    comm_open: (message) => {
      // No target is registered in this kernel: the protocol asks to close what cannot be opened.
      publish('comm_close', { comm_id: message.content.comm_id, data: {} }, message);
      return undefined;
    },
    comm_msg: () => undefined,
    comm_close: () => undefined,
    interrupt_request: () => {
      interrupt();
      return { type: 'interrupt_reply', content: { status: 'ok' } };
    },
  };

  function typescriptVersion(): string {
    const require = createRequire(import.meta.url);
    const tslab = createRequire(require.resolve('tslab/package.json'));
    return (tslab('@tslab/typescript-for-tslab/package.json') as { version: string }).version;
  }

  function receive(channel: 'shell' | 'control' | 'stdin', message: Message): void {
    const type = message.header.msg_type;
    if (channel === 'stdin') {
      if (type === 'input_reply' && inputs.delete(latestInput))
        cells.send({
          type: 'input',
          request: latestInput,
          value: String(message.content.value ?? ''),
        });
      return;
    }
    if (type === 'execute_request') {
      waiting.push(message);
      drain();
      return;
    }
    if (type === 'shutdown_request') {
      status('busy', message);
      const restart = message.content.restart === true;
      const reply = { status: 'ok', restart };
      answer(channel, message, { type: 'shutdown_reply', content: reply });
      publish('shutdown_reply', reply, message);
      status('idle', message);
      shutdown();
      return;
    }
    const handler = handlers[type];
    // A message of a later protocol version is none of this kernel's business.
    if (!handler) return;
    status('busy', message);
    try {
      answer(channel, message, handler(message));
    } catch (error) {
      const report = kernelFault(error);
      answer(channel, message, {
        type: type.replace(/_request$/, '_reply'),
        content: { ...failed(report) },
      });
    }
    status('idle', message);
    // Front ends show the state that they were told last: a cell is still running.
    if (current) status('busy', current);
  }

  function shutdown(): Promise<void> {
    closing ??= (async () => {
      flush();
      await cells.exit();
      compiler?.close();
      await sockets.close();
      announceClosed();
    })();
    return closing;
  }

  status('starting');
  status('idle');
  // The first cell should not wait for the compiler to load.
  setImmediate(() => {
    if (closing) return;
    try {
      compile().compile('');
    } catch (error) {
      log(`fathom kernel: ${error instanceof Error ? error.stack : String(error)}`);
    }
  });
  return { interrupt, shutdown, closed };
}

/** Time to take in what a client sent before it learned of an error. It learns of it after this, so nothing else is caught. */
const abortWindowMs = 20;

/** Jupyter counts code points, JavaScript UTF-16 units. */
function utf16Position(code: string, points: unknown): number {
  if (typeof points !== 'number' || points < 0) return code.length;
  let at = 0;
  for (let seen = 0; seen < points && at < code.length; seen++)
    at += code.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
}

function codePoints(code: string, units: number): number {
  let points = 0;
  for (let at = 0; at < units && at < code.length; points++)
    at += code.codePointAt(at)! > 0xffff ? 2 : 1;
  return points;
}
