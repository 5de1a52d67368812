/** Errors that are no error of a cell's code: the death of its process, and faults of the kernel itself. */
import type { Death } from './cellprocess.js';
import type { ErrorReport } from './report.js';

const gone =
  'The variables of all cells are gone; a new process is ready: run the cells again from the top.';

/** What to tell of a cell process that ended while it ran a cell, or behind one. */
export function deathReport(
  { code, signal, errors }: Death,
  interrupted: boolean,
  cell: number,
): ErrorReport {
  let name = 'ProcessExit';
  let what: string;
  if (interrupted) {
    name = 'KeyboardInterrupt';
    what = 'the code did not react to the interrupt, so its process was ended';
  } else if (/heap out of memory|allocation failed/i.test(errors)) {
    name = 'OutOfMemory';
    what = "the code ran out of memory (Node's heap limit)";
  } else if (signal === 'SIGKILL') {
    name = 'ProcessKilled';
    what = 'the process was killed (SIGKILL), as the system does when memory runs out';
  } else if (signal) {
    name = 'ProcessCrash';
    what = `the process crashed (${signal})`;
  } else if (code !== null)
    what = `the process ended with exit code ${code} (process.exit, or a fatal error)`;
  else what = `the process could not be started (${errors.trim()})`;
  const message = `${what}. ${gone}`;
  return {
    ename: name,
    evalue: message,
    traceback: [`\u001b[31m${name}\u001b[39m: ${message}`],
    place: { cell, code: name, message },
  };
}

/** What to tell of a cell that was interrupted while it was compiled. */
export function interruptionReport(cell: number): ErrorReport {
  const message = 'interrupted before it ran';
  return {
    ename: 'KeyboardInterrupt',
    evalue: message,
    traceback: [`\u001b[31mKeyboardInterrupt\u001b[39m: ${message}`],
    place: { cell, code: 'KeyboardInterrupt', message },
  };
}

/** What to tell of a fault of the kernel. */
export function kernelFault(error: unknown, cell: number): ErrorReport {
  const message = `the kernel itself failed: ${error instanceof Error ? error.message : String(error)}`;
  return {
    ename: 'KernelError',
    evalue: message,
    traceback: [`KernelError: ${message}`],
    place: { cell, code: 'KernelError', message },
  };
}

/** An error as the content of a reply. */
export function failedContent({ ename, evalue, traceback }: ErrorReport): Record<string, unknown> {
  return { status: 'error', ename, evalue, traceback };
}
