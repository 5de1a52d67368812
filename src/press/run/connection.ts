// Where a kernel is to listen, and the file that tells it so.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../kernel/connection.js';
import { watchFolder } from './watchdog.js';

export interface ConnectionFile {
  readonly connection: Connection;
  readonly path: string;
  /** A kernel reads the file when it starts, and nobody does after that; it holds a key. */
  remove(): Promise<void>;
}

/** Chooses free ports and a key, and writes them down where only this user can read them. */
export async function writeConnectionFile(kernelName: string): Promise<ConnectionFile> {
  const folder = await mkdtemp(join(tmpdir(), 'fathom-kernel-'));
  watchFolder(folder);
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = await freePorts();
  const connection: Connection = {
    transport: 'tcp',
    ip: '127.0.0.1',
    shell_port,
    iopub_port,
    stdin_port,
    control_port,
    hb_port,
    signature_scheme: 'hmac-sha256',
    key: randomBytes(24).toString('hex'),
  };
  const path = join(folder, 'connection.json');
  const text = JSON.stringify({ ...connection, kernel_name: kernelName });
  await writeFile(path, text, { mode: 0o600 });
  return { connection, path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Five ports that are free at this moment; all are held until the last is found, so that they differ. */
async function freePorts(): Promise<[number, number, number, number, number]> {
  const hold = (): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
  const servers = await Promise.all([hold(), hold(), hold(), hold(), hold()]);
  const [a, b, c, d, e] = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [a!, b!, c!, d!, e!];
}
