// scripts/fathom.mjs, which starts the command line: it ends as the program that it started has ended.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { root, temporaryFolder, write } from './support.js';

/** Starts it over a program that does what `then` says, and says its process id. */
async function starter(t: TestContext, then: string) {
  const folder = temporaryFolder(t);
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  write(join(folder, 'package.json'), '{"type":"module"}');
  const program = `setInterval(() => {}, 1e6);\n${then}\nconsole.log(process.pid);`;
  write(join(folder, 'dist', 'src', 'cli', 'main.js'), program);
  const child = spawn(process.execPath, [join(folder, 'scripts', 'fathom.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, program: Number(String(said)), ended: once(child, 'close') };
}

describe('the starter', { skip: process.platform === 'win32' && 'no signals' }, () => {
  test('hands the exit code on', async (t) => {
    const { ended } = await starter(t, 'setTimeout(() => process.exit(7), 1);');
    assert.deepEqual(await ended, [7, null]);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    test(`does not report success when ${signal} has ended the program`, async (t) => {
      const { program, ended } = await starter(t, '');
      process.kill(program, signal);
      assert.deepEqual(await ended, [null, signal]);
    });
  }

  test('passes an interrupt on, and lets the program decide', async (t) => {
    const { child, ended } = await starter(t, "process.on('SIGINT', () => process.exit(130));");
    child.kill('SIGINT');
    assert.deepEqual(await ended, [130, null]);
  });
});
