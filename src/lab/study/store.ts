// The run store: one directory a run, named by the run's content, there whole or not at all.
//
//   <store>/<key>/record.json  metrics.jsonl  provenance.json  net/  readings/<measure>.<hash>.json
//   <store>/.partial/…         directories being written, swept when their process is gone
//   <store>/.locks/<key>       who is training what
//   <store>/.checkpoints/<key> where a long cell goes on
//
// Any number of processes and machines may write to one store: names are by content, and a rename publishes.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { syncDirectory, writeWhole } from '../../shared/whole-file.js';
import type { Reading } from '../measure/measure.js';
import { CorruptRecord } from './errors.js';
import { canonical, readingKey } from './key.js';
import { acquire, isAlive, thisProcess } from './lock.js';
import type { Cell, Provenance, Run, RunRecord } from './record.js';

/** What to read on a net, all fields filled in. */
export interface ReadingRequest {
  readonly measure: string;
  /** Raised when the same options give other numbers. */
  readonly version: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a run is looked up by. */
export interface RunIdentity {
  readonly key: string;
  readonly cell: Cell;
  readonly digests: { readonly train: string; readonly test: string };
}

/** A run on disk, with those of the readings asked for that are there. */
export interface StoredRun extends Run {
  /** Requests that have no stored reading yet. */
  readonly missing: readonly ReadingRequest[];
  /** Measures that do not apply to this net, and why. */
  readonly refused: readonly { readonly measure: string; readonly reason: string }[];
  /** Whether the run lies in the read-only layer of shipped records. */
  readonly recorded: boolean;
}

/** Left-overs of other machines are swept after this long: their processes cannot be asked. */
const foreignSweepMs = 7 * 24 * 3600_000;

/**
 * The folder that a project's files lie under: the nearest one upward with a package.json, and on from there while the folder
 * above is a package too, but not out of a repository. So a folder of notebooks with a package.json of its own shares the
 * store of its project. Where there is none, `from`.
 */
export function projectDirectory(from: string = process.cwd()): string {
  const isPackage = (folder: string) => existsSync(join(folder, 'package.json'));
  let folder = resolve(from);
  while (!isPackage(folder)) {
    if (dirname(folder) === folder) return resolve(from);
    folder = dirname(folder);
  }
  while (!existsSync(join(folder, '.git')) && isPackage(dirname(folder))) {
    if (dirname(folder) === folder) break;
    folder = dirname(folder);
  }
  return folder;
}

/** Where runs are kept: `FATHOM_STORE`, else `.fathom/runs` in the project. */
export function storeDirectory(
  from: string = process.cwd(),
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const set = environment.FATHOM_STORE;
  return set ? resolve(from, set) : join(projectDirectory(from), '.fathom', 'runs');
}

/** The store of a folder, over the records that the project ships (`reports/recorded`) where there are any. */
export function openStore(
  directory: string = storeDirectory(),
  options: {
    readonly recorded?: string | null;
    readonly onWarning?: (warning: Error) => void;
  } = {},
): Store {
  const recorded =
    options.recorded === undefined
      ? join(projectDirectory(), 'reports', 'recorded')
      : options.recorded;
  return new Store(
    resolve(directory),
    recorded !== null && existsSync(recorded) ? resolve(recorded) : null,
    options.onWarning ?? ((warning) => process.emitWarning(warning)),
  );
}

export class Store {
  constructor(
    readonly directory: string,
    /** Read-only layer, looked up first; null where there is none. */
    readonly recorded: string | null,
    private readonly onWarning: (warning: Error) => void,
  ) {}

  lockPath(key: string): string {
    return join(this.directory, '.locks', key);
  }

  checkpointPath(key: string): string {
    return join(this.directory, '.checkpoints', key);
  }

  /** Whether a run seems to be there; cheap, to wait on. */
  has(key: string): boolean {
    return existsSync(join(this.directory, key, 'record.json'));
  }

  /**
   * The run with the readings asked for, or null when it is not there or cannot be trusted (which is a warning that names
   * the file). A shipped record without its net counts only when it has all the readings.
   */
  async find(
    identity: RunIdentity,
    requests: readonly ReadingRequest[] = [],
  ): Promise<StoredRun | null> {
    for (const layer of [this.recorded, this.directory]) {
      if (layer === null) continue;
      const directory = join(layer, identity.key);
      if (!existsSync(directory)) continue;
      try {
        const run = await this.#read(directory, identity, requests);
        // A diverged run has no readings to come.
        const complete =
          run.missing.length === 0 ||
          run.outcome.status === 'diverged' ||
          existsSync(join(directory, 'net'));
        if (complete) return { ...run, recorded: layer === this.recorded };
      } catch (error) {
        if (!(error instanceof CorruptRecord)) throw error;
        this.onWarning(error);
      }
    }
    return null;
  }

  async #read(
    directory: string,
    identity: RunIdentity,
    requests: readonly ReadingRequest[],
  ): Promise<Omit<StoredRun, 'recorded'>> {
    const file = join(directory, 'record.json');
    const record = parse(file, await text(file), recordSchema) as unknown as RunRecord;
    if (record.key !== identity.key || canonical(record.cell) !== canonical(identity.cell)) {
      throw new CorruptRecord(file, 'it holds the record of another run');
    }
    if (
      record.digests.train !== identity.digests.train ||
      record.digests.test !== identity.digests.test
    ) {
      throw new CorruptRecord(file, 'it was made from other images');
    }
    const provenanceFile = join(directory, 'provenance.json');
    const provenance = parse(
      provenanceFile,
      await text(provenanceFile),
      provenanceSchema,
    ) as Provenance;
    const readings: Reading[] = [];
    const missing: ReadingRequest[] = [];
    const refused: { measure: string; reason: string }[] = [];
    for (const request of requests) {
      // A shipped run may have further readings beside it in the store.
      const stored =
        (await this.#reading(directory, request)) ??
        (await this.#reading(join(this.directory, identity.key), request));
      if (stored === null) missing.push(request);
      else if ('refused' in stored) {
        refused.push({ measure: request.measure, reason: stored.refused });
      } else readings.push(stored);
    }
    return { ...record, provenance, readings, missing, refused, directory };
  }

  async #reading(
    directory: string,
    request: ReadingRequest,
  ): Promise<Reading | { readonly refused: string } | null> {
    const file = join(directory, 'readings', `${readingKey(request)}.json`);
    if (!existsSync(file)) return null;
    try {
      const stored = parse(file, await text(file), readingSchema);
      if (
        stored.measure !== request.measure ||
        stored.version !== request.version ||
        canonical(stored.options) !== canonical(request.options)
      ) {
        throw new CorruptRecord(file, 'it holds the reading of another measure');
      }
      if (typeof stored.reading === 'string') return { refused: stored.reading };
      return stored.reading as unknown as Reading;
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error;
      this.onWarning(error);
      return null;
    }
  }

  /**
   * Publishes a run: `fill` writes into an empty directory, which then appears under the run's key at once. False when
   * another process was first (its run stays, this one is dropped).
   */
  async publish(
    identity: RunIdentity,
    fill: (directory: string) => Promise<void>,
  ): Promise<boolean> {
    const partial = await this.#partial(identity.key);
    try {
      await fill(partial);
      await syncTree(partial);
      return await this.#rename(partial, identity);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }

  async #rename(partial: string, identity: RunIdentity): Promise<boolean> {
    const final = join(this.directory, identity.key);
    for (;;) {
      try {
        await rename(partial, final);
        await syncDirectory(this.directory);
        return true;
      } catch (error) {
        if (!existsSync(final)) throw error;
      }
      try {
        await this.#read(final, identity, []);
        return false;
      } catch (error) {
        if (!(error instanceof CorruptRecord)) throw error;
      }
      // What is there cannot be trusted: out of the way, then try again.
      await this.discard(identity.key);
    }
  }

  /** Removes a run that cannot be trusted: at once, as it came. */
  async discard(key: string): Promise<void> {
    const aside = await this.#partial(key);
    await rename(join(this.directory, key), join(aside, 'discarded')).catch(() => {});
    await rm(aside, { recursive: true, force: true });
  }

  /** Copies a shipped run here, so that readings can be added; returns its directory. */
  async adopt(run: StoredRun): Promise<string> {
    if (run.recorded) {
      await this.publish(run, (directory) => cp(run.directory, directory, { recursive: true }));
    }
    return join(this.directory, run.key);
  }

  /** Keeps a reading under its run, or in words why the measure does not apply to it. */
  async putReading(key: string, request: ReadingRequest, reading: Reading | string): Promise<void> {
    const folder = join(this.directory, key, 'readings');
    await mkdir(folder, { recursive: true });
    await writeWhole(
      join(folder, `${readingKey(request)}.json`),
      json({
        format: 1,
        measure: request.measure,
        version: request.version,
        options: request.options,
        reading,
      }),
    );
  }

  async #partial(key: string): Promise<string> {
    const { pid, started, host } = thisProcess();
    const name = [key, pid, started ?? '', randomUUID(), host].join('~');
    const directory = join(this.directory, '.partial', name);
    await mkdir(directory, { recursive: true });
    return directory;
  }

  /** Removes what dead processes left half-written. Returns how many directories went. */
  async sweep(now: () => number = Date.now): Promise<number> {
    const folder = join(this.directory, '.partial');
    const names = await readdir(folder).catch(() => [] as string[]);
    let swept = 0;
    for (const name of names) {
      const [, pid, started, , ...rest] = name.split('~');
      const host = rest.join('~');
      const path = join(folder, name);
      const left =
        host === hostname()
          ? !isAlive({ host, pid: Number(pid), started: started || null })
          : now() - ((await stat(path).catch(() => null))?.mtimeMs ?? now()) > foreignSweepMs;
      if (!left) continue;
      await rm(path, { recursive: true, force: true });
      swept += 1;
    }
    for (const name of await readdir(join(this.directory, '.locks')).catch(() => [] as string[])) {
      const lock = await acquire(this.lockPath(name), now);
      if (lock !== 'held') await lock.release();
    }
    return swept;
  }
}

/** JSON as a person reads it; the same value gives the same bytes. */
export function json(value: unknown): string {
  return `${JSON.stringify(JSON.parse(canonical(value)), null, 2)}\n`;
}

async function text(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CorruptRecord(file, `it cannot be read (${(error as Error).message})`);
  }
}

function parse<S extends v.GenericSchema>(
  file: string,
  content: string,
  schema: S,
): v.InferOutput<S> {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new CorruptRecord(file, `it is not JSON (${(error as Error).message})`);
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = issue.path?.map((item) => String(item.key)).join('.') ?? '';
  throw new CorruptRecord(file, `${path === '' ? 'the content' : `"${path}"`}: ${issue.message}`);
}

async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      await syncTree(path);
    } else {
      const file = await open(path, 'r+');
      await file.sync().finally(() => file.close());
    }
  }
  await syncDirectory(directory);
}

const finite = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const recordSchema = v.object({
  format: v.literal(1),
  key: v.string(),
  // Compared whole with the cell that is looked for.
  cell: v.looseObject({}),
  digests: v.object({ train: v.string(), test: v.string() }),
  parameters: count,
  multiplyAdds: count,
  outcome: v.object({
    status: v.picklist(['trained', 'diverged']),
    stoppedBy: v.picklist(['epochs', 'steps', 'trainLoss', 'divergence']),
    epochs: finite,
    steps: count,
    diverged: v.nullable(v.object({ step: count, lastLoss: v.nullable(finite) })),
  }),
  metrics: v.array(
    v.object({
      epoch: finite,
      step: count,
      learningRate: finite,
      trainLoss: finite,
      trainAccuracy: finite,
      testLoss: finite,
      testAccuracy: finite,
    }),
  ),
});

const provenanceSchema = v.object({
  fathom: v.string(),
  node: v.string(),
  tensorflow: v.string(),
  backend: v.string(),
  threads: count,
  platform: v.string(),
  seconds: finite,
});

const valueSchema = {
  value: finite,
  interval: v.nullable(v.object({ low: finite, high: finite, level: finite, method: v.string() })),
};

const readingSchema = v.object({
  format: v.literal(1),
  measure: v.string(),
  version: count,
  options: v.record(v.string(), v.unknown()),
  reading: v.union([
    // Why the measure does not apply.
    v.string(),
    v.looseObject({
      ...valueSchema,
      measure: v.string(),
      unit: v.string(),
      layers: v.array(v.looseObject({ ...valueSchema, layer: v.string(), position: finite })),
    }),
  ]),
});
