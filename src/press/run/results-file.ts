// What a chapter found, as JSON beside its report: `<chapter>.results.json`, so that a check needs neither page nor notebook.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseResult, type Result } from '../notebook/results.js';
import { writeWhole } from '../../shared/whole-file.js';

/** A result, and the place in the notebook of the cell that exports it, from 1. */
export type PlacedResult = Result & { readonly cell: number };

export interface ChapterResults {
  readonly chapter: string;
  readonly results: readonly PlacedResult[];
}

export function resultsFile(folder: string, chapter: string): string {
  return join(folder, `${chapter}.results.json`);
}

export async function writeResults(folder: string, results: ChapterResults): Promise<void> {
  const text = `${JSON.stringify({ format: 1, ...results }, null, 2)}\n`;
  await writeWhole(resultsFile(folder, results.chapter), text);
}

/** The results of a chapter; none where it exports none. Throws an Error that names a file that is something else. */
export async function readResults(folder: string, chapter: string): Promise<PlacedResult[]> {
  const file = resultsFile(folder, chapter);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const broken = (problem: string): Error => new Error(`${file}: ${problem}`);
  let content: { format?: unknown; results?: unknown };
  try {
    content = JSON.parse(text);
  } catch {
    throw broken('not valid JSON');
  }
  if (content?.format !== 1 || !Array.isArray(content.results)) throw broken('no results');
  return content.results.map((each: unknown) => {
    const result = parseResult(each);
    if (typeof result === 'string') throw broken(result);
    return { ...result, cell: Number((each as { cell?: unknown }).cell) };
  });
}
