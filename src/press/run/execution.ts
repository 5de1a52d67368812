// One piece of code under way in a kernel: finished when both its reply and its `idle` have come, in either order.
import { deferred } from './deferred.js';
import { CellTimeoutError, type KernelError, OutputLostError } from './kernel-error.js';

/** `status` is `ok`, `error` or `aborted`; other kernels' words for the last are put right. */
export interface ExecuteReply {
  readonly status: 'ok' | 'error' | 'aborted';
  readonly executionCount: number | null;
  readonly content: Readonly<Record<string, unknown>>;
}

/** A request that the kernel has not answered yet. */
export interface Pending {
  onReply(content: Record<string, unknown>): void;
  onBroadcast(type: string, content: Record<string, unknown>): void;
  fail(error: KernelError): void;
}

export interface ExecutionOptions {
  /** How long after one of reply and `idle` the other may come, counted from the last message. */
  readonly graceMs: number;
  readonly timeoutMs?: number;
  /** Called when the time is over: sees to it that the code ends. */
  readonly onTimeout: () => void;
}

export interface Execution extends Pending {
  /** Rejects with OutputLostError, CellTimeoutError, or what the client says of the kernel. */
  readonly done: Promise<ExecuteReply>;
}

export function execution({ graceMs, timeoutMs, onTimeout }: ExecutionOptions): Execution {
  let reply: ExecuteReply | undefined;
  let idle = false;
  let timedOut = false;
  let grace: NodeJS.Timeout | undefined;
  const { promise, resolve, reject } = deferred<ExecuteReply>();
  const limit =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          onTimeout();
        }, timeoutMs);
  const step = (): void => {
    if (!reply && !idle) return;
    if (timedOut) reject(tookTooLong(timeoutMs!));
    else if (reply && idle) resolve(reply);
    clearTimeout(grace);
    grace = setTimeout(() => reject(lost(reply !== undefined, graceMs)), graceMs);
  };
  return {
    onReply(content) {
      reply = readReply(content);
      step();
    },
    onBroadcast(type, content) {
      if (type === 'status' && content.execution_state === 'idle') idle = true;
      step();
    },
    fail: (error) => reject(timedOut ? tookTooLong(timeoutMs!) : error),
    done: promise.finally(() => {
      clearTimeout(grace);
      clearTimeout(limit);
    }),
  };
}

function readReply(content: Record<string, unknown>): ExecuteReply {
  const { status, execution_count: count } = content;
  return {
    status: status === 'ok' || status === 'error' ? status : 'aborted',
    executionCount: typeof count === 'number' ? count : null,
    content,
  };
}

function tookTooLong(timeoutMs: number): CellTimeoutError {
  return new CellTimeoutError(`the cell took longer than ${timeoutMs / 1000} s`);
}

function lost(hasReply: boolean, graceMs: number): OutputLostError {
  const seconds = graceMs / 1000;
  return new OutputLostError(
    hasReply
      ? `the kernel replied, and its "idle" did not come within ${seconds} s: output of this cell was lost`
      : `the kernel went idle, and its reply did not come within ${seconds} s`,
  );
}
