/**
 * Where activations lie between their one computation and their many uses: in memory while they are small, in scratch files
 * when they are not. A scratch file is unlinked as soon as it is open (where the system allows that), so that nothing stays
 * behind whatever ends the process.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Rows of equal length, appended in order. */
export interface Shelf {
  readonly rows: number;
  append(rows: Float32Array): void;
  /** The first `count` rows. Owned by the shelf where it lies in memory: not to be written to. */
  read(count: number): Float32Array;
  dispose(): void;
}

/** Rows kept in memory; grows by doubling, or to what `reserve` was told. */
export function memoryShelf(length: number): Shelf {
  let data = new Float32Array(0);
  let used = 0;
  return {
    get rows() {
      return used / length;
    },
    append(rows) {
      if (used + rows.length > data.length) {
        const grown = new Float32Array(Math.max(used + rows.length, 2 * data.length));
        grown.set(data.subarray(0, used));
        data = grown;
      }
      data.set(rows, used);
      used += rows.length;
    },
    read: (count) => data.subarray(0, count * length),
    dispose() {
      data = new Float32Array(0);
      used = 0;
    },
  };
}

/** Rows kept in a file of the scratch folder. */
export function fileShelf(length: number, folder = tmpdir()): Shelf {
  const own = mkdtempSync(join(folder, 'fathom-activations-'));
  let file: number | null = openSync(join(own, 'rows.f32'), 'w+');
  let unlinked = false;
  try {
    rmSync(own, { recursive: true });
    unlinked = true;
  } catch {
    // Windows does not unlink open files: `dispose` does it then.
  }
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    append(data) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      let at = rows * length * 4;
      for (let done = 0; done < bytes.length; ) {
        const written = writeSync(file!, bytes, done, bytes.length - done, at);
        done += written;
        at += written;
      }
      rows += data.length / length;
    },
    read(count) {
      const data = new Float32Array(count * length);
      const bytes = new Uint8Array(data.buffer);
      // One call reads at most 2 GiB.
      for (let done = 0; done < bytes.length; ) {
        const got = readSync(file!, bytes, done, Math.min(bytes.length - done, 1 << 30), done);
        if (got === 0) throw new Error(`scratch file of ${rows} rows ended at byte ${done}`);
        done += got;
      }
      return data;
    },
    dispose() {
      if (file === null) return;
      closeSync(file);
      file = null;
      if (!unlinked) rmSync(own, { recursive: true, force: true });
    },
  };
}
