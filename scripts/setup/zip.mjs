// Reads members of a zip archive (a Python wheel is one) with Node's zlib alone: PKWARE APPNOTE 6.3, with zip64 sizes.
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';

/** An archive that is broken, cut short or hostile. `archive` is its path, `member` the entry where one is to blame. */
export class ZipError extends Error {
  constructor(archive, reason, member) {
    super(`${archive}${member === undefined ? '' : ` (${member})`}: ${reason}`);
    this.name = 'ZipError';
    this.archive = archive;
    this.member = member;
    this.reason = reason;
  }
}

const END = 0x06054b50;
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 of bytes, continued from `seed`. Node has its own from 22.2 on. */
export const crc32 =
  zlib.crc32 ??
  ((bytes, seed = 0) => {
    let crc = ~seed;
    for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
    return ~crc >>> 0;
  });

function safeSize(archive, big) {
  if (big > BigInt(Number.MAX_SAFE_INTEGER))
    throw new ZipError(archive, 'an offset is beyond any file');
  return Number(big);
}

/** The entries of the archive's central directory: `{name, method, crc, packedSize, size, offset}`. Throws ZipError. */
export async function readDirectory(path) {
  const file = await open(path, 'r');
  try {
    const { size: length } = await file.stat();
    const read = async (position, count) => {
      if (position < 0 || position + count > length)
        throw new ZipError(path, 'the archive is cut short');
      const buffer = Buffer.alloc(count);
      const { bytesRead } = await file.read(buffer, 0, count, position);
      if (bytesRead !== count) throw new ZipError(path, 'the archive is cut short');
      return buffer;
    };
    if (length < END_SIZE) throw new ZipError(path, 'not a zip archive');
    const tailLength = Math.min(length, END_SIZE + LONGEST_COMMENT);
    const tail = await read(length - tailLength, tailLength);
    let at = tail.length - END_SIZE;
    while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
    if (at < 0)
      throw new ZipError(path, 'not a zip archive, or cut short: its directory is missing');
    let count = tail.readUInt16LE(at + 10);
    let directorySize = tail.readUInt32LE(at + 12);
    let directoryOffset = tail.readUInt32LE(at + 16);
    if (count === 0xffff || directorySize === 0xffffffff || directoryOffset === 0xffffffff) {
      const locator = await read(length - tailLength + at - 20, 20);
      if (locator.readUInt32LE(0) !== END_64_LOCATOR)
        throw new ZipError(path, 'the zip64 locator is missing');
      const end64 = await read(safeSize(path, locator.readBigUInt64LE(8)), 56);
      if (end64.readUInt32LE(0) !== END_64)
        throw new ZipError(path, 'the zip64 directory end is missing');
      count = safeSize(path, end64.readBigUInt64LE(32));
      directorySize = safeSize(path, end64.readBigUInt64LE(40));
      directoryOffset = safeSize(path, end64.readBigUInt64LE(48));
    }
    const directory = await read(directoryOffset, directorySize);
    const entries = [];
    let position = 0;
    for (let index = 0; index < count; index++) {
      if (position + 46 > directory.length || directory.readUInt32LE(position) !== CENTRAL) {
        throw new ZipError(path, `entry ${index + 1} of ${count} in the directory is broken`);
      }
      const nameLength = directory.readUInt16LE(position + 28);
      const extraLength = directory.readUInt16LE(position + 30);
      const commentLength = directory.readUInt16LE(position + 32);
      const nameEnd = position + 46 + nameLength;
      const next = nameEnd + extraLength + commentLength;
      if (next > directory.length)
        throw new ZipError(path, `entry ${index + 1} of ${count} is cut short`);
      const entry = {
        name: directory.toString('utf8', position + 46, nameEnd),
        encrypted: (directory.readUInt16LE(position + 8) & 1) === 1,
        method: directory.readUInt16LE(position + 10),
        crc: directory.readUInt32LE(position + 16),
        packedSize: directory.readUInt32LE(position + 20),
        size: directory.readUInt32LE(position + 24),
        offset: directory.readUInt32LE(position + 42),
      };
      readZip64(path, entry, directory.subarray(nameEnd, nameEnd + extraLength));
      entries.push(entry);
      position = next;
    }
    return entries;
  } finally {
    await file.close();
  }
}

/** Replaces the fields that did not fit in 32 bits by those of the zip64 extra field. */
function readZip64(path, entry, extra) {
  const wide = ['size', 'packedSize', 'offset'].filter((field) => entry[field] === 0xffffffff);
  if (wide.length === 0) return;
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    if (id === 1 && length >= wide.length * 8 && at + 4 + length <= extra.length) {
      wide.forEach((field, index) => {
        entry[field] = safeSize(path, extra.readBigUInt64LE(at + 4 + index * 8));
      });
      return;
    }
    at += 4 + length;
  }
  throw new ZipError(path, 'its zip64 sizes are missing', entry.name);
}

/** Where a member goes under `folder`. Names that would leave it are refused. */
function memberPath(archive, folder, name) {
  const path = normalize(name);
  const parts = path.split(/[\\/]/);
  if (
    name.includes('\0') ||
    name.includes('\\') ||
    isAbsolute(name) ||
    /^[A-Za-z]:/.test(name) ||
    parts.includes('..')
  ) {
    throw new ZipError(archive, 'the name leads out of the folder', name);
  }
  return join(folder, parts.join(sep));
}

/**
 * Unpacks the members for which `wanted(name)` holds into `folder`, each checked against its size and CRC-32.
 * Resolves to their names. Throws ZipError; the member at fault is then not left behind.
 */
export async function unpack(path, folder, wanted = () => true) {
  const entries = await readDirectory(path);
  const taken = entries.filter((entry) => !entry.name.endsWith('/') && wanted(entry.name));
  for (const entry of taken) {
    const target = memberPath(path, folder, entry.name);
    mkdirSync(dirname(target), { recursive: true });
    try {
      await unpackMember(path, entry, target);
    } catch (error) {
      rmSync(target, { force: true });
      if (error instanceof ZipError || error.code === 'ENOSPC') throw error;
      throw new ZipError(path, error.message, entry.name);
    }
  }
  return taken.map((entry) => entry.name);
}

async function unpackMember(path, entry, target) {
  if (entry.encrypted) throw new ZipError(path, 'it is encrypted', entry.name);
  if (entry.method !== 0 && entry.method !== 8) {
    throw new ZipError(path, `compression method ${entry.method} is not supported`, entry.name);
  }
  const start = await dataOffset(path, entry);
  let size = 0;
  let crc = 0;
  const check = new Transform({
    transform(chunk, _encoding, done) {
      size += chunk.length;
      crc = crc32(chunk, crc);
      // A small archive may claim little and unpack to much: stop as soon as it is more than it claims.
      if (size > entry.size)
        done(new ZipError(path, `holds more than the ${entry.size} bytes it claims`, entry.name));
      else done(null, chunk);
    },
    flush(done) {
      if (size !== entry.size)
        done(new ZipError(path, `${size} bytes instead of ${entry.size}`, entry.name));
      else if (crc !== entry.crc) done(new ZipError(path, 'the CRC-32 is wrong', entry.name));
      else done();
    },
  });
  const sink = createWriteStream(target, { flags: 'wx', highWaterMark: 1 << 20 });
  if (entry.packedSize === 0) {
    await pipeline(async function* () {}, check, sink);
    return;
  }
  const source = createReadStream(path, {
    start,
    end: start + entry.packedSize - 1,
    highWaterMark: 1 << 20,
  });
  if (entry.method === 0) await pipeline(source, check, sink);
  else await pipeline(source, zlib.createInflateRaw({ chunkSize: 1 << 20 }), check, sink);
}

/** Where a member's bytes start: its own header may hold another extra field than the directory. */
async function dataOffset(path, entry) {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(30);
    const { bytesRead } = await file.read(header, 0, 30, entry.offset);
    if (bytesRead !== 30 || header.readUInt32LE(0) !== LOCAL) {
      throw new ZipError(path, 'its header is missing', entry.name);
    }
    return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
}
