// What worker processes bring: the eight grid cells of a study by one single-threaded worker a core, against the same cells
// one after another in one process with TensorFlow's own number of threads. npm run bench -- study [rounds]
// The two take turns; the machine's own speed moves the figures: compare only within one run.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runStudy } from '../../src/lab/study/run-study.js';
import { cells, study } from '../../src/lab/study/study.js';

const rounds = Number(process.argv[2] ?? 2);
const cores = availableParallelism();
const grid = study({
  data: { name: 'fashion-mnist', train: 2000, test: 500 },
  net: { width: 8 },
  recipe: { stop: { epochs: 2 } },
  axes: { 'net.family': ['plain', 'residual'], 'net.depth': [8, 14] },
  seeds: [0, 1],
});
const ways = [
  { way: `${cores} workers, 1 thread each`, workers: cores, threads: 1 },
  { way: `1 worker, ${cores} threads`, workers: 1, threads: cores },
];
const seconds = ways.map(() => [] as number[]);
for (let round = 0; round < rounds; round++) {
  for (const [index, { workers, threads }] of ways.entries()) {
    const store = await mkdtemp(join(tmpdir(), 'fathom-bench-study-'));
    try {
      const start = performance.now();
      await runStudy(grid, { store, recorded: null, workers, threads });
      seconds[index]!.push((performance.now() - start) / 1000);
    } finally {
      await rm(store, { recursive: true, force: true });
    }
  }
}
const best = seconds.map((list) => Math.min(...list));
console.log(`${cells(grid).length} grid cells, ${cores} cores, best of ${rounds} rounds`);
console.table(
  ways.map(({ way }, index) => ({
    way,
    seconds: Number(best[index]!.toFixed(1)),
    'times as fast': Number((best[1]! / best[index]!).toFixed(2)),
  })),
);
