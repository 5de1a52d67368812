/**
 * What the kernel sends: replies, and on iopub what cells print and show. Texts of one stream that come close together
 * are sent as one message. Output is bounded: a cell waits while a client is behind, until the sockets pass over one that
 * does not read at all.
 */
import { header, type Message, type Wire } from './message.js';
import type { Channel, Sockets } from './sockets.js';

/** The message that caused what is sent. */
export type Parent = Pick<Message, 'header' | 'identities'>;
type Content = Record<string, unknown>;

export interface Publisher {
  publish(
    type: string,
    content: Content,
    parent: Parent | undefined,
    extra?: { metadata?: Content; buffers?: Buffer[] },
  ): void;
  status(state: 'starting' | 'busy' | 'idle', parent?: Parent): void;
  stream(name: 'stdout' | 'stderr', text: string, parent: Parent | undefined): void;
  /** Tells readers something in the stream: now, and to those who do not read now, with the next cell. */
  notice(text: string, parent: Parent | undefined): void;
  flush(): void;
  /** Answers a request on its channel. */
  reply(channel: Channel, type: string, content: Content, request: Parent): void;
}

export interface PublisherOptions {
  sockets: Sockets;
  codec: Wire;
  session: string;
  log(line: string): void;
  /** Makes the cell process wait, or go on. */
  hold(wait: boolean): void;
}

/** Texts of one stream are sent together as long as they come within this time and stay under this length. */
const coalesceMs = 10;
const coalesceLength = 1 << 18;
/** Bytes that ZeroMQ has not taken yet: above the first, the cell process waits; below the second, it goes on. */
const backlogHigh = 32 << 20;
const backlogLow = 8 << 20;

export function createPublisher(options: PublisherOptions): Publisher {
  const { sockets, codec, session, log, hold } = options;

  function transmit(
    channel: Channel,
    type: string,
    content: Content,
    parent: Parent | undefined,
    { metadata = {}, buffers = [] }: { metadata?: Content; buffers?: Buffer[] } = {},
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
        buffers,
      });
    } catch (error) {
      log(`${type} could not be written: ${(error as Error).message}`);
      return;
    }
    sockets.send(channel, frames).then(progressed);
    if (channel === 'iopub') checkBacklog();
  }

  // ---- the bound

  let held = false;
  function checkBacklog(): void {
    if (held || sockets.backlog() <= backlogHigh) return;
    held = true;
    hold(true);
  }
  function progressed(): void {
    if (!held || sockets.backlog() >= backlogLow) return;
    held = false;
    hold(false);
  }

  // ---- streams

  let pending:
    | { parent: Parent | undefined; name: 'stdout' | 'stderr'; texts: string[]; length: number }
    | undefined;
  let timer: NodeJS.Timeout | undefined;
  function stream(name: 'stdout' | 'stderr', text: string, parent: Parent | undefined): void {
    if (pending && (pending.parent !== parent || pending.name !== name)) flush();
    pending ??= { parent, name, texts: [], length: 0 };
    pending.texts.push(text);
    pending.length += text.length;
    if (pending.length >= coalesceLength) flush();
    else timer ??= setTimeout(flush, coalesceMs);
  }
  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!pending) return;
    const { parent, name, texts } = pending;
    pending = undefined;
    transmit('iopub', 'stream', { name, text: texts.join('') }, parent);
  }

  let untold: string | undefined;
  const publisher: Publisher = {
    publish(type, content, parent, extra) {
      flush();
      transmit('iopub', type, content, parent, extra);
      if (untold === undefined || type !== 'execute_input') return;
      transmit('iopub', 'stream', { name: 'stderr', text: untold }, parent);
      untold = undefined;
    },
    notice(text, parent) {
      stream('stderr', text, parent);
      untold = text;
    },
    status: (state, parent) => publisher.publish('status', { execution_state: state }, parent),
    stream,
    flush,
    reply(channel, type, content, request) {
      flush();
      transmit(channel, type, content, request);
    },
  };
  return publisher;
}
