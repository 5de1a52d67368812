// An executed notebook, from the cache where everything it depends on is the same, else by running it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Notebook } from '../notebook/nbformat.js';
import { injectParameters, type ParameterValue } from '../notebook/parameters.js';
import { withoutVolatile } from '../notebook/write.js';
import { Cache, type Dependency, withOutputs } from './cache.js';
import { canKnowInputs, type Inputs, readInputs } from './inputs.js';
import type { KernelSpec } from './kernel-spec.js';
import { runNotebook, type RunOptions, type RunResult } from './run-notebook.js';
import { watchFolder } from './watchdog.js';

export interface ExecuteOptions
  extends Pick<RunOptions, 'onEvent' | 'signal' | 'cellTimeoutMs' | 'env'> {
  /** Path of the notebook; it runs in its folder. */
  readonly file: string;
  /** What errors call it. */
  readonly name: string;
  readonly kernel: KernelSpec;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  /** Folder of the cache, and the notebook's path in the project; without it the notebook always runs and nothing is kept. */
  readonly cache?: { readonly folder: string; readonly path: string };
  /** Runs even if nothing has changed; the cache is then written and not read. */
  readonly refresh?: boolean;
  /** Runs what has to run; from the top on a fresh kernel where left out. */
  readonly run?: (notebook: Notebook, options: RunOptions) => Promise<Ran>;
  /** Told before anything runs: why it has to, or nothing where the cache has it. */
  readonly onDecision?: (reasons: readonly string[]) => void;
}

/** What a run put out, and what it read. */
export interface Ran extends RunResult {
  readonly dependencies: readonly Dependency[];
  /** Whether all of it ran on a fresh kernel: only that is kept. */
  readonly isWhole: boolean;
}

export interface Execution extends Omit<RunResult, 'kernel'> {
  readonly fromCache: boolean;
  readonly dependencies: readonly Dependency[];
  readonly inputs: Inputs | undefined;
}

/** Executes a notebook that was read from `options.file`. */
export async function execute(notebook: Notebook, options: ExecuteOptions): Promise<Execution> {
  const { file, name, kernel, parameters = {}, onDecision = () => {} } = options;
  const cwd = dirname(file);
  // Checked before anything else, so that a wrong parameter is told at once.
  const injected = withoutVolatile(injectParameters(notebook, parameters, name));
  const cache =
    options.cache && canKnowInputs(kernel)
      ? new Cache(options.cache.folder, options.cache.path)
      : undefined;
  const env = { ...process.env, ...options.env };
  const known = { file: name, kernel, parameters, cwd, env };
  const inputs = cache && (await readInputs(notebook, known));
  if (cache && inputs) {
    const { entry, ...lookup } = options.refresh
      ? { reasons: ['that was asked for'] }
      : await cache.find(inputs);
    if (entry) {
      onDecision([]);
      const { dependencies, seconds } = entry;
      const executed = withOutputs(injected, entry);
      return {
        notebook: executed,
        errors: [],
        interrupted: false,
        seconds,
        dependencies,
        inputs,
        fromCache: true,
      };
    }
    onDecision('reasons' in lookup ? lookup.reasons : []);
  } else {
    onDecision([
      options.cache
        ? `what a ${kernel.language} notebook imports is not followed`
        : 'the cache is not used',
    ]);
  }

  const run = options.run ?? runFresh;
  const { isWhole, ...result } = await run(notebook, { ...options, cwd });
  const done = { ...result, inputs, fromCache: false };
  const isGood = result.errors.length === 0 && !result.interrupted;
  if (!cache || !inputs || !isGood || !isWhole) return done;
  // What was edited while it ran may have been read before or after: such a run says nothing certain.
  const after = await readInputs(notebook, known);
  if (JSON.stringify(after) !== JSON.stringify(inputs)) return done;
  const { seconds, dependencies } = result;
  const entry = await cache.keep(inputs, result.notebook, { dependencies, seconds });
  // By the same way as from the cache, so that both give the same bytes.
  return { ...done, notebook: withOutputs(injected, entry) };
}

/** From top to bottom on a fresh kernel. */
async function runFresh(notebook: Notebook, options: RunOptions): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), 'fathom-run-'));
  watchFolder(folder);
  try {
    const sidecar = join(folder, 'dependencies.jsonl');
    const result = await runNotebook(notebook, {
      ...options,
      env: { ...options.env, FATHOM_DEPENDENCIES: sidecar },
    });
    return { ...result, dependencies: await readDependencies(sidecar), isWhole: true };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a run has told of in this file. */
export async function readDependencies(sidecar: string): Promise<Dependency[]> {
  const text = await readFile(sidecar, 'utf8').catch(() => '');
  const lines = [...new Set(text.split('\n').filter(Boolean))].sort();
  return lines.map((line) => JSON.parse(line) as Dependency);
}
