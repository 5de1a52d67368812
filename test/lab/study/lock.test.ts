import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  acquire,
  foreignStaleMs,
  isHeld,
  type Lock,
  thisProcess,
} from '../../../src/lab/study/lock.js';
import { folder } from './fixture.js';

test('one holder at a time', async (t) => {
  const path = join(await folder(t), 'locks', 'key');
  const tries = await Promise.all(Array.from({ length: 10 }, () => acquire(path)));
  const got = tries.filter((lock): lock is Lock => lock !== 'held');
  assert.equal(got.length, 1);
  assert.equal(await isHeld(path), true);
  await got[0]!.release();
  assert.equal(existsSync(path), false);
  const next = await acquire(path);
  assert.notEqual(next, 'held');
});

test('the lock of a dead process is taken over, and its release takes nothing away', async (t) => {
  const directory = await folder(t);
  const path = join(directory, 'key');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  await writeFile(path, JSON.stringify({ host: hostname(), pid, started: null }));
  assert.equal(await isHeld(path), false);
  const lock = await acquire(path);
  assert.notEqual(lock, 'held');
  assert.deepEqual(await readdir(directory), ['key']);
});

test('a process that got the id of a dead holder does not keep its lock', {
  skip: process.platform !== 'linux' && 'start times are known on Linux',
}, async (t) => {
  const path = join(await folder(t), 'key');
  await writeFile(path, JSON.stringify({ ...thisProcess(), started: '1' }));
  assert.equal(await isHeld(path), false);
  await writeFile(path, JSON.stringify(thisProcess()));
  assert.equal(await isHeld(path), true);
});

test('the lock of another machine holds while it is touched', async (t) => {
  const path = join(await folder(t), 'key');
  await writeFile(path, JSON.stringify({ host: 'other.example', pid: 1, started: null }));
  const touched = 1_000_000;
  await utimes(path, touched / 1000, touched / 1000);
  assert.equal(await isHeld(path, () => touched + foreignStaleMs - 1), true);
  assert.equal(await acquire(path, () => touched + foreignStaleMs - 1), 'held');
  assert.equal(await isHeld(path, () => touched + foreignStaleMs + 1), false);
  const lock = await acquire(path, () => touched + foreignStaleMs + 1);
  assert.ok(lock !== 'held');
  await lock.touch();
  assert.equal(await isHeld(path), true);
});

test('a lock that is being written holds for a moment', async (t) => {
  const path = join(await folder(t), 'key');
  await writeFile(path, '');
  const written = 1_000_000;
  await utimes(path, written / 1000, written / 1000);
  assert.equal(await isHeld(path, () => written + 1000), true);
  assert.equal(await isHeld(path, () => written + 60_000), false);
});
