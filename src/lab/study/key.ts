// Names by content: the same configuration on the same images has the same key on every machine.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Cell } from './record.js';

/** Canonical JSON (RFC 8785): sorted keys, shortest numbers. Throws on what JSON cannot say. */
export function canonical(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`not JSON: ${String(value)}`);
  return text;
}

function sha256(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** Key of a run: SHA-256 (hex) of the cell, the digests of the images in use, and the version of the training code. */
export function runKey(
  cell: Cell,
  digests: { readonly train: string; readonly test: string },
  recipeVersion: number,
): string {
  return sha256({ cell, digests: { train: digests.train, test: digests.test }, recipeVersion });
}

/** Key of a reading under its run: the measure's name, then the start of the SHA-256 of name, version and options. */
export function readingKey(request: {
  readonly measure: string;
  readonly version: number;
  readonly options: object;
}): string {
  const { measure, version, options } = request;
  return `${measure}.${sha256({ measure, version, options }).slice(0, 16)}`;
}
