// What every dataset offers, and what can go wrong with its files.

/** All images of one part of a dataset, as bytes. */
export interface Images {
  /** Pixels 0–255, NHWC order: `count × height × width × channels` bytes. */
  readonly pixels: Uint8Array;
  /** Class index of each image. */
  readonly labels: Uint8Array;
}

export interface Parts {
  readonly train: Images;
  readonly test: Images;
}

/** A dataset in the registry. One file a dataset, one line in `datasets.ts`. */
export interface Source {
  readonly name: string;
  readonly title: string;
  /** What it is, how many images, and how they are split, in one or two sentences. */
  readonly description: string;
  /** BibTeX key. */
  readonly reference: string;
  readonly licence: string;
  /** `[height, width, channels]`. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Class names, in label order. */
  readonly classes: readonly string[];
  /** Most images that a balanced subset can hold. */
  readonly most: { readonly train: number; readonly test: number };
  /** Finds the files (downloading only when asked to); throws `MissingDataError` when there are none. */
  locate(options: LocateOptions): Promise<Located>;
}

export interface LocateOptions {
  /** File or folder to read instead of the usual place. */
  readonly path: string | null;
  /** Cache folder of the project. */
  readonly cache: string;
  /** Whether a download is allowed. */
  readonly download: boolean;
  readonly onProgress: (progress: DataProgress) => void;
  readonly signal: AbortSignal | null;
}

/** Files that were found and not yet read. */
export interface Located {
  /** Changes when the files or the way they are read change: the cache is kept under it. */
  readonly fingerprint: string;
  /** The files themselves, where they are a user's own; those of packages are pinned by the lockfile. */
  readonly files?: readonly string[];
  /** Reads and checks all of it; throws `DataFileError` naming file and offset. */
  read(): Promise<Parts>;
}

/** What loading is doing. */
export interface DataProgress {
  readonly dataset: string;
  /** `download`: bytes; `read`: files; `cache`: the cache was bad or could not be written, see `note`. */
  readonly stage: 'download' | 'read' | 'cache';
  readonly done: number;
  /** Null when it is not known beforehand. */
  readonly total: number | null;
  readonly note: string | null;
}

/** A data file that is not what it should be. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError';
  constructor(
    readonly file: string,
    /** Byte offset in the file, after decompression where `file` is inside an archive; null where no one place is wrong. */
    readonly offset: number | null,
    readonly expected: string,
    readonly found: string,
    options?: ErrorOptions,
  ) {
    const where = offset === null ? file : `${file}, byte ${offset}`;
    super(`${where}: expected ${expected}, found ${found}`, options);
  }
}

/** A dataset whose files are not on this machine. */
export class MissingDataError extends Error {
  override readonly name = 'MissingDataError';
  constructor(
    readonly dataset: string,
    /** What to do, a way each. */
    readonly ways: readonly string[],
  ) {
    super(
      `no files of ${dataset} on this machine. Do one of these:\n${ways.map((way) => `  - ${way}`).join('\n')}`,
    );
  }
}
