/** The `tslab` module that a cell imports under this kernel: the same functions and names as tslab 1.0.22's own. */
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { KernelHook } from '../hook.js';

const kinds: Record<string, string> = {
  javascript: 'text/javascript',
  html: 'text/html',
  markdown: 'text/markdown',
  latex: 'text/latex',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  pdf: 'application/pdf',
  text: 'text/plain',
};

type Display = Record<string, (content: string | Uint8Array) => void> & {
  raw(type: string, content: unknown): void;
};

export function tslabModule(hook: KernelHook): Record<string, unknown> {
  function display(id?: string): Display {
    let shown = false;
    const raw = (type: string, content: unknown) => {
      const data = {
        [type]:
          content instanceof Uint8Array
            ? Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('base64')
            : content,
      };
      hook.display({ data, metadata: {} }, id, shown);
      shown = id !== undefined;
    };
    const methods = Object.fromEntries(
      Object.entries(kinds).map(([name, type]) => [name, (content: unknown) => raw(type, content)]),
    );
    return { ...methods, raw } as Display;
  }
  return {
    __esModule: true,
    display: display(),
    newDisplay: () => display(randomBytes(8).toString('hex')),
    versions: versions(),
  };
}

function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const version = (path: string) => (require(path) as { version: string }).version;
  const tslab = createRequire(require.resolve('tslab/package.json'));
  return {
    get tslab() {
      return version('tslab/package.json');
    },
    get typescript() {
      return (tslab('@tslab/typescript-for-tslab/package.json') as { version: string }).version;
    },
    node: process.version,
  };
}
