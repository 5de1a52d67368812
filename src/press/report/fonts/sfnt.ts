// Font files as far as reports need them: the tables of TrueType, OpenType, collections and WOFF 1.0, which characters a
// font has, and WOFF 2.0 to embed it in.
import { brotliCompressSync, constants, inflateSync } from 'node:zlib';

export type Tables = ReadonlyMap<string, Buffer>;

/** Tables of a font file; `index` chooses a font of a collection. Throws RangeError for what is no font. */
export function readTables(file: Buffer, index = 0): Tables {
  const signature = file.toString('latin1', 0, 4);
  if (signature === 'wOFF') return readWoff(file);
  const start = signature === 'ttcf' ? file.readUInt32BE(12 + 4 * index) : 0;
  const tables = new Map<string, Buffer>();
  for (let i = 0; i < file.readUInt16BE(start + 4); i++) {
    const entry = start + 12 + i * 16;
    const offset = file.readUInt32BE(entry + 8);
    const length = file.readUInt32BE(entry + 12);
    tables.set(file.toString('latin1', entry, entry + 4), file.subarray(offset, offset + length));
  }
  return tables;
}

/** WOFF 1.0 (W3C): each table packed by itself. */
function readWoff(file: Buffer): Tables {
  const tables = new Map<string, Buffer>();
  for (let i = 0; i < file.readUInt16BE(12); i++) {
    const entry = 44 + i * 20;
    const tag = file.toString('latin1', entry, entry + 4);
    const [offset, packed, size] = [4, 8, 12].map((at) => file.readUInt32BE(entry + at));
    const data = file.subarray(offset!, offset! + packed!);
    tables.set(tag, packed! < size! ? inflateSync(data) : data);
  }
  return tables;
}

/** A font file of these tables (OpenType 1.9, "Table directory"). */
export function writeSfnt(tables: Tables): Buffer {
  const entries = [...tables].sort(([a], [b]) => (a < b ? -1 : 1));
  const power = 2 ** Math.floor(Math.log2(entries.length));
  const head = Buffer.alloc(12 + entries.length * 16);
  head.writeUInt32BE(tables.has('CFF ') ? 0x4f54544f : 0x00010000, 0);
  head.writeUInt16BE(entries.length, 4);
  head.writeUInt16BE(power * 16, 6);
  head.writeUInt16BE(Math.log2(power), 8);
  head.writeUInt16BE((entries.length - power) * 16, 10);
  const parts = [head];
  let offset = head.length;
  for (const [i, [tag, data]] of entries.entries()) {
    const at = 12 + i * 16;
    head.write(tag, at, 'latin1');
    head.writeUInt32BE(offset, at + 8);
    head.writeUInt32BE(data.length, at + 12);
    const padded = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
    parts.push(padded);
    offset += padded.length;
  }
  return Buffer.concat(parts);
}

/** WOFF 2.0 (W3C), tables as they are: glyf and loca are marked as not transformed. */
export function writeWoff2(font: Buffer): Buffer {
  const tables = [...readTables(font)];
  const directory = Buffer.concat(
    tables.map(([tag, data]) => {
      const isPlainGlyph = tag === 'glyf' || tag === 'loca';
      const flags = 63 | (isPlainGlyph ? 0xc0 : 0);
      return Buffer.concat([
        Buffer.from([flags]),
        Buffer.from(tag, 'latin1'),
        base128(data.length),
      ]);
    }),
  );
  const plain = Buffer.concat(tables.map(([, data]) => data));
  const packed = brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_FONT,
      [constants.BROTLI_PARAM_QUALITY]: 10,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  const head = Buffer.alloc(48);
  const length = head.length + directory.length + packed.length;
  const padding = (4 - (length % 4)) % 4;
  const unpacked = tables.reduce((sum, [, data]) => sum + Math.ceil(data.length / 4) * 4, 0);
  head.write('wOF2', 0, 'latin1');
  font.copy(head, 4, 0, 4);
  head.writeUInt32BE(length + padding, 8);
  head.writeUInt16BE(tables.length, 12);
  head.writeUInt32BE(12 + 16 * tables.length + unpacked, 16);
  head.writeUInt32BE(packed.length, 20);
  head.writeUInt16BE(1, 24);
  return Buffer.concat([head, directory, packed, Buffer.alloc(padding)]);
}

function base128(value: number): Buffer {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return Buffer.from(bytes);
}

/** Character → glyph, from the subtable that reaches furthest (formats 4 and 12). */
export function readCharacterMap(tables: Tables): Map<number, number> {
  const cmap = tables.get('cmap');
  if (!cmap) return new Map();
  const starts = Array.from({ length: cmap.readUInt16BE(2) }, (_, i) =>
    cmap.readUInt32BE(4 + i * 8 + 4),
  );
  const full = starts.find((start) => cmap.readUInt16BE(start) === 12);
  if (full !== undefined) return new Map(segmentsOf12(cmap, full));
  const basic = starts.find((start) => cmap.readUInt16BE(start) === 4);
  return new Map(basic === undefined ? [] : segmentsOf4(cmap, basic));
}

function* segmentsOf12(cmap: Buffer, start: number): Generator<[number, number]> {
  for (let i = 0; i < cmap.readUInt32BE(start + 12); i++) {
    const [first, last, glyph] = [0, 4, 8].map((at) => cmap.readUInt32BE(start + 16 + i * 12 + at));
    for (let point = first!; point <= Math.min(last!, 0x10ffff); point++) {
      yield [point, glyph! + point - first!];
    }
  }
}

function* segmentsOf4(cmap: Buffer, start: number): Generator<[number, number]> {
  const doubled = cmap.readUInt16BE(start + 6);
  const [ends, starts] = [start + 14, start + 16 + doubled];
  const [deltas, offsets] = [starts + doubled, starts + 2 * doubled];
  for (let segment = 0; segment < doubled; segment += 2) {
    const end = cmap.readUInt16BE(ends + segment);
    const first = cmap.readUInt16BE(starts + segment);
    const delta = cmap.readUInt16BE(deltas + segment);
    const offset = cmap.readUInt16BE(offsets + segment);
    for (let point = first; point <= end && point < 0xffff; point++) {
      let glyph = point;
      if (offset !== 0) {
        glyph = cmap.readUInt16BE(offsets + segment + offset + (point - first) * 2);
        if (glyph === 0) continue;
      }
      yield [point, (glyph + delta) & 0xffff];
    }
  }
}

/** Whether the makers of a font allow that a part of it is embedded (OpenType, OS/2 `fsType`). */
export function mayBeEmbedded(tables: Tables): boolean {
  const os2 = tables.get('OS/2');
  if (!os2 || os2.length < 10) return true;
  const rights = os2.readUInt16BE(8);
  const isRestricted = (rights & 0x000f) === 0x0002;
  const isWholeOnly = (rights & 0x0100) !== 0;
  const isBitmapOnly = (rights & 0x0200) !== 0;
  return !isRestricted && !isWholeOnly && !isBitmapOnly;
}
