// The reader of zip archives: what it unpacks, and what it refuses of broken and hostile ones.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as zlib from 'node:zlib';
import { load, type Member, temporaryFolder, zip } from './support.js';

interface Zip {
  readDirectory(path: string): Promise<{ name: string; size: number; packedSize: number }[]>;
  unpack(path: string, folder: string, wanted?: (name: string) => boolean): Promise<string[]>;
  crc32(bytes: Uint8Array, seed?: number): number;
  ZipError: new (...args: never[]) => Error & { archive: string; member?: string; reason: string };
}
const { readDirectory, unpack, crc32, ZipError } = await load<Zip>('setup/zip.mjs');

const text = (content: string) => Buffer.from(content);
const long = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const members: Member[] = [
  { name: 'a/b/text.txt', content: text('fathom') },
  { name: 'a/long.bin', content: long },
  { name: 'stored.bin', content: long, stored: true },
  { name: 'empty', content: text('') },
  { name: 'empty-stored', content: text(''), stored: true },
  { name: 'folder/', content: text(''), stored: true },
  { name: 'ü/名.txt', content: text('names in UTF-8') },
];

function archive(t: { after(clean: () => void): void }, bytes: Uint8Array) {
  const folder = temporaryFolder(t);
  const path = join(folder, 'a.zip');
  writeFileSync(path, bytes);
  return { path, out: join(folder, 'out') };
}

describe('zip archives', () => {
  for (const zip64 of [false, true]) {
    test(`unpack every member as it was${zip64 ? ', with zip64 fields' : ''}`, async (t) => {
      const { path, out } = archive(t, zip(members, { zip64, comment: 'a comment' }));
      const names = await unpack(path, out);
      const files = members.filter(({ name }) => !name.endsWith('/'));
      assert.deepEqual(
        names,
        files.map(({ name }) => name),
      );
      for (const { name, content } of files) {
        assert.deepEqual(readFileSync(join(out, name)), Buffer.from(content), name);
      }
    });
  }

  test('unpack only what is wanted', async (t) => {
    const { path, out } = archive(t, zip(members));
    assert.deepEqual(await unpack(path, out, (name) => name.startsWith('a/')), [
      'a/b/text.txt',
      'a/long.bin',
    ]);
    assert.deepEqual(readdirSync(out), ['a']);
  });

  test('read what Python writes, zip64 member included', async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'python.zip');
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('one.txt', 'x' * 100000)
    with z.open('two.bin', 'w', force_zip64=True) as f:
        f.write(bytes(range(256)) * 1000)
`;
    const { status, error } = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' });
    if (error || status !== 0) return t.skip('no python3');
    await unpack(path, join(folder, 'out'));
    assert.equal(readFileSync(join(folder, 'out', 'one.txt'), 'utf8'), 'x'.repeat(100_000));
    assert.equal(readFileSync(join(folder, 'out', 'two.bin')).length, 256_000);
  });

  // The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms: "123456789" → cbf43926.
  test('CRC-32 has the known check value and can be continued', () => {
    assert.equal(crc32(text('123456789')), 0xcbf43926);
    assert.equal(crc32(text('6789'), crc32(text('12345'))), 0xcbf43926);
    assert.equal(crc32(long), zlib.crc32(long));
  });
});

describe('zip archives that are refused', () => {
  const outside = ['../up.txt', 'a/../../up.txt', '/absolute', 'C:/x', 'a\\..\\..\\b', 'nul\0.txt'];
  for (const name of outside) {
    test(`a name that leads out of the folder: ${JSON.stringify(name)}`, async (t) => {
      const { path, out } = archive(t, zip([{ name, content: text('x') }]));
      await assert.rejects(unpack(path, out), (error: InstanceType<Zip['ZipError']>) => {
        assert.ok(error instanceof ZipError);
        assert.equal(error.member, name);
        assert.match(error.message, /leads out of the folder/);
        return true;
      });
      assert.ok(!existsSync(join(out, '..', 'up.txt')));
    });
  }

  const cases: [string, Member['claim'], RegExp][] = [
    ['a wrong CRC-32', { crc: 1 }, /CRC-32 is wrong/],
    ['more bytes than claimed', { size: 10 }, /more than the 10 bytes/],
    ['fewer bytes than claimed', { size: 1_000_000 }, /300000 bytes instead of 1000000/],
    ['an unknown compression method', { method: 99 }, /method 99/],
    ['an encrypted member', { flags: 1 }, /encrypted/],
  ];
  for (const [name, claim, pattern] of cases) {
    test(`${name}, and no file is left`, async (t) => {
      const { path, out } = archive(t, zip([{ name: 'x.bin', content: long, claim: claim! }]));
      await assert.rejects(
        unpack(path, out),
        (error: Error) => error instanceof ZipError && pattern.test(error.message),
      );
      assert.ok(!existsSync(join(out, 'x.bin')));
    });
  }

  test('broken compressed data', async (t) => {
    const bytes = zip([{ name: 'x.bin', content: long }]);
    bytes.fill(0xff, 60, 120);
    const { path, out } = archive(t, bytes);
    await assert.rejects(unpack(path, out), ZipError);
    assert.ok(!existsSync(join(out, 'x.bin')));
  });

  test('an archive cut short at any place', async (t) => {
    const whole = zip(members.slice(0, 3));
    const folder = temporaryFolder(t);
    const path = join(folder, 'cut.zip');
    for (let part = 0; part < 20; part++) {
      writeFileSync(path, whole.subarray(0, Math.floor((whole.length * part) / 20)));
      await assert.rejects(readDirectory(path), ZipError, `${part} of 20`);
    }
  });

  test('a file that is no archive', async (t) => {
    const { path } = archive(t, Buffer.from('<html>Sign in to the network</html>'.repeat(10)));
    await assert.rejects(readDirectory(path), /not a zip archive/);
  });

  test('a directory that points beyond the file', async (t) => {
    const bytes = zip(members);
    bytes.writeUInt32LE(0x7fffffff, bytes.length - 6);
    const { path } = archive(t, bytes);
    await assert.rejects(readDirectory(path), /cut short/);
  });
});
