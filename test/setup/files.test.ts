// Locks, staging folders and links of the set-up, with processes that really run and really die.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { cacheDirectory as labCacheDirectory } from '../../src/shared/cache-directory.js';
import { load, root, temporaryFolder, write } from './support.js';

interface Files {
  cacheDirectory(env?: NodeJS.ProcessEnv, platform?: string, home?: string): string;
  withLock<T>(
    lock: string,
    work: () => Promise<T>,
    onWait?: (owner: { pid: number }) => void,
  ): Promise<T>;
  withStaging<T>(parent: string, name: string, work: (path: string) => Promise<T>): Promise<T>;
  linkFolder(source: string, target: string): void;
  moveIntoPlace(staging: string, target: string): boolean;
  writeJson(path: string, value: unknown): void;
  readJson(path: string): unknown;
  listFiles(folder: string): Record<string, number>;
  filesAreWhole(folder: string, sizes: Record<string, number>): boolean;
}
const files = await load<Files>('setup/files.mjs');
const modulePath = pathToFileURL(join(root, 'scripts', 'setup', 'files.mjs')).href;

/** A Node process that runs a module given as text; resolves to its standard output. */
function script(text: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  return { child, done: once(child, 'close').then(() => output) };
}

describe('cache directory', () => {
  test('follows the variable, then the custom of the platform', () => {
    const at = (env: NodeJS.ProcessEnv, platform: string) => {
      const path = files.cacheDirectory(env, platform, '/home/me');
      assert.equal(path, labCacheDirectory(env, platform, '/home/me'), 'the lab looks there too');
      return path;
    };
    assert.equal(at({ FATHOM_CACHE: '/x' }, 'linux'), resolve('/x'));
    assert.equal(at({ FATHOM_CACHE: 'x', XDG_CACHE_HOME: '/c' }, 'linux'), resolve('x'));
    assert.equal(at({ XDG_CACHE_HOME: '/c' }, 'linux'), join('/c', 'fathom'));
    assert.equal(at({}, 'linux'), join('/home/me', '.cache', 'fathom'));
    assert.equal(at({}, 'darwin'), join('/home/me', 'Library', 'Caches', 'fathom'));
    assert.equal(at({ LOCALAPPDATA: '/l' }, 'win32'), join('/l', 'fathom'));
    assert.equal(at({}, 'win32'), join('/home/me', 'AppData', 'Local', 'fathom'));
  });
});

describe('lock', () => {
  test('four processes that count up a file one after another lose nothing', async (t) => {
    const folder = temporaryFolder(t);
    const counter = join(folder, 'counter');
    writeFileSync(counter, '0');
    const text = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { withLock } from ${JSON.stringify(modulePath)};
      for (let i = 0; i < 5; i++) {
        await withLock(${JSON.stringify(join(folder, 'lock'))}, async () => {
          const value = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
          await new Promise(setImmediate);
          writeFileSync(${JSON.stringify(counter)}, String(value + 1));
        });
      }`;
    await Promise.all(Array.from({ length: 4 }, () => script(text).done));
    assert.equal(readFileSync(counter, 'utf8'), '20');
    assert.ok(!existsSync(join(folder, 'lock')));
  });

  test('of a process that was killed is taken over', async (t) => {
    const folder = temporaryFolder(t);
    const lock = join(folder, 'lock');
    const { child, done } = script(`
      import { withLock } from ${JSON.stringify(modulePath)};
      await withLock(${JSON.stringify(lock)}, () => new Promise(() => {
        console.log('held');
        setInterval(() => {}, 1000);
      }));`);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await done;
    assert.ok(existsSync(lock));
    assert.equal(await files.withLock(lock, async () => 'mine'), 'mine');
  });

  test('of another machine is waited for while it is touched, and taken when it is not', async (t) => {
    const lock = join(temporaryFolder(t), 'lock');
    mkdirSync(lock);
    writeFileSync(join(lock, 'owner.json'), JSON.stringify({ pid: 1, host: `not-${hostname()}` }));
    let told = 0;
    const longAgo = new Date(Date.now() - 10 * 60_000);
    const result = await files.withLock(
      lock,
      async () => 'mine',
      () => {
        told++;
        utimesSync(lock, longAgo, longAgo);
      },
    );
    assert.equal(result, 'mine');
    assert.equal(told, 1);
  });

  test('is given back when the work fails', async (t) => {
    const lock = join(temporaryFolder(t), 'lock');
    await assert.rejects(
      files.withLock(lock, async () => {
        throw new Error('no');
      }),
      /no/,
    );
    assert.ok(!existsSync(lock));
  });
});

describe('staging folder', () => {
  test('is gone after the work, well or badly ended', async (t) => {
    const parent = temporaryFolder(t);
    await files.withStaging(parent, 'x', async (path) => write(join(path, 'a', 'b'), 'c'));
    await assert.rejects(
      files.withStaging(parent, 'x', async (path) => {
        write(join(path, 'a'), 'c');
        throw new Error('no');
      }),
    );
    assert.deepEqual(readdirSync(parent), []);
  });

  test('of a process that no longer runs is removed by the next one, that of a running one is not', async (t) => {
    const parent = temporaryFolder(t);
    const { child, done } = script(`
      import { makeStaging } from ${JSON.stringify(modulePath)};
      makeStaging(${JSON.stringify(parent)}, 'x');
      console.log('made');`);
    await once(child, 'exit');
    await done;
    const running = script(`
      import { makeStaging } from ${JSON.stringify(modulePath)};
      makeStaging(${JSON.stringify(parent)}, 'x');
      console.log('made');
      setInterval(() => {}, 1000);`);
    await once(running.child.stdout, 'data');
    const left = readdirSync(parent);
    assert.equal(left.length, 2 - 1, 'the second maker has removed what the first left');
    await files.withStaging(parent, 'y', async () => {
      assert.ok(existsSync(join(parent, left[0]!)));
    });
    running.child.kill();
    await running.done;
    await files.withStaging(parent, 'y', async () => {
      assert.ok(!existsSync(join(parent, left[0]!)));
    });
  });

  test('moves into place once; the first one wins', (t) => {
    const folder = temporaryFolder(t);
    write(join(folder, 'one', 'file'), '1');
    write(join(folder, 'two', 'file'), '2');
    assert.equal(files.moveIntoPlace(join(folder, 'one'), join(folder, 'target')), true);
    assert.equal(files.moveIntoPlace(join(folder, 'two'), join(folder, 'target')), false);
    assert.equal(readFileSync(join(folder, 'target', 'file'), 'utf8'), '1');
  });
});

describe('linked folder', () => {
  test('replaces what was there and survives when the cache is emptied', (t) => {
    const folder = temporaryFolder(t);
    const [source, target] = [join(folder, 'cache'), join(folder, 'package')];
    write(join(source, 'lib', 'a.so'), 'library');
    write(join(target, 'old'), 'x');
    files.linkFolder(source, target);
    assert.deepEqual(readdirSync(target), ['lib']);
    assert.equal(
      statSync(join(target, 'lib', 'a.so')).ino,
      statSync(join(source, 'lib', 'a.so')).ino,
    );
    rmSync(source, { recursive: true });
    assert.equal(readFileSync(join(target, 'lib', 'a.so'), 'utf8'), 'library');
    assert.deepEqual(readdirSync(folder), ['package']);
  });

  test('is seen to be whole by the sizes of its files', (t) => {
    const folder = temporaryFolder(t);
    write(join(folder, 'a', 'b.so'), 'library');
    write(join(folder, 'c'), '');
    const sizes = files.listFiles(folder);
    assert.deepEqual(sizes, { 'a/b.so': 7, c: 0 });
    assert.ok(files.filesAreWhole(folder, sizes));
    writeFileSync(join(folder, 'a', 'b.so'), 'lib');
    assert.ok(!files.filesAreWhole(folder, sizes));
    rmSync(join(folder, 'a', 'b.so'));
    assert.ok(!files.filesAreWhole(folder, sizes));
  });
});

describe('JSON files', () => {
  test('are written whole, and a broken one counts as not there', (t) => {
    const path = join(temporaryFolder(t), 'deep', 'x.json');
    assert.equal(files.readJson(path), undefined);
    files.writeJson(path, { a: 1 });
    assert.deepEqual(files.readJson(path), { a: 1 });
    assert.deepEqual(readdirSync(join(path, '..')), ['x.json']);
    writeFileSync(path, '{"a":');
    assert.equal(files.readJson(path), undefined);
  });
});
