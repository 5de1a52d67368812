/** Same seed, same bytes: twice over, and when a run is killed and taken up again. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { workerEnvironment } from '../../../src/lab/tensor/index.js';

const worker = fileURLToPath(new URL('./resume-worker.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'fathom-resume-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Lines that a worker printed; it is killed as soon as it prints `killAt`. */
async function run(args: string[], killAt: string | null = null): Promise<string[]> {
  const child = spawn(process.execPath, [worker, ...args], {
    env: { ...process.env, ...workerEnvironment({ threads: 1 }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line === killAt) child.kill('SIGKILL');
  }
  assert.equal(await exit, killAt === null ? 0 : null, errors);
  return lines;
}

describe('deterministic training', () => {
  it('gives the same bytes twice, and when killed and resumed', async () => {
    const once = await run([]);
    const twice = await run([]);
    assert.match(once.at(-1)!, /^result [0-9a-f]{64}/);
    assert.deepEqual(twice, once);

    const folder = join(directory, 'run');
    // Dies in epoch 4, after the checkpoint of epoch 2.
    const killed = await run([folder, '3'], 'epoch 3');
    assert.deepEqual(killed, ['epoch 0', 'epoch 1', 'epoch 2', 'epoch 3']);
    const resumed = await run([folder]);
    assert.deepEqual(resumed, ['epoch 3', 'epoch 4', 'epoch 5', 'epoch 6', once.at(-1)]);
  });
});
