/**
 * Parsed datasets, kept as one file of bytes each. The file says what it was made from and carries its own checksum: one
 * that is cut short, altered or of an older layout is made anew.
 *
 * Layout: the 8 bytes `FATHOMDS`, the length of the header as a 32-bit little-endian integer, the header as JSON, then
 * training pixels, training labels, test pixels, test labels.
 */
import { createHash, hash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../../shared/whole-file.js';
import type { Images, Parts } from './source.js';

const MAGIC = Buffer.from('FATHOMDS');
const FORMAT = 1;
/** A temporary file this old belongs to a process that was killed; writing one takes seconds. */
const ABANDONED_MS = 3_600_000;

interface Header {
  readonly format: number;
  readonly dataset: string;
  /** What it was made from: sizes and versions of the files, and of the reader. */
  readonly source: string;
  readonly counts: { readonly train: number; readonly test: number };
  /** Bytes of one image. */
  readonly imageBytes: number;
  /** SHA-256 of everything after the header. */
  readonly sha256: string;
}

/** What is kept for a dataset and the fingerprint of its files, which is part of the name. */
export function cacheFile(cache: string, dataset: string, fingerprint: string): string {
  return path.join(cache, 'data', `${dataset}-${hash('sha256', fingerprint).slice(0, 16)}.bin`);
}

/**
 * Reads a cache file.
 *
 * @returns the parts, or why they cannot be had: null where there is no file, a reason where it is not good.
 */
export async function readCache(
  file: string,
  dataset: string,
  fingerprint: string,
): Promise<Parts | { readonly bad: string | null }> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { bad: missing ? null : (error as Error).message };
  }
  const start = MAGIC.length + 4;
  if (bytes.length < start || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    return { bad: 'it is not a cache file' };
  }
  const end = start + bytes.readUInt32LE(MAGIC.length);
  let header: Header;
  try {
    header = JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return { bad: 'its header is damaged' };
  }
  if (header.format !== FORMAT || header.dataset !== dataset || header.source !== fingerprint) {
    return { bad: 'it was made from something else' };
  }
  const { counts, imageBytes } = header;
  const expected = end + (counts.train + counts.test) * (imageBytes + 1);
  if (bytes.length !== expected)
    return { bad: `it has ${bytes.length} bytes instead of ${expected}` };
  if (hash('sha256', bytes.subarray(end)) !== header.sha256)
    return { bad: 'its checksum is wrong' };
  let at = end;
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const images = (count: number): Images => ({
    pixels: take(count * imageBytes),
    labels: take(count),
  });
  const train = images(counts.train);
  return { train, test: images(counts.test) };
}

/** Writes a cache file under a temporary name and renames it: whole or not at all, however many processes write it. */
export async function writeCache(
  file: string,
  dataset: string,
  fingerprint: string,
  { train, test }: Parts,
): Promise<void> {
  const payload = [train.pixels, train.labels, test.pixels, test.labels];
  const sha256 = createHash('sha256');
  for (const part of payload) sha256.update(part);
  const header: Header = {
    format: FORMAT,
    dataset,
    source: fingerprint,
    counts: { train: train.labels.length, test: test.labels.length },
    imageBytes: train.pixels.length / train.labels.length,
    sha256: sha256.digest('hex'),
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const folder = path.dirname(file);
  await writeWhole(file, [MAGIC, length, json, ...payload]);
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.tmp')) continue;
    const left = path.join(folder, name);
    const age = Date.now() - ((await stat(left).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > ABANDONED_MS) await rm(left, { force: true });
  }
}
