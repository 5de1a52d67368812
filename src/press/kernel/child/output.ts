/** Replaces the writers of process.stdout and process.stderr, so that each text is known to the cell that printed it. */
import { StringDecoder } from 'node:string_decoder';

/** Longer texts are cut into several messages, so that no client has to take a huge one. */
const longestText = 1 << 20;

export function captureOutput(write: (name: 'stdout' | 'stderr', text: string) => void): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name];
    const decoder = new StringDecoder('utf8');
    const emit = (text: string) => {
      for (let start = 0; start < text.length; ) {
        let end = Math.min(text.length, start + longestText);
        // Not between the two halves of a character outside the basic plane.
        if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end--;
        write(name, text.slice(start, end));
        start = end;
      }
    };
    stream.write = ((
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error) => void),
      callback?: (error?: Error) => void,
    ): boolean => {
      const done = typeof encoding === 'function' ? encoding : callback;
      if (typeof chunk === 'string') {
        const binary = typeof encoding === 'string' && !/^utf-?8$/i.test(encoding);
        emit(binary ? decoder.write(Buffer.from(chunk, encoding)) : chunk);
      } else emit(decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
      if (done) process.nextTick(done);
      return true;
    }) as typeof stream.write;
    // The cells share one stream: what one of them ends or destroys, as pipes do, is there for the next.
    stream.end = ((...given: unknown[]) => {
      const done = given.findLast((part) => typeof part === 'function') as (() => void) | undefined;
      const [chunk, encoding] = given.filter((part) => typeof part !== 'function');
      if (chunk !== undefined && chunk !== null)
        stream.write(chunk as string, encoding as BufferEncoding);
      process.nextTick(() => {
        done?.();
        stream.emit('finish');
        stream.emit('close');
      });
      return stream;
    }) as typeof stream.end;
    stream.destroy = ((error?: Error) => {
      process.nextTick(() => {
        if (error) stream.emit('error', error);
        stream.emit('close');
      });
      return stream;
    }) as typeof stream.destroy & (() => never);
  }
}
