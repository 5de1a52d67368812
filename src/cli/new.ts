// `fathom new`: starts a chapter, with a notebook that builds as it is, and its line in book.yml.
import type { Command } from 'commander';

export function register(program: Command): void {
  program
    .command('new')
    .summary('start a chapter: a notebook, and its line in book.yml')
    .description(
      'Writes a notebook with a title, a parameters cell and the parts of a chapter, numbered after the last one, and lists it ' +
        'in book.yml. Where there is no book.yml the notebook is written here.',
    )
    .argument('<title...>', 'the title, as it stands above the chapter')
    .action(async (words: string[]) => {
      const { startChapter } = await import('./start-chapter.js');
      for (const line of await startChapter(words.join(' '))) console.log(line);
    });
}
