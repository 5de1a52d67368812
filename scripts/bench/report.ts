// How long it takes to render executed notebooks, against nbconvert and mystmd on the same notebooks in one run: whole
// commands that take turns, then one report after another within a process. Sizes of the files, and the memory of all
// processes of a command, taken in a turn of its own. The peers are installed at the first use, in the cache folder.
// npm run bench -- report
//   --rounds 3   turns of each; the table gives the median
//   --only a,b   contenders by name: fathom-html, nbconvert-html, mystmd, fathom-pdf, nbconvert-pdf
//   --write      also write the table to docs/bench/report.md
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { notebookText } from '../../src/press/notebook/write.js';
import { type Command, type Contender, contenders } from './report/contenders.js';
import { treeMemory } from './report/memory.js';
import { notebooks } from './report/notebooks.js';
import { median } from './support/median.js';
import { markdownTable, printPage } from './support/page.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const chosen = options.only
  ? contenders.filter(({ name }) => options.only!.split(',').includes(name))
  : contenders;

/** Runs a command to its end; throws with what it said if it fails or makes nothing. */
function run(
  command: Command,
  watch = false,
): Promise<{ seconds: number; peakMiB: number | null }> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const { program, args, cwd, env, makes } = command;
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
    let said = '';
    let peakMiB: number | null = null;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    const timer = watch
      ? setInterval(() => {
          const now = treeMemory(child.pid!);
          if (now !== null) peakMiB = Math.max(peakMiB ?? 0, now);
        }, 50)
      : undefined;
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(timer);
      const seconds = (performance.now() - start) / 1000;
      if (status === 0 && statSync(makes, { throwIfNoEntry: false })) resolve({ seconds, peakMiB });
      else reject(new Error(`${program} ${args.join(' ')} ended with ${status}:\n${said}`));
    });
  });
}

interface Result {
  readonly contender: Contender;
  readonly seconds: number[];
  bytes: number;
  peakMiB: number | null;
}

async function measure(source: string): Promise<Result[]> {
  const results: Result[] = chosen.map((contender) => ({
    contender,
    seconds: [],
    bytes: 0,
    peakMiB: null,
  }));
  // The first turn fills caches of the disk and is not counted; it is watched instead.
  for (let round = 0; round <= rounds; round++) {
    for (const result of results) {
      const folder = mkdtempSync(join(tmpdir(), 'fathom-bench-report-'));
      try {
        const notebook = join(folder, 'notebook.ipynb');
        cpSync(source, notebook);
        const command = await result.contender.command(folder, notebook);
        if (command === null) continue;
        const { seconds, peakMiB } = await run(command, round === 0);
        if (round === 0) result.peakMiB = peakMiB;
        else result.seconds.push(seconds);
        result.bytes = statSync(command.makes).size;
        console.error(`${result.contender.name}, round ${round}: ${seconds.toFixed(2)} s`);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
  return results.filter(({ seconds }) => seconds.length > 0);
}

const lines: string[] = [
  '',
  `Whole commands, from start to end; median of ${rounds} round${rounds === 1 ? '' : 's'} in which they took turns. The ratio is that of`,
  'the medians to Fathom’s own for the same kind of file. Memory is the largest sum over all processes of a command,',
  'browsers too, in which shared pages count once. Fathom draws the charts; nbconvert and mystmd leave them out or to scripts',
  'that a reader’s browser loads from elsewhere.',
];
const folder = mkdtempSync(join(tmpdir(), 'fathom-bench-notebooks-'));
try {
  for (const [title, notebook] of Object.entries(notebooks)) {
    const source = join(folder, 'notebook.ipynb');
    writeFileSync(source, notebookText(notebook));
    const results = await measure(source);
    const own = (format: string) =>
      results.find(({ contender }) => contender.name === `fathom-${format}`);
    lines.push(
      '',
      `## ${title[0]!.toUpperCase()}${title.slice(1)}`,
      '',
      ...markdownTable(
        ['', 'seconds', 'of Fathom', 'size, kB', 'peak memory, MiB'],
        results.map(({ contender, seconds, bytes, peakMiB }) => {
          const ours = own(contender.format);
          const ratio = ours ? median(seconds) / median(ours.seconds) : null;
          return [
            contender.title,
            median(seconds).toFixed(2),
            ratio === null ? '' : `${ratio.toFixed(2)} ×`,
            Math.round(bytes / 1000),
            peakMiB === null ? '' : Math.round(peakMiB),
          ];
        }),
      ),
    );
    const { stdout, status, stderr } = spawnSync(
      process.execPath,
      [fileURLToPath(new URL('./report/within.js', import.meta.url)), source, String(rounds)],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    const within = JSON.parse(stdout) as Record<'html' | 'pdf', number[]>;
    lines.push(
      '',
      `Within a process that has started: HTML ${median(within.html).toFixed(2)} s, PDF ${median(within.pdf).toFixed(2)} s.`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
printPage({ name: 'report', title: 'Rendering reports', lines, write: options.write });
