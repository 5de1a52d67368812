// What belongs to a whole book and not to one of its chapters: the page over them, and the manifest over all. It covers the
// chapters that are there, those of this build and those of earlier ones.
import { rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { bookName, indexFile } from '../press/run/book-files.js';
import {
  type ChapterManifest,
  describeChapters,
  readBookManifest,
  readManifest,
  writeBookManifest,
} from '../press/run/manifest.js';
import { readResults } from '../press/run/results-file.js';
import type { Plan } from '../press/run/plan.js';
import { writeWhole } from '../shared/whole-file.js';

export interface FinishedBook {
  readonly files: readonly string[];
  /** What was done with a PDF of an earlier build; null where there is nothing to say. */
  readonly note: string | null;
}

/**
 * Writes index and manifest of the book. `isPrinted` says that the PDF of the book was just made; one that was made earlier is
 * kept as long as it is of the same chapters, and removed when it is not.
 */
export async function finishBook(plan: Plan, isPrinted = false): Promise<FinishedBook> {
  const { book, profile, out } = plan;
  if (!book) return { files: [], note: null };
  const manifests = await Promise.all(
    book.chapters.map((chapter) => readManifest(out, chapter.name)),
  );
  const there = manifests.filter((manifest): manifest is ChapterManifest => manifest !== undefined);
  if (there.length === 0) return { files: [], note: null };
  const pdf = `${bookName}.pdf`;
  const earlier = isPrinted ? 'none' : await earlierPdf(plan, there);
  if (earlier === 'stale') await rm(join(out, pdf), { force: true });
  const hasPdf = isPrinted || earlier === 'same';
  const { indexPage } = await import('../press/report/index.js');
  const filesOf = (names: readonly string[]) =>
    names.map((file) => ({ format: extname(file).slice(1), path: file }));
  const entries = await Promise.all(
    there.map(async ({ chapter, title, description, outputs }) => ({
      title,
      description,
      files: filesOf(outputs.map(({ file }) => file)),
      headlines: (await readResults(out, chapter)).filter(({ headline }) => headline),
    })),
  );
  const note = profile
    ? `Profile ${profile.name}${profile.description ? `: ${profile.description}` : ''}`
    : null;
  const { title, language } = book;
  const whole = filesOf(hasPdf ? [pdf] : []);
  await writeWhole(join(out, indexFile), indexPage(entries, { title, language, note, whole }));
  await writeBookManifest(out, { title, profile: profile?.name ?? null }, there, [
    indexFile,
    ...(hasPdf ? [pdf] : []),
  ]);
  return {
    files: [indexFile],
    note:
      earlier === 'stale'
        ? `${pdf} was removed: a chapter is another one since; --book prints it anew`
        : null,
  };
}

/** Whether the book's PDF of an earlier build is of these chapters. */
async function earlierPdf(
  { out, book }: Plan,
  chapters: readonly ChapterManifest[],
): Promise<'none' | 'same' | 'stale'> {
  const before = await readBookManifest(out);
  if (!before?.outputs.some(({ file }) => file === `${bookName}.pdf`)) return 'none';
  const isSame =
    before.title === book?.title &&
    JSON.stringify(before.chapters) === JSON.stringify(describeChapters(out, chapters));
  return isSame ? 'same' : 'stale';
}
