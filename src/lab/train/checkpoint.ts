/**
 * The state of a training run in one file, from which it goes on to the same result. Layout: the length of a JSON header
 * (4 bytes, little endian), the header, then float32 values: weights, moving statistics and optimiser slots in order.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RandomState } from '../tensor/index.js';
import type { EpochMetrics } from './recipe.js';
import type { TrainerState } from './trainer.js';

export interface CheckpointOptions {
  /** Folder that holds the one file `checkpoint.bin`; made when it is not there. */
  readonly directory: string;
  /** Epochs between two checkpoints. Default 1. */
  readonly everyEpochs?: number;
}

/** A checkpoint that cannot be gone on from. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  constructor(
    message: string,
    readonly path: string,
  ) {
    super(message);
  }
}

export interface Checkpoint {
  readonly state: TrainerState;
  readonly random: RandomState;
  readonly metrics: readonly EpochMetrics[];
  /** Mean loss of the last batch, null before the first step. */
  readonly lastLoss: number | null;
}

interface Header {
  format: 1;
  /** What the run is: recipe, data and net. A checkpoint of another run is refused. */
  run: string;
  steps: number;
  random: RandomState;
  metrics: readonly EpochMetrics[];
  lastLoss: number | null;
  values: number[];
  slots: number[];
  /** SHA-256 of the float values. */
  digest: string;
}

function pathOf(directory: string): string {
  return join(directory, 'checkpoint.bin');
}

/** Writes to a temporary name, syncs, renames: a reader finds the old file or the new one, whole. */
export async function writeCheckpoint(
  directory: string,
  run: string,
  checkpoint: Checkpoint,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { state } = checkpoint;
  const body = Buffer.concat(
    [...state.values, ...state.slots].map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength)),
  );
  const header: Header = {
    format: 1,
    run,
    steps: state.steps,
    random: checkpoint.random,
    metrics: checkpoint.metrics,
    lastLoss: checkpoint.lastLoss,
    values: state.values.map((array) => array.length),
    slots: state.slots.map((array) => array.length),
    digest: createHash('sha256').update(body).digest('hex'),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const temporary = `${pathOf(directory)}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      for (const part of [length, text, body]) writeAll(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, pathOf(directory));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A write may take fewer bytes than it was given. */
function writeAll(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/**
 * The checkpoint of this run, or null where none has been written.
 *
 * @throws CheckpointError when the file is damaged or belongs to another run.
 */
export function readCheckpoint(directory: string, run: string): Checkpoint | null {
  const path = pathOf(directory);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const header = readHeader(bytes, path);
  if (header.run !== run) {
    throw new CheckpointError(
      `${path} belongs to another run (another recipe, dataset or net); use another directory or delete it`,
      path,
    );
  }
  const body = bytes.subarray(4 + bytes.readUInt32LE(0));
  if (createHash('sha256').update(body).digest('hex') !== header.digest) {
    throw new CheckpointError(
      `${path} is damaged: its values have another checksum; delete it`,
      path,
    );
  }
  let offset = 0;
  const take = (length: number) => {
    const array = new Float32Array(length);
    Buffer.from(array.buffer).set(body.subarray(offset, offset + 4 * length));
    offset += 4 * length;
    return array;
  };
  return {
    state: {
      values: header.values.map(take),
      slots: header.slots.map(take),
      steps: header.steps,
    },
    random: header.random,
    metrics: header.metrics,
    lastLoss: header.lastLoss,
  };
}

function readHeader(bytes: Buffer, path: string): Header {
  try {
    const length = bytes.readUInt32LE(0);
    const header = JSON.parse(bytes.subarray(4, 4 + length).toString('utf8')) as Header;
    if (header.format !== 1) throw new Error(`format ${header.format}`);
    return header;
  } catch (error) {
    throw new CheckpointError(
      `${path} is damaged: its header cannot be read (${(error as Error).message}); delete it`,
      path,
    );
  }
}
