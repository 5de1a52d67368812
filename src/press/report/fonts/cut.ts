// A font file with only some of its characters, as it is embedded. Each is made once in a process: the chapters of a book and
// a preview ask for the same ones again.
import { readFileSync } from 'node:fs';
import { readTables, writeSfnt, writeWoff2 } from './sfnt.js';
import { subsetFont } from './subset.js';

const made = new Map<string, string>();

/** Some megabytes; a preview that runs for days asks for ever new ones. */
const most = 300;

/** WOFF 2.0 in base64 of a font file (WOFF 1.0, TrueType or OpenType; of a collection, one) with these characters. */
export function cutFont(path: string, points: Iterable<number>, index = 0): string {
  const sorted = [...new Set(points)].sort((a, b) => a - b);
  const key = JSON.stringify([path, index, sorted]);
  let font = made.get(key);
  if (font === undefined) {
    const tables = readTables(readFileSync(path), index);
    font = writeWoff2(subsetFont(writeSfnt(tables), 0, sorted)).toString('base64');
    if (made.size >= most) made.clear();
    made.set(key, font);
  }
  return font;
}
