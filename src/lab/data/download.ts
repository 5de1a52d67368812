// One file over HTTP, checked before anyone can see it.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** A server that sends nothing for so long has hung; slow links still send something each few seconds. */
const SILENCE_MS = 60_000;

/** A download that failed; nothing of it is kept. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  constructor(
    readonly url: string,
    readonly reason: string,
    /** HTTP status, or null where there was no answer or its body was at fault. */
    readonly status: number | null = null,
    options?: ErrorOptions,
  ) {
    super(
      `download of ${url} failed: ${reason}. Nothing was kept; try again, or fetch the file by hand`,
      options,
    );
  }
}

export interface Download {
  readonly url: string;
  /** Where the file goes; its folder is made when missing. */
  readonly to: string;
  readonly checksum: { readonly algorithm: 'md5' | 'sha256'; readonly value: string };
  /** Bytes so far, and of the whole where the server tells. */
  readonly onProgress?: (done: number, total: number | null) => void;
  readonly signal?: AbortSignal | null;
  readonly silenceMs?: number;
}

/**
 * Downloads to a temporary name, checks length and checksum, and renames: two processes may do the same at once.
 *
 * Throws `DownloadError`.
 */
export async function download(options: Download): Promise<void> {
  const {
    url,
    to,
    checksum,
    onProgress = () => {},
    signal = null,
    silenceMs = SILENCE_MS,
  } = options;
  await mkdir(path.dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  const stop = new AbortController();
  let silent = false;
  let timer: NodeJS.Timeout | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      silent = true;
      stop.abort();
    }, silenceMs);
  };
  const onAbort = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  try {
    signal?.throwIfAborted();
    heard();
    const response = await fetch(url, { signal: stop.signal });
    if (!response.ok || response.body === null) {
      const reason = `the server answered ${response.status} ${response.statusText}`.trim();
      throw new DownloadError(url, reason, response.status);
    }
    const length = response.headers.get('content-length');
    const total = length === null ? null : Number(length);
    const hash = createHash(checksum.algorithm);
    let done = 0;
    const file = await open(temporary, 'wx');
    try {
      const reader = response.body.getReader();
      for (;;) {
        const { value: chunk, done: ended } = await reader.read();
        if (ended) break;
        heard();
        hash.update(chunk);
        await file.writeFile(chunk);
        done += chunk.length;
        onProgress(done, total);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (total !== null && done !== total && !response.headers.has('content-encoding')) {
      throw new DownloadError(url, `${done} of ${total} bytes came`);
    }
    const found = hash.digest('hex');
    if (found !== checksum.value) {
      const reason = `its ${checksum.algorithm} is ${found} where ${checksum.value} is published`;
      throw new DownloadError(url, reason);
    }
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof DownloadError) throw error;
    if (signal?.aborted) throw error;
    const cause = (error as { cause?: Error }).cause;
    const reason = silent
      ? `nothing came for ${silenceMs / 1000} s`
      : [(error as Error).message, cause?.message].filter(Boolean).join(': ');
    throw new DownloadError(url, reason, null, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
