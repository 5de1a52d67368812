// The script of a page that is not Vega's, and the data that its live charts need.
import { readdirSync, readFileSync } from 'node:fs';
import { type Document, walk } from './document.js';
import type { Drawings } from './drawing.js';
import { inline } from './markup.js';

interface PackedTable {
  readonly keys: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * What the live charts need: each table of rows once and its column names once, and for a picture where it stands in a
 * static chart. Null without charts.
 */
export function chartData(document: Document, drawings: Drawings): object | null {
  const pictures = drawnPictures(document, drawings);
  const tables: PackedTable[] = [];
  const known = new Map<string, number>();
  const pack = (value: unknown): unknown => {
    if (typeof value === 'string') return pictures.get(value) ?? value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const flat = asTable(value);
      if (!flat) return value.map(pack);
      const table = { keys: flat.keys, rows: flat.rows.map((row) => row.map(pack)) };
      const text = JSON.stringify(table);
      const index = known.get(text) ?? tables.push(table) - 1;
      known.set(text, index);
      return { $rows: index };
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pack(item)]));
  };
  const charts: Record<string, unknown> = {};
  for (const block of walk(document.blocks)) {
    if (block.kind !== 'figure' || block.content.kind !== 'chart') continue;
    const drawing = drawings.get(block.id);
    if (!drawing) continue;
    const { library, specification } = block.content;
    const table = drawing.table && { data: drawing.table.data, columns: drawing.table.columns };
    charts[block.id] = { library, table, vega: pack(drawing.vega), source: pack(specification) };
  }
  return Object.keys(charts).length === 0 ? null : { tables, charts };
}

/** Pictures in static charts, by address: the chart and the place among its pictures. */
function drawnPictures(
  document: Document,
  drawings: Drawings,
): ReadonlyMap<string, { $picture: [chart: string, index: number] }> {
  const pictures = new Map<string, { $picture: [string, number] }>();
  for (const block of walk(document.blocks)) {
    if (block.kind !== 'figure') continue;
    const { id } = block;
    const images = drawings.get(id)?.svg.match(/<image\b[^>]*>/g) ?? [];
    for (const [index, image] of images.entries()) {
      const address = /\bhref="(data:image\/\w+;base64,[\w+/=]+)"/.exec(image)?.[1];
      if (address && !pictures.has(address)) pictures.set(address, { $picture: [id, index] });
    }
  }
  return pictures;
}

/** A list of at least four flat rows with the same columns in the same order. */
function asTable(list: readonly unknown[]): PackedTable | null {
  const first = list[0];
  if (list.length < 4 || typeof first !== 'object' || first === null || Array.isArray(first))
    return null;
  const keys = Object.keys(first);
  if (keys.length === 0 || keys.includes('__proto__')) return null;
  const rows: unknown[][] = [];
  for (const row of list) {
    if (typeof row !== 'object' || row === null) return null;
    const own = Object.keys(row);
    if (own.length !== keys.length || own.some((key, index) => key !== keys[index])) return null;
    const values = Object.values(row);
    if (values.some((value) => typeof value === 'object' && value !== null)) return null;
    rows.push(values);
  }
  return { keys, rows };
}

/** The files of client/ and what starts them, as one script. */
export function clientScript(): string {
  const folder = new URL('./client/', import.meta.url);
  const parts = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => new URL(name, folder));
  const compiled = [...parts, new URL('./client.js', import.meta.url)].map((file) =>
    readFileSync(file, 'utf8')
      .replace(/^import [^;]*;$/gm, '')
      .replace(/^export \{\};$/gm, '')
      .replace(/^export (?=function|const|class)/gm, '')
      .replace(/^\s*\/\/.*$/gm, '')
      .replace(/^\s*\/\*\*[\s\S]*?\*\/$/gm, '')
      .replace(/\n{2,}/g, '\n'),
  );
  return inline(`(function(){'use strict';\n${compiled.join('\n').trim()}\n})();`);
}
