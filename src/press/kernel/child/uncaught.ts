/**
 * Errors that nobody caught, in timers, callbacks and promises. Listeners that a cell or a package sets go on as in a script:
 * what they take is handled. But the process lives whatever they do. A package may throw again what it is told (the WASM
 * backend of TensorFlow.js does), and a cell may remove all listeners; in a script both would end it.
 */

export function catchUncaught(failed: (error: unknown) => void): void {
  // Node asks `process.emit` for each, looked up at that moment: nothing that is removed or added afterwards goes by this.
  const emit = process.emit.bind(process) as (name: string, ...rest: unknown[]) => boolean;
  process.emit = ((name: string, ...rest: unknown[]): boolean => {
    if (name !== 'uncaughtException' && name !== 'unhandledRejection') return emit(name, ...rest);
    if (process.listenerCount(name) === 0) failed(rest[0]);
    else
      try {
        emit(name, ...rest);
      } catch (error) {
        failed(error);
      }
    return true;
  }) as typeof process.emit;
}
