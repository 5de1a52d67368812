// A font with only the characters that a page uses, made by HarfBuzz.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Subsetter {
  readonly memory: WebAssembly.Memory;
  malloc(size: number): number;
  free(address: number): void;
  hb_blob_create(data: number, size: number, mode: number, user: number, destroy: number): number;
  hb_blob_destroy(blob: number): void;
  hb_blob_get_data(blob: number, length: number): number;
  hb_blob_get_length(blob: number): number;
  hb_face_create(blob: number, index: number): number;
  hb_face_destroy(face: number): void;
  hb_face_reference_blob(face: number): number;
  hb_set_add(set: number, value: number): void;
  hb_set_clear(set: number): void;
  hb_set_invert(set: number): void;
  hb_subset_input_create_or_fail(): number;
  hb_subset_input_destroy(input: number): void;
  hb_subset_input_set(input: number, kind: number): number;
  hb_subset_input_unicode_set(input: number): number;
  hb_subset_or_fail(face: number, input: number): number;
}

/** HB_MEMORY_MODE_WRITABLE and HB_SUBSET_SETS_LAYOUT_FEATURE_TAG of hb.h and hb-subset.h. */
const writable = 2;
const layoutFeatures = 6;

let loaded: Subsetter | null = null;

function load(): Subsetter {
  if (loaded) return loaded;
  const path = createRequire(import.meta.url).resolve('harfbuzzjs/dist/harfbuzz-subset.wasm');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)));
  (exports._initialize as (() => void) | undefined)?.();
  loaded = exports as unknown as Subsetter;
  return loaded;
}

/** A font file with these characters, and with all that the font does with them. Throws if it is no font. */
export function subsetFont(font: Buffer, index: number, points: Iterable<number>): Buffer {
  const hb = load();
  const address = hb.malloc(font.length);
  new Uint8Array(hb.memory.buffer).set(font, address);
  const blob = hb.hb_blob_create(address, font.length, writable, 0, 0);
  const face = hb.hb_face_create(blob, index);
  const input = hb.hb_subset_input_create_or_fail();
  try {
    const characters = hb.hb_subset_input_unicode_set(input);
    for (const point of points) hb.hb_set_add(characters, point);
    const features = hb.hb_subset_input_set(input, layoutFeatures);
    hb.hb_set_clear(features);
    hb.hb_set_invert(features);
    const subset = hb.hb_subset_or_fail(face, input);
    if (subset === 0) throw new Error('HarfBuzz cannot read the font');
    const result = hb.hb_face_reference_blob(subset);
    const start = hb.hb_blob_get_data(result, 0);
    // A copy: the memory is used again.
    const made = Buffer.from(
      new Uint8Array(hb.memory.buffer, start, hb.hb_blob_get_length(result)),
    );
    hb.hb_blob_destroy(result);
    hb.hb_face_destroy(subset);
    return made;
  } finally {
    hb.hb_subset_input_destroy(input);
    hb.hb_face_destroy(face);
    hb.hb_blob_destroy(blob);
    hb.free(address);
  }
}
