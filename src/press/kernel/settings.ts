/** What the environment says to the kernel. */
import { statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { userDataDirectory } from './kernelspec.js';

export interface Settings {
  /** Where cells are remembered for `history_request`; undefined keeps them in memory only. */
  historyFile: string | undefined;
  /** The notebook's folder, where the server says which notebook it is. */
  moduleFolder: string | undefined;
  outputPatienceMs: number | undefined;
}

/**
 * `FATHOM_KERNEL_HISTORY`: a file, or `off`. `FATHOM_KERNEL_OUTPUT_WAIT`: seconds. `JPY_SESSION_NAME`: path of the notebook, set
 * by Jupyter's server.
 */
export function settings(env: NodeJS.ProcessEnv): Settings {
  const history = env.FATHOM_KERNEL_HISTORY;
  const wait = Number(env.FATHOM_KERNEL_OUTPUT_WAIT);
  return {
    historyFile:
      history === 'off'
        ? undefined
        : history || join(userDataDirectory(env), 'fathom-history.jsonl'),
    moduleFolder: notebookFolder(env.JPY_SESSION_NAME),
    outputPatienceMs: wait > 0 ? wait * 1000 : undefined,
  };
}

function notebookFolder(notebook: string | undefined): string | undefined {
  if (!notebook || !isAbsolute(notebook)) return undefined;
  try {
    const folder = dirname(notebook);
    return statSync(folder).isDirectory() ? folder : undefined;
  } catch {
    return undefined;
  }
}
