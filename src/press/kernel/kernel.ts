/**
 * The kernel: answers a Jupyter client's messages. Cells are compiled in a thread and run by another process, so it
 * stays able to answer whatever they do.
 */
import { randomUUID } from 'node:crypto';
import { startCells } from './cells.js';
import type { FromChild } from './channel.js';
import { createComms } from './comms.js';
import { startCompiler } from './compilerclient.js';
import type { Connection } from './connection.js';
import { createExecution, publishError } from './execution.js';
import { deathReport, failedContent, kernelFault } from './faults.js';
import { type History, memoryHistory } from './history.js';
import { type Message, MessageError, type Wire, wire } from './message.js';
import { createPublisher } from './publisher.js';
import { requests } from './requests.js';
import { type Channel, openSockets } from './sockets.js';

export interface KernelOptions {
  connection: Connection;
  /** Working folder of the cells. */
  folder: string;
  /** The notebook's folder, from where modules are found; the working folder when left out. */
  moduleFolder?: string;
  history?: History;
  /** Takes one line on each thing that is wrong with the kernel itself, not with a cell. */
  log?: (line: string) => void;
  /** How long a client that reads nothing holds up a cell, before it is passed over. */
  outputPatienceMs?: number;
}

export interface Kernel {
  /** Interrupts what is running; nothing when idle. */
  interrupt(): void;
  /** Ends the cell process and closes the sockets, once. */
  shutdown(): Promise<void>;
  /** Settles when the kernel is closed. */
  closed: Promise<void>;
}

const defaultPatienceMs = 10_000;

export async function startKernel(options: KernelOptions): Promise<Kernel> {
  const { connection, folder } = options;
  const moduleFolder = options.moduleFolder ?? folder;
  const say = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const log = (line: string) => say(`fathom kernel: ${line}`);
  const history = options.history ?? memoryHistory();
  const codec: Wire = wire(connection.key, connection.signature_scheme);
  const patienceMs = options.outputPatienceMs ?? defaultPatienceMs;
  const compiler = startCompiler(moduleFolder);
  const comms = createComms();

  let closing: Promise<void> | undefined;
  let announceClosed: () => void;
  const closed = new Promise<void>((resolve) => {
    announceClosed = resolve;
  });

  const sockets = await openSockets(
    connection,
    {
      receive(channel, frames) {
        try {
          receive(channel, codec.decode(frames));
        } catch (error) {
          if (!(error instanceof MessageError)) throw error;
          log(`ignored a message on ${channel}: ${error.message}`);
        }
      },
      subscribed(topic) {
        publisher.publish('iopub_welcome', { subscription: topic.toString('utf8') }, undefined);
      },
      passedOver() {
        const text = `[Output may be missing: a client of this kernel read nothing for ${patienceMs / 1000} s, and misses what is sent until it reads again. Clients that read miss nothing.]\n`;
        log(text.trim());
        publisher.notice(text, execution.parent(execution.latest()));
      },
      failed(error) {
        log(error.message);
        shutdown();
      },
    },
    patienceMs,
  );
  const publisher = createPublisher({
    sockets,
    codec,
    session: randomUUID(),
    log,
    hold: (wait) => cells.hold(wait),
  });
  const cells = startCells(folder, moduleFolder, {
    message: fromCells,
    native: (name, text) => publisher.stream(name, text, execution.parent(execution.latest())),
    restarted(death, wasRunning) {
      compiler.reset().catch(() => undefined);
      const parent = execution.parent(execution.latest());
      for (const id of comms.clear())
        publisher.publish('comm_close', { comm_id: id, data: {} }, parent);
      for (const id of handling.keys()) finishComm(id);
      inputs.clear();
      if (!wasRunning)
        publishError(publisher, deathReport(death, false, execution.count()), parent);
    },
  });
  const execution = createExecution({
    folder: moduleFolder,
    cells,
    compiler,
    publisher,
    history,
    log,
    closing: () => closing !== undefined,
  });
  const context = { compiler, history, comms, interrupt: () => execution.interrupt() };

  // ---- what cells say

  /** Questions to the reader that are open, oldest first. */
  const inputs = new Set<number>();
  /** Comm messages that the cell process has not finished with. */
  const handling = new Map<number, Message>();

  function fromCells(message: FromChild): void {
    switch (message.type) {
      case 'stream':
        publisher.stream(message.name, message.text, execution.parent(message.id));
        break;
      case 'display':
        publisher.publish(
          message.update ? 'update_display_data' : 'display_data',
          {
            ...message.bundle,
            transient: message.displayId === undefined ? {} : { display_id: message.displayId },
          },
          execution.parent(message.id),
        );
        break;
      case 'clear':
        publisher.publish('clear_output', { wait: message.wait }, execution.parent(message.id));
        break;
      case 'late-error':
        publishError(publisher, execution.describe(message.error), execution.parent(message.id));
        break;
      case 'input': {
        const parent = execution.parent(message.id);
        if (!parent) break;
        inputs.add(message.request);
        const { prompt, password } = message;
        publisher.reply('stdin', 'input_request', { prompt, password }, parent);
        break;
      }
      case 'comm': {
        const { type, content, metadata, buffers } = comms.fromCell(message);
        publisher.publish(type, content, execution.parent(message.id), { metadata, buffers });
        break;
      }
      case 'handled':
        finishComm(message.id);
    }
  }

  function finishComm(id: number): void {
    const message = handling.get(id);
    if (!message) return;
    handling.delete(id);
    idle(message);
  }

  // ---- what clients say

  function receive(channel: Channel, message: Message): void {
    const type = message.header.msg_type;
    if (channel === 'stdin') {
      if (type === 'input_reply') answerInput(message);
    } else if (type === 'execute_request') execution.enqueue(message);
    else if (type === 'shutdown_request') shutDown(channel, message);
    else if (type === 'comm_open' || type === 'comm_msg' || type === 'comm_close') passOn(message);
    else respond(channel, message);
  }

  function answerInput({ content }: Message): void {
    // The question that was asked last is the one that the reader sees.
    const request = [...inputs].at(-1);
    if (request === undefined) return;
    inputs.delete(request);
    cells.send({ type: 'input', request, value: String(content.value ?? '') });
  }

  function shutDown(channel: Channel, message: Message): void {
    publisher.status('busy', message);
    const content = { status: 'ok', restart: message.content.restart === true };
    publisher.reply(channel, 'shutdown_reply', content, message);
    publisher.publish('shutdown_reply', content, message);
    publisher.status('idle', message);
    shutdown();
  }

  function passOn(message: Message): void {
    publisher.status('busy', message);
    const id = execution.register(message);
    const passed = comms.fromClient(message, id);
    if (passed) {
      handling.set(id, message);
      cells.send({ type: 'comm', ...passed });
    } else idle(message);
  }

  async function respond(channel: Channel, message: Message): Promise<void> {
    const type = message.header.msg_type;
    const handler = requests.get(type);
    // A message of a later protocol version is none of this kernel's business.
    if (!handler) return;
    publisher.status('busy', message);
    try {
      const reply = await handler(message, context);
      publisher.reply(channel, reply.type, reply.content, message);
    } catch (error) {
      if (closing) return;
      log(`${type}: ${error instanceof Error ? error.stack : String(error)}`);
      publisher.reply(
        channel,
        type.replace(/_request$/, '_reply'),
        failedContent(kernelFault(error, execution.count())),
        message,
      );
    }
    idle(message);
  }

  function idle(message: Message): void {
    publisher.status('idle', message);
    // Front ends show the state that they were told last: a cell is still running.
    const current = execution.current();
    if (current) publisher.status('busy', current);
  }

  function shutdown(): Promise<void> {
    closing ??= (async () => {
      publisher.flush();
      await Promise.all([cells.exit(), compiler.close()]);
      await sockets.close();
      announceClosed();
    })();
    return closing;
  }

  publisher.status('starting');
  publisher.status('idle');
  return { interrupt: () => execution.interrupt(), shutdown, closed };
}
