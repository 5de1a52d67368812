/**
 * The one door from a notebook's code to the kernel that runs it. The cell process installs it on `globalThis`; `show`
 * and whoever else wants to display something looks it up by its symbol, so that neither imports the other.
 */
import type { DisplayBundle } from './bundle.js';

export const hookSymbol: symbol = Symbol.for('fathom.kernel');

export interface KernelHook {
  /** Shows a bundle under the running cell; with `update`, replaces what was shown with the same id. */
  display(bundle: DisplayBundle, id: string | undefined, update: boolean): void;
  /** Removes the output of the running cell; with `wait`, when the next output comes. */
  clear(wait: boolean): void;
  input(prompt: string, password: boolean): Promise<string>;
  comms: CellComms;
  /** Aborted when the cell that runs now is interrupted; each cell has its own. */
  readonly interruption: AbortSignal;
}

export interface CommEvent {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  buffers: Uint8Array[];
}

export interface CommOptions {
  metadata?: Record<string, unknown>;
  buffers?: Uint8Array[];
}

export interface Comm {
  readonly id: string;
  /** Name under which the other side knows what to do with it. */
  readonly target: string;
  readonly closed: boolean;
  send(data: Record<string, unknown>, options?: CommOptions): void;
  close(data?: Record<string, unknown>): void;
  /** Calls back for each message of the other side. */
  onMessage(receive: (event: CommEvent) => void): void;
  /** Calls back once, when the other side closes. */
  onClose(closed: (event: CommEvent) => void): void;
}

/** What the cell process offers for comms. */
export interface CellComms {
  open(target: string, data: Record<string, unknown>, options: CommOptions): Comm;
  register(target: string, opened: (comm: Comm, event: CommEvent) => void): void;
}

/** The hook of the kernel this code runs under, if it is ours. */
export function kernelHook(): KernelHook | undefined {
  return (globalThis as Record<symbol, unknown>)[hookSymbol] as KernelHook | undefined;
}
