// The order in which VS Code's Jupyter extension speaks to a kernel that it starts itself. From its source (microsoft/
// vscode-jupyter 2026.6.1: kernels/raw/launcher/kernelProcess.node.ts, kernels/raw/session, kernels/execution/
// cellExecution.ts): it looks whether the ports are open, asks for the kernel's information on the control and the shell
// channel at once until it has an answer and a message on iopub, runs its own code without a trace in the history, sends one
// cell at a time with `stop_on_error` off and `allow_stdin` on, and sends `interrupt_request` on the control channel; up to
// December 2025 on the shell channel.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type Client, startClient } from '../kernel/client.js';

const cell = { silent: false, store_history: true, allow_stdin: true, stop_on_error: false };

describe("VS Code's order of messages", () => {
  let kernel: Client;
  before(async () => {
    kernel = await startClient();
  });
  after(() => kernel.stop());

  it('starts with a look at the ports, which the kernel survives', async () => {
    for (const name of ['shell_port', 'iopub_port', 'stdin_port', 'control_port', 'hb_port']) {
      const socket = connect(kernel.connection[name] as number, '127.0.0.1');
      await once(socket, 'connect');
      socket.destroy();
    }
    for (const info of await Promise.all([
      kernel.request('control', 'kernel_info_request'),
      kernel.request('shell', 'kernel_info_request'),
    ])) {
      assert.equal(info.content.status, 'ok');
      assert.equal(info.content.language_info.name, 'typescript');
    }
    const comms = await kernel.request('shell', 'comm_info_request', {
      target_name: 'jupyter.widget',
    });
    assert.deepEqual(comms.content, { status: 'ok', comms: {} });
  });

  it('runs code of its own without a number', async () => {
    const own = await kernel.execute('process.version', { ...cell, store_history: false });
    assert.equal(own.reply.status, 'ok');
    assert.equal((await kernel.execute('1 + 1', cell)).reply.execution_count, 1);
  });

  it('runs the cell behind a failed one', async () => {
    const failed = await kernel.execute('throw new Error("first")', cell);
    assert.deepEqual([failed.reply.status, failed.error?.content.evalue], ['error', 'first']);
    const next = await kernel.execute('"second"', cell);
    assert.deepEqual([next.reply.status, next.result?.['text/plain']], ['ok', "'second'"]);
  });

  it('completes and explains while a cell asks for input', async () => {
    const id = await kernel.send('shell', 'execute_request', {
      code: 'const typed = await input("who? ");\ntyped',
      user_expressions: {},
      ...cell,
    });
    const asked = await kernel.wait(({ channel, parent }) => channel === 'stdin' && parent === id);
    assert.deepEqual(asked.content, { prompt: 'who? ', password: false });
    const code = '[1].fla';
    const { content } = await kernel.request('shell', 'complete_request', { code, cursor_pos: 7 });
    assert.ok(content.matches.includes('flatMap'));
    const found = await kernel.request('shell', 'inspect_request', {
      code: 'Math.max',
      cursor_pos: 6,
      detail_level: 0,
    });
    assert.match(found.content.data['text/plain'], /max\(\.\.\.values: number\[\]\)/);
    await kernel.send('stdin', 'input_reply', { status: 'ok', value: 'me' });
    assert.equal((await kernel.execution(id)).result?.['text/plain'], "'me'");
  });

  for (const channel of ['control', 'shell'] as const)
    it(`interrupts over the ${channel} channel`, async () => {
      const code = 'console.log("on"); while (true) {}';
      const id = await kernel.send('shell', 'execute_request', { code, ...cell });
      await kernel.wait(({ parent, type }) => parent === id && type === 'stream');
      const reply = await kernel.request(channel, 'interrupt_request');
      assert.deepEqual([reply.type, reply.content.status], ['interrupt_reply', 'ok']);
      const { error } = await kernel.execution(id);
      assert.equal(error?.content.ename, 'KeyboardInterrupt');
    });

  it('ends by a signal, and starts again as another process', {
    skip: process.platform === 'win32',
  }, async () => {
    const again = await startClient();
    again.process.kill('SIGTERM');
    const [code] = await once(again.process, 'exit');
    assert.equal(code, 0);
    await again.stop();
  });
});
