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
}

/** The hook of the kernel this code runs under, if it is ours. */
export function kernelHook(): KernelHook | undefined {
  return (globalThis as Record<symbol, unknown>)[hookSymbol] as KernelHook | undefined;
}
