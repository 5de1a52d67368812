// What can go wrong between the client and a kernel: one class a kind, all of them KernelErrors.

export class KernelError extends Error {
  override readonly name: string = 'KernelError';
}

/** The process could not be started, ended, or did not answer before the time limit. */
export class KernelStartError extends KernelError {
  override readonly name = 'KernelStartError';
}

/** The process ended by itself, or was killed. */
export class KernelDiedError extends KernelError {
  override readonly name = 'KernelDiedError';
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;

  constructor(code: number | null, signal: NodeJS.Signals | null, lastOutput: string) {
    const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    const hint =
      signal === 'SIGKILL' ? '; where nobody killed it, it was most likely out of memory' : '';
    super(`the kernel process ${how}${hint}${said(lastOutput)}`);
    this.code = code;
    this.signal = signal;
  }
}

/** The process is there and does not answer its heartbeat: it hangs or is stopped. */
export class KernelSilentError extends KernelError {
  override readonly name = 'KernelSilentError';
}

/** The kernel said that a cell is finished, and not all of its output came: it would be wrong to go on. */
export class OutputLostError extends KernelError {
  override readonly name = 'OutputLostError';
}

/** A cell took longer than it may. */
export class CellTimeoutError extends KernelError {
  override readonly name = 'CellTimeoutError';
}

/** A cell asked for keyboard input, and there is nobody to give it. */
export class InputRequestedError extends KernelError {
  override readonly name = 'InputRequestedError';
}

/** The kernel was shut down while a cell was running. */
export class KernelClosedError extends KernelError {
  override readonly name = 'KernelClosedError';
}

/** What a process said last, as the end of a message about it. */
export function said(output: string): string {
  const text = output.trim();
  return text === '' ? '' : `. It said last: ${text.split('\n').slice(-3).join(' / ')}`;
}
