/** The cells' end of comms: which are open, who listens to them, and what the other side is told. */
import { randomUUID } from 'node:crypto';
import type { CommMessage } from '../channel.js';
import type { CellComms, Comm, CommEvent, CommOptions } from '../hook.js';

export interface CommRouter extends CellComms {
  /** Acts on a message of a front end. */
  receive(message: CommMessage): void;
}

export function createCommRouter(send: (message: Omit<CommMessage, 'id'>) => void): CommRouter {
  const targets = new Map<string, (comm: Comm, event: CommEvent) => void>();
  const open = new Map<
    string,
    { comm: Comm; message(event: CommEvent): void; end(event: CommEvent): void }
  >();

  function make(id: string, target: string): Comm {
    const listeners: ((event: CommEvent) => void)[] = [];
    const enders: ((event: CommEvent) => void)[] = [];
    let closed = false;
    const say = (kind: 'msg' | 'close', data: Record<string, unknown>, options: CommOptions = {}) =>
      send({ kind, comm: id, data, ...encode(options) });
    const comm: Comm = {
      id,
      target,
      get closed() {
        return closed;
      },
      send(data, options) {
        if (closed) throw new Error(`the comm to ${target} is closed`);
        say('msg', data, options);
      },
      close(data = {}) {
        if (closed) return;
        closed = true;
        open.delete(id);
        say('close', data);
      },
      onMessage: (receive) => void listeners.push(receive),
      onClose: (ended) => void enders.push(ended),
    };
    open.set(id, {
      comm,
      message: (event) => {
        for (const one of listeners) one(event);
      },
      end: (event) => {
        closed = true;
        open.delete(id);
        for (const one of enders) one(event);
      },
    });
    return comm;
  }

  return {
    open(target, data, options) {
      const comm = make(randomUUID(), target);
      send({ kind: 'open', comm: comm.id, target, data, ...encode(options) });
      return comm;
    },
    register: (target, opened) => void targets.set(target, opened),
    receive({ kind, comm: id, target = '', data, metadata = {}, buffers = [] }) {
      const event: CommEvent = {
        data,
        metadata,
        buffers: buffers.map((text) => new Uint8Array(Buffer.from(text, 'base64'))),
      };
      if (kind === 'open') {
        const opened = targets.get(target);
        // The protocol asks to close what cannot be opened.
        if (!opened) send({ kind: 'close', comm: id, data: {} });
        else opened(make(id, target), event);
      } else if (kind === 'close') open.get(id)?.end(event);
      else open.get(id)?.message(event);
    },
  };
}

function encode({ metadata, buffers }: CommOptions): Partial<CommMessage> {
  return {
    ...(metadata && { metadata }),
    ...(buffers && {
      buffers: buffers.map((bytes) =>
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
      ),
    }),
  };
}
