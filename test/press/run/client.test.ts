import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { Kernel, type KernelOptions, startKernel } from '../../../src/press/run/client.js';
import { findKernelSpec, stockTslab } from '../../../src/press/run/kernel-spec.js';
import { faultyKernel, project, pythonKernel } from './fixtures.js';

async function withKernel<T>(
  fault: string,
  use: (kernel: Kernel) => Promise<T>,
  options: Partial<KernelOptions> = {},
): Promise<T> {
  const kernel = await startKernel(faultyKernel(fault), {
    cwd: tmpdir(),
    graceMs: 300,
    ...options,
  });
  try {
    return await use(kernel);
  } finally {
    await kernel.kill();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a kernel that does not work', () => {
  it('is an error with what it said last when it ends at the start', async () => {
    await assert.rejects(startKernel(faultyKernel('exits-at-start'), { cwd: tmpdir() }), {
      name: 'KernelStartError',
      message:
        'the kernel "exits-at-start" did not start: the kernel process ended with exit code 3. It said last: no room for me here',
    });
  });

  it('is an error when its program does not exist', async () => {
    const spec = { ...faultyKernel('x'), argv: ['no-such-program', '{connection_file}'] };
    await assert.rejects(startKernel(spec, { cwd: tmpdir() }), {
      name: 'KernelStartError',
      message: /no-such-program ENOENT/,
    });
  });

  it('is an error, and ended, when it never answers', async () => {
    await assert.rejects(
      startKernel(faultyKernel('never-answers'), { cwd: tmpdir(), startTimeoutMs: 400 }),
      {
        name: 'KernelStartError',
        message: /did not answer within 0\.4 s/,
      },
    );
  });

  const faults: [fault: string, name: string, message: RegExp][] = [
    [
      'no-idle',
      'OutputLostError',
      /"idle" did not come within 0\.3 s: output of this cell was lost/,
    ],
    ['no-reply', 'OutputLostError', /its reply did not come/],
    ['wrong-signature', 'OutputLostError', /its reply did not come/],
    ['exits', 'KernelDiedError', /ended with exit code 7/],
    ['asks-for-input', 'InputRequestedError', /asks for keyboard input \("name\? "\)/],
  ];
  for (const [fault, name, message] of faults) {
    it(`is a named error: ${fault}`, async () => {
      const heard: string[] = [];
      await withKernel(fault, async (kernel) => {
        await assert.rejects(
          kernel.execute('x', {
            onMessage: (type, content) => void heard.push(`${type} ${content.text ?? ''}`),
          }),
          { name, message },
        );
      });
      assert.ok(heard.includes(`stream ${fault}\n`), 'what came before is kept');
    });
  }

  it('is a named error when its heartbeat stops', async () => {
    const running = withKernel('no-heartbeat', (kernel) => kernel.execute('x'), {
      heartbeatTimeoutMs: 200,
    });
    await assert.rejects(running, {
      name: 'KernelSilentError',
      message: /did not answer its heartbeat for 0\.4 s/,
    });
  });

  it('is a named error when it is stopped from outside', {
    skip: process.platform === 'win32',
  }, async () => {
    await withKernel(
      'never-ends',
      async (kernel) => {
        const running = kernel.execute('x', {
          onMessage: () => process.kill(kernel.pid!, 'SIGSTOP'),
        });
        await assert.rejects(running, { name: 'KernelSilentError' });
      },
      { heartbeatTimeoutMs: 300 },
    );
  });

  it('may be killed: the signal is in the error', async () => {
    await withKernel('never-ends', async (kernel) => {
      const running = kernel.execute('x', {
        onMessage: () => process.kill(kernel.pid!, 'SIGKILL'),
      });
      await assert.rejects(running, {
        name: 'KernelDiedError',
        signal: 'SIGKILL',
        message: /most likely out of memory/,
      });
      await assert.rejects(kernel.execute('y'), { name: 'KernelDiedError' });
    });
  });

  it('is ended with its group when it heeds neither the time limit nor the gentle signals', async () => {
    const kernel = await startKernel(faultyKernel('never-ends'), {
      cwd: tmpdir(),
      ladderStepMs: 200,
    });
    const { pid } = kernel;
    await assert.rejects(kernel.execute('x', { timeoutMs: 100 }), {
      name: 'CellTimeoutError',
      message: /longer than 0\.1 s/,
    });
    await kernel.shutdown();
    assert.equal(isRunning(pid!), false);
  });
});

describe('what a kernel started', { skip: process.platform === 'win32' }, () => {
  it('ends with it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await withKernel('starts-another', async (kernel) => {
        const { port } = server.address() as AddressInfo;
        const running = kernel.execute(String(port));
        const [socket] = (await once(server, 'connection')) as [Socket];
        const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
        socket.resume();
        process.kill(kernel.pid!, 'SIGKILL');
        await assert.rejects(running, { name: 'KernelDiedError' });
        await closed;
      });
    } finally {
      server.close();
    }
  });
});

describe('a kernel that is only unusual', () => {
  it('may go idle before it replies', async () => {
    const reply = await withKernel('idle-first', (kernel) => kernel.execute('x'));
    assert.deepEqual([reply.status, reply.executionCount], ['ok', 1]);
  });

  it('may use another word for aborted', async () => {
    const reply = await withKernel('unknown-status', (kernel) => kernel.execute('x'));
    assert.equal(reply.status, 'aborted');
  });
});

describe('a started kernel', { skip: process.platform === 'win32' }, () => {
  it('has a connection file that only its user can read, which is gone when it has answered', async () => {
    const kernel = await Kernel.launch(faultyKernel('idle-first'), { cwd: tmpdir() });
    const ps = spawnSync('ps', ['-o', 'args=', '-p', String(kernel.pid)], { encoding: 'utf8' });
    const file = ps.stdout.trim().split(' ').at(-1)!;
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await kernel.ready();
    assert.equal(existsSync(dirname(file)), false);
    await kernel.shutdown();
    assert.equal(isRunning(kernel.pid!), false);
  });

  it('runs in the folder and the environment that were given, in a process group of its own', async () => {
    const folder = project({});
    const kernel = await startKernel(stockTslab(), { cwd: folder, env: { GIVEN: 'yes' } });
    try {
      const said: string[] = [];
      const source = 'console.log(process.cwd(), process.env.GIVEN)';
      const onMessage = (type: string, content: Record<string, unknown>): void => {
        if (type === 'stream') said.push(String(content.text));
      };
      const reply = await kernel.execute(source, { onMessage });
      assert.equal(reply.status, 'ok');
      assert.match(said.join(''), /fathom-test-\S+ yes\n$/);
      const ps = spawnSync('ps', ['-o', 'pgid=', '-p', String(kernel.pid)], { encoding: 'utf8' });
      assert.equal(Number(ps.stdout), kernel.pid);
      assert.equal(kernel.info.implementation, 'tslab');
    } finally {
      await kernel.shutdown();
    }
  });

  it('is a named error when stock tslab loses output', async () => {
    const kernel = await startKernel(stockTslab(), { cwd: project({}), graceMs: 500 });
    try {
      // tslab drops what a cell writes beyond some hundred writes at once, and the "idle" with it.
      const running = kernel.execute('for (let i = 0; i < 5000; i++) console.log(i)');
      await assert.rejects(running, { name: 'OutputLostError' });
    } finally {
      await kernel.shutdown();
    }
  });
});

describe('installed kernels', () => {
  const folder = project({
    'a/kernels/One/kernel.json': JSON.stringify({
      argv: ['program', '{resource_dir}/x', '{connection_file}'],
      display_name: 'The first',
      language: 'one',
      interrupt_mode: 'message',
      env: { A: 'b' },
    }),
    'b/kernels/one/kernel.json': '{}',
    'b/kernels/broken/kernel.json': '{"argv": 1}',
  });
  const directories = [`${folder}/a/kernels`, `${folder}/missing/kernels`, `${folder}/b/kernels`];

  it('are found by name, whatever the case, in the order of the folders', async () => {
    assert.deepEqual(await findKernelSpec('one', directories), {
      name: 'One',
      displayName: 'The first',
      language: 'one',
      argv: ['program', `${folder}/a/kernels/One/x`, '{connection_file}'],
      env: { A: 'b' },
      interruptMode: 'message',
      heartbeat: true,
    });
  });

  it('are refused when unknown, with the nearest, or broken, with the file', async () => {
    await assert.rejects(
      findKernelSpec('onne', directories),
      /there is no kernel "onne"\. Did you mean "One"\?/,
    );
    await assert.rejects(
      findKernelSpec('broken', directories),
      /kernel\.json: "argv" must be a list of strings/,
    );
  });
});

const python = pythonKernel();
describe('ipykernel', { skip: python === undefined && 'no Python with ipykernel' }, () => {
  it('runs code, shows results, reports errors and is interrupted', async () => {
    const kernel = await startKernel(python!, { cwd: tmpdir() });
    try {
      const heard: [string, Record<string, unknown>][] = [];
      const onMessage = (type: string, content: Record<string, unknown>): void =>
        void heard.push([type, content]);
      const reply = await kernel.execute('print("a")\n1 + 1', { onMessage });
      assert.deepEqual([reply.status, reply.executionCount], ['ok', 1]);
      const types = heard.map(([type]) => type);
      assert.deepEqual(types, ['status', 'execute_input', 'stream', 'execute_result', 'status']);
      assert.equal(kernel.info.language.name, 'python');
      const sleeping = kernel.execute('import time\nprint("now", flush=True)\ntime.sleep(60)', {
        onMessage: (type) => type === 'stream' && kernel.interrupt(),
      });
      const interrupted = await sleeping;
      assert.equal(interrupted.status, 'error');
      assert.equal(interrupted.content.ename, 'KeyboardInterrupt');
      assert.equal((await kernel.execute('2')).status, 'ok');
    } finally {
      await kernel.shutdown();
    }
  });
});
