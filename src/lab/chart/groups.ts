// Which runs belong to one line: the same cell but for its seeds. Lines are named by what differs between them.
import type { Run } from '../study/record.js';
import { type Row, runTable } from '../study/table.js';
import { capital, quantity } from './quantity.js';

export interface Group {
  /** What differs from the other groups: `residual, depth 20`. */
  readonly name: string;
  /** Name of the net without its depth, and the depth: for panels by family and lines by depth. */
  readonly family: string;
  readonly depth: number;
  readonly runs: readonly Run[];
}

/** Fields that make runs different lines, in the order in which they are named. */
const fields = ['series', 'width', 'batchNorm', 'dataset', 'trainImages', 'learningRate'] as const;

/** Groups in order of depth within what else differs. */
export function groupsOf(runs: readonly Run[]): Group[] {
  const rows = runTable(runs);
  const varying = fields.filter((field) => new Set(rows.map((row) => row[field])).size > 1);
  const depths = new Set(rows.map((row) => row.depth));
  const families: string[] = [];
  const groups = new Map<string, { name: string; family: string; depth: number; runs: Run[] }>();
  for (const [index, run] of runs.entries()) {
    const row = rows[index]!;
    const family = varying.map((field) => words(field, row)).join(', ');
    if (!families.includes(family)) families.push(family);
    const depth = depths.size > 1 ? `depth ${row.depth}` : '';
    const name = [family, depth].filter((part) => part !== '').join(', ') || String(row.series);
    const group = groups.get(name) ?? { name, family, depth: run.cell.net.depth, runs: [] };
    group.runs.push(run);
    groups.set(name, group);
  }
  return [...groups.values()].sort(
    (a, b) => families.indexOf(a.family) - families.indexOf(b.family) || a.depth - b.depth,
  );
}

function words(field: (typeof fields)[number], row: Row): string {
  const value = row[field];
  if (field === 'series' || field === 'dataset') return String(value);
  if (field === 'batchNorm') return value ? 'batch norm' : 'no batch norm';
  return `${quantity(field).title.toLowerCase()} ${String(value)}`;
}

/** Groups by panel (what differs beside depth); one panel when nothing else differs. */
export function panelsOf(groups: readonly Group[]): { title: string; groups: Group[] }[] {
  const panels = new Map<string, Group[]>();
  for (const group of groups) {
    panels.set(group.family, [...(panels.get(group.family) ?? []), group]);
  }
  return [...panels].map(([title, members]) => ({ title: capital(title), groups: members }));
}
