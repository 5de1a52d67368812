/** A small Jupyter client for tests: starts a kernel on real sockets and speaks the protocol to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as zmq from 'zeromq';
import { watch, watchFolder } from '../../../src/press/run/watchdog.js';

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
export type Json = Record<string, any>;

export interface Received {
  channel: string;
  type: string;
  parent: string | undefined;
  parentType: string | undefined;
  content: Json;
  metadata: Json;
  header: Json;
}

export interface Client {
  process: ChildProcess;
  folder: string;
  connection: Record<string, unknown>;
  session: string;
  /** Everything received so far, in the order of arrival. */
  received: Received[];
  /** What the kernel process itself printed. */
  log(): string;
  send(channel: 'shell' | 'control' | 'stdin', type: string, content?: object): Promise<string>;
  sendFrames(channel: 'shell' | 'control' | 'stdin', frames: (Buffer | string)[]): Promise<void>;
  sign(parts: string[]): string;
  /** The first message (past or future) for which the test holds. */
  wait(test: (message: Received) => boolean): Promise<Received>;
  /** Sends a request and waits for its reply and its idle. */
  request(channel: 'shell' | 'control', type: string, content?: object): Promise<Received>;
  execute(code: string, options?: object): Promise<Execution>;
  /** Waits until the execute_request with this id is answered and idle. */
  execution(id: string): Promise<Execution>;
  heartbeat(text: string): Promise<string>;
  stop(): Promise<void>;
}

export interface Execution {
  reply: Json;
  /** iopub messages of this request, in order. */
  messages: Received[];
  stdout: string;
  stderr: string;
  result: Json | undefined;
  error: Received | undefined;
}

export const kernelMain = fileURLToPath(
  new URL('../../../src/press/kernel/main.js', import.meta.url),
);

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

export interface StartOptions {
  folder?: string;
  argv?: string[];
  env?: Record<string, string>;
}

export async function startClient(options: StartOptions = {}): Promise<Client> {
  const scratch = mkdtempSync(join(tmpdir(), 'fathom-kernel-test-'));
  watchFolder(scratch);
  const folder = options.folder ?? scratch;
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = await freePorts(5);
  const key = randomUUID();
  const connection = {
    transport: 'tcp',
    ip: '127.0.0.1',
    signature_scheme: 'hmac-sha256',
    key,
    shell_port,
    iopub_port,
    stdin_port,
    control_port,
    hb_port,
  };
  const file = join(scratch, 'connection.json');
  writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
  const argv = options.argv ?? [process.execPath, kernelMain, '{connection_file}'];
  const child = spawn(
    argv[0]!,
    argv.slice(1).map((part) => part.replace('{connection_file}', file)),
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FATHOM_KERNEL_HISTORY: 'off', ...options.env },
      // A group of its own, so that the watchdog ends it when this process is killed.
      detached: process.platform !== 'win32',
    },
  );
  const hasEnded = watch(child.pid);
  let log = '';
  child.stdout!.on('data', (chunk) => (log += chunk));
  child.stderr!.on('data', (chunk) => (log += chunk));

  const session = randomUUID();
  const routingId = session;
  const dealer = () => new zmq.Dealer({ routingId, linger: 0 });
  const sockets = { shell: dealer(), control: dealer(), stdin: dealer() };
  const iopub = new zmq.Subscriber({ receiveHighWaterMark: 0, linger: 0 });
  const heartbeat = new zmq.Request({ linger: 0 });
  const at = (port: number | undefined) => `tcp://127.0.0.1:${port}`;
  iopub.connect(at(iopub_port));
  iopub.subscribe();
  sockets.shell.connect(at(shell_port));
  sockets.control.connect(at(control_port));
  sockets.stdin.connect(at(stdin_port));
  heartbeat.connect(at(hb_port));

  const received: Received[] = [];
  const waiters = new Set<{
    test: (message: Received) => boolean;
    found: (m: Received) => void;
    failed: (e: Error) => void;
  }>();
  let stopped = false;
  async function read(channel: string, socket: AsyncIterable<Buffer[]>): Promise<void> {
    try {
      for await (const frames of socket) {
        const start = frames.findIndex((frame) => frame.toString() === '<IDS|MSG>');
        const [signature, ...parts] = frames.slice(start + 1).map(String);
        if (signature !== sign(parts.slice(0, 4))) throw new Error('reply with a wrong signature');
        const [header, parent, metadata, content] = parts
          .slice(0, 4)
          .map((part) => JSON.parse(part));
        const message: Received = {
          channel,
          type: header.msg_type,
          parent: parent.msg_id,
          parentType: parent.msg_type,
          metadata,
          content,
          header,
        };
        received.push(message);
        for (const waiter of [...waiters])
          if (waiter.test(message)) {
            waiters.delete(waiter);
            waiter.found(message);
          }
      }
    } catch (error) {
      if (!stopped) for (const waiter of waiters) waiter.failed(error as Error);
    }
  }
  child.on('exit', (code, signal) => {
    hasEnded();
    if (stopped || signal === 'SIGKILL') return;
    const error = new Error(`the kernel ended (${signal ?? code}): ${log}`);
    for (const waiter of waiters) waiter.failed(error);
  });
  function sign(parts: string[]): string {
    const hmac = createHmac('sha256', key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }
  read('shell', sockets.shell);
  read('control', sockets.control);
  read('stdin', sockets.stdin);
  read('iopub', iopub);

  const queues: Record<string, Promise<unknown>> = {};
  const client: Client = {
    process: child,
    folder,
    connection,
    session,
    received,
    log: () => log,
    sign,
    async send(channel, type, content = {}) {
      const id = randomUUID();
      const header = {
        msg_id: id,
        msg_type: type,
        session,
        username: 'test',
        date: new Date().toISOString(),
        version: '5.4',
      };
      const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
      await client.sendFrames(channel, ['<IDS|MSG>', sign(parts), ...parts]);
      return id;
    },
    sendFrames(channel, frames) {
      const sent = (queues[channel] ?? Promise.resolve()).then(() => sockets[channel].send(frames));
      queues[channel] = sent;
      return sent;
    },
    wait(test) {
      const past = received.find(test);
      if (past) return Promise.resolve(past);
      return new Promise((found, failed) => waiters.add({ test, found, failed }));
    },
    async request(channel, type, content) {
      const id = await client.send(channel, type, content);
      const reply = await client.wait((m) => m.parent === id && m.channel === channel);
      await client.wait(
        (m) => m.parent === id && m.type === 'status' && m.content.execution_state === 'idle',
      );
      return reply;
    },
    async execute(code, options = {}) {
      const id = await client.send('shell', 'execute_request', {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
        ...options,
      });
      return client.execution(id);
    },
    async heartbeat(text) {
      await heartbeat.send(text);
      const [answer] = await heartbeat.receive();
      return answer!.toString();
    },
    async stop() {
      stopped = true;
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        await client.send('control', 'shutdown_request', { restart: false });
        const force = setTimeout(() => child.kill('SIGKILL'), 5000);
        await ended;
        clearTimeout(force);
      }
      for (const socket of [...Object.values(sockets), iopub, heartbeat]) socket.close();
      rmSync(scratch, { recursive: true, force: true });
    },
    async execution(id: string): Promise<Execution> {
      const reply = await client.wait((m) => m.parent === id && m.type === 'execute_reply');
      await client.wait(
        (m) => m.parent === id && m.type === 'status' && m.content.execution_state === 'idle',
      );
      const messages = received.filter((m) => m.parent === id && m.channel === 'iopub');
      const streamText = (name: string) =>
        messages
          .filter((m) => m.type === 'stream' && m.content.name === name)
          .map((m) => m.content.text)
          .join('');
      return {
        reply: reply.content,
        messages,
        stdout: streamText('stdout'),
        stderr: streamText('stderr'),
        result: messages.find((m) => m.type === 'execute_result')?.content.data,
        error: messages.find((m) => m.type === 'error'),
      };
    },
  };
  // iopub is connected when the kernel's welcome has come; a kernel that sends none is asked again until an answer comes
  // there, since what it published before the connection stood is lost.
  const connected = () => received.some((message) => message.channel === 'iopub');
  do {
    const id = await client.send('shell', 'kernel_info_request');
    await client.wait((m) => (m.parent === id && m.channel === 'shell') || m.channel === 'iopub');
  } while (!connected());
  return client;
}
