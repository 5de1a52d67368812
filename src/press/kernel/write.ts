/** Puts a bundle under the running cell, whichever kernel runs it; in a plain Node script it prints the text form. */
import { createRequire } from 'node:module';
import type { DisplayBundle } from './bundle.js';
import { kernelHook } from './hook.js';

export function write(bundle: DisplayBundle, id: string, update: boolean): void {
  const hook = kernelHook();
  if (hook) {
    hook.display(bundle, id, update);
    return;
  }
  const writeTslab = stockTslab();
  if (writeTslab) {
    writeTslab({ ...bundle, transient: { display_id: id } }, update);
    return;
  }
  console.log(String(bundle.data['text/plain']));
}

type TslabWriter = (
  data: DisplayBundle & { transient: { display_id: string } },
  update: boolean,
) => void;

/** The writer of the tslab that runs this process: of all copies that may be installed, the one that is loaded and has one. */
export function stockTslab(): TslabWriter | undefined {
  const loaded = createRequire(import.meta.url).cache;
  for (const [path, module] of Object.entries(loaded)) {
    if (!/[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(path)) continue;
    const { lastWriteDisplayData } = (module?.exports ?? {}) as {
      lastWriteDisplayData?: TslabWriter | null;
    };
    if (lastWriteDisplayData) return lastWriteDisplayData;
  }
  return undefined;
}
