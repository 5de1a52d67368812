/**
 * A user's own labelled images, from files: a folder with `images.npy` and `labels.npy`, one .npy file of images with its labels
 * beside it, or a folder with a subfolder of PNG files for each class.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { decode } from 'fast-png';
import { readNpy } from './npy.js';
import { DataFileError } from './source.js';

/** Images as `measure` takes them. */
export interface OwnImages {
  readonly images: {
    /** NHWC; bytes become 0 to 1, other numbers stay as they are. */
    readonly data: Float32Array;
    readonly shape: readonly [count: number, height: number, width: number, channels: number];
  };
  readonly labels: Int32Array;
  /** Names of the subfolders; null where labels are numbers. */
  readonly classes: readonly string[] | null;
}

/**
 * @param at a folder, or a .npy file of images. @param labels a .npy file of labels; `labels.npy` beside the images when left out.
 * @throws DataFileError naming the file and what was expected there.
 */
export async function readOwnImages(at: string, labels?: string): Promise<OwnImages> {
  const kind = await stat(at).catch((error: NodeJS.ErrnoException) => {
    throw new DataFileError(at, null, 'a folder or a .npy file of images', error.message, {
      cause: error,
    });
  });
  if (kind.isFile()) return fromArrays(at, labels ?? path.join(path.dirname(at), 'labels.npy'));
  const entries = await readdir(at, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'images.npy')) {
    return fromArrays(path.join(at, 'images.npy'), labels ?? path.join(at, 'labels.npy'));
  }
  const classes = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (classes.length === 0) {
    throw new DataFileError(
      at,
      null,
      'images.npy, or a subfolder of PNG files for each class',
      'neither',
    );
  }
  return fromFolders(at, classes.sort());
}

async function fromArrays(imagesFile: string, labelsFile: string): Promise<OwnImages> {
  const images = await readNpy(imagesFile);
  const shape = images.shape.length === 3 ? [...images.shape, 1] : images.shape;
  if (shape.length !== 4) {
    throw new DataFileError(
      imagesFile,
      null,
      'count × height × width × channels (or without channels)',
      images.shape.join(' × '),
    );
  }
  if (!existsSync(labelsFile)) {
    throw new DataFileError(labelsFile, null, 'the labels of the images', 'no such file');
  }
  const labels = await readNpy(labelsFile);
  if (labels.shape.length !== 1 || labels.shape[0] !== shape[0]) {
    throw new DataFileError(labelsFile, null, `${shape[0]} labels`, labels.shape.join(' × '));
  }
  const wrong = labels.data.findIndex((label) => !Number.isInteger(label) || label < 0);
  if (wrong >= 0) {
    throw new DataFileError(
      labelsFile,
      null,
      'class numbers 0, 1, …',
      `${labels.data[wrong]} for image ${wrong}`,
    );
  }
  const scale = images.type === '|u1' ? 255 : 1;
  return {
    images: {
      data: Float32Array.from(images.data, (value) => value / scale),
      shape: shape as unknown as OwnImages['images']['shape'],
    },
    labels: Int32Array.from(labels.data),
    classes: null,
  };
}

async function fromFolders(at: string, classes: readonly string[]): Promise<OwnImages> {
  const parts: Float32Array[] = [];
  const labels: number[] = [];
  let size: readonly [number, number, number] | null = null;
  for (const [label, name] of classes.entries()) {
    const files = (await readdir(path.join(at, name)))
      .filter((file) => !file.startsWith('.'))
      .sort();
    for (const each of files) {
      const file = path.join(at, name, each);
      const image = await readPng(file);
      size ??= image.size;
      if (image.size.join() !== size.join()) {
        throw new DataFileError(
          file,
          null,
          `${size.join(' × ')} as the other images have`,
          image.size.join(' × '),
        );
      }
      parts.push(image.pixels);
      labels.push(label);
    }
  }
  if (size === null) throw new DataFileError(at, null, 'PNG files in the subfolders', 'none');
  const data = new Float32Array(parts.length * size[0] * size[1] * size[2]);
  for (const [i, part] of parts.entries()) data.set(part, i * part.length);
  return {
    images: { data, shape: [parts.length, ...size] },
    labels: Int32Array.from(labels),
    classes,
  };
}

/** Grey or colour, 0 to 1; an alpha channel is dropped. */
async function readPng(
  file: string,
): Promise<{ pixels: Float32Array; size: readonly [number, number, number] }> {
  let image: ReturnType<typeof decode>;
  try {
    image = decode(await readFile(file));
  } catch (error) {
    throw new DataFileError(file, null, 'a PNG file', (error as Error).message, { cause: error });
  }
  const { width, height, channels, depth } = image;
  if (image.palette !== undefined) {
    throw new DataFileError(file, null, 'a PNG of grey or colour', 'one with a palette');
  }
  const kept = channels < 3 ? 1 : 3;
  const most = 2 ** depth - 1;
  const pixels = new Float32Array(width * height * kept);
  for (let place = 0; place < width * height; place++) {
    for (let c = 0; c < kept; c++)
      pixels[place * kept + c] = image.data[place * channels + c]! / most;
  }
  return { pixels, size: [height, width, kept] };
}
