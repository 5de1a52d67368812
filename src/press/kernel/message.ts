/**
 * The Jupyter wire format: `identities… <IDS|MSG> signature header parent_header metadata content buffers…`.
 * https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
 */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

export const protocolVersion = '5.4';

export interface Header {
  msg_id: string;
  msg_type: string;
  session: string;
  username: string;
  date: string;
  version: string;
}

export interface Message {
  /** ZeroMQ routing prefix, returned with the reply. */
  identities: Buffer[];
  header: Header;
  parent: Partial<Header>;
  metadata: Record<string, unknown>;
  content: Record<string, unknown>;
  buffers: Buffer[];
}

/** A message that is not to be acted on: malformed, unsigned, or sent a second time. */
export class MessageError extends Error {
  override name = 'MessageError';
}

const delimiter = Buffer.from('<IDS|MSG>');
/** A replayed signature is refused as long as it is among this many latest ones (the number ipykernel keeps). */
const rememberedSignatures = 65_536;

export interface Wire {
  decode(frames: Buffer[]): Message;
  encode(message: Omit<Message, 'buffers'> & { buffers?: Buffer[] }): Buffer[];
}

/** Encoder and decoder for one kernel: the key and the signatures already seen are its state. */
export function wire(key: string, scheme: string): Wire {
  const algorithm = scheme.replace(/^hmac-/, '');
  const seen = new Set<string>();
  function sign(parts: Buffer[]): string {
    if (key === '') return '';
    const hmac = createHmac(algorithm, key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }
  function decode(frames: Buffer[]): Message {
    const start = frames.findIndex((frame) => frame.equals(delimiter));
    if (start < 0) throw new MessageError('no <IDS|MSG> delimiter');
    const signed = frames.slice(start + 2);
    if (signed.length < 4) throw new MessageError('fewer than four parts after the signature');
    if (key !== '') {
      const given = frames[start + 1]!;
      // The signature covers the four JSON parts; buffers are not signed.
      const expected = Buffer.from(sign(signed.slice(0, 4)));
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw new MessageError('wrong signature');
      const digest = given.toString('latin1');
      if (seen.has(digest)) throw new MessageError('signature used a second time');
      seen.add(digest);
      if (seen.size > rememberedSignatures) seen.delete(seen.values().next().value!);
    }
    const [header, parent, metadata, content] = signed.slice(0, 4).map(parseObject);
    if (typeof header!.msg_type !== 'string' || typeof header!.msg_id !== 'string')
      throw new MessageError('header without msg_type or msg_id');
    return {
      identities: frames.slice(0, start),
      header: header as unknown as Header,
      parent: parent as Partial<Header>,
      metadata: metadata!,
      content: content!,
      buffers: signed.slice(4),
    };
  }
  function encode(message: Omit<Message, 'buffers'> & { buffers?: Buffer[] }): Buffer[] {
    const parts = [message.header, message.parent, message.metadata, message.content].map((part) =>
      Buffer.from(JSON.stringify(part)),
    );
    return [
      ...message.identities,
      delimiter,
      Buffer.from(sign(parts)),
      ...parts,
      ...(message.buffers ?? []),
    ];
  }
  return { decode, encode };
}

function parseObject(frame: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(frame.toString('utf8'));
  } catch {
    throw new MessageError('a part is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MessageError('a part is not a JSON object');
  return value as Record<string, unknown>;
}

/** A fresh header of this kernel's own session. */
export function header(type: string, session: string, username = 'kernel'): Header {
  return {
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username,
    date: new Date().toISOString(),
    version: protocolVersion,
  };
}
