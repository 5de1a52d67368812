// Keeps the previews of notebooks up to date and serves them: a saved file leads to a new plan; where code, parameters or
// data are other ones the notebook is executed, else it is only printed.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serve, type Served, type State } from '../press/preview/server.js';
import { shellPage } from '../press/preview/shell.js';
import { watchFolder } from '../press/preview/watch.js';
import { type PlannedChapter, plan } from '../press/run/plan.js';
import { OptionError } from './option-error.js';
import { ChapterPreview } from './preview-chapter.js';
import { listenForSignals } from './signals.js';

export interface PreviewOptions {
  readonly notebooks: readonly string[];
  readonly parameters: readonly string[];
  readonly profile: string | undefined;
  readonly port: string | undefined;
}

const usualPort = 8320;
/** A kernel with TensorFlow takes half a gigabyte: those of the chapters opened last stay alive. */
const keptKernels = 2;

/** Serves until it is interrupted; returns the exit code. */
export async function preview(options: PreviewOptions): Promise<number> {
  const port = readPort(options.port);
  let planned = await plan(options);
  const previews = new Map<string, ChapterPreview>();
  let served: Served | undefined;
  const previewOf = (chapter: string): ChapterPreview => {
    let found = previews.get(chapter);
    if (!found) {
      found = new ChapterPreview(() => served?.tell(chapter));
      previews.set(chapter, found);
    }
    return found;
  };
  const titleOf = ({ title, name }: PlannedChapter): string => title ?? name;
  const find = (name: string) => planned.chapters.find((chapter) => chapter.name === name);
  const nothing: State = { version: 0, status: '', errors: [], note: '' };

  const interruption = listenForSignals(() => undefined);
  served = await serve(
    {
      first: planned.chapters[0]!.name,
      shell(chapter) {
        const found = find(chapter);
        return (
          found &&
          shellPage({
            title: titleOf(found),
            chapter,
            chapters: planned.chapters.map((each) => ({ name: each.name, title: titleOf(each) })),
          })
        );
      },
      report: (chapter) => previews.get(chapter)?.html ?? null,
      state: (chapter) => previews.get(chapter)?.state ?? nothing,
      // What nobody looks at is not executed.
      onOpen(chapter) {
        const opened = previewOf(chapter);
        opened.update(planned, find(chapter)!);
        // The one opened last comes last.
        previews.delete(chapter);
        previews.set(chapter, opened);
        for (const each of [...previews.values()].slice(0, -keptKernels)) void each.rest();
      },
      onRestart: (chapter) => previews.get(chapter)?.restart(),
    },
    port,
    usualPort,
  );
  const planAgain = async (): Promise<void> => {
    try {
      planned = await plan(options);
    } catch (error) {
      // A notebook that cannot be read, or a wrong line in book.yml: the last good report stays.
      for (const each of previews.values()) each.fail((error as Error).message);
      return;
    }
    for (const [name, each] of previews) {
      const chapter = find(name);
      if (chapter) each.update(planned, chapter);
      else each.fail(`${name} is no longer in the book`);
    }
  };
  // Plans are made one after the other; changes that come meanwhile are taken up by one more.
  let isPlanning = false;
  let isDue = false;
  const catchUp = async (): Promise<void> => {
    isPlanning = true;
    while (isDue) {
      isDue = false;
      await planAgain();
    }
    isPlanning = false;
  };
  const onChange = (): void => {
    isDue = true;
    if (!isPlanning) void catchUp();
  };
  const folders = new Set(planned.chapters.map((chapter) => dirname(chapter.file)));
  const bookFolder = planned.book && dirname(planned.book.file);
  if (bookFolder && existsSync(join(bookFolder, 'book.yml'))) folders.add(bookFolder);
  const watchers = await Promise.all([...folders].map((folder) => watchFolder(folder, onChange)));
  console.log(
    `${served.address}  shows ${planned.chapters.map(({ shownAs }) => shownAs).join(', ')}; Ctrl-C ends it`,
  );
  try {
    await new Promise<void>((resolve) => {
      if (interruption.signal.aborted) resolve();
      interruption.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    for (const watcher of watchers) watcher.end();
    await served.end();
    await Promise.all([...previews.values()].map((each) => each.end()));
    interruption.end();
  }
  return 0;
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535)
    throw new OptionError(`--port ${text}: give a number from 0 to 65535`);
  return Number(text);
}
