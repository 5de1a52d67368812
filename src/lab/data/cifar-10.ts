/**
 * CIFAR-10 (A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009) in its official binary version:
 * `data_batch_<n>.bin` for training and `test_batch.bin`, records of one label byte and 3,072 pixel bytes, the red plane
 * first, then green and blue, each row by row. Any number of records a file.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { readArchive } from './archive.js';
import { download } from './download.js';
import {
  DataFileError,
  type Images,
  type Located,
  MissingDataError,
  type Source,
} from './source.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;
const CLASSES = 10;

const CIFAR_10 = {
  /** `FATHOM_CIFAR10_URL` names a mirror; what it sends must still have the published checksum. */
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  /** As published at https://www.cs.toronto.edu/~kriz/cifar.html. */
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  bytes: 170_052_171,
} as const;

/** Raise it when the same files would be read differently, so that old caches are not used. */
const READER = 1;

const TRAIN_FILE = /^data_batch_(\d+)\.bin$/;
const TEST_FILE = 'test_batch.bin';

export const cifar10: Source = {
  name: 'cifar-10',
  title: 'CIFAR-10',
  description:
    '32 × 32 colour photographs in ten classes; 50,000 for training and 10,000 held out, as its authors split them.',
  reference: 'krizhevsky2009learning',
  licence: 'not stated by its authors; free for research with citation',
  shape: [SIDE, SIDE, 3],
  classes: [
    'airplane',
    'automobile',
    'bird',
    'cat',
    'deer',
    'dog',
    'frog',
    'horse',
    'ship',
    'truck',
  ],
  most: { train: 50_000, test: 10_000 },
  async locate({ path: given, cache, download: mayDownload, onProgress, signal }) {
    const kept = path.join(cache, 'downloads', 'cifar-10-binary.tar.gz');
    const chosen = given ?? (process.env.FATHOM_CIFAR10 || null);
    if (chosen !== null) return located(chosen);
    if ((await stat(kept).catch(() => null)) === null) {
      if (!mayDownload) {
        throw new MissingDataError('cifar-10', [
          'get cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html and set FATHOM_CIFAR10 (or the option ' +
            '`path`) to the archive or to the folder it unpacks to',
          'allow a download of 170 MB, once: set FATHOM_DOWNLOAD=1 (or the option `download: true`)',
        ]);
      }
      await download({
        url: process.env.FATHOM_CIFAR10_URL || CIFAR_10.url,
        to: kept,
        checksum: { algorithm: 'md5', value: CIFAR_10.md5 },
        onProgress: (done, total) =>
          onProgress({ dataset: 'cifar-10', stage: 'download', done, total, note: null }),
        signal,
      });
    }
    return located(kept);
  },
};

async function located(place: string): Promise<Located> {
  const info = await stat(place).catch(() => null);
  if (info === null) {
    throw new MissingDataError(`cifar-10 (${place} is not there)`, [
      'give the path of cifar-10-binary.tar.gz, or of the folder that it unpacks to',
    ]);
  }
  if (info.isDirectory()) return locatedFolder(place);
  return {
    fingerprint: JSON.stringify(['cifar-10', READER, info.size, info.mtimeMs]),
    files: [place],
    async read() {
      const files = await readArchive(place, isBatch);
      return parse(place, files);
    },
  };
}

async function locatedFolder(place: string): Promise<Located> {
  const inside = path.join(place, 'cifar-10-batches-bin');
  const folder = (await stat(inside).catch(() => null))?.isDirectory() ? inside : place;
  const names = (await readdir(folder)).filter(isBatch).sort();
  const infos = await Promise.all(names.map((name) => stat(path.join(folder, name))));
  return {
    fingerprint: JSON.stringify([
      'cifar-10',
      READER,
      ...names.map((name, index) => [name, infos[index]!.size, infos[index]!.mtimeMs]),
    ]),
    files: names.map((name) => path.join(folder, name)),
    async read() {
      const files = new Map<string, Buffer>();
      for (const name of names) files.set(name, await readFile(path.join(folder, name)));
      return parse(folder, files);
    },
  };
}

function isBatch(name: string): boolean {
  return name === TEST_FILE || TRAIN_FILE.test(name);
}

function parse(place: string, files: ReadonlyMap<string, Buffer>): { train: Images; test: Images } {
  const number = (name: string) => Number(TRAIN_FILE.exec(name)![1]);
  const train = [...files.keys()]
    .filter((name) => TRAIN_FILE.test(name))
    .sort((a, b) => number(a) - number(b));
  if (train.length === 0 || !files.has(TEST_FILE)) {
    const found = files.size === 0 ? 'neither' : [...files.keys()].join(', ');
    throw new DataFileError(place, null, `data_batch_<n>.bin and ${TEST_FILE}`, found);
  }
  const images = (names: readonly string[]) =>
    parseRecords(names.map((name) => ({ file: path.join(place, name), bytes: files.get(name)! })));
  return { train: images(train), test: images([TEST_FILE]) };
}

/** Images of some batch files; planes of colours become pixels of three channels. */
function parseRecords(files: readonly { readonly file: string; readonly bytes: Buffer }[]): Images {
  for (const { file, bytes } of files) {
    const rest = bytes.length % RECORD;
    if (bytes.length === 0) {
      throw new DataFileError(file, 0, `records of ${RECORD} bytes`, 'an empty file');
    }
    if (rest !== 0) {
      const start = bytes.length - rest;
      throw new DataFileError(
        file,
        start,
        `a record of ${RECORD} bytes`,
        `${rest} and the end of the file`,
      );
    }
  }
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / RECORD, 0);
  const pixels = new Uint8Array(count * 3 * PLANE);
  const labels = new Uint8Array(count);
  let index = 0;
  let to = 0;
  for (const { file, bytes } of files) {
    for (let start = 0; start < bytes.length; start += RECORD) {
      const label = bytes[start]!;
      if (label >= CLASSES) {
        throw new DataFileError(file, start, `a label from 0 to ${CLASSES - 1}`, `${label}`);
      }
      labels[index++] = label;
      for (let at = start + 1; at <= start + PLANE; at++) {
        pixels[to++] = bytes[at]!;
        pixels[to++] = bytes[at + PLANE]!;
        pixels[to++] = bytes[at + 2 * PLANE]!;
      }
    }
  }
  return { pixels, labels };
}
