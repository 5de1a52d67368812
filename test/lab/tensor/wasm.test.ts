/** The tests of this folder and of training, once more in a process that may use WebAssembly only. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const files = ['./operations.test.js', '../nets/forward.test.js', '../train/trainer.test.js'];

for (const file of files) {
  it(`${file} on WebAssembly`, () => {
    const path = fileURLToPath(new URL(file, import.meta.url));
    // A test file started by a test would report to this one's runner instead of its own exit code.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', path], {
      env: { ...env, FATHOM_TENSORFLOW: 'wasm' },
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
    assert.match(stdout, /^# pass [1-9]|^ℹ pass [1-9]/m);
  });
}
