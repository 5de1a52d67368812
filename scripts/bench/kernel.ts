// npm run bench -- kernel: how quick a kernel is, ours against stock tslab, ipykernel and Deno's in one run. The kernels take
// turns, each turn with fresh processes in an empty folder, through the same client. ipykernel and Deno are installed at the
// first use, into a Python environment under the cache directory.
//   --rounds 3   turns of each kernel; the table gives the median
//   --only a,b   tslab, ipykernel, deno, fathom
//   --write      also write the table to docs/bench/kernel.md
import { parseArgs } from 'node:util';
import { type Contender, contenders } from './kernel/contenders.js';
import { type Row, rows, takeTurn, type Turn } from './kernel/measure.js';
import { median } from './support/median.js';
import { markdownTable, printPage } from './support/page.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const chosen = options.only
  ? contenders.filter(({ name }) => options.only!.split(',').includes(name))
  : contenders;
const runners = chosen.map((contender) => ({
  contender,
  spec: contender.spec(),
  turns: [] as Turn[],
}));
for (let round = 1; round <= Number(options.rounds); round++) {
  for (const { contender, spec, turns } of runners) {
    if (!spec) continue;
    const turn = await takeTurn(contender, spec);
    turns.push(turn);
    console.error(`round ${round}: ${contender.name} ${JSON.stringify(turn)}`);
  }
}

function cell(turns: readonly Turn[], row: Row): string {
  if (turns.length === 0) return 'not to be had';
  const values = turns.map((turn) => turn[row]!);
  const words = values.findLast((value) => typeof value === 'string');
  if (words !== undefined) return words;
  const value = median(values as number[]);
  return value < 100 && !Number.isInteger(value) ? value.toFixed(1) : value.toFixed(0);
}

const title = ({ title }: Contender, turns: readonly Turn[]): string =>
  turns[0]?.version ? `${title} (${turns[0].version})` : title;

printPage({
  name: 'kernel',
  title: 'Kernels',
  write: options.write,
  lines: [
    '',
    `Median of ${options.rounds} turns of each kernel, taken in turns. A time runs from sending a request until its reply and its`,
    '`idle` are here; "ready" from starting the process until it has answered on both channels. Between the 10th and the 200th',
    'cell each cell declares one more variable. A completion is that of an array\'s method. "Loses" counts the lines that never',
    'came; "never" means not within 10 s. Idle memory is that of all processes of the kernel, 1.5 s after the first cell.',
    '',
    ...markdownTable(
      ['', ...runners.map(({ contender, turns }) => title(contender, turns))],
      Object.entries(rows).map(([row, name]) => [
        name,
        ...runners.map(({ turns }) => cell(turns, row as Row)),
      ]),
    ),
  ],
});
