import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encode } from 'fast-png';
import { DataFileError, readNpy, readOwnImages } from '../../../src/lab/data/index.js';

/** Bytes as numpy.save writes them (format 1.0, header padded to 64). */
function npy(
  type: string,
  shape: readonly number[],
  body: ArrayBufferView,
  fortran = 'False',
): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': (${tuple}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(text, 10, 'latin1');
  header[10 + length - 1] = 10;
  return Buffer.concat([header, Buffer.from(body.buffer, body.byteOffset, body.byteLength)]);
}

describe('images of the user', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fathom-own-images-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('are read from arrays of bytes as 0 to 1, and of floats as they are', async () => {
    await writeFile(
      join(folder, 'images.npy'),
      npy('|u1', [2, 1, 2], Uint8Array.of(0, 255, 51, 102)),
    );
    await writeFile(join(folder, 'labels.npy'), npy('<i8', [2], BigInt64Array.of(1n, 0n)));
    const found = await readOwnImages(folder);
    assert.deepEqual(found.images.shape, [2, 1, 2, 1]);
    assert.deepEqual([...found.images.data], [0, 1, 0.2, 0.4].map(Math.fround));
    assert.deepEqual([...found.labels], [1, 0]);
    const floats = join(folder, 'floats.npy');
    await writeFile(floats, npy('<f4', [2, 1, 1, 1], Float32Array.of(-3, 7.5)));
    assert.deepEqual([...(await readOwnImages(floats)).images.data], [-3, 7.5]);
  });

  it('are read from a folder of class folders of PNG files', async () => {
    const at = join(folder, 'classes');
    for (const [name, grey] of [
      ['cat', 255],
      ['ant', 0],
    ] as const) {
      await mkdir(join(at, name), { recursive: true });
      const data = Uint8Array.of(grey, grey, 0, 128);
      await writeFile(
        join(at, name, 'a.png'),
        encode({ width: 2, height: 2, channels: 1, depth: 8, data }),
      );
    }
    const found = await readOwnImages(at);
    assert.deepEqual(found.classes, ['ant', 'cat']);
    assert.deepEqual([...found.labels], [0, 1]);
    assert.deepEqual(found.images.shape, [2, 2, 2, 1]);
    assert.equal(found.images.data[4], 1);
    await writeFile(join(at, 'cat', 'b.png'), 'no picture');
    await assert.rejects(readOwnImages(at), /b\.png: expected a PNG file/);
  });

  it('are refused with file, place and what was expected', async () => {
    const file = join(folder, 'bad.npy');
    const refused = async (bytes: Buffer, message: RegExp) => {
      await writeFile(file, bytes);
      await assert.rejects(readNpy(file), (error) => {
        assert.ok(error instanceof DataFileError);
        assert.match(error.message, message);
        return true;
      });
    };
    await refused(Buffer.from('PK\x03\x04 something'), /byte 0: expected numpy's/);
    await refused(
      npy('<f4', [3], Float32Array.of(1, 2)),
      /byte 136: expected 12 bytes of numbers for 3, found 8/,
    );
    await refused(npy('<c8', [1], Float32Array.of(1, 2)), /one of the types .*found <c8/);
    await refused(npy('<f4', [1], Float32Array.of(1), 'True'), /C order/);
    await assert.rejects(
      readOwnImages(join(folder, 'nowhere')),
      /expected a folder or a \.npy file/,
    );
    await writeFile(join(folder, 'few.npy'), npy('<i4', [1], Int32Array.of(0)));
    await assert.rejects(
      readOwnImages(join(folder, 'images.npy'), join(folder, 'few.npy')),
      /expected 2 labels, found 1/,
    );
    await writeFile(join(folder, 'few.npy'), npy('<f4', [2], Float32Array.of(0, 0.5)));
    await assert.rejects(
      readOwnImages(join(folder, 'images.npy'), join(folder, 'few.npy')),
      /0\.5 for image 1/,
    );
  });
});
