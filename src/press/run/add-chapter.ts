// Adds a chapter to a book: a line in book.yml, where all else stays as its author wrote it, to the byte.
import { readFile } from 'node:fs/promises';
import { isScalar, isSeq, parseDocument } from 'yaml';
import { writeWhole } from '../../shared/whole-file.js';
import { type Book, BookError } from './book.js';

/** The name of the next chapter: the next number, with as many digits as the others, then the title in plain letters. */
export function nextChapterName(title: string, chapters: readonly string[]): string {
  const numbers = chapters.map((name) => /^\d+/.exec(name)?.[0] ?? '');
  const next = Math.max(0, ...numbers.map(Number)) + 1;
  const digits = Math.max(2, ...numbers.map((number) => number.length));
  return `${String(next).padStart(digits, '0')}-${plainName(title)}`;
}

/** A title as a file name: `What is a "Region"?` is `what-is-a-region`. */
export function plainName(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^\p{Letter}\p{Number}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return plain.slice(0, 60).replace(/-+$/, '') || 'chapter';
}

/** Lists a notebook, a file beside the book, as its last chapter. */
export async function addChapter(book: Book, notebook: string): Promise<void> {
  const before = await readFile(book.file, 'utf8');
  await writeWhole(book.file, withChapter(before, notebook, book.file));
}

/** The text of book.yml with one chapter more. */
export function withChapter(text: string, notebook: string, file: string): string {
  const document = parseDocument(text);
  const chapters = document.get('chapters', true);
  if (!isSeq(chapters) || !chapters.range || chapters.items.length === 0)
    throw new BookError('"chapters" is not a list that a line can be added to', file);
  const last = chapters.items.at(-1) as { range?: [number, number, number] | null };
  const end = last.range?.[1] ?? chapters.range[1];
  const entry =
    isScalar(last) && last.type === 'QUOTE_DOUBLE' ? JSON.stringify(notebook) : notebook;
  if (chapters.flow) return `${text.slice(0, end)}, ${entry}${text.slice(end)}`;
  // In line with the dash of the last entry. A comment behind that entry stays with it.
  const start = text.slice(0, last.range![0]);
  const dash = start.slice(start.lastIndexOf('\n') + 1).match(/^(\s*)-/)?.[1] ?? '  ';
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  // A block map ends behind its last line break.
  const inside = text.slice(0, end).trimEnd().length;
  const rest = /\r?\n[\s\S]*$/.exec(text.slice(inside))?.[0] ?? '';
  const upTo = text.slice(0, text.length - rest.length);
  return `${upTo}${newline}${dash}- ${entry}${rest || newline}`;
}
