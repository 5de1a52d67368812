// How long datasets take to load: the first time from their files, then from the cache. npm run bench -- data
// CIFAR-10 is included when FATHOM_CIFAR10 names its archive. The machine's own speed moves the figures: compare only
// within one run.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { datasets, loadData, MissingDataError } from '../../src/lab/data/index.js';

const IMAGES = 10_000;
const REPEATS = 5;

const cache = await mkdtemp(path.join(tmpdir(), 'fathom-bench-data-'));
const rows: Record<string, string | number>[] = [];
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
      rows.push({
        dataset: name,
        'images loaded': spec.train + spec.test,
        'from files, ms': Math.round(first),
        'from cache, median ms': Math.round(again[REPEATS >> 1]!),
        'slowest ms': Math.round(again.at(-1)!),
        'cache, MB': Number(((await cacheBytes(name)) / 1e6).toFixed(1)),
      });
    } catch (error) {
      if (!(error instanceof MissingDataError)) throw error;
      console.log(`${name}: left out, no files on this machine`);
    }
  }
  console.table(rows);
} finally {
  await rm(cache, { recursive: true, force: true });
}

async function cacheBytes(name: string): Promise<number> {
  const folder = path.join(cache, 'data');
  const file = (await readdir(folder)).find((entry) => entry.startsWith(`${name}-`))!;
  return (await stat(path.join(folder, file))).size;
}
