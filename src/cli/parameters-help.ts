// The parameters of notebooks, as `fathom build <notebook> --help` lists them.
import { relative } from 'node:path';
import { describeType, readParameters } from '../press/notebook/parameters.js';
import { readNotebook } from '../press/notebook/read.js';
import { findBook, readBook } from '../press/run/book.js';

/** A paragraph for each notebook; for none, for each chapter of the book found from here. */
export async function parametersHelp(notebooks: readonly string[]): Promise<string> {
  const found = notebooks.length > 0 ? undefined : findBook('.');
  const book = found === undefined ? undefined : await readBook(found);
  const files = book ? book.chapters.map((chapter) => relative('.', chapter.file)) : notebooks;
  let text = '';
  for (const file of files) {
    const parameters = readParameters(await readNotebook(file), file);
    text += `\nParameters of ${file}:${parameters.length === 0 ? ' none' : ''}\n`;
    const declared = parameters.map(
      (each) => `${each.name}: ${describeType(each.type)} = ${JSON.stringify(each.default)}`,
    );
    const width = Math.min(40, Math.max(0, ...declared.map((each) => each.length)));
    parameters.forEach((each, index) => {
      text += `  ${declared[index]!.padEnd(width)}  ${each.doc}`.trimEnd();
      text += '\n';
    });
  }
  if (book && book.profiles.length > 0) {
    text += '\nProfiles:\n';
    for (const profile of book.profiles)
      text += `  ${profile.name}  ${profile.description}`.trimEnd().concat('\n');
  }
  return text;
}
