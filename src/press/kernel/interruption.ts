/**
 * What an interrupt of a notebook cell means for the code that it started: nothing by itself, since code that waits cannot
 * be stopped from outside. Work that takes long asks for this signal, and ends when it is aborted.
 */
import { kernelHook } from './hook.js';
import { stockTslab } from './write.js';

/** A cell was interrupted while it ran. */
export class CellInterrupted extends Error {
  override readonly name = 'KeyboardInterrupt';
}

let atSignal: AbortController | undefined;

/**
 * A signal that is aborted when the running cell is interrupted. Under stock tslab, which only gets SIGINT and fails the cell
 * without a word to its code, it is that of all cells. Undefined in a plain script, which an interrupt ends.
 */
export function interruption(): AbortSignal | undefined {
  const hook = kernelHook();
  if (hook) return hook.interruption;
  if (!stockTslab()) return undefined;
  if (!atSignal || atSignal.signal.aborted) {
    const controller = new AbortController();
    const abort = () => controller.abort(new CellInterrupted('interrupted'));
    // Not now: while tslab runs the first part of a cell, Node handles SIGINT by itself (`breakOnSigint`), and a listener
    // that is added then leaves the process without any handler afterwards.
    setImmediate(() => process.once('SIGINT', abort));
    atSignal = controller;
  }
  return atSignal.signal;
}
