/** What a kernel leaves behind when it ends, in whatever way: nothing. FATHOM_TEST_CYCLES=200 starts and stops so many. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Client, kernelMain, startClient } from './client.js';

const cycles = Number(process.env.FATHOM_TEST_CYCLES ?? 4);
const noProc = !existsSync('/proc/self/task') && 'processes are looked at through /proc';

/** All processes below one, by their numbers. */
function below(pid: number): number[] {
  let children: number[];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
  return children.flatMap((child) => [child, ...below(child)]);
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; who is to take note of it is not the kernel's business.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resolves when none of the processes is alive. */
async function gone(pids: number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Node keeps translated code for all its programs in one place: no trace of a kernel. */
const env = (folder: string) => ({
  TMPDIR: folder,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
});

describe('the life of a kernel', { skip: noProc, timeout: 900_000 }, () => {
  let scratch: string;
  let kernel: Client;
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'fathom-life-'));
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  /** A kernel with temporary files in a folder of its own, whose cell has started a process, and all their numbers. */
  async function busyKernel(): Promise<number[]> {
    kernel = await startClient({ env: env(scratch) });
    const id = await kernel.send('shell', 'execute_request', {
      code: 'import { spawn } from "node:child_process";\nspawn("sleep", ["600"], { stdio: "ignore" }).unref(); console.log("go"); while (true) {}',
    });
    await kernel.wait(({ parent, type }) => parent === id && type === 'stream');
    const all = [kernel.process.pid!, ...below(kernel.process.pid!)];
    assert.equal(all.length, 3, 'the kernel, the cell process, and what the cell started');
    return all;
  }

  it('ends with all processes on a shutdown request, though a cell loops', async () => {
    const all = await busyKernel();
    await kernel.stop();
    await gone(all);
    assert.deepEqual(readdirSync(scratch), []);
  });

  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)
    it(`ends with all processes on ${signal}`, async () => {
      const all = await busyKernel();
      kernel.process.kill(signal);
      await gone(all);
      await kernel.stop();
      assert.deepEqual(readdirSync(scratch), []);
    });

  it('ends when its parent is killed', async () => {
    const connection = join(scratch, 'connection.json');
    const base = 20_000 + (process.pid % 20_000);
    writeFileSync(
      connection,
      JSON.stringify({
        transport: 'ipc',
        ip: join(scratch, 'socket'),
        key: 'k',
        signature_scheme: 'hmac-sha256',
        shell_port: base,
        iopub_port: base + 1,
        stdin_port: base + 2,
        control_port: base + 3,
        hb_port: base + 4,
      }),
    );
    const program = `
      const child = require('node:child_process').spawn(process.execPath, ${JSON.stringify([kernelMain, connection])}, {
        stdio: 'ignore', env: { ...process.env, JPY_PARENT_PID: String(process.pid) } });
      const ready = setInterval(() => {
        const { existsSync, readFileSync } = require('node:fs');
        if (!existsSync(${JSON.stringify(join(scratch, 'socket'))} + '-${base + 4}')) return;
        if (readFileSync('/proc/' + child.pid + '/task/' + child.pid + '/children', 'utf8').trim() === '') return;
        clearInterval(ready);
        console.log(child.pid);
      }, 20);`;
    const parent = spawn(process.execPath, ['-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(parent, 'exit').then(([code]) => assert.fail(`the parent ended: ${code}`));
    ended.catch(() => undefined);
    const [line] = await Promise.race([once(parent.stdout!, 'data'), ended]);
    const pid = Number(String(line));
    const all = [pid, ...below(pid)];
    assert.equal(all.length, 2);
    parent.kill('SIGKILL');
    await gone(all);
  });

  it('leaves nothing when its cell process is killed, and goes on with a new one', async () => {
    kernel = await startClient();
    await kernel.execute('const lost = 1;');
    const [first] = below(kernel.process.pid!);
    process.kill(first!, 'SIGKILL');
    const told = await kernel.wait(({ type }) => type === 'error');
    assert.equal(told.content.ename, 'ProcessKilled');
    assert.match(told.content.evalue, /variables of all cells are gone/);
    assert.equal((await kernel.execute('lost')).error!.content.ename, 'TS2304');
    assert.equal((await kernel.execute('1 + 1')).result!['text/plain'], '2');
    assert.ok(!isAlive(first!));
    await kernel.stop();
  });

  it(`${cycles} starts and stops leave nothing`, async () => {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const one = await startClient({ env: env(scratch) });
      const all = [one.process.pid!, ...below(one.process.pid!)];
      if (cycle % 2) await one.execute('1');
      await one.stop();
      await gone(all);
    }
    assert.deepEqual(
      readdirSync(scratch).filter((name) => !/^(connection|socket)/.test(name)),
      [],
    );
  });

  it('keeps a history across restarts, whole in spite of a line that was cut', async () => {
    const file = join(scratch, 'deeper', 'history.jsonl');
    const kept = { FATHOM_KERNEL_HISTORY: file };
    const ask = async (one: Client, request: object) =>
      (await one.request('shell', 'history_request', { raw: true, output: false, ...request }))
        .content.history;
    const first = await startClient({ env: kept });
    await first.execute('"one"');
    await first.execute('"same"');
    await first.stop();
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"session":1,"line"\n`);
    const second = await startClient({ env: kept });
    try {
      await second.execute('"same"');
      assert.deepEqual(await ask(second, { hist_access_type: 'tail', n: 3 }), [
        [1, 1, '"one"'],
        [1, 2, '"same"'],
        [2, 1, '"same"'],
      ]);
      assert.deepEqual(
        await ask(second, { hist_access_type: 'range', session: -1, start: 1, stop: 3 }),
        [
          [1, 1, '"one"'],
          [1, 2, '"same"'],
        ],
      );
      assert.deepEqual(
        await ask(second, { hist_access_type: 'range', session: 1, start: 2, stop: 3 }),
        [[1, 2, '"same"']],
      );
      assert.deepEqual(await ask(second, { hist_access_type: 'range', session: 0, start: 1 }), [
        [2, 1, '"same"'],
      ]);
      assert.deepEqual(
        await ask(second, { hist_access_type: 'search', pattern: '"s*', unique: true, n: 5 }),
        [[2, 1, '"same"']],
      );
      assert.deepEqual(await ask(second, { hist_access_type: 'search', pattern: '"s*', n: 5 }), [
        [1, 2, '"same"'],
        [2, 1, '"same"'],
      ]);
    } finally {
      await second.stop();
    }
  });
});
