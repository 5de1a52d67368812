// Keeps what a notebook put out, and gives it back as long as everything it depends on is the same. An entry is one file,
// written whole or not at all, so any number of builds may share a cache. Runs that failed are never kept.
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CodeCell, Notebook } from '../notebook/nbformat.js';
import { writeWhole } from '../../shared/whole-file.js';
import { digestOf, digestOfFile } from './digest.js';
import type { Inputs } from './inputs.js';

/** Something a notebook read while it ran, as the lab tells it. */
export type Dependency =
  /** That of a folder is one of its names. `absent` and `present` stand for what was looked for and not read. */
  | { readonly kind: 'file' | 'folder'; readonly path: string; readonly digest: string }
  | {
      readonly kind: 'data';
      readonly name: string;
      readonly digest: string;
      /** What its randomness came from, where it is a run. */
      readonly seed?: number;
    };

/** What is known of an entry without reading its outputs: the first line of its file. */
interface Header {
  readonly format: 1;
  readonly inputs: Inputs;
  readonly dependencies: readonly Dependency[];
  /** Seconds of each cell when it ran. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** The second line. */
interface Body {
  readonly metadata: Pick<Notebook['metadata'], 'kernelspec' | 'language_info'>;
  /** Of the code cells, in order. */
  readonly cells: readonly Pick<CodeCell, 'execution_count' | 'outputs'>[];
}

export interface Entry extends Header, Body {}

export type Lookup =
  | { readonly entry: Entry }
  /** Why the notebook has to run: one reason or more, each a clause. */
  | { readonly entry?: undefined; readonly reasons: readonly string[] };

/** Entries kept of a notebook; switching between some profiles and parameters then costs no run. */
const keptEntries = 12;

export class Cache {
  readonly #folder: string;

  /** `folder` holds the cache; `notebook` (a path in the project) has its own part of it. */
  constructor(folder: string, notebook: string) {
    const part = `${basename(notebook, '.ipynb').replace(/[^\w-]/g, '_')}-${digestOf(notebook).slice(0, 12)}`;
    this.#folder = join(folder, part);
  }

  /** The entry for these inputs, if all that it read is still the same. */
  async find(inputs: Inputs): Promise<Lookup> {
    const file = this.#file(inputs);
    const entry = await readEntry(file);
    if (!entry) return { reasons: await this.#explain(inputs) };
    const reasons: string[] = [];
    for (const dependency of entry.dependencies) reasons.push(...(await changeOf(dependency)));
    return reasons.length === 0 ? { entry } : { reasons };
  }

  /** Keeps the outputs of a run that ended well. */
  async keep(
    inputs: Inputs,
    executed: Notebook,
    about: Pick<Header, 'dependencies' | 'seconds'>,
  ): Promise<Entry> {
    const { kernelspec, language_info } = executed.metadata;
    const header: Header = { format: 1, inputs, ...about };
    const body: Body = {
      metadata: {
        ...(kernelspec ? { kernelspec } : {}),
        ...(language_info ? { language_info } : {}),
      },
      cells: executed.cells
        .filter((cell): cell is CodeCell => cell.cell_type === 'code')
        .map(({ execution_count, outputs }) => ({ execution_count, outputs })),
    };
    await mkdir(this.#folder, { recursive: true });
    await writeWhole(this.#file(inputs), `${JSON.stringify(header)}\n${JSON.stringify(body)}\n`);
    await this.#prune();
    return { ...header, ...body };
  }

  #file(inputs: Inputs): string {
    return join(this.#folder, `${digestOf(JSON.stringify(Object.entries(inputs).sort()))}.json`);
  }

  /** How the inputs differ from the entry that they have most in common with. */
  async #explain(inputs: Inputs): Promise<string[]> {
    let best: string[] | undefined;
    for (const { file } of await this.#entries()) {
      const header = await readHeader(file);
      if (!header) continue;
      const reasons = inputDifferences(header.inputs, inputs);
      if (!best || reasons.length < best.length) best = reasons;
    }
    return best ?? ['it has not run before'];
  }

  /** Newest first. */
  async #entries(): Promise<{ file: string; modified: number }[]> {
    const names = await readdir(this.#folder).catch(() => [] as string[]);
    const entries = names
      .filter((name) => name.endsWith('.json'))
      .map(async (name) => {
        const file = join(this.#folder, name);
        // Another build may have removed it since.
        return { file, modified: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 };
      });
    return (await Promise.all(entries)).sort((a, b) => b.modified - a.modified);
  }

  async #prune(): Promise<void> {
    for (const { file } of (await this.#entries()).slice(keptEntries))
      await rm(file, { force: true });
  }
}

/** What has become of something that a notebook read; empty where it is the same. Data is pinned by what names it. */
export async function changeOf(dependency: Dependency): Promise<string[]> {
  if (dependency.kind === 'data') return [];
  const { kind, path, digest } = dependency;
  if (digest === present) return existsSync(path) ? [] : [`${path}, which it looked for, is gone`];
  if (digest === absent)
    return existsSync(path) ? [`${path}, which it looked for, is there now`] : [];
  const now = await digestNow(dependency);
  if (now === digest) return [];
  const what = kind === 'folder' ? 'which it listed' : 'which it read';
  return [`${path}, ${what}, ${now === absent ? 'is gone' : 'has changed'}`];
}

/** What stands for the digest of something that is not there. */
export const absent = 'absent';
/** And of something of which no more was asked than whether it is there. */
export const present = 'present';

/** The digest that a file or a folder has now. */
export async function digestNow({
  kind,
  path,
}: {
  readonly kind: 'file' | 'folder';
  readonly path: string;
}): Promise<string> {
  if (kind === 'file') return (await digestOfFile(path)) ?? absent;
  const names = await readdir(path).catch(() => undefined);
  return names ? digestOf(names.sort().join('\n')) : absent;
}

/** The notebook, whose code cells are those that were run, with the outputs of the entry. */
export function withOutputs(notebook: Notebook, { metadata, cells }: Body): Notebook {
  let index = 0;
  return {
    ...notebook,
    metadata: { ...notebook.metadata, ...metadata },
    cells: notebook.cells.map((cell) =>
      cell.cell_type === 'code' ? { ...cell, ...cells[index++]! } : cell,
    ),
  };
}

/** How inputs differ, each a clause: `parameter depth is 5, was 1`. */
export function inputDifferences(before: Inputs, after: Inputs): string[] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return names.flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    if (old === now) return [];
    const kind = name.split(' ')[0];
    if (old === undefined) return [`${name} is new`];
    if (now === undefined) return [`${name} is gone`];
    const shown = kind === 'parameter' || kind === 'variable' || name === 'Node';
    return [shown ? `${name} is ${now}, was ${old}` : `${name} has changed`];
  });
}

async function readEntry(file: string): Promise<Entry | undefined> {
  try {
    const [header, body] = (await readFile(file, 'utf8')).split('\n');
    const entry = { ...JSON.parse(header!), ...JSON.parse(body!) } as Entry;
    return entry.format === 1 ? entry : undefined;
  } catch {
    // Not there, or not readable as an entry: the notebook runs and writes it anew.
    return undefined;
  }
}

async function readHeader(file: string): Promise<Header | undefined> {
  try {
    const handle = await open(file);
    try {
      for await (const line of handle.readLines({ autoClose: false })) {
        const header = JSON.parse(line) as Header;
        return header.format === 1 ? header : undefined;
      }
    } finally {
      await handle.close();
    }
  } catch {
    // As above.
  }
  return undefined;
}
