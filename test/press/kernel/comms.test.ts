/** Comms in both directions, and what a client that does not read costs the others: nothing. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as zmq from 'zeromq';
import { type Client, startClient } from './client.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

describe('comms', () => {
  let folder: string;
  let kernel: Client;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fathom-comms-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules', 'fathom'), 'junction');
    kernel = await startClient({ folder });
    await kernel.execute('import { openComm, registerCommTarget, type Comm } from "fathom";');
  });
  after(async () => {
    await kernel.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('opens one from a cell, passes messages and buffers both ways, and closes it', async () => {
    const opened = await kernel.execute(
      'const comm = openComm("chart", { a: 1 }); comm.onMessage(({ data }) => { console.log("got", data.n); comm.send({ twice: 2 * (data.n as number) }, { buffers: [new Uint8Array([1, 2])] }); }); comm.onClose(() => console.log("closed"));',
    );
    const open = opened.messages.find(({ type }) => type === 'comm_open')!;
    assert.deepEqual([open.content.target_name, open.content.data], ['chart', { a: 1 }]);
    const { comm_id } = open.content;
    const info = await kernel.request('shell', 'comm_info_request', {});
    assert.deepEqual(info.content.comms, { [comm_id]: { target_name: 'chart' } });
    const other = await kernel.request('shell', 'comm_info_request', { target_name: 'other' });
    assert.deepEqual(other.content.comms, {});
    const id = await kernel.send('shell', 'comm_msg', { comm_id, data: { n: 21 } });
    const answer = await kernel.wait(({ type, parent }) => type === 'comm_msg' && parent === id);
    assert.deepEqual(answer.content.data, { twice: 42 });
    const printed = await kernel.wait(({ type, parent }) => type === 'stream' && parent === id);
    assert.equal(printed.content.text, 'got 21\n');
    await kernel.wait(({ parent, content }) => parent === id && content.execution_state === 'idle');
    const end = await kernel.send('shell', 'comm_close', { comm_id, data: {} });
    await kernel.wait(({ type, parent }) => type === 'stream' && parent === end);
    assert.deepEqual((await kernel.request('shell', 'comm_info_request')).content.comms, {});
    const late = await kernel.execute('comm.send({});');
    assert.match(late.error!.content.evalue, /comm to chart is closed/);
  });

  it('takes one that the page opens to a target that a cell registered, and refuses others', async () => {
    await kernel.execute(
      'registerCommTarget("slider", (comm, { data }) => { comm.send({ hello: data.name }); });',
    );
    const id = await kernel.send('shell', 'comm_open', {
      comm_id: 's1',
      target_name: 'slider',
      data: { name: 'x' },
    });
    const hello = await kernel.wait(({ type, parent }) => type === 'comm_msg' && parent === id);
    assert.deepEqual(hello.content, { comm_id: 's1', data: { hello: 'x' } });
    const unknown = await kernel.send('shell', 'comm_open', {
      comm_id: 's2',
      target_name: 'nobody',
      data: {},
    });
    await kernel.wait(({ type, parent }) => type === 'comm_close' && parent === unknown);
    assert.deepEqual(
      Object.keys((await kernel.request('shell', 'comm_info_request')).content.comms),
      ['s1'],
    );
  });

  it('tells of an error in a listener, and closes what is open when the variables are gone', async () => {
    await kernel.execute(
      'registerCommTarget("bad", () => { throw new RangeError("in a listener"); });',
    );
    const id = await kernel.send('shell', 'comm_open', {
      comm_id: 'b1',
      target_name: 'bad',
      data: {},
    });
    const told = await kernel.wait(({ type, parent }) => type === 'error' && parent === id);
    assert.equal(told.content.ename, 'RangeError');
    await kernel.execute('process.exit(0)');
    await kernel.wait(({ type, content }) => type === 'comm_close' && content.comm_id === 'b1');
    assert.deepEqual((await kernel.request('shell', 'comm_info_request')).content.comms, {});
  });
});

describe('a client that reads nothing', () => {
  it('costs the others no message and the kernel no memory, and is told so', async () => {
    const kernel = await startClient({ env: { FATHOM_KERNEL_OUTPUT_WAIT: '1' } });
    const asleep = new zmq.Subscriber({
      receiveHighWaterMark: 1,
      receiveBufferSize: 1 << 16,
      linger: 0,
    });
    try {
      const welcomes = () => kernel.received.filter(({ type }) => type === 'iopub_welcome').length;
      const before = welcomes();
      asleep.connect(`tcp://127.0.0.1:${kernel.connection.iopub_port}`);
      asleep.subscribe();
      await kernel.wait(({ type }) => type === 'iopub_welcome' && welcomes() > before);
      const done = await kernel.execute(
        'for (let i = 0; i < 150; i++) process.stdout.write(String(i).padStart(1_000_000, "-") + "\\n"); void 0',
      );
      assert.equal(done.stdout.length, 150 * 1_000_001);
      assert.match(
        done.stderr,
        /Output may be missing: a client of this kernel read nothing for 1 s/,
      );
      assert.match(kernel.log(), /read nothing for 1 s/);
      if (process.platform === 'linux') {
        const most =
          Number(
            /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${kernel.process.pid}/status`, 'utf8'))![1],
          ) / 1024;
        assert.ok(most < 600, `the kernel took up to ${most.toFixed(0)} MiB`);
      }
      const later = await kernel.execute('console.log("later")');
      assert.equal(later.stdout, 'later\n');
      assert.match(later.stderr, /Output may be missing/);
      assert.equal((await kernel.execute('1')).stderr, '');
    } finally {
      asleep.close();
      await kernel.stop();
    }
  });
});
