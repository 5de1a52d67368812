/**
 * npm run bench -- train: images per second of one training step, this project against stock tfjs-node, Keras and PyTorch
 * in one run, and the memory that training takes. Contenders take turns, each in a process of its own, so that a machine
 * that slows down slows them all. Keras and PyTorch are installed at the first use, each in its own Python environment
 * under the cache directory (`$FATHOM_CACHE/bench`; PyTorch takes several gigabytes).
 *
 *   --depths 8,16      depths of the net
 *   --rounds 3         turns of each contender; the table gives the median
 *   --seconds 5        least time that a turn measures
 *   --threads 1        threads of each contender; left out, each takes what it likes
 *   --only a,b         contenders by name
 *   --write            also write the table to docs/bench/train.md
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './support/folders.js';
import { median } from './support/median.js';
import { printPage } from './support/page.js';
import { pythonEnvironment, pythonOf } from './support/python.js';
import type { Result, Task } from './train/net.js';

const { values: options } = parseArgs({
  options: {
    depths: { type: 'string', default: '8,16' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

/** TensorFlow reads the first two, PyTorch the third. */
const threads: Record<string, string> = options.threads
  ? {
      TF_NUM_INTRAOP_THREADS: options.threads,
      TF_NUM_INTEROP_THREADS: options.threads,
      OMP_NUM_THREADS: options.threads,
    }
  : {};

const compiled = fileURLToPath(new URL('./train/', import.meta.url));

interface Contender {
  readonly name: string;
  readonly title: string;
  command(): string[] | null;
  readonly env?: Record<string, string>;
}

const node = (file: string) => () => [process.execPath, join(compiled, file)];
const contenders: Contender[] = [
  { name: 'stock', title: 'tfjs-node as it comes', command: node('stock.js') },
  { name: 'fathom', title: 'Fathom', command: node('fathom.js') },
  {
    name: 'wasm',
    title: 'Fathom on WebAssembly',
    command: node('fathom.js'),
    env: { FATHOM_TENSORFLOW: 'wasm' },
  },
  {
    name: 'keras',
    title: 'Keras 3 on TensorFlow, `fit`',
    command: () => python('keras', ['keras', 'tensorflow-cpu==2.18.1']),
  },
  {
    name: 'pytorch',
    title: 'PyTorch, channels_last',
    command: () => python('pytorch', ['torch', 'numpy']),
  },
];
const chosen = options.only
  ? contenders.filter(({ name }) => options.only!.split(',').includes(name))
  : contenders;

/** The command of a contender in Python, or null where it cannot be had. */
function python(name: string, packages: string[]): string[] | null {
  const environment = pythonEnvironment(name, packages);
  if (environment === null) return null;
  return [pythonOf(environment), join(root, 'scripts', 'bench', 'train', `with_${name}.py`)];
}

function run(command: string[], argument: object, env: Record<string, string> = {}): Result {
  const [program, ...args] = command;
  const { status, stdout, stderr } = spawnSync(program!, [...args, JSON.stringify(argument)], {
    env: { ...process.env, ...threads, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Result;
}

interface Speed {
  readonly contender: Contender;
  readonly version: string;
  readonly imagesPerSecond: number;
  readonly peakMiB: number;
  /** Ratio to stock, and of this project to it: medians over the ratios within each round. */
  readonly ofStock: number | null;
  readonly fathomOf: number | null;
}

function measureSpeed(depth: number): Speed[] {
  const base = { depth, width: 16, batchSize: 64 };
  const runners = chosen.flatMap((contender) => {
    const command = contender.command();
    if (command === null) return [];
    // A short run first says how many steps fill the time.
    const probe = run(command, { ...base, warmup: 2, steps: 4 } satisfies Task, contender.env);
    const steps = Math.ceil((Number(options.seconds) * probe.imagesPerSecond) / base.batchSize);
    return [{ contender, command, steps: Math.max(8, steps), results: [] as Result[] }];
  });
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const { contender, command, steps, results } of runners) {
      const task: Task = { ...base, warmup: Math.max(4, Math.ceil(steps / 4)), steps };
      const result = run(command, task, contender.env);
      results.push(result);
      console.error(
        `depth ${depth}, round ${round + 1}: ${contender.name} ${result.imagesPerSecond.toFixed(0)}`,
      );
    }
  }
  const speeds = (name: string) =>
    runners.find(({ contender }) => contender.name === name)?.results ?? null;
  const ratio = (above: Result[] | null, below: Result[] | null) =>
    above && below
      ? median(above.map((result, i) => result.imagesPerSecond / below[i]!.imagesPerSecond))
      : null;
  return runners.map(({ contender, results }) => ({
    contender,
    version: results[0]!.version,
    imagesPerSecond: median(results.map(({ imagesPerSecond }) => imagesPerSecond)),
    peakMiB: median(results.map(({ peakMiB }) => peakMiB)),
    ofStock: ratio(results, speeds('stock')),
    fathomOf: ratio(speeds('fathom'), results),
  }));
}

function measureMemory(): string[] {
  const rows: string[] = [];
  const command = [process.execPath, join(compiled, 'memory.js')];
  for (const [title, env] of [
    ['native', {}],
    ['WebAssembly', { FATHOM_TENSORFLOW: 'wasm' }],
  ] as const) {
    const peaks = [
      { steps: 0, side: 28, channels: 1 },
      { steps: 10, side: 28, channels: 1 },
      { steps: 10, side: 32, channels: 3 },
    ].map((size) => run(command, { depth: 20, width: 16, batchSize: 64, ...size }, env).peakMiB);
    rows.push(`| ${title} | ${peaks.map((peak) => peak.toFixed(0)).join(' | ')} |`);
  }
  return rows;
}

const times = (ratio: number | null) => (ratio === null ? '' : `${ratio.toFixed(2)} ×`);
const lines = [
  `Net: 28×28×1 images, 3×3 convolutions of 16 channels, batch normalisation and ReLU, global average pooling, dense head; ` +
    `batches of 64, Adam, ${options.threads ? `${options.threads} thread${options.threads === '1' ? '' : 's'} each` : 'default threads'}. Median of ${options.rounds} rounds in which the contenders took turns.`,
];
for (const depth of options.depths.split(',').map(Number)) {
  lines.push(
    '',
    `## Depth ${depth}`,
    '',
    '| | version | images/s | of stock | Fathom is | peak memory, MiB |',
    '|---|---|---:|---:|---:|---:|',
    ...measureSpeed(depth).map(
      ({ contender, version, imagesPerSecond, peakMiB, ofStock, fathomOf }) =>
        `| ${contender.title} | ${version} | ${imagesPerSecond.toFixed(0)} | ${times(ofStock)} | ${times(fathomOf)} | ${peakMiB.toFixed(0)} |`,
    ),
  );
}
lines.push(
  '',
  '## Peak memory of a deeper net',
  '',
  'Residual net of depth 20, width 16, batches of 64: largest resident memory of the process, MiB.',
  '',
  '| backend | only loaded | 28×28×1 | 32×32×3 |',
  '|---|---:|---:|---:|',
  ...measureMemory(),
);
printPage({
  name: 'train',
  title: 'Training speed and memory',
  lines,
  write: options.write,
});
