// Kernels whose parent is killed: each says that it runs by a connection to this test, which the system closes at its end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownKernel, stockTslab } from '../../../src/press/run/kernel-spec.js';
import { faultyKernel, pythonKernel } from './fixtures.js';

/** Node keeps translated code for all its programs in one place: no trace of a kernel. */
const compileCache = process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache');
const python = pythonKernel();
const typescript = (port: number): string => `import { connect } from 'net';
const socket = connect(${port}, '127.0.0.1');
await new Promise((connected) => socket.on('connect', connected));
while (true) {}`;
const cases = [
  { title: 'stock tslab in a loop', spec: stockTslab(), code: typescript },
  { title: 'our kernel in a loop', spec: ownKernel(), code: typescript },
  {
    title: 'ipykernel in a loop',
    spec: python,
    code: (port: number) =>
      `import socket\ns = socket.create_connection(("127.0.0.1", ${port}))\nwhile True: pass`,
  },
  {
    title: 'a kernel that heeds no gentle signal, and a process that it started',
    spec: faultyKernel('starts-another'),
    code: String,
  },
];

describe('when the parent is killed with SIGKILL', {
  skip: process.platform === 'win32' && 'no SIGKILL',
}, () => {
  let server: Server;
  before(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  for (const { title, spec, code } of cases) {
    it(`nothing is left of ${title}`, { skip: !spec && 'no Python with ipykernel' }, async () => {
      const { port } = server.address() as { port: number };
      const program = fileURLToPath(new URL('./parent.js', import.meta.url));
      const task = JSON.stringify({ spec, code: code(port) });
      const scratch = mkdtempSync(join(tmpdir(), 'fathom-watchdog-'));
      const parent = spawn(process.execPath, [program, task], {
        stdio: 'inherit',
        env: { ...process.env, TMPDIR: scratch, NODE_COMPILE_CACHE: compileCache },
      });
      const [socket] = (await once(server, 'connection')) as [Socket];
      const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
      socket.resume();
      parent.kill('SIGKILL');
      await closed;
      assert.equal(parent.exitCode, null, 'it ran until it was killed');
      // The watchdog kills first and tidies up then; a kernel that ends by itself may do so before.
      while (readdirSync(scratch).length > 0)
        await new Promise((resolve) => setTimeout(resolve, 5));
      rmdirSync(scratch);
    });
  }
});
