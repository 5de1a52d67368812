// Cleans notebooks in place, or one from standard input to standard output.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { cleanNotebook } from '../press/notebook/clean.js';
import { NotebookError } from '../press/notebook/error.js';
import { writeWhole } from '../shared/whole-file.js';

/** Cleans files and says which have changed; returns the exit code. Files that are clean are not touched. */
export async function cleanFiles(files: readonly string[], check: boolean): Promise<number> {
  // All are read before the first is written: a broken one leaves the others as they are.
  const changed: { file: string; after: string }[] = [];
  for (const file of files) {
    const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      const problem = error.code === 'ENOENT' ? 'no such file' : error.message;
      throw new NotebookError(problem, { file });
    });
    const after = await cleanNotebook(before, file);
    if (after !== before) changed.push({ file, after });
  }
  for (const { file, after } of changed) {
    if (!check) await writeWhole(file, after);
    console.log(`${file}  ${check ? 'is not clean' : 'cleaned'}`);
  }
  return check && changed.length > 0 ? 1 : 0;
}

/**
 * Standard input to standard output. What is not a notebook goes through as it came, with a warning: git also runs its
 * filters on files with merge conflicts, and must be able to.
 */
export async function cleanStream(check: boolean): Promise<number> {
  if (process.stdin.isTTY) {
    throw Object.assign(new Error('name the notebooks to clean, or give one on standard input'), {
      exitCode: 2,
    });
  }
  const before = await text(process.stdin);
  let after = before;
  try {
    after = await cleanNotebook(before, 'standard input');
  } catch (error) {
    if (!(error instanceof NotebookError) || check) throw error;
    console.error(`fathom: ${error.message}; passed on as it is`);
  }
  if (check) return after === before ? 0 : 1;
  // A pipe takes more than its buffer only as it is read: the program must not end before.
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(after, (error) => (error ? reject(error) : resolve()));
  });
  return 0;
}
