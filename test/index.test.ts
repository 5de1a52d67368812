// A study in a notebook cell, as a user interrupts it: through real kernels, with real worker processes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Client, startClient } from './press/kernel/client.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const onLinux = { skip: process.platform !== 'linux' && 'children are listed by /proc' };

/** Two grid cells, one that is soon done and one that is not. */
const grid = `study({
  data: { name: 'gratings', train: 64, test: 32 },
  net: { family: 'plain', depth: 2, width: 2 },
  recipe: { batchSize: 16, deterministic: true },
  axes: { 'recipe.stop.epochs': [1, 100000] },
})`;

const start = `
import { runStudy, study } from 'fathom';
const running: Promise<unknown> = runStudy(${grid}, { workers: 2 });
await running;`;

describe('an interrupted study', onLinux, () => {
  let folder: string;
  let env: Record<string, string>;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fathom-interrupt-'));
    env = { FATHOM_STORE: join(folder, 'runs'), FATHOM_CACHE: join(folder, 'cache') };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const kept = () =>
    existsSync(join(folder, 'runs')) &&
    readdirSync(join(folder, 'runs')).filter((name) => !name.startsWith('.')).length;

  /** Starts the study, and waits until one cell is done while the other, which is given out first, is trained. */
  async function started(kernel: Client): Promise<string> {
    const id = await kernel.send('shell', 'execute_request', { code: start });
    const ended = kernel.wait(({ parent, type }) => parent === id && type === 'execute_reply');
    const failed = ended.then(({ content }) => assert.fail(JSON.stringify(content)));
    failed.catch(() => {});
    while (kept() !== 1) await Promise.race([pause(20), failed]);
    return id;
  }

  it('ends with its workers, keeps what is finished, and the kernel its variables', async () => {
    const kernel = await startClient({ folder: root, env });
    try {
      const id = await started(kernel);
      const workers = workersOf(kernel.process.pid!);
      assert.equal(workers.length, 2);
      await kernel.request('control', 'interrupt_request');
      assert.equal((await kernel.execution(id)).error!.content.ename, 'KeyboardInterrupt');
      // The study itself ended too, and says of what.
      const { result } = await kernel.execute('await running.catch((error: Error) => error.name)');
      assert.equal(result!['text/plain'], "'KeyboardInterrupt'");
      assert.ok(!workers.some(isRunning));
      assert.equal(kept(), 1);
      // A later cell has an interrupt of its own: it is not stopped by the one before.
      const again = await kernel.execute(`
let reused = 0;
const whole = ${grid};
const runs = await runStudy({ ...whole, cells: whole.cells.slice(0, 1) }, { onProgress: (progress) => (reused = progress.reused) });
[runs.length, reused].join()`);
      assert.equal(again.result?.['text/plain'], "'1,1'", JSON.stringify(again.error?.content));
    } finally {
      await kernel.stop();
    }
  });

  it('ends with its workers under stock tslab, which lets the code of an interrupted cell go on', async () => {
    rmSync(join(folder, 'runs'), { recursive: true, force: true });
    const tslab = createRequire(import.meta.url).resolve('tslab/package.json');
    const program = join(dirname(tslab), 'bin', 'tslab');
    const argv = [process.execPath, program, 'kernel', '--config-path', '{connection_file}'];
    const kernel = await startClient({ folder: root, env, argv });
    try {
      await started(kernel);
      const workers = workersOf(kernel.process.pid!);
      assert.equal(workers.length, 2);
      kernel.process.kill('SIGINT');
      while (workers.some(isRunning)) await pause(20);
      assert.equal(kept(), 1);
      assert.equal(kernel.process.exitCode, null);
    } finally {
      // Its shutdown is not always heard.
      const ended = once(kernel.process, 'exit');
      if (kernel.process.kill('SIGKILL')) await ended;
      await kernel.stop();
    }
  });
});

/** Workers of a study among the descendants of a process. */
function workersOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => {
    const isWorker = /study\/worker\.js/.test(read(`/proc/${child}/cmdline`));
    return [...(isWorker ? [child] : []), ...workersOf(child)];
  });
}

function childrenOf(pid: number): number[] {
  let threads: string[] = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {}
  return threads.flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

/** A killed process stays in the table until its parent has read its end. */
function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/^\d+ \(.*\) [ZX]/s.test(stat);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
