// What worker processes bring: the eight grid cells of a study by one single-threaded worker a core, against the same cells
// one after another in one process with TensorFlow's own number of threads. npm run bench -- study
//   --rounds 2   turns of each way; the table gives the fastest
//   --write      also write the table to docs/bench/study.md
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runStudy } from '../../src/lab/study/run-study.js';
import { cells, study } from '../../src/lab/study/study.js';
import { markdownTable, printPage } from './support/page.js';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '2' }, write: { type: 'boolean', default: false } },
});
const rounds = Number(options.rounds);
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
printPage({
  name: 'study',
  title: 'A study by worker processes',
  lines: [
    `${cells(grid).length} grid cells (plain and residual nets of depth 8 and 14, width 8, two seeds, 2,000 images, two epochs), ` +
      `fastest of ${rounds} round${rounds === 1 ? '' : 's'} in which the two ways took turns; loading TensorFlow and the data is included.`,
    '',
    ...markdownTable(
      ['way', 'seconds', 'times as fast'],
      ways.map(({ way }, index) => [
        way,
        best[index]!.toFixed(1),
        `${(best[1]! / best[index]!).toFixed(2)} ×`,
      ]),
    ),
  ],
  write: options.write,
});
