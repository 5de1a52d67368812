/** The comms that are open between cells and front ends: the protocol side passes their messages on and keeps the list. */
import type { CommMessage } from './channel.js';
import type { Message } from './message.js';

export interface Comms {
  /** A message of a front end → what the cell process is told; undefined where the comm is not open. */
  fromClient(message: Message, id: number): CommMessage | undefined;
  /** A message of a cell → its type and content on iopub. */
  fromCell(message: CommMessage): {
    type: string;
    content: Record<string, unknown>;
    metadata: Record<string, unknown>;
    buffers: Buffer[];
  };
  /** The content of a comm_info_reply. */
  info(target: unknown): Record<string, unknown>;
  /** Forgets all; gives the identifiers that were open. */
  clear(): string[];
}

const kinds: Record<string, CommMessage['kind']> = {
  comm_open: 'open',
  comm_msg: 'msg',
  comm_close: 'close',
};

export function createComms(): Comms {
  const open = new Map<string, string>();
  return {
    fromClient({ header, content, metadata, buffers }, id) {
      const kind = kinds[header.msg_type]!;
      const comm = content.comm_id;
      if (typeof comm !== 'string') return undefined;
      const target = typeof content.target_name === 'string' ? content.target_name : '';
      if (kind === 'open') open.set(comm, target);
      else if (!open.has(comm)) return undefined;
      if (kind === 'close') open.delete(comm);
      const data = content.data;
      return {
        id,
        kind,
        comm,
        ...(kind === 'open' && { target }),
        data: typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {},
        metadata,
        buffers: buffers.map((buffer) => buffer.toString('base64')),
      };
    },
    fromCell({ kind, comm, target, data, metadata = {}, buffers = [] }) {
      if (kind === 'open') open.set(comm, target ?? '');
      if (kind === 'close') open.delete(comm);
      return {
        type: `comm_${kind}`,
        content: { comm_id: comm, data, ...(kind === 'open' && { target_name: target ?? '' }) },
        metadata,
        buffers: buffers.map((text) => Buffer.from(text, 'base64')),
      };
    },
    info(target) {
      const wanted = [...open].filter(
        ([, name]) => typeof target !== 'string' || target === '' || name === target,
      );
      return {
        status: 'ok',
        comms: Object.fromEntries(wanted.map(([id, name]) => [id, { target_name: name }])),
      };
    },
    clear() {
      const ids = [...open.keys()];
      open.clear();
      return ids;
    },
  };
}
