// References to other chapters where a chapter is printed alone. The others need not have been executed: which labels they
// set is read from their sources, so that the same sources give the same page.
import { basename, resolve } from 'node:path';
import type { Notebook } from '../notebook/nbformat.js';
import { readNotebook } from '../notebook/read.js';
import { escapeHtml } from './markup.js';
import { labelPattern } from './markdown.js';

const names: Record<string, string> = {
  fig: 'Figure',
  tbl: 'Table',
  sec: 'Section',
  eq: 'Equation',
};

/** HTML of references to what the other chapters of a book have, by label. `file` is the chapter that refers. */
export async function inOtherChapters(
  chapters: readonly { readonly file: string; readonly title: string | undefined }[],
  file: string,
): Promise<(label: string) => string | null> {
  const places = new Map<string, { chapter: number; page: string }>();
  for (const [index, chapter] of chapters.entries()) {
    if (resolve(chapter.file) === resolve(file)) continue;
    const notebook = await readNotebook(chapter.file).catch(() => null);
    const page = `${basename(chapter.file, '.ipynb')}.html`;
    for (const label of notebook ? labelsIn(notebook) : []) {
      if (!places.has(label)) places.set(label, { chapter: index + 1, page });
    }
  }
  return (label) => {
    const place = places.get(label);
    if (!place) return null;
    const what = names[label.slice(0, label.indexOf('-'))] ?? 'Figure';
    const address = escapeHtml(`${encodeURIComponent(place.page)}#${label}`);
    return `<a class="reference elsewhere" href="${address}">${what} in Chapter ${place.chapter}</a>`;
  };
}

/** `//| label: fig-x`, `label: 'fig-x'`, `{#fig-x}`, `\\label{eq-x}` */
function* labelsIn({ cells }: Notebook): Generator<string> {
  const pattern = new RegExp(
    `(?:\\blabel:\\s*['"\`]?|#|\\\\label\\{)(${labelPattern.source})`,
    'g',
  );
  for (const { source } of cells) {
    for (const [, label] of source.matchAll(pattern)) yield label!;
  }
}
