// The bytes of a picture → a picture that a page can hold: of the type that it says, of a size that can be looked at, and,
// if it is a drawing, without anything that runs or loads.
import type { Picture } from './document.js';
import { harmlessSvg } from './svg.js';

export type PictureKind = 'png' | 'jpeg' | 'gif' | 'webp' | 'svg+xml';

export const pictureLimits = {
  /** Bytes of one picture: more would make the page hard to open. */
  bytes: 9_000_000,
  /** Pixels of one picture: 64 million take 256 MB in every browser that shows them, however small the file is. */
  pixels: 64_000_000,
};

export interface PictureProblem {
  readonly problem: string;
}

export function makePicture(kind: PictureKind, bytes: Buffer): Picture | PictureProblem {
  if (bytes.length > pictureLimits.bytes) {
    return {
      problem: `a picture of ${megabytes(bytes.length)} is left out; the limit is ${megabytes(pictureLimits.bytes)}`,
    };
  }
  if (kind === 'svg+xml') {
    const drawing = harmlessSvg(bytes.toString('utf8'));
    if (drawing === null) {
      return { problem: 'a picture that says it is SVG is none, so it is left out' };
    }
    const data = Buffer.from(drawing).toString('base64');
    return { kind: 'picture', mime: 'image/svg+xml', data, width: null, height: null };
  }
  const size = sizes[kind](bytes);
  if (!size) {
    return {
      problem: `a picture that says it is ${kind.toUpperCase()} is none, so it is left out`,
    };
  }
  const { width, height } = size;
  if (width * height > pictureLimits.pixels) {
    return {
      problem: `a picture of ${width} × ${height} pixels is left out; the limit is ${pictureLimits.pixels / 1e6} million`,
    };
  }
  return {
    kind: 'picture',
    mime: `image/${kind}`,
    data: bytes.toString('base64'),
    width: kind === 'png' ? width : null,
    height: kind === 'png' ? height : null,
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Reads width and height from the head of a file of the type; null if it is of another. */
const sizes: Record<Exclude<PictureKind, 'svg+xml'>, (bytes: Buffer) => Size | null> = {
  // PNG specification, 11.2.2 IHDR
  png(bytes) {
    if (bytes.length < 24 || bytes.readUInt32BE(0) !== 0x89504e47) return null;
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  },
  // GIF89a, logical screen descriptor
  gif(bytes) {
    if (bytes.length < 10 || !/^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6))) return null;
    return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  },
  // ITU T.81, B.1: segments until a start of frame
  jpeg(bytes) {
    if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
    for (let at = 2; at + 9 < bytes.length; ) {
      if (bytes[at] !== 0xff) return null;
      const marker = bytes[at + 1]!;
      const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
      if (isFrame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
      const isAlone = marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd9);
      at += marker === 0xff ? 1 : isAlone ? 2 : 2 + bytes.readUInt16BE(at + 2);
    }
    return null;
  },
  // WebP container: VP8X, VP8L or VP8 chunk
  webp(bytes) {
    if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF') return null;
    if (bytes.toString('latin1', 8, 12) !== 'WEBP') return null;
    switch (bytes.toString('latin1', 12, 16)) {
      case 'VP8X':
        return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
      case 'VP8L': {
        const bits = bytes.readUInt32LE(21);
        return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
      }
      case 'VP8 ':
        return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
      default:
        return null;
    }
  },
};

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toPrecision(2).replace(/\.0$/, '')} MB`;
}
