// The numbers behind a chart as a table, with the titles that the chart gives them.
import type { Spec } from 'vega';

export interface DataTable {
  /** Name of the data set in the Vega specification. */
  readonly data: string;
  readonly columns: readonly {
    readonly field: string;
    readonly title: string;
    readonly numeric: boolean;
  }[];
  readonly rows: readonly (readonly unknown[])[];
  /** How many rows there are in all. */
  readonly total: number;
}

/** Rows that a page shows; the file with all of them can be saved from the chart. */
const maximumRows = 60;

/** The numbers behind the largest mark: the rows it is drawn from, and of their columns those that are encoded. */
export function readTable(
  source: Record<string, unknown>,
  spec: Spec,
  data: (name: string) => unknown[],
): DataTable | null {
  const encoded = new Map<string, string>();
  collectFields(source, encoded);
  let best: DataTable | null = null;
  for (const name of markData(spec)) {
    let rows: Record<string, unknown>[];
    try {
      rows = data(name) as Record<string, unknown>[];
    } catch {
      continue;
    }
    const first = rows[0];
    if (!first || typeof first !== 'object') continue;
    const columns = Object.keys(first)
      .filter(
        (field) =>
          !field.startsWith('_') &&
          typeof first[field] !== 'object' &&
          !/_(?:start|end)$/.test(field),
      )
      .flatMap((field) => {
        const title = encoded.size === 0 ? field : titleOf(field, encoded);
        return title === null ? [] : [{ field, title, numeric: typeof first[field] === 'number' }];
      })
      .slice(0, 12);
    if (columns.length === 0) continue;
    if (best && best.columns.length * best.total >= columns.length * rows.length) continue;
    best = {
      data: name,
      columns,
      total: rows.length,
      rows: rows.slice(0, maximumRows).map((row) => columns.map(({ field }) => plain(row[field]))),
    };
  }
  return best;
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, '');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

/** Title of a column of the compiled data: 'accuracy' is encoded as such, 'mean_accuracy' is made from it. */
function titleOf(field: string, encoded: ReadonlyMap<string, string>): string | null {
  const direct = encoded.get(field);
  if (direct !== undefined) return direct;
  for (const [name, title] of encoded) {
    if (field.endsWith(`_${name}`) && !field.startsWith('bin_')) {
      return `${title} (${field.slice(0, -name.length - 1)})`;
    }
  }
  return /^(?:count|__count)$/.test(field) ? 'count' : null;
}

function collectFields(spec: unknown, found: Map<string, string>): void {
  if (typeof spec !== 'object' || spec === null) return;
  for (const [key, value] of Object.entries(spec)) {
    if (key === 'data' || key === 'datasets' || key === 'transform' || key === 'config') continue;
    const field = (value as { field?: unknown } | null)?.field;
    if (typeof field === 'string') {
      const name = field.replace(/\\/g, '');
      const given = value as {
        title?: unknown;
        axis?: { title?: unknown };
        legend?: { title?: unknown };
      };
      const title = [given.title, given.axis?.title, given.legend?.title].find(
        (text) => typeof text === 'string' && text !== '',
      );
      if (!found.has(name) || title) found.set(name, String(title ?? found.get(name) ?? name));
    }
    collectFields(value, found);
  }
}

function markData(spec: Spec): string[] {
  const names: string[] = [];
  const visit = (marks: unknown): void => {
    for (const mark of Array.isArray(marks) ? marks : []) {
      const from = (mark as { from?: { data?: unknown; facet?: { data?: unknown } } }).from;
      for (const name of [from?.facet?.data, from?.data]) {
        if (typeof name === 'string' && !names.includes(name)) names.push(name);
      }
      visit((mark as { marks?: unknown }).marks);
    }
  };
  visit(spec.marks);
  return names;
}
