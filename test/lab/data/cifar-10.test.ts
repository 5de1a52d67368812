import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';
import { DataFileError, loadData, MissingDataError } from '../../../src/lab/data/index.js';
import { random } from '../../../src/lab/tensor/random.js';

const RECORD = 3073;

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-cifar-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Records with labels 0, 1, 2, … and random pixels. */
function records(count: number, seed: number): Buffer {
  const bytes = Buffer.alloc(count * RECORD);
  const { integer } = random(seed);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = at % RECORD === 0 ? (at / RECORD) % 10 : integer(256);
  }
  return bytes;
}

type Files = Record<string, Buffer | string>;

const batches = (): Files => ({
  'batches.meta.txt': 'airplane\n',
  'data_batch_1.bin': records(20, 1),
  'data_batch_2.bin': records(10, 2),
  'data_batch_10.bin': records(10, 3),
  'test_batch.bin': records(10, 4),
});

/** Writes the files into a folder as the official archive unpacks to, and returns it. */
async function unpacked(name: string, files: Files): Promise<string> {
  const inside = path.join(folder, name, 'cifar-10-batches-bin');
  await mkdir(inside, { recursive: true });
  for (const [file, bytes] of Object.entries(files))
    await writeFile(path.join(inside, file), bytes);
  return path.join(folder, name);
}

async function archived(name: string, files: Files, gzip = true): Promise<string> {
  const cwd = await unpacked(name, files);
  const file = path.join(folder, `${name}.tar${gzip ? '.gz' : ''}`);
  await create({ file, cwd, gzip }, ['cifar-10-batches-bin']);
  return file;
}

const load = (place: string, train = 40, held = 10) =>
  loadData(
    { name: 'cifar-10', train, test: held },
    { path: place, cache: path.join(folder, 'cache') },
  );

test('archive, plain tar, folder and inner folder give the same images', async () => {
  const files = batches();
  const outer = await unpacked('whole', files);
  const places = [
    outer,
    path.join(outer, 'cifar-10-batches-bin'),
    await archived('whole', files),
    await archived('whole', files, false),
  ];
  const splits = await Promise.all(places.map((place) => load(place)));
  for (const { train, test: held } of splits) {
    assert.deepEqual(train.shape, [40, 32, 32, 3]);
    assert.deepEqual(held.shape, [10, 32, 32, 3]);
    assert.equal(train.digest, splits[0]!.train.digest);
    assert.equal(held.digest, splits[0]!.test.digest);
    assert.equal(train.classes[9], 'truck');
  }
});

test('planes of colours become pixels, each image keeps its label', async () => {
  const files = batches();
  const { test: held } = await load(await archived('planes', files));
  const bytes = files['test_batch.bin'] as Buffer;
  for (let index = 0; index < 10; index++) {
    // In these records the label is also the number of the record.
    const start = held.labels[index]! * RECORD + 1;
    for (const [y, x, channel] of [
      [0, 0, 0],
      [0, 1, 2],
      [31, 31, 1],
      [17, 5, 2],
    ] as const) {
      const got = held.images[((index * 32 + y) * 32 + x) * 3 + channel]!;
      assert.equal(got, Math.fround(bytes[start + channel * 1024 + y * 32 + x]! / 255));
    }
  }
});

test('damaged files are refused with file, offset and what was expected', async () => {
  const damaged = async (name: string, change: (files: Files) => void) => {
    const files = batches();
    change(files);
    return load(await archived(name, files));
  };
  const refused = (file: string, offset: number | null, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof DataFileError, String(error));
    assert.ok(error.file.endsWith(file), error.file);
    assert.equal(error.offset, offset);
    assert.match(error.message, message);
    return true;
  };
  await assert.rejects(
    damaged('short', (files) => {
      files['data_batch_2.bin'] = (files['data_batch_2.bin'] as Buffer).subarray(0, RECORD + 100);
    }),
    refused('data_batch_2.bin', RECORD, /expected a record of 3073 bytes, found 100 and the end/),
  );
  await assert.rejects(
    damaged('label', (files) => {
      (files['data_batch_1.bin'] as Buffer)[5 * RECORD] = 10;
    }),
    refused('data_batch_1.bin', 5 * RECORD, /expected a label from 0 to 9, found 10/),
  );
  await assert.rejects(
    damaged('empty', (files) => {
      files['test_batch.bin'] = '';
    }),
    refused('test_batch.bin', 0, /found an empty file/),
  );
  await assert.rejects(
    damaged('part', (files) => {
      delete files['test_batch.bin'];
    }),
    refused(
      'part.tar.gz',
      null,
      /expected data_batch_<n>\.bin and test_batch\.bin, found data_batch_1/,
    ),
  );
  const whole = await readFile(await archived('cut', batches()));
  const cut = path.join(folder, 'cut-short.tar.gz');
  await writeFile(cut, whole.subarray(0, whole.length / 2));
  await assert.rejects(load(cut), refused('cut-short.tar.gz', null, /expected a whole .tar/));
  const plain = await readFile(await archived('cut', batches(), false));
  const cutPlain = path.join(folder, 'cut-short.tar');
  await writeFile(cutPlain, plain.subarray(0, 50_000));
  await assert.rejects(load(cutPlain), refused('cut-short.tar', null, /expected a whole .tar/));
  const other = path.join(folder, 'other.tar.gz');
  await writeFile(other, 'This is a letter, not an archive.'.repeat(100));
  await assert.rejects(load(other), refused('other.tar.gz', null, /expected a whole .tar/));
  const nothing = path.join(folder, 'nothing.tar.gz');
  await writeFile(nothing, '');
  await assert.rejects(load(nothing), refused('nothing.tar.gz', null, /expected/));
  await mkdir(path.join(folder, 'bare'), { recursive: true });
  await assert.rejects(load(path.join(folder, 'bare')), refused('bare', null, /found neither/));
});

test('more images than the files hold is an error that says how many there are', async () => {
  const place = await archived('few', batches());
  await assert.rejects(load(place, 50), {
    name: 'DataSpecError',
    message: /train must be at most 40/,
  });
});

test('with no files the error names both ways to get them', async () => {
  const saved = { ...process.env };
  delete process.env.FATHOM_CIFAR10;
  delete process.env.FATHOM_DOWNLOAD;
  try {
    await assert.rejects(
      loadData({ name: 'cifar-10' }, { cache: path.join(folder, 'no-cache') }),
      (error) =>
        error instanceof MissingDataError &&
        /FATHOM_CIFAR10/.test(error.message) &&
        /FATHOM_DOWNLOAD=1/.test(error.message),
    );
    process.env.FATHOM_CIFAR10 = await archived('env', batches());
    const { train } = await loadData(
      { name: 'cifar-10', train: 10, test: 10 },
      { cache: path.join(folder, 'env-cache') },
    );
    assert.equal(train.shape[0], 10);
    await assert.rejects(load(path.join(folder, 'nowhere.tar.gz')), MissingDataError);
  } finally {
    process.env = saved;
  }
});

test('the archive of real photographs gives balanced images of ten classes', async (context) => {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const subset = path.join(root, '..', 'shared', 'data', 'cifar-10-subset-binary.tar.gz');
  const place = process.env.FATHOM_CIFAR10 ?? subset;
  if (!existsSync(place)) {
    context.skip('no CIFAR-10 on this machine: set FATHOM_CIFAR10');
    return;
  }
  const { train, test: held } = await load(place, 1000, 500);
  const counts = new Array<number>(10).fill(0);
  for (const label of train.labels) counts[label]!++;
  assert.deepEqual(counts, new Array(10).fill(100));
  assert.notEqual(train.digest, held.digest);
  // Mean of each channel over the whole set; the mean of 1,000 images strays from it by about 0.005.
  for (const [channel, mean] of [0.491, 0.482, 0.447].entries()) {
    let sum = 0;
    for (let at = channel; at < train.images.length; at += 3) sum += train.images[at]!;
    const found = sum / (train.images.length / 3);
    assert.ok(Math.abs(found - mean) < 0.03, `channel ${channel}: ${found}`);
  }
});
