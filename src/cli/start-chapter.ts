// The notebook that a new chapter starts as.
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Cell, Notebook } from '../press/notebook/nbformat.js';
import { notebookText } from '../press/notebook/write.js';
import { addChapter, nextChapterName, plainName } from '../press/run/add-chapter.js';
import { findBook, readBook } from '../press/run/book.js';

/** A title that says nothing, or a notebook that is there already. */
export class ChapterError extends Error {
  override readonly name = 'ChapterError';
  readonly exitCode = 2;
}

/** Writes the notebook and lists it in the book found from `folder`; returns what to tell. */
export async function startChapter(title: string, folder = process.cwd()): Promise<string[]> {
  if (title.trim() === '') throw new ChapterError('a chapter needs a title');
  const found = findBook(folder);
  const book = found === undefined ? undefined : await readBook(found);
  const name = book
    ? nextChapterName(
        title,
        book.chapters.map((chapter) => chapter.name),
      )
    : plainName(title);
  const file = join(book ? dirname(book.file) : folder, `${name}.ipynb`);
  const shown = relative(folder, file);
  try {
    await writeFile(file, notebookText(chapterNotebook(title.trim())), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new ChapterError(`${shown} is there already`);
  }
  if (book) await addChapter(book, `${name}.ipynb`);
  return [
    `${shown}  written${book ? `, and listed in ${relative(folder, book.file)}` : ''}`,
    `see it as you write:  fathom preview ${shown}`,
  ];
}

/** A chapter that runs in a second as it stands: each part says what belongs there. */
export function chapterNotebook(title: string): Notebook {
  const cells: [type: 'markdown' | 'parameters' | 'code', source: string][] = [
    [
      'markdown',
      `# ${title}\n\nThe question of this chapter, and why the answer is not known beforehand.`,
    ],
    [
      'parameters',
      `import { cells, show, study, table } from 'fathom';

/** Depths to compare, in weighted layers. */
const depths: number[] = [8, 14, 20];
/** Seeds, each a net of its own. */
const seeds: number[] = [0, 1, 2];
/** Passes over the training images. */
const epochs: number = 8;`,
    ],
    [
      'markdown',
      '## What is held fixed\n\n@tbl-grid lists the nets that are compared, and their controls.',
    ],
    [
      'code',
      `const grid = study({
  data: { name: 'fashion-mnist', train: 1000, test: 1000 },
  recipe: { stop: { epochs }, deterministic: true },
  axes: { 'net.depth': depths },
  seeds,
  controls: ['untrained'],
});
const nets = cells(grid).map(({ net, recipe }) => ({
  family: net.family,
  depth: net.depth,
  epochs: recipe.stop.epochs,
  seed: recipe.seed,
}));
show(table(nets), { label: 'tbl-grid', caption: 'The grid of this chapter.' });
// Next: const runs = await trainStudy(grid); then show(ladderChart(runs, { y: 'testAccuracy' }), …)`,
    ],
    ['markdown', '## Verdict\n\nWhat the evidence says, with its uncertainty.'],
    ['markdown', '## Limits\n\nWhat was not tried, and what would overturn the verdict.'],
  ];
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: 'fathom', display_name: 'TypeScript (Fathom)', language: 'typescript' },
      language_info: { name: 'typescript' },
    },
    cells: cells.map(([type, source], index): Cell => {
      const id = `cell-${index + 1}`;
      if (type === 'markdown') return { cell_type: 'markdown', id, metadata: {}, source };
      const metadata = type === 'parameters' ? { tags: ['parameters'] } : {};
      return { cell_type: 'code', id, metadata, source, execution_count: null, outputs: [] };
    }),
  };
}
