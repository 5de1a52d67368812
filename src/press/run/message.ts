// The Jupyter wire format: a message as the parts of a zeromq message, signed with the key of the connection.
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
}

export interface Message {
  readonly header: Header;
  readonly parent_header: Partial<Header>;
  readonly metadata: Record<string, unknown>;
  readonly content: Record<string, unknown>;
}

const delimiter = '<IDS|MSG>';

export function newMessage(
  type: string,
  content: Record<string, unknown>,
  session: string,
): Message {
  return {
    header: {
      msg_id: randomUUID(),
      msg_type: type,
      session,
      username: 'fathom',
      date: new Date().toISOString(),
      version: '5.3',
    },
    parent_header: {},
    metadata: {},
    content,
  };
}

export function encode(message: Message, key: string): (Buffer | string)[] {
  const parts = [message.header, message.parent_header, message.metadata, message.content].map(
    (part) => Buffer.from(JSON.stringify(part)),
  );
  return [delimiter, sign(parts, key), ...parts];
}

/** The message, or undefined when it is malformed or its signature is wrong: it is then not from our kernel. */
export function decode(frames: readonly Buffer[], key: string): Message | undefined {
  const start = frames.findIndex((frame) => frame.toString('latin1') === delimiter);
  const signature = frames[start + 1];
  const parts = frames.slice(start + 2, start + 6);
  if (start < 0 || !signature || parts.length < 4) return undefined;
  const expected = Buffer.from(sign(parts, key));
  if (expected.length !== signature.length || !timingSafeEqual(expected, signature))
    return undefined;
  try {
    const [header, parent_header, metadata, content] = parts.map((part) =>
      JSON.parse(part.toString('utf8')),
    );
    return {
      header,
      parent_header: parent_header ?? {},
      metadata: metadata ?? {},
      content: content ?? {},
    };
  } catch {
    return undefined;
  }
}

function sign(parts: readonly Buffer[], key: string): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}
