// Verifies what belongs to a whole book: the page over its chapters, and the book as one PDF, made anew from the chapters that
// were made anew.
import { dirname, join } from 'node:path';
import { findBook } from '../press/run/book.js';
import { bookName } from '../press/run/book-files.js';
import { digestOfFile } from '../press/run/digest.js';
import { changesOfOutputs, readBookManifest } from '../press/run/manifest.js';
import { plan } from '../press/run/plan.js';
import { finishBook } from './finish-book.js';
import { printBook } from './print-book.js';

export interface Verdict {
  readonly isSame: boolean;
  /** What was found, good and bad. */
  readonly lines: readonly string[];
}

/**
 * `folder` is where the book lies, `out` where its chapters were made again, `project` a folder of the project. Undefined where
 * the folder holds no book that was finished.
 */
export async function verifyBook(
  folder: string,
  out: string,
  project: string,
): Promise<Verdict | undefined> {
  const manifest = await readBookManifest(folder);
  if (!manifest || manifest.outputs.length === 0) return undefined;
  const bad = await changesOfOutputs(folder, manifest.outputs);
  for (const { manifest: file, digest } of manifest.chapters) {
    if ((await digestOfFile(join(folder, file))) !== digest)
      bad.push(`${file} is not the one that the book was made of`);
  }
  const file = findBook(project);
  if (file === undefined)
    return { isSame: false, lines: [...bad, `there is no book.yml in ${project}`] };
  const planned = {
    ...(await plan({
      notebooks: [],
      profile: manifest.profile ?? undefined,
      folder: dirname(file),
    })),
    out,
  };
  const hasPdf = manifest.outputs.some((output) => output.file === `${bookName}.pdf`);
  const printed = hasPdf ? await printBook(planned, { strict: false }) : undefined;
  bad.push(...(printed?.failures ?? []));
  await finishBook(planned, printed?.files.length === 1);
  const again = await readBookManifest(out);
  for (const output of manifest.outputs) {
    const other = again?.outputs.find((each) => each.file === output.file);
    if (!other) bad.push(`${output.file} was not made again`);
    else if (other.digest !== output.digest) bad.push(`${output.file} comes out differently`);
  }
  if (bad.length > 0) return { isSame: false, lines: bad };
  const files = manifest.outputs.map((output) => output.file).join(', ');
  return { isSame: true, lines: [`made anew of its chapters: the same bytes in ${files}`] };
}
