/**
 * A thread beside the cells. It reads descriptor 5: a byte is an interrupt, the end means that the protocol process is
 * gone. The main thread may be in a loop that never returns, so only another thread can act on either.
 */
import { Session } from 'node:inspector';
import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';

const noticed = workerData as Int32Array;
/** A main thread that does not take notice of an interrupt in this time is taken to be in a loop. */
const graceMs = 200;
const retries = 20;

/**
 * Interrupts that came here. The main thread is told of each too, and may have acted on it long before this thread reads of it:
 * only one that it has not counted may break what runs, which may be the next cell by now.
 */
let sent = 0;

const channel = new Socket({ fd: 5, readable: true, writable: false });
channel.on('data', (chunk: Buffer) => {
  sent += chunk.length;
  const own = sent;
  let tries = 0;
  const timer = setInterval(() => {
    if (Atomics.load(noticed, 0) >= own || ++tries > retries) {
      clearInterval(timer);
      return;
    }
    terminate();
  }, graceMs);
});
channel.on('close', () => {
  // With everything that cells started: the cell process leads a group of its own.
  if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL');
  process.kill(process.pid, 'SIGKILL');
});

/** Unwinds whatever the main thread is executing, back to its event loop. */
function terminate(): void {
  const session = new Session();
  try {
    session.connectToMainThread();
    session.post('Runtime.terminateExecution', () => session.disconnect());
  } catch {
    // The next try connects again.
  }
}
