/** What the compiler's program is made with: which types are there in any folder, and the builder that keeps least. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type TS from 'typescript';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));

/**
 * The compiler's plainest builder. tslab's default one keeps a graph of which file uses which, for an answer to what has
 * changed; that graph over all library files costs more than a cell. Only the local files behind a cell are asked for.
 */
export function plainBuilder(ts: typeof TS) {
  return (...parameters: Parameters<typeof ts.createAbstractBuilder>): TS.BuilderProgram => {
    const builder = ts.createAbstractBuilder(...parameters);
    return Object.assign(builder, {
      getAllDependencies(file: TS.SourceFile): string[] {
        const program = builder.getProgram();
        const found = new Set<string>();
        const follow = (from: TS.SourceFile): void => {
          if (found.has(from.fileName)) return;
          found.add(from.fileName);
          for (const name of resolvedNames(from)) {
            const next = program.getSourceFile(name);
            if (next && !next.isDeclarationFile && !program.isSourceFileFromExternalLibrary(next))
              follow(next);
          }
        };
        follow(file);
        // tslab takes out of this list what does not end in `.ts` or `.js`; modules with JSX are translated too.
        const list = [...found];
        return Object.assign(list, { filter: () => list });
      },
    });
  };
}

function resolvedNames(file: TS.SourceFile): string[] {
  const { resolvedModules } = file as unknown as {
    resolvedModules?: {
      forEach(
        visit: (found: { resolvedModule?: { resolvedFileName: string } } | undefined) => void,
      ): void;
    };
  };
  const found: string[] = [];
  resolvedModules?.forEach((one) => {
    if (one?.resolvedModule) found.push(one.resolvedModule.resolvedFileName);
  });
  return found;
}

/**
 * Types of Node and of tslab's own module are there in a bare folder too: from the folder's packages where it has them,
 * else from this package's.
 */
export function ambientTypes(ts: typeof TS, folder: string): TS.CompilerOptions {
  const own = dirname(dirname(require.resolve('@types/node/package.json')));
  const { getDefaultTypeRoots } = ts as unknown as {
    getDefaultTypeRoots(folder: string, host: object): string[] | undefined;
  };
  const found = getDefaultTypeRoots(folder, { directoryExists: ts.sys.directoryExists }) ?? [];
  const hasNode = found.some((root) => ts.sys.fileExists(`${root}/node/package.json`));
  return { typeRoots: hasNode ? found : [...found, own], types: ['node'] };
}

/** `fathom` from the notebook's folder upward, else the package that this kernel is part of. */
export function ownPackage(folder: string): TS.CompilerOptions {
  try {
    createRequire(join(folder, 'notebook.js')).resolve('fathom');
    return {};
  } catch {
    const types = join(here, '..', '..', 'index.d.ts');
    return { paths: { fathom: [types] } };
  }
}
