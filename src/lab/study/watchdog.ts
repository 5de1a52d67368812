// A thread of a worker process that ends the process when the one that started it is gone: also while the main thread is deep
// in a computation and hears nothing. The pipe at descriptor 4 ends with the parent, however that ended.
import { Socket } from 'node:net';

const pipe = new Socket({ fd: 4, readable: true, writable: false });
const end = () => process.kill(process.pid, 'SIGKILL');
pipe.on('close', end).on('end', end).on('error', end);
pipe.resume();
