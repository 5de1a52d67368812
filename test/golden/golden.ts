/** Reads the golden values that `test/golden/make.py` wrote with independent packages. */
import { readFileSync } from 'node:fs';

const folder = new URL('../../../test/golden/', import.meta.url);

export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as T;
}
