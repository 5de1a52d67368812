// Small real studies, in folders of their own.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runKey } from '../../../src/lab/study/key.js';
import type { Cell, RunRecord } from '../../../src/lab/study/record.js';
import { json, openStore, type RunIdentity, type Store } from '../../../src/lab/study/store.js';
import { type StudyOptions, study } from '../../../src/lab/study/study.js';

/** A folder that goes when the test ends. */
export async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fathom-study-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A study of the smallest nets on the synthetic dataset. */
export function tinyStudy(change: Partial<StudyOptions> = {}) {
  return study({
    data: { name: 'gratings', train: 64, test: 32 },
    net: { family: 'plain', depth: 2, width: 2 },
    recipe: { stop: { epochs: 1 }, batchSize: 16, deterministic: true },
    ...change,
  });
}

export function identity(cell: Cell = tinyStudy().cells[0]!): RunIdentity {
  const digests = { train: 'a'.repeat(64), test: 'b'.repeat(64) };
  return { key: runKey(cell, digests, 1), cell, digests };
}

export function record(of: RunIdentity, change: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    ...of,
    parameters: 10,
    multiplyAdds: 100,
    outcome: { status: 'trained', stoppedBy: 'epochs', epochs: 1, steps: 4, diverged: null },
    metrics: [
      {
        epoch: 0,
        step: 0,
        learningRate: 0,
        trainLoss: 2.3,
        trainAccuracy: 0.1,
        testLoss: 2.3,
        testAccuracy: 0.1,
      },
    ],
    ...change,
  };
}

/** Writes the files of a run into a directory, as a worker does. */
export async function fill(directory: string, content: RunRecord, net = true): Promise<void> {
  if (net) await mkdir(join(directory, 'net'));
  const provenance = {
    fathom: '0',
    node: 'v24',
    tensorflow: '2',
    backend: 'tensorflow',
    threads: 1,
    platform: 'linux',
    seconds: 1,
  };
  await writeFile(join(directory, 'provenance.json'), json(provenance));
  await writeFile(join(directory, 'record.json'), json(content));
}

export function storeIn(
  directory: string,
  recorded: string | null = null,
): { store: Store; warnings: Error[] } {
  const warnings: Error[] = [];
  const store = openStore(directory, { recorded, onWarning: (warning) => warnings.push(warning) });
  return { store, warnings };
}
