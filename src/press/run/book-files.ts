// The files of a folder of reports that are of the whole book and not of one chapter.
import { basename } from 'node:path';

/** File name of the book as one PDF, without its ending. */
export const bookName = 'book';
/** The page over all chapters. */
export const indexFile = 'index.html';
export const bookManifestFile = 'manifest.json';

export function isOfBook(file: string): boolean {
  return [indexFile, bookManifestFile, `${bookName}.pdf`].includes(basename(file));
}
