// The store where it can be hurt: half-written runs, damaged files, several writers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CorruptRecord } from '../../../src/lab/study/errors.js';
import { canonical, readingKey, runKey } from '../../../src/lab/study/key.js';
import { json, projectDirectory, storeDirectory } from '../../../src/lab/study/store.js';
import { fill, folder, identity, record, storeIn, tinyStudy } from './fixture.js';

const request = { measure: 'accuracy', version: 1, options: { set: 'test' } };
const reading = {
  measure: 'accuracy',
  unit: '',
  options: { set: 'test' },
  value: 0.5,
  interval: null,
  saturation: 1,
  layers: [],
  extra: {},
  notes: [],
};

test('a key is the SHA-256 of canonical JSON, whatever the order of fields', () => {
  const { cell, digests } = identity();
  const text = `{"cell":${canonical(cell)},"digests":{"test":"${digests.test}","train":"${digests.train}"},"recipeVersion":3}`;
  assert.equal(runKey(cell, digests, 3), createHash('sha256').update(text).digest('hex'));
  const turned = Object.fromEntries(Object.entries(cell).reverse()) as unknown as typeof cell;
  assert.equal(runKey(turned, digests, 3), runKey(cell, digests, 3));
  assert.notEqual(runKey(cell, digests, 3), runKey(cell, digests, 4));
  assert.notEqual(readingKey(request), readingKey({ ...request, version: 2 }));
  assert.throws(() => canonical({ value: Number.NaN }), /NaN/);
});

test('canonical JSON reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      assert.equal(canonical(JSON.parse(canonical(value))), canonical(value));
    }),
  );
});

test('a run appears whole: its files, then its name', async (t) => {
  const { store } = storeIn(await folder(t));
  const run = identity();
  assert.equal(await store.find(run), null);
  await store.publish(run, async (directory) => {
    await fill(directory, record(run));
    assert.equal(store.has(run.key), false, 'not there while it is written');
    assert.equal(await store.find(run), null);
  });
  const found = await store.find(run, [request]);
  assert.deepEqual(found!.metrics, record(run).metrics);
  assert.deepEqual(found!.missing, [request]);
  assert.deepEqual(await readdir(join(store.directory, '.partial')), []);
});

test('a writer that fails leaves nothing', async (t) => {
  const { store } = storeIn(await folder(t));
  const run = identity();
  const broken = store.publish(run, async (directory) => {
    await fill(directory, record(run));
    throw new Error('disk full');
  });
  await assert.rejects(broken, /disk full/);
  assert.equal(store.has(run.key), false);
  assert.deepEqual(await readdir(join(store.directory, '.partial')), []);
});

test('of many writers of one run the first wins', async (t) => {
  const { store } = storeIn(await folder(t));
  const run = identity();
  const writes = Array.from({ length: 8 }, (_, parameters) =>
    store.publish(run, (directory) => fill(directory, record(run, { parameters }))),
  );
  const won = (await Promise.all(writes)).flatMap((first, index) => (first ? [index] : []));
  assert.equal(won.length, 1);
  assert.equal((await store.find(run))!.parameters, won[0]);
  assert.deepEqual(await readdir(join(store.directory, '.partial')), []);
});

const damages: [string, (text: string) => string, RegExp][] = [
  ['cut short', (text) => text.slice(0, 200), /not JSON/],
  ['empty', () => '', /not JSON/],
  ['of another format', (text) => text.replace('"format": 1', '"format": 2'), /"format"/],
  ['without metrics', (text) => text.replace('"metrics"', '"other"'), /"metrics"/],
  [
    'with null for a number',
    (text) => text.replace('"trainLoss": 2.3', '"trainLoss": null'),
    /"metrics\.0\.trainLoss"/,
  ],
  ['of another net', (text) => text.replace('"depth": 2', '"depth": 3'), /another run/],
  ['of other images', (text) => text.replace('a'.repeat(64), 'c'.repeat(64)), /other images/],
];
for (const [what, damage, reason] of damages) {
  test(`a record ${what} is named, and made again`, async (t) => {
    const { store, warnings } = storeIn(await folder(t));
    const run = identity();
    await store.publish(run, (directory) => fill(directory, record(run)));
    const file = join(store.directory, run.key, 'record.json');
    await writeFile(file, damage(await readFile(file, 'utf8')));
    assert.equal(await store.find(run), null);
    assert.equal(warnings.length, 1);
    const [warning] = warnings as CorruptRecord[];
    assert.equal(warning!.name, 'CorruptRecord');
    assert.equal(warning!.file, file);
    assert.match(warning!.message, reason);
    // A new one takes its place.
    assert.equal(await store.publish(run, (directory) => fill(directory, record(run))), true);
    assert.notEqual(await store.find(run), null);
    assert.equal(warnings.length, 1);
  });
}

test('readings are kept beside the record, by measure, options and version', async (t) => {
  const { store, warnings } = storeIn(await folder(t));
  const run = identity();
  await store.publish(run, (directory) => fill(directory, record(run)));
  await store.putReading(run.key, request, reading);
  const newer = { ...request, version: 2 };
  const other = { ...request, measure: 'cka' };
  await store.putReading(run.key, other, 'the net has one layer');
  const found = await store.find(run, [request, newer, other]);
  assert.deepEqual(found!.readings, [reading]);
  assert.deepEqual(found!.missing, [newer]);
  assert.deepEqual(found!.refused, [{ measure: 'cka', reason: 'the net has one layer' }]);
  assert.equal(warnings.length, 0);

  const file = join(store.directory, run.key, 'readings', `${readingKey(request)}.json`);
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, -20));
  assert.deepEqual((await store.find(run, [request]))!.missing, [request]);
  assert.match(warnings[0]!.message, /readings.*not JSON/);
});

test('shipped records are found first; without a net they count only with all readings', async (t) => {
  const base = await folder(t);
  const shipped = storeIn(join(base, 'recorded')).store;
  const run = identity();
  await shipped.publish(run, (directory) =>
    fill(directory, record(run, { parameters: 77 }), false),
  );
  await shipped.putReading(run.key, request, reading);
  const { store } = storeIn(join(base, 'runs'), join(base, 'recorded'));
  const found = await store.find(run, [request]);
  assert.equal(found!.parameters, 77);
  assert.equal(found!.recorded, true);
  const more = { ...request, version: 2 };
  assert.equal(await store.find(run, [request, more]), null, 'no net to read the second on');

  // With a net it is copied into the store, and the new reading is found beside the shipped one.
  await mkdir(join(shipped.directory, run.key, 'net'));
  const again = await store.find(run, [request, more]);
  await store.adopt(again!);
  await store.putReading(run.key, more, { ...reading, value: 0.6 });
  const both = await store.find(run, [request, more]);
  assert.deepEqual(
    both!.readings.map((item) => item.value),
    [0.5, 0.6],
  );
  const left = await readdir(join(shipped.directory, run.key, 'readings'));
  assert.equal(left.length, 1, 'the shipped layer is not written to');
});

test('what dead processes left is swept, what living ones write is not', async (t) => {
  const { store } = storeIn(await folder(t));
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const partial = join(store.directory, '.partial');
  const names = {
    dead: `k~${dead}~~1~${hostname()}`,
    reused: `k~${process.pid}~1~2~${hostname()}`,
    living: `k~${process.pid}~~3~${hostname()}`,
    elsewhere: 'k~1~~4~other.example',
    longAgo: 'k~1~~5~other.example',
  };
  for (const name of Object.values(names)) await mkdir(join(partial, name), { recursive: true });
  await utimes(join(partial, names.longAgo), 0, 0);
  await mkdir(join(store.directory, '.locks'));
  await writeFile(
    store.lockPath('dead'),
    JSON.stringify({ host: hostname(), pid: dead, started: null }),
  );
  await store.sweep();
  const kept = process.platform === 'linux' ? [] : [names.reused];
  assert.deepEqual(
    (await readdir(partial)).sort(),
    [names.living, names.elsewhere, ...kept].sort(),
  );
  assert.deepEqual(await readdir(join(store.directory, '.locks')), []);
});

test('the store lies in the project, also for notebooks with a package.json of their own', async (t) => {
  const base = await folder(t);
  const project = join(base, 'home', 'project');
  await mkdir(join(project, 'notebooks', 'deep'), { recursive: true });
  await mkdir(join(project, '.git'));
  for (const path of [join(base, 'home'), project, join(project, 'notebooks')]) {
    await writeFile(join(path, 'package.json'), '{}');
  }
  const deep = join(project, 'notebooks', 'deep');
  assert.equal(projectDirectory(deep), project, 'not past the repository');
  assert.equal(storeDirectory(deep, {}), join(project, '.fathom', 'runs'));
  assert.equal(storeDirectory(deep, { FATHOM_STORE: '/somewhere' }), '/somewhere');
  assert.equal(projectDirectory(base), base, 'no package: the folder itself');
});

test('json is stable: the same value gives the same bytes', () => {
  assert.equal(json({ b: 1, a: [1, { d: 2, c: 3 }] }), json({ a: [1, { c: 3, d: 2 }], b: 1 }));
  assert.equal(tinyStudy().cells.length, 1);
});
