// How long datasets take to load: the first time from their files, then from the cache. npm run bench -- data
// CIFAR-10 is included when FATHOM_CIFAR10 names its archive.
//   --write      also write the table to docs/bench/data.md
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { datasets, loadData, MissingDataError } from '../../src/lab/data/index.js';
import { markdownTable, printPage } from './support/page.js';

const IMAGES = 10_000;
const REPEATS = 5;

const { values: options } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const cache = await mkdtemp(path.join(tmpdir(), 'fathom-bench-data-'));
const rows: (string | number)[][] = [];
const notes: string[] = [];
try {
  for (const { name, most } of datasets.all) {
    const spec = { name, train: Math.min(IMAGES, most.train), test: Math.min(2000, most.test) };
    const timed = async () => {
      const start = performance.now();
      await loadData(spec, { cache });
      return performance.now() - start;
    };
    try {
      const first = await timed();
      const again: number[] = [];
      for (let repeat = 0; repeat < REPEATS; repeat++) again.push(await timed());
      again.sort((a, b) => a - b);
      rows.push([
        name,
        spec.train + spec.test,
        Math.round(first),
        Math.round(again[REPEATS >> 1]!),
        Math.round(again.at(-1)!),
        ((await cacheBytes(name)) / 1e6).toFixed(1),
      ]);
    } catch (error) {
      if (!(error instanceof MissingDataError)) throw error;
      notes.push('', `${name} is left out: no files of it on this machine.`);
    }
  }
  printPage({
    name: 'data',
    title: 'Loading data',
    lines: [
      '',
      ...markdownTable(
        [
          'dataset',
          'images',
          'from its files, ms',
          'from the cache, median ms',
          'slowest, ms',
          'cache, MB',
        ],
        rows,
      ),
      ...notes,
    ],
    write: options.write,
  });
} finally {
  await rm(cache, { recursive: true, force: true });
}

async function cacheBytes(name: string): Promise<number> {
  const folder = path.join(cache, 'data');
  const file = (await readdir(folder)).find((entry) => entry.startsWith(`${name}-`))!;
  return (await stat(path.join(folder, file))).size;
}
