// The main module of a worker process: takes one order after another, and ends with its parent.
import { Worker } from 'node:worker_threads';
import type { WorkMessage, WorkOrder } from './local.js';
import { work } from './work.js';

new Worker(new URL('./watchdog.js', import.meta.url));
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group of processes; what it means is the parent's to say.
process.on('SIGINT', () => {});

const send = (message: WorkMessage) => process.send?.(message);

process.on('message', ({ job, place }: WorkOrder) => {
  // `work` reports what cells throw; what it throws itself is a bug, and ends the process with its stack.
  void work(job, place, (event) => send({ type: 'event', event })).then((result) =>
    send({ type: 'end', result }),
  );
});
