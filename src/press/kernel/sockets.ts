/**
 * The kernel's five ZeroMQ sockets. A ZeroMQ.js socket takes one `send` at a time and rejects a second one with EBUSY
 * (which is how output gets lost), so every socket here has a queue of its own that is sent in order.
 */
import * as zmq from 'zeromq';
import { address, type Connection } from './connection.js';

export type Channel = 'shell' | 'control' | 'stdin' | 'iopub';

export interface Sockets {
  /** Queues frames; resolves when ZeroMQ has taken them. */
  send(channel: Channel, frames: Buffer[]): Promise<void>;
  /** Bytes queued for iopub that ZeroMQ has not taken yet. */
  backlog(): number;
  /** Sends what is queued, then closes. */
  close(): Promise<void>;
}

export interface SocketHandlers {
  receive(channel: 'shell' | 'control' | 'stdin', frames: Buffer[]): void;
  /** A client subscribed to iopub with this topic prefix. */
  subscribed(topic: Buffer): void;
  /** A client has read nothing for too long: it misses what is sent until it reads again. Others miss nothing. */
  passedOver(): void;
  /** A socket failed for good. */
  failed(error: Error): void;
}

/** So many messages per subscriber are left with ZeroMQ; the rest waits in the queue here, where it is counted. */
const publishedAhead = 64;
/** Where a subscriber is behind, it is tried again after this time: ZeroMQ does not tell when it may be. */
const retryMs = 5;

/** A client that reads nothing does not keep the kernel from ending. */
const closeWithinMs = 2000;

interface Outbox {
  queue: { frames: Buffer[]; bytes: number; sent: () => void }[];
  bytes: number;
  busy: boolean;
}

/** Binds all sockets of a connection file. A subscriber that takes nothing for `patienceMs` is not waited for. */
export async function openSockets(
  connection: Connection,
  handlers: SocketHandlers,
  patienceMs: number,
): Promise<Sockets> {
  // ZeroMQ drops what a slow subscriber has not read, unless it is told to refuse it (`noDrop`): then it waits here.
  const iopub = new zmq.XPublisher({ sendHighWaterMark: publishedAhead, linger: 2000 });
  iopub.noDrop = true;
  // Every subscription is reported, not only the first for its topic: each client gets its welcome.
  iopub.verbosity = 'allSubs';
  const router = () =>
    new zmq.Router({ sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 2000, handover: true });
  const shell = router();
  const control = router();
  const stdin = router();
  const heartbeat = new zmq.Reply({ linger: 0 });
  await Promise.all([
    iopub.bind(address(connection, connection.iopub_port)),
    shell.bind(address(connection, connection.shell_port)),
    control.bind(address(connection, connection.control_port)),
    stdin.bind(address(connection, connection.stdin_port)),
    heartbeat.bind(address(connection, connection.hb_port)),
  ]);

  let closing = false;
  async function read(
    socket: AsyncIterable<Buffer[]>,
    act: (frames: Buffer[]) => unknown,
  ): Promise<void> {
    try {
      for await (const frames of socket) await act(frames);
    } catch (error) {
      if (!closing) handlers.failed(error as Error);
    }
  }
  read(shell, (frames) => handlers.receive('shell', frames));
  read(control, (frames) => handlers.receive('control', frames));
  read(stdin, (frames) => handlers.receive('stdin', frames));
  read(heartbeat, (frames) => heartbeat.send(frames));
  read(iopub, ([frame]) => {
    if (frame?.[0] === 1) handlers.subscribed(frame.subarray(1));
  });

  const sockets = { shell, control, stdin, iopub };
  const outboxes: Record<Channel, Outbox> = {
    shell: { queue: [], bytes: 0, busy: false },
    control: { queue: [], bytes: 0, busy: false },
    stdin: { queue: [], bytes: 0, busy: false },
    iopub: { queue: [], bytes: 0, busy: false },
  };
  async function publish(frames: Buffer[]): Promise<void> {
    for (let waited = 0; !closing; waited += retryMs) {
      try {
        await iopub.send(frames);
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== 'EAGAIN') throw error;
      }
      if (waited >= patienceMs) {
        // Those who read get it. To the one who does not, ZeroMQ sends nothing more until it has read what is there.
        iopub.noDrop = false;
        await iopub.send(frames);
        iopub.noDrop = true;
        handlers.passedOver();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
  async function pump(channel: Channel): Promise<void> {
    const outbox = outboxes[channel];
    if (outbox.busy) return;
    outbox.busy = true;
    for (let next = outbox.queue.shift(); next; next = outbox.queue.shift()) {
      try {
        if (channel === 'iopub') await publish(next.frames);
        else await sockets[channel].send(next.frames);
      } catch (error) {
        // A router drops what is addressed to a client that has gone; anything else is a broken socket.
        if (!closing && (error as { code?: string }).code !== 'EHOSTUNREACH')
          handlers.failed(error as Error);
      }
      outbox.bytes -= next.bytes;
      next.sent();
    }
    outbox.busy = false;
  }

  return {
    send(channel, frames) {
      const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
      const outbox = outboxes[channel];
      outbox.bytes += bytes;
      return new Promise((sent) => {
        outbox.queue.push({ frames, bytes, sent });
        pump(channel);
      });
    },
    backlog: () => outboxes.iopub.bytes,
    async close() {
      const until = Date.now() + closeWithinMs;
      while (
        Object.values(outboxes).some((outbox) => outbox.busy || outbox.queue.length) &&
        Date.now() < until
      )
        await new Promise((resolve) => setTimeout(resolve, 1));
      closing = true;
      for (const socket of [...Object.values(sockets), heartbeat]) socket.close();
    },
  };
}
