import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  ready,
  runtimeDefaults,
  tf,
  workerEnvironment,
  type BackendInfo,
} from '../../../src/lab/tensor/index.js';

const door = new URL('../../../src/lab/tensor/index.js', import.meta.url).href;

/** What `ready` says in a process with this environment. */
function readyIn(env: Record<string, string>): { info: BackendInfo } | { error: string } {
  const program = `
    const { ready, BackendError } = await import(${JSON.stringify(door)});
    const say = (value) => console.log(JSON.stringify(value));
    await ready().then((info) => say({ info }), (error) => say({ error: error.message, known: error instanceof BackendError }));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

describe('the door to TensorFlow', () => {
  it('says which backend runs', async () => {
    const info = await ready();
    assert.equal(info.backend, tf.getBackend());
    assert.match(info.tensorflow, /^\d+\.\d+\.\d+/);
    assert.ok(info.threads >= 1);
    assert.deepEqual(await ready(), info);
  });

  it('runs on WebAssembly when that is asked for', () => {
    const result = readyIn({ FATHOM_TENSORFLOW: 'wasm' });
    assert.ok('info' in result, JSON.stringify(result));
    assert.equal(result.info.backend, 'wasm');
    assert.equal(result.info.link, 'wasm');
    assert.equal(result.info.threads, 1);
  });

  it('refuses a link that the chain does not have, naming those it has', () => {
    const result = readyIn({ FATHOM_TENSORFLOW: 'cuda' });
    assert.ok('error' in result, JSON.stringify(result));
    assert.match(result.error, /"cuda".*official, wheel, wasm/);
  });

  it('takes the threads it is given', () => {
    const result = readyIn(workerEnvironment({ threads: 1 }));
    assert.ok('info' in result, JSON.stringify(result));
    assert.equal(result.info.threads, 1);
  });
});

describe('the environment of a process', () => {
  it('is the same as the scripts give', async () => {
    const path = fileURLToPath(new URL('../../../../scripts/runtime.mjs', import.meta.url));
    const { runtimeEnvironment } = (await import(path)) as {
      runtimeEnvironment(env: object): Record<string, string>;
    };
    assert.deepEqual(runtimeEnvironment({}), runtimeDefaults);
  });

  it('leaves what the user has set, but not the threads', () => {
    const env = { TF_ENABLE_ONEDNN_OPTS: '0', TF_NUM_INTRAOP_THREADS: '8' };
    const added = workerEnvironment({ threads: 2 }, env);
    assert.equal(added.TF_ENABLE_ONEDNN_OPTS, undefined);
    assert.equal(added.TF_NUM_INTRAOP_THREADS, '2');
    assert.equal(added.MALLOC_TRIM_THRESHOLD_, runtimeDefaults.MALLOC_TRIM_THRESHOLD_);
  });
});
