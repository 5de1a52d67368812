// Tells of changes to files below a folder: soon after the last one of a burst, as editors write a file in several steps.
import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** An editor renames a temporary file over the old one within a few milliseconds. */
const settleMs = 40;
/** Folders beyond this are not watched; a project of notebooks has a handful. */
const maximumFolders = 500;
/** Not the author's: packages, what builds write, what tools keep. */
const ignored = /^(\..*|node_modules|dist|reports)$/;

export interface Watching {
  end(): void;
}

/** Watches a folder and those below it, also those made later. */
export async function watchFolder(root: string, onChange: () => void): Promise<Watching> {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMs);
  };
  const add = async (folder: string): Promise<void> => {
    if (isEnded || watchers.has(folder) || watchers.size >= maximumFolders) return;
    const watcher = watch(folder, (event, name) => {
      const part = name?.split(/[\\/]/)[0] ?? '';
      if (ignored.test(part) || /(~|\.tmp|\.swp)$/.test(part)) return;
      if (event === 'rename') void add(join(folder, part)).catch(() => undefined);
      changed();
    });
    watchers.set(folder, watcher);
    // A folder that is removed takes its watcher with it.
    watcher.on('error', () => {
      watcher.close();
      watchers.delete(folder);
    });
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !ignored.test(entry.name)) await add(join(folder, entry.name));
    }
  };
  await add(root);
  return {
    end() {
      isEnded = true;
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
