/**
 * What the kernel sends: replies, and on iopub what cells print and show. Texts of one stream that come close together
 * are sent as one message. Output is bounded: a cell waits while clients are behind, and if none of them reads for a
 * while, output is left out and its amount told in the stream, so that one sleeping client neither fills the memory nor
 * stops the notebook for the others.
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
  /** Output of a cell, which is left out when no client reads. */
  output(type: string, content: Content, parent: Parent | undefined): void;
  status(state: 'starting' | 'busy' | 'idle', parent?: Parent): void;
  stream(name: 'stdout' | 'stderr', text: string, parent: Parent | undefined): void;
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
  /** A client that takes nothing for this long is not waited for. */
  patienceMs: number;
}

/** Texts of one stream are sent together as long as they come within this time and stay under this length. */
const coalesceMs = 10;
const coalesceLength = 1 << 18;
/** Bytes that ZeroMQ has not taken yet: above the first, the cell process waits; below the second, it goes on. */
const backlogHigh = 32 << 20;
const backlogLow = 8 << 20;

export function createPublisher(options: PublisherOptions): Publisher {
  const { sockets, codec, session, log, hold, patienceMs } = options;

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
  let stalled: NodeJS.Timeout | undefined;
  /** What was left out since no client reads. */
  let left: { characters: number; outputs: number; parent: Parent | undefined } | undefined;

  function checkBacklog(): void {
    if (held || left || sockets.backlog() <= backlogHigh) return;
    held = true;
    hold(true);
    waitForProgress();
  }
  function waitForProgress(): void {
    clearTimeout(stalled);
    stalled = setTimeout(() => {
      left = { characters: 0, outputs: 0, parent: undefined };
      release();
    }, patienceMs);
    stalled.unref();
  }
  function progressed(): void {
    if (!held && !left) return;
    if (sockets.backlog() < backlogLow) {
      release();
      tellLeftOut();
    } else if (held) waitForProgress();
  }
  function release(): void {
    clearTimeout(stalled);
    if (!held) return;
    held = false;
    hold(false);
  }
  function tellLeftOut(): void {
    if (!left) return;
    const { characters, outputs, parent } = left;
    left = undefined;
    if (characters === 0 && outputs === 0) return;
    const what = [
      characters && `${characters.toLocaleString('en')} characters`,
      outputs && `${outputs} other output${outputs === 1 ? '' : 's'}`,
    ].filter(Boolean);
    const text = `\n[Output is missing here: ${what.join(' and ')} were left out, since a client of this kernel read nothing for ${patienceMs / 1000} s.]\n`;
    transmit('iopub', 'stream', { name: 'stderr', text }, parent);
  }

  // ---- streams

  let pending:
    | { parent: Parent | undefined; name: 'stdout' | 'stderr'; texts: string[]; length: number }
    | undefined;
  let timer: NodeJS.Timeout | undefined;
  function stream(name: 'stdout' | 'stderr', text: string, parent: Parent | undefined): void {
    if (left) {
      left.characters += text.length;
      left.parent = parent;
      return;
    }
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

  const publisher: Publisher = {
    publish(type, content, parent, extra) {
      flush();
      transmit('iopub', type, content, parent, extra);
    },
    output(type, content, parent) {
      flush();
      if (left) {
        left.outputs++;
        left.parent = parent;
      } else transmit('iopub', type, content, parent);
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
