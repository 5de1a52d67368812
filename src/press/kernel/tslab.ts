/**
 * tslab's converter (TypeScript cell → CommonJS, with the declarations of earlier cells in scope), loaded so that the
 * kernel decides what tslab fixes in its code: newer library types, packages that have only `exports`, modules outside
 * the notebook's folder, source maps, `import()` kept apart from `require`, and no file watchers.
 *
 * tslab takes the compiler from the module `@tslab/typescript-for-tslab`. It is given a copy of that module's exports in
 * which three functions are replaced; tslab's own files stay as they are, and other users of them are not affected.
 */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, parse, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type TS from 'typescript';

export interface TslabDiagnostic {
  start: { offset: number; line: number; character: number };
  end: { offset: number; line: number; character: number };
  messageText: string;
  category: number;
  code: number;
  fileName?: string;
}

export interface TslabConversion {
  output?: string;
  declOutput?: string;
  diagnostics: TslabDiagnostic[];
  lastExpressionVar?: string;
  hasToplevelAwait?: boolean;
  sideOutputs?: { path: string; data: string }[];
}

export interface TslabConverter {
  convert(previous: string, source: string): TslabConversion;
  inspect(previous: string, source: string, position: number): TS.QuickInfo | undefined;
  complete(
    previous: string,
    source: string,
    position: number,
  ): { start: number; end: number; candidates: string[]; original?: TS.CompletionInfo };
  addModule(name: string, content: string, metadata?: CodeMetadata): TslabDiagnostic[];
  close(): void;
}

export interface CodeMetadata {
  module?: string;
  jsx?: boolean;
  mode?: 'node' | 'browser';
}

export interface Tslab {
  typescript: typeof TS;
  createConverter(): TslabConverter;
  isCompleteCode(source: string): { completed: boolean; indent?: string };
  getCodeMetadata(source: string): CodeMetadata;
  /** Source maps, outermost translation first, of code that the latest conversion returned. */
  mapsOf(code: string): string[];
  /** Tells the compiler of local files that were edited since it read them. */
  refresh(): void;
}

/** Name of the function that stands in for `import()` in compiled cells. */
export const importFunction = '__import';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
/** Emitted files outside the notebook's folder get this folder name, because tslab refuses paths that climb. */
const outside = '@outside';

/** Loads tslab's converter for notebooks in `folder`; `globals` are declarations that every cell sees besides Node's. */
export function loadTslab(folder: string, globals: string): Tslab {
  const tslabMain = require.resolve('tslab/dist/converter.js');
  const tslabRequire = createRequire(tslabMain);
  const compilerPath = tslabRequire.resolve('@tslab/typescript-for-tslab');
  const original = tslabRequire(compilerPath) as typeof TS;
  const cached = require.cache[compilerPath]!;
  const globalsPath = join(folder, '__globals__.d.ts').replaceAll('\\', '/');
  const cellPath = join(folder, '__tslab__.ts').replaceAll('\\', '/');

  /** Source maps by the code they belong to: cells and modules, from the two translations tslab does. */
  const firstMaps = new Map<string, string>();
  const secondMaps = new Map<string, string>();
  const inputs = new Map<string, string>();
  const watched = new Map<
    string,
    { modified: number; changed: (path: string, kind: number) => void }
  >();

  const modified = (path: string) => {
    try {
      return statSync(path).mtimeMs;
    } catch {
      return 0;
    }
  };

  let exportLine = '';

  const system = Object.create(original.sys) as TS.System & Record<string, unknown>;
  Object.assign(system, {
    useCaseSensitiveFileNames: true,
    getCurrentDirectory: () => folder,
    readFile: (path: string, encoding?: string) =>
      path === globalsPath ? globals : original.sys.readFile(path, encoding),
    fileExists: (path: string) => path === globalsPath || original.sys.fileExists(path),
    // tslab lets the compiler watch every file it reads. Installed packages do not change under a running kernel, and
    // local files are looked at before each cell (`refresh`): sooner than a watcher tells, and nothing runs while idle.
    watchFile: (path: string, changed: (path: string, kind: number) => void) => {
      if (!path.includes('/node_modules/') && path !== globalsPath)
        watched.set(path, { modified: modified(path), changed });
      return { close: () => watched.delete(path) };
    },
    watchDirectory: () => ({ close: () => undefined }),
  });

  const replaced: Record<string, unknown> = { ...original };
  replaced.sys = system;
  replaced.createWatchCompilerHost = (
    files: string[],
    options: TS.CompilerOptions,
    ...rest: unknown[]
  ) => {
    const create = original.createWatchCompilerHost as unknown as (
      files: string[],
      options: TS.CompilerOptions,
      ...rest: unknown[]
    ) => TS.WatchCompilerHost<TS.EmitAndSemanticDiagnosticsBuilderProgram>;
    const host = create(
      [...files, globalsPath],
      {
        ...options,
        lib: ['lib.es2023.d.ts', 'lib.esnext.d.ts'],
        moduleResolution: original.ModuleResolutionKind.Bundler,
        customConditions: ['node'],
        allowImportingTsExtensions: false,
        rootDir: parse(folder).root,
        sourceMap: true,
        ...ambientTypes(original, folder),
        ...ownPackage(folder),
      },
      ...rest,
    );
    const read = host.readFile;
    host.readFile = (path, encoding) => {
      const text = read(path, encoding);
      return path === cellPath && text !== undefined && !text.endsWith(exportLine)
        ? text + exportLine
        : text;
    };
    let notify: ((program: unknown) => void) | undefined;
    Object.defineProperty(host, 'afterProgramCreate', {
      get: () => notify && ((builder: TS.BuilderProgram) => notify?.(emitWithMaps(builder))),
      set: (callback) => {
        notify = callback;
      },
    });
    return host;
  };
  replaced.transpileModule = (code: string, options: TS.TranspileOptions) => {
    const made = original.transpileModule(code, {
      ...options,
      compilerOptions: { ...options.compilerOptions, sourceMap: true },
      transformers: { before: [keepImportCalls(original)] },
    });
    const outputText = withoutMapComment(made.outputText);
    if (made.sourceMapText) secondMaps.set(outputText, made.sourceMapText);
    inputs.set(outputText, code);
    return { ...made, outputText };
  };

  function emitWithMaps(builder: TS.BuilderProgram): TS.BuilderProgram {
    const wrapped = Object.create(builder) as TS.BuilderProgram;
    wrapped.emit = (source, write, ...rest) => {
      const codes = new Map<string, string>();
      const maps = new Map<string, string>();
      const result = builder.emit(
        source,
        (path, data, ...more) => {
          if (path.endsWith('.map')) {
            maps.set(path.slice(0, -4), data);
            return;
          }
          const code = withoutMapComment(data);
          codes.set(path, code);
          write?.(relativeToFolder(path), code, ...more);
        },
        ...rest,
      );
      for (const [path, map] of maps) {
        const code = codes.get(path);
        if (code !== undefined) firstMaps.set(code, map);
      }
      return result;
    };
    return wrapped;
  }

  /** `outDir/<path from the root>` → `outDir/<path from the notebook's folder>`. */
  function relativeToFolder(emitted: string): string {
    const inRoot = emitted.slice('outDir/'.length);
    const path = relative(folder, join(parse(folder).root, inRoot)).replaceAll('\\', '/');
    return path.startsWith('..') || isAbsolute(path)
      ? `outDir/${outside}/${inRoot}`
      : `outDir/${path}`;
  }

  // Another tslab in this process would keep the compiler it already has; the kernel loads it once.
  let module: { createConverter(): TslabConverter; isCompleteCode: Tslab['isCompleteCode'] };
  let metadata: { getCodeMetadata: Tslab['getCodeMetadata'] };
  const exported = cached.exports;
  cached.exports = replaced;
  try {
    module = require(tslabMain);
    metadata = tslabRequire('./metadata.js');
  } finally {
    cached.exports = exported;
  }
  /**
   * tslab compiles a cell twice: to learn which names it declares, and again with an `export {…}` of these names behind
   * it. The compiler is given that line at once here, so the second time finds nothing changed and costs nothing.
   */
  function convertOnce(inner: TslabConverter, previous: string, source: string): TslabConversion {
    const { warn } = console;
    exportLine = exportsOf(original, source);
    // tslab warns that the text changed and the program did not, which is the point.
    console.warn = () => undefined;
    try {
      return inner.convert(previous, source);
    } finally {
      console.warn = warn;
      exportLine = '';
    }
  }

  function createConverter(): TslabConverter {
    const inner = module.createConverter();
    return {
      ...inner,
      convert(previous, source) {
        firstMaps.clear();
        secondMaps.clear();
        inputs.clear();
        const made = convertOnce(inner, previous, source);
        const prefix = `${folder.replaceAll('\\', '/')}/${outside}/`.replace('//', '/');
        return {
          ...made,
          ...(made.sideOutputs && {
            sideOutputs: made.sideOutputs.map(({ path, data }) => ({
              path: path.startsWith(prefix) ? parse(folder).root + path.slice(prefix.length) : path,
              data,
            })),
          }),
        };
      },
    };
  }
  return {
    typescript: original,
    createConverter,
    isCompleteCode: module.isCompleteCode,
    getCodeMetadata: metadata.getCodeMetadata,
    mapsOf: (code) =>
      [secondMaps.get(code), firstMaps.get(inputs.get(code) ?? '')].filter(
        (map): map is string => map !== undefined,
      ),
    refresh() {
      for (const [path, entry] of watched) {
        if (path === cellPath) continue;
        const now = modified(path);
        if (now === entry.modified) continue;
        const kind = now === 0 ? 2 : entry.modified === 0 ? 0 : 1;
        entry.modified = now;
        entry.changed(path, kind);
      }
    },
  };
}

/** The line that tslab puts behind a cell: all names that it declares, in the compiler's own order. */
function exportsOf(ts: typeof TS, source: string): string {
  const file = ts.createSourceFile(
    'cell.ts',
    `export {};\n${source}`,
    ts.ScriptTarget.ES2022,
    true,
  );
  const { bindSourceFile } = ts as unknown as {
    bindSourceFile(file: TS.SourceFile, options: TS.CompilerOptions): void;
  };
  bindSourceFile(file, {});
  const { locals } = file as unknown as { locals?: Map<string, unknown> };
  return locals?.size ? `\nexport {${[...locals.keys()].join(', ')}}` : '';
}

function withoutMapComment(code: string): string {
  return code.replace(/\n?\/\/# sourceMappingURL=[^\n]*\s*$/, '\n');
}

/**
 * Types of Node and of tslab's own module are there in a bare folder too: from the folder's packages where it has them,
 * else from this package's.
 */
function ambientTypes(ts: typeof TS, folder: string): TS.CompilerOptions {
  const own = dirname(dirname(require.resolve('@types/node/package.json')));
  const { getDefaultTypeRoots } = ts as unknown as {
    getDefaultTypeRoots(folder: string, host: object): string[] | undefined;
  };
  const found = getDefaultTypeRoots(folder, { directoryExists: ts.sys.directoryExists }) ?? [];
  const hasNode = found.some((root) => ts.sys.fileExists(`${root}/node/package.json`));
  return { typeRoots: hasNode ? found : [...found, own], types: ['node'] };
}

/** `fathom` from the notebook's folder upward, else the package that this kernel is part of. */
function ownPackage(folder: string): TS.CompilerOptions {
  try {
    createRequire(join(folder, 'notebook.js')).resolve('fathom');
    return {};
  } catch {
    const types = join(here, '..', '..', 'index.d.ts');
    return { paths: { fathom: [types] } };
  }
}

/** `import(x)` → `__import(x)`, which CommonJS output would turn into `require` otherwise. */
function keepImportCalls(ts: typeof TS): TS.TransformerFactory<TS.SourceFile> {
  return (context) => (file) => {
    const visit = (node: TS.Node): TS.Node => {
      const visited = ts.visitEachChild(node, visit, context);
      return ts.isCallExpression(visited) && visited.expression.kind === ts.SyntaxKind.ImportKeyword
        ? ts.factory.updateCallExpression(
            visited,
            ts.factory.createIdentifier(importFunction),
            undefined,
            visited.arguments,
          )
        : visited;
    };
    return ts.visitNode(file, visit) as TS.SourceFile;
  };
}
