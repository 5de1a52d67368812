/** Pictures that belong to a reading, as plain data that `pictureRows` draws. */
import type { Subject } from './measure.js';

/** One picture: `height × width × channels` values, row-major, to three digits: a screen shows no more. */
export interface Tile {
  readonly values: readonly number[];
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Pictures beside each other under one name. */
export interface TileRow {
  readonly name: string;
  readonly tiles: readonly Tile[];
}

export function tile(
  values: ArrayLike<number>,
  height: number,
  width: number,
  channels: 1 | 3 = 1,
): Tile {
  return { values: Array.from(values, digits), height, width, channels };
}

/** One map of activations `[height, width, channels]` of an image. */
export function mapTile(
  data: Float32Array,
  shape: readonly number[],
  image: number,
  channel: number,
): Tile {
  const [height, width, channels] = shape as [number, number, number];
  const start = image * height * width * channels + channel;
  const values = Array.from({ length: height * width }, (_, at) => data[start + at * channels]!);
  return tile(values, height, width);
}

/** Pictures of images need one channel (grey) or three (red, green, blue). */
export function hasPictures({ test }: Subject): boolean {
  return test.shape[3] === 1 || test.shape[3] === 3;
}

/** Why images of this subject cannot be drawn, or null. */
export function noPictures(subject: Subject): string | null {
  const channels = subject.test.shape[3];
  return hasPictures(subject)
    ? null
    : `pictures need images of 1 or 3 channels, these have ${channels}`;
}

/** Pixels as a picture, moved from the range of all images to 0 … 1 where they leave it. */
export function imageTile(
  pixels: ArrayLike<number>,
  shape: readonly number[],
  [low, high]: readonly [number, number],
): Tile {
  const [, height, width, channels] = shape as [number, number, number, 1 | 3];
  const inside = low >= 0 && high <= 1;
  const scale = high > low ? high - low : 1;
  const values = Array.from(pixels, (value) => (inside ? value : (value - low) / scale));
  return tile(values, height, width, channels);
}

/** Smallest and largest pixel of the held-out images. */
export function pixelRange({ test }: Subject): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of test.images) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The layers asked for, or the first, middle and last hidden one. */
export function layersAsked(subject: Subject, asked: readonly string[]): readonly string[] {
  const hidden = subject.layers.slice(1, -1);
  const known = new Set(subject.graph.nodes.map(({ name }) => name));
  const unknown = asked.find((layer) => !known.has(layer));
  if (unknown !== undefined) {
    throw new RangeError(`the net has no node ${unknown}; it has ${[...known].join(', ')}`);
  }
  if (asked.length > 0) return asked;
  const places = [0, Math.floor((hidden.length - 1) / 2), hidden.length - 1];
  return [...new Set(places.map((place) => hidden[place]!).filter(Boolean))];
}

function digits(value: number): number {
  return Number(value.toPrecision(3));
}
