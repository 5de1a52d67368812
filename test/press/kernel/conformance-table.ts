/**
 * Prints the table of docs/kernel.md: the checks of conformance.ts, run against stock tslab and against this kernel.
 *
 *     node dist/test/press/kernel/conformance-table.js [--write docs/kernel.md]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { conformance, type Verdict } from './conformance.js';

const tslab = join(
  dirname(createRequire(import.meta.url).resolve('tslab/package.json')),
  'bin',
  'tslab',
);
const stock = await conformance(
  { argv: [process.execPath, tslab, 'kernel', '--config-path', '{connection_file}'] },
  { patienceMs: 10_000 },
);
const ours = await conformance({});

const mark = ({ failure }: Verdict) => (failure === undefined ? 'yes' : 'no');
const count = (verdicts: Verdict[]) =>
  verdicts.filter(({ failure }) => failure === undefined).length;
const table = [
  '| behaviour | stock tslab 1.0.22 | Fathom |',
  '|---|---|---|',
  ...ours.flatMap((verdict, index) => [
    ...(verdict.group === ours[index - 1]?.group ? [] : [`| **${verdict.group}** | | |`]),
    `| ${verdict.title} | ${mark(stock[index]!)} | ${mark(verdict)} |`,
  ]),
  `| **kept, of ${ours.length}** | **${count(stock)}** | **${count(ours)}** |`,
].join('\n');
console.log(table);
for (const { title, failure } of ours) if (failure) console.error(`\n${title}: ${failure}`);

const at = process.argv.indexOf('--write');
if (at > 0) {
  const path = process.argv[at + 1]!;
  const page = readFileSync(path, 'utf8');
  const [begin, end] = ['<!-- conformance -->', '<!-- /conformance -->'];
  const start = page.indexOf(begin) + begin.length;
  writeFileSync(path, `${page.slice(0, start)}\n${table}\n${page.slice(page.indexOf(end))}`);
}
process.exit(0);
