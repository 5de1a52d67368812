/** Arrays in numpy's .npy format (version 1 to 3, little-endian, C order): what people keep images and labels in. */
import { readFile } from 'node:fs/promises';
import { DataFileError } from './source.js';

export interface NpyArray {
  readonly data: Float32Array | Float64Array | Uint8Array | Int32Array;
  readonly shape: readonly number[];
  /** numpy's name of the type: `<f4`. */
  readonly type: string;
}

const MAGIC = '\x93NUMPY';

const READERS: Readonly<
  Record<string, { bytes: number; make(bytes: Uint8Array<ArrayBuffer>): NpyArray['data'] }>
> = {
  '|u1': { bytes: 1, make: (bytes) => bytes },
  '|b1': { bytes: 1, make: (bytes) => bytes },
  '|i1': { bytes: 1, make: (bytes) => Int32Array.from(new Int8Array(bytes.buffer)) },
  '<i2': { bytes: 2, make: (bytes) => Int32Array.from(new Int16Array(bytes.buffer)) },
  '<u2': { bytes: 2, make: (bytes) => Int32Array.from(new Uint16Array(bytes.buffer)) },
  '<i4': { bytes: 4, make: (bytes) => new Int32Array(bytes.buffer) },
  '<i8': { bytes: 8, make: (bytes) => Int32Array.from(new BigInt64Array(bytes.buffer), Number) },
  '<f4': { bytes: 4, make: (bytes) => new Float32Array(bytes.buffer) },
  '<f8': { bytes: 8, make: (bytes) => new Float64Array(bytes.buffer) },
};

/** @throws DataFileError naming file and offset for what is no such array. */
export async function readNpy(file: string): Promise<NpyArray> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new DataFileError(file, null, 'a .npy file', (error as Error).message, { cause: error });
  }
  if (bytes.subarray(0, 6).toString('latin1') !== MAGIC) {
    throw new DataFileError(
      file,
      0,
      "numpy's \\x93NUMPY",
      JSON.stringify(bytes.subarray(0, 6).toString('latin1')),
    );
  }
  const [version] = [bytes[6] ?? 0];
  const start = version === 1 ? 10 : 12;
  if (version < 1 || version > 3 || bytes.length < start) {
    throw new DataFileError(file, 6, 'version 1 to 3 of the format', `version ${version}`);
  }
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const header = bytes.subarray(start, start + length).toString('latin1');
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const axes = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const reader = type === undefined ? undefined : READERS[type];
  if (type === undefined || reader === undefined) {
    throw new DataFileError(
      file,
      start,
      `one of the types ${Object.keys(READERS).join(', ')}`,
      type ?? header.slice(0, 40),
    );
  }
  if (order !== 'False' || axes === undefined) {
    throw new DataFileError(
      file,
      start,
      'an array in C order (numpy.ascontiguousarray)',
      header.trim().slice(0, 80),
    );
  }
  const shape = axes
    .split(',')
    .map((axis) => axis.trim())
    .filter(Boolean)
    .map(Number);
  const count = shape.reduce((product, axis) => product * axis, 1);
  const body = bytes.subarray(start + length);
  if (body.length !== count * reader.bytes) {
    throw new DataFileError(
      file,
      start + length + Math.min(body.length, count * reader.bytes),
      `${count * reader.bytes} bytes of numbers for ${shape.join(' × ')}`,
      `${body.length}`,
    );
  }
  // A copy of its own: typed arrays must begin at a multiple of their size.
  return { data: reader.make(Uint8Array.from(body)), shape, type };
}
