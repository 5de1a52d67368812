// A client for any Jupyter kernel: starts the process, runs code, and never waits for ever. A cell is finished when both its
// reply and its `idle` have come; a kernel that dies, falls silent or loses output is a named error, never a short result.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Dealer, Request, Subscriber } from 'zeromq';
import { header, type Message, MessageError, type Wire, wire } from '../kernel/message.js';
import { type ConnectionFile, writeConnectionFile } from './connection.js';
import { deferred } from './deferred.js';
import { type ExecuteReply, execution, type Pending } from './execution.js';
import {
  InputRequestedError,
  KernelClosedError,
  KernelDiedError,
  type KernelError,
  KernelSilentError,
  KernelStartError,
  said,
} from './kernel-error.js';
import type { KernelSpec } from './kernel-spec.js';
import { ProcessGroup } from './process-group.js';

export interface KernelOptions {
  /** Folder that the code runs in. */
  readonly cwd: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gives up the start. A kernel that runs is ended with `stop`, `shutdown` or `kill`. */
  readonly signal?: AbortSignal;
  /** A cold start with a full disk cache takes 2 to 4 s; a busy machine many times that. */
  readonly startTimeoutMs?: number;
  /** How long the heartbeat may be silent. */
  readonly heartbeatTimeoutMs?: number;
  /** How long after one of reply and `idle` the other may come, counted from the last message. */
  readonly graceMs?: number;
  /** How long an interrupted cell, and then a terminated process, is given before the next stronger means. */
  readonly ladderStepMs?: number;
}

const defaults = {
  startTimeoutMs: 60_000,
  heartbeatTimeoutMs: 30_000,
  graceMs: 10_000,
  ladderStepMs: 5_000,
};

const shutdownGraceMs = 3_000;

/** What was sent on another channel before an end may still be on its way for so long. */
const drainMs = 200;

export interface KernelInfo {
  readonly implementation: string;
  readonly implementationVersion: string;
  readonly language: {
    readonly name: string;
    readonly version?: string;
    readonly [key: string]: unknown;
  };
}

export interface ExecuteOptions {
  /** Called with each message of the broadcast channel that the code causes, also with those that come after its end. */
  readonly onMessage?: (
    type: string,
    content: Record<string, unknown>,
    metadata: Record<string, unknown>,
  ) => void;
  /** The code is interrupted after this time, and the kernel is killed if that does not help. No limit by default. */
  readonly timeoutMs?: number;
}

/** Starts a kernel and waits until it answers on all channels. */
export async function startKernel(spec: KernelSpec, options: KernelOptions): Promise<Kernel> {
  // Another process may take a port between our choosing it and the kernel's binding it; the kernel then ends at once.
  for (let attempt = 1; ; attempt++) {
    const kernel = await Kernel.launch(spec, options);
    const giveUp = (): void => void kernel.kill();
    options.signal?.addEventListener('abort', giveUp);
    try {
      options.signal?.throwIfAborted();
      await kernel.ready();
      return kernel;
    } catch (error) {
      await kernel.kill();
      const portTaken =
        error instanceof KernelStartError &&
        /EADDRINUSE|address (already )?in use/i.test(error.message);
      if (!portTaken || attempt === 3) throw error;
    } finally {
      options.signal?.removeEventListener('abort', giveUp);
    }
  }
}

export class Kernel {
  readonly spec: KernelSpec;
  readonly #options: Required<Omit<KernelOptions, 'env' | 'signal'>>;
  readonly #process: ProcessGroup;
  readonly #file: ConnectionFile;
  readonly #wire: Wire;
  readonly #session = randomUUID();
  readonly #shell: Dealer;
  readonly #control: Dealer;
  readonly #stdin: Dealer;
  readonly #broadcast: Subscriber;
  readonly #heartbeat: Request;
  /** Resolves when what the kernel sends on its input channel would arrive here: before, it would be lost. */
  readonly #hasInputChannel: Promise<unknown>;
  readonly #pending = new Map<string, Pending>();
  /** Who listens to what a finished execution still puts out. */
  readonly #listeners = new Map<string, NonNullable<ExecuteOptions['onMessage']>>();
  #info: KernelInfo | undefined;
  #heardBroadcast = false;
  #isClosed = false;
  #failure: KernelError | undefined;

  static async launch(spec: KernelSpec, options: KernelOptions): Promise<Kernel> {
    return new Kernel(spec, options, await writeConnectionFile(spec.name));
  }

  private constructor(spec: KernelSpec, options: KernelOptions, file: ConnectionFile) {
    const { connection } = file;
    this.spec = spec;
    this.#options = { ...defaults, ...options };
    this.#file = file;
    this.#wire = wire(connection.key, connection.signature_scheme);
    const address = (port: number): string => `tcp://${connection.ip}:${port}`;
    // A kernel finds the input channel of a client by the identity of its shell channel, so both carry the same.
    const client = {
      linger: 0,
      receiveHighWaterMark: 0,
      sendHighWaterMark: 0,
      reconnectInterval: 50,
    };
    const routed = { ...client, routingId: this.#session };
    this.#shell = new Dealer(routed);
    this.#control = new Dealer(routed);
    this.#stdin = new Dealer(routed);
    this.#broadcast = new Subscriber({ linger: 0, receiveHighWaterMark: 0, reconnectInterval: 50 });
    this.#heartbeat = new Request({ ...client, receiveTimeout: this.#options.heartbeatTimeoutMs });
    this.#hasInputChannel = new Promise((resolve) => this.#stdin.events.on('handshake', resolve));
    this.#shell.connect(address(connection.shell_port));
    this.#control.connect(address(connection.control_port));
    this.#stdin.connect(address(connection.stdin_port));
    this.#broadcast.connect(address(connection.iopub_port));
    this.#broadcast.subscribe();
    this.#heartbeat.connect(address(connection.hb_port));
    const env = {
      // What a program runs is not what a person typed: our kernel's history is for the latter.
      FATHOM_KERNEL_HISTORY: 'off',
      ...process.env,
      ...spec.env,
      ...options.env,
      // Kernels that know it (ipykernel, ours) end when this process is gone, even if it was killed.
      JPY_PARENT_PID: String(process.pid),
    };
    const argv = spec.argv.map((part) => part.replaceAll('{connection_file}', file.path));
    this.#process = new ProcessGroup(argv, { cwd: options.cwd, env });
    this.#process.ended.then(({ code, signal }) => this.#onProcessEnd(code, signal));
    for (const channel of [this.#shell, this.#control]) {
      this.#read(channel, (message) => this.#onReply(message));
    }
    this.#read(this.#stdin, (message) => this.#onInputRequest(message));
    this.#read(this.#broadcast, (message) => this.#onBroadcast(message));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** What the kernel said of itself. */
  get info(): KernelInfo {
    if (!this.#info) throw new KernelStartError('the kernel has not answered yet');
    return this.#info;
  }

  /** Waits until the kernel has answered on the shell channel and something was heard on the broadcast channel. */
  async ready(): Promise<void> {
    const deadline = Date.now() + this.#options.startTimeoutMs;
    // The broadcast channel connects late and misses what was sent before: ask again until it is heard.
    for (let wait = 50; !this.#info || !this.#heardBroadcast; wait = Math.min(wait * 2, 1000)) {
      if (this.#failure) throw this.#startError(this.#failure.message);
      const left = deadline - Date.now();
      if (left <= 0) {
        const seconds = this.#options.startTimeoutMs / 1000;
        throw this.#startError(
          `it did not answer within ${seconds} s${said(this.#process.lastOutput)}`,
        );
      }
      await this.#askInfo(Math.min(left, 5_000));
      await this.#firstBroadcast(Math.min(left, wait));
    }
    const limit = delay(this.#options.graceMs, undefined, { ref: false });
    await Promise.race([this.#hasInputChannel, limit]);
    await this.#file.remove();
    if (this.spec.heartbeat) void this.#beat();
  }

  #startError(problem: string): KernelStartError {
    return new KernelStartError(`the kernel "${this.spec.name}" did not start: ${problem}`);
  }

  async #askInfo(limitMs: number): Promise<void> {
    const limit = AbortSignal.timeout(limitMs);
    const content = await this.request('kernel_info_request', {}, { signal: limit }).catch(
      () => undefined,
    );
    if (!content) return;
    const language = content.language_info as KernelInfo['language'] | undefined;
    this.#info = {
      implementation: String(content.implementation ?? this.spec.name),
      implementationVersion: String(content.implementation_version ?? ''),
      language: language ?? { name: this.spec.language },
    };
  }

  #wake: () => void = () => {};

  async #firstBroadcast(limitMs: number): Promise<void> {
    if (this.#heardBroadcast || this.#failure) return;
    const { promise, resolve } = deferred<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, limitMs);
    await promise;
    clearTimeout(timer);
  }

  /** Asks the kernel something, and resolves to the content of its reply. Rejects with a KernelError, or as `signal` says. */
  async request(
    type: string,
    content: Record<string, unknown>,
    { channel = 'shell', signal }: { channel?: 'shell' | 'control'; signal?: AbortSignal } = {},
  ): Promise<Record<string, unknown>> {
    const request = this.#request(type, content);
    const id = request.header.msg_id;
    const { promise, resolve, reject } = deferred<Record<string, unknown>>();
    const giveUp = (): void => reject(signal!.reason);
    signal?.addEventListener('abort', giveUp);
    this.#pending.set(id, { onReply: resolve, onBroadcast: () => {}, fail: reject });
    try {
      if (this.#failure) throw this.#failure;
      this.#send(channel === 'shell' ? this.#shell : this.#control, request);
      return await promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      this.#pending.delete(id);
    }
  }

  /** Runs code. Rejects with a KernelError when the kernel fails; an error of the code is a reply like any other. */
  async execute(
    code: string,
    { onMessage, timeoutMs }: ExecuteOptions = {},
  ): Promise<ExecuteReply> {
    const request = this.#request('execute_request', {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
    const id = request.header.msg_id;
    if (onMessage) this.#listeners.set(id, onMessage);
    if (this.#failure) throw this.#failure;
    const running = execution({
      graceMs: this.#options.graceMs,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      onTimeout: () => void this.stop(),
    });
    this.#pending.set(id, running);
    this.#send(this.#shell, request);
    try {
      return await running.done;
    } finally {
      this.#pending.delete(id);
    }
  }

  /** Interrupts the running code, in the way that the kernel asks for. */
  interrupt(): void {
    if (this.spec.interruptMode === 'signal') this.#process.signal('SIGINT');
    else this.#send(this.#control, this.#request('interrupt_request', {}));
  }

  /** Interrupts the running code; where that does not end it, terminates, then kills the process, each after some seconds and the whole group. */
  async stop(): Promise<void> {
    const running = [...this.#pending.keys()];
    const isRunning = (): boolean => running.some((id) => this.#pending.has(id));
    const { ladderStepMs } = this.#options;
    this.interrupt();
    if (await this.#within(ladderStepMs, () => !isRunning())) return;
    this.#process.signal('SIGTERM');
    if (await this.#within(ladderStepMs, () => this.#process.hasEnded)) return;
    this.#process.signal('SIGKILL');
  }

  async #within(limitMs: number, isSo: () => boolean): Promise<boolean> {
    const end = Date.now() + limitMs;
    while (!isSo()) {
      if (Date.now() >= end) return false;
      await Promise.race([delay(50), this.#process.ended]);
    }
    return true;
  }

  /** Asks the kernel to end, and sees to it that it and all it started do. */
  async shutdown(): Promise<void> {
    if (!this.#isClosed && !this.#process.hasEnded) {
      this.#failWith(new KernelClosedError('the kernel was shut down'));
      this.#send(this.#control, this.#request('shutdown_request', { restart: false }));
      await Promise.race([this.#process.ended, delay(shutdownGraceMs, undefined, { ref: false })]);
    }
    await this.kill();
  }

  /** Ends the process group at once and frees everything. */
  async kill(): Promise<void> {
    this.#failWith(new KernelClosedError('the kernel was killed'));
    this.#close();
    if (!this.#process.hasEnded) this.#process.signal('SIGKILL');
    await this.#process.ended;
    await this.#file.remove();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const socket of [
      this.#shell,
      this.#control,
      this.#stdin,
      this.#broadcast,
      this.#heartbeat,
    ])
      socket.close();
  }

  #failWith(error: KernelError): void {
    this.#failure ??= error;
    this.#wake();
    for (const pending of [...this.#pending.values()]) pending.fail(this.#failure);
  }

  #onProcessEnd(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isClosed) return;
    setTimeout(() => {
      this.#failWith(new KernelDiedError(code, signal, this.#process.lastOutput));
    }, drainMs);
  }

  async #beat(): Promise<void> {
    const { heartbeatTimeoutMs } = this.#options;
    while (!this.#isClosed) {
      try {
        await this.#heartbeat.send('beat');
        // Twice: after a suspended machine wakes, the limit has passed before the kernel had a chance.
        await this.#heartbeat.receive().catch(() => this.#heartbeat.receive());
      } catch {
        if (this.#isClosed || this.#process.hasEnded) return;
        const seconds = (2 * heartbeatTimeoutMs) / 1000;
        this.#failWith(
          new KernelSilentError(
            `the kernel did not answer its heartbeat for ${seconds} s: it hangs or is stopped`,
          ),
        );
        return;
      }
      await delay(Math.min(1000, heartbeatTimeoutMs), undefined, { ref: false });
    }
  }

  #send(socket: Dealer, message: Message): void {
    if (this.#isClosed) return;
    // Without a high-water mark a send never waits, so there is never more than one under way.
    socket.send(this.#wire.encode(message)).catch((error: Error) => {
      if (!this.#isClosed)
        this.#failWith(new KernelClosedError(`a message could not be sent: ${error.message}`));
    });
  }

  #request(type: string, content: Record<string, unknown>): Message {
    return {
      identities: [],
      header: header(type, this.#session, 'fathom'),
      parent: {},
      metadata: {},
      content,
      buffers: [],
    };
  }

  /** What is malformed or wrongly signed is not from our kernel. */
  #decode(frames: Buffer[]): Message | undefined {
    try {
      return this.#wire.decode(frames);
    } catch (error) {
      if (error instanceof MessageError) return undefined;
      throw error;
    }
  }

  #read(socket: Dealer | Subscriber, take: (message: Message) => void): void {
    const loop = async (): Promise<void> => {
      for await (const frames of socket) {
        const message = this.#decode(frames as Buffer[]);
        if (message) take(message);
      }
    };
    loop().catch((error: Error) => {
      if (!this.#isClosed)
        this.#failWith(new KernelClosedError(`a channel failed: ${error.message}`));
    });
  }

  #onReply(message: Message): void {
    this.#pending.get(message.parent.msg_id ?? '')?.onReply(message.content);
  }

  #onBroadcast(message: Message): void {
    this.#heardBroadcast = true;
    this.#wake();
    const id = message.parent.msg_id ?? '';
    this.#listeners.get(id)?.(message.header.msg_type, message.content, message.metadata);
    this.#pending.get(id)?.onBroadcast(message.header.msg_type, message.content);
  }

  #onInputRequest(message: Message): void {
    const prompt = JSON.stringify(message.content.prompt ?? '');
    const error = new InputRequestedError(
      `the cell asks for keyboard input (${prompt}), and nobody is there to give it`,
    );
    const pending = this.#pending.get(message.parent.msg_id ?? '');
    setTimeout(() => pending?.fail(error), drainMs);
  }
}
