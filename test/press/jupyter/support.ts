// Jupyter programs for tests: the Python environment that `npm run setup -- --test` makes, and folders of their own for what
// they read and write.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '../../../src/shared/cache-directory.js';
import { installKernelSpec } from '../../../src/press/kernel/index.js';
import { stockTslab } from '../../../src/press/run/kernel-spec.js';
import { watchFolder } from '../../../src/press/run/watchdog.js';

const windows = process.platform === 'win32';

/** The environment's Python, whether it is there or not. */
export const python =
  process.env.FATHOM_TEST_PYTHON ??
  join(
    cacheDirectory(),
    'venv-lab',
    windows ? 'Scripts' : 'bin',
    windows ? 'python.exe' : 'python',
  );

/** A program beside Python. */
export function program(name: string): string {
  return join(dirname(python), windows ? `${name}.exe` : name);
}

/** Why tests with this program cannot run, or false: the `skip` of a test. */
export function lacks(name: string): string | false {
  return !existsSync(program(name)) && `no ${name} in the tests' Python (npm run setup -- --test)`;
}

export const root = fileURLToPath(new URL('../../../..', import.meta.url));

export interface Jupyter {
  readonly folder: string;
  /** Makes Jupyter find the kernels `fathom-test` and `tslab-test`, and nothing of this user's. */
  readonly env: NodeJS.ProcessEnv;
  write(name: string, text: string): string;
  /** Runs a program of the environment to its end, in the folder. */
  run(name: string, args: readonly string[], input?: string): SpawnSyncReturns<string>;
}

/** A folder that is gone after the tests of the file, with Fathom's kernel and stock tslab's registered. */
export function jupyter(): Jupyter {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-jupyter-'));
  watchFolder(folder);
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  installKernelSpec({ prefix: folder, name: 'fathom-test' });
  const stock = stockTslab();
  const tslab = join(installKernelSpec({ prefix: folder, name: 'tslab-test' }), 'kernel.json');
  const { argv, displayName: display_name, language, interruptMode: interrupt_mode } = stock;
  writeFileSync(tslab, JSON.stringify({ argv, display_name, language, interrupt_mode }));
  const env = {
    ...process.env,
    HOME: folder,
    JUPYTER_PATH: join(folder, 'share', 'jupyter'),
    JUPYTER_CONFIG_DIR: join(folder, 'config'),
    JUPYTER_DATA_DIR: join(folder, 'data'),
    JUPYTER_RUNTIME_DIR: join(folder, 'runtime'),
    IPYTHONDIR: join(folder, 'ipython'),
  };
  return {
    folder,
    env,
    write(name, text) {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    run: (name, args, input = '') =>
      spawnSync(program(name), args, {
        cwd: folder,
        env,
        encoding: 'utf8',
        input,
        timeout: 120_000,
      }),
  };
}

/** The text of a notebook for Fathom's kernel. A cell that is a pair has tags. */
export function notebookText(cells: readonly (string | [source: string, tag: string])[]): string {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: 'fathom-test', display_name: 'TypeScript', language: 'typescript' },
    },
    cells: cells.map((cell, index) => {
      const [source, ...tags] = [cell].flat();
      const metadata = tags.length > 0 ? { tags } : {};
      return {
        cell_type: 'code',
        id: `cell-${index}`,
        metadata,
        execution_count: null,
        outputs: [],
        source,
      };
    }),
  });
}

/** A Vega-Lite chart as a cell's last expression. */
export const chart =
  '({ $schema: "https://vega.github.io/schema/vega-lite/v5.json", description: "Two bars", data: { values: [{ a: "x", b: 1 }, { a: "y", b: 2 }] }, mark: "bar", encoding: { x: { field: "a" }, y: { field: "b", type: "quantitative" } } })';
