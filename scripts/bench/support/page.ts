// The page that a bench prints and, with --write, keeps in docs/bench: which command made it, on which machine, and its tables.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './folders.js';

export interface BenchPage {
  /** Of the bench: `docs/bench/<name>.md`. */
  readonly name: string;
  readonly title: string;
  /** Markdown below the lines about command and machine, a line each. */
  readonly lines: readonly string[];
  /** Keep it in docs/bench too. */
  readonly write: boolean;
}

export function printPage({ name, title, lines, write }: BenchPage): void {
  const command = ['npm run bench --', name, ...process.argv.slice(2)].join(' ');
  const text = [
    `# ${title}`,
    '',
    `Made by \`${command}\`. Compare only within this run.`,
    '',
    `Machine: ${machine()}.`,
    ...lines,
    '',
  ].join('\n');
  console.log(text);
  if (!write) return;
  const path = join(root, 'docs', 'bench', `${name}.md`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.error(`bench: written to ${path}`);
}

/** A Markdown table; columns of numbers stand to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const numeric = head.map((_, column) =>
    rows.every((row) => /^[\d.,–×% ≥≤<>-]*$/.test(String(row[column]))),
  );
  return [
    line(head),
    `|${numeric.map((right) => (right ? '---:' : '---')).join('|')}|`,
    ...rows.map(line),
  ];
}

function machine(): string {
  return (
    `${availableParallelism()} cores, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ` +
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform} ${release()}, Node ${process.version}`
  );
}
