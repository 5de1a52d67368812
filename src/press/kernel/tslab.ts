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
import { isAbsolute, join, parse, relative } from 'node:path';
import type TS from 'typescript';
import { mostFiles } from './declarations.js';
import { cellTransformer, type Emission } from './emit.js';
import { ambientTypes, ownPackage, plainBuilder } from './program.js';
import { modulePrefix, prepareSource } from './source.js';
import {
  awaitCodes,
  declaredAt,
  hiddenCode,
  isAtTopLevel,
  isUnnameable,
  keepImportCalls,
  withoutEmptyExport,
  withoutMapComment,
} from './translation.js';

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
  /** Waits at its top level. */
  async: boolean;
  sideOutputs?: { path: string; data: string }[];
}

/** tslab's converter. What earlier cells declared comes from `setEarlier`, not from its own argument for it. */
export interface TslabConverter {
  convert(source: string): TslabConversion;
  inspect(source: string, position: number): TS.QuickInfo | undefined;
  complete(
    source: string,
    position: number,
  ): { start: number; end: number; candidates: string[]; original?: TS.CompletionInfo };
  addModule(name: string, content: string, metadata?: CodeMetadata): TslabDiagnostic[];
  close(): void;
}

/** As tslab declares it: `previous` are the declarations of earlier cells in one text. */
interface InnerConverter {
  convert(previous: string, source: string): Omit<TslabConversion, 'async'>;
  inspect(previous: string, source: string, position: number): TS.QuickInfo | undefined;
  complete(
    previous: string,
    source: string,
    position: number,
  ): ReturnType<TslabConverter['complete']>;
  addModule: TslabConverter['addModule'];
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
  getCodeMetadata(source: string): CodeMetadata;
  /** Source maps, outermost translation first, of code that the latest conversion returned. */
  mapsOf(code: string): string[];
  /** Gives the declaration files of earlier cells, oldest first. */
  setEarlier(files: readonly string[]): void;
  /** Tells the compiler of local files that were edited since it read them. */
  refresh(): void;
}

const require = createRequire(import.meta.url);
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
  const previousPath = join(folder, '__prev__.d.ts').replaceAll('\\', '/');

  const earlierPaths = Array.from({ length: mostFiles }, (_, index) =>
    join(folder, `__earlier_${index}__.d.ts`).replaceAll('\\', '/'),
  );
  const earlierTexts = new Map(earlierPaths.map((path) => [path, modulePrefix]));
  const earlierChanged = new Map<string, (path: string, kind: number) => void>();
  /** Root files besides tslab's own. */
  const ownFiles = [globalsPath, ...earlierPaths];

  /** Source maps by the code they belong to: cells and modules, from the two translations tslab does. */
  const firstMaps = new Map<string, string>();
  const secondMaps = new Map<string, string>();
  /** What the first translation of a cell gave. */
  const cellCodes = new Set<string>();
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

  /** The text of the cell that is being converted, with the names that it exports. */
  let converted: string | undefined;
  let emission: Emission | undefined;
  /** Names of the cell whose types cannot be written down. */
  const unnameable = new Set<string>();

  const system = Object.create(original.sys) as TS.System & Record<string, unknown>;
  Object.assign(system, {
    useCaseSensitiveFileNames: true,
    getCurrentDirectory: () => folder,
    readFile: (path: string, encoding?: string) =>
      path === globalsPath
        ? globals
        : (earlierTexts.get(path) ?? original.sys.readFile(path, encoding)),
    fileExists: (path: string) =>
      path === globalsPath || earlierTexts.has(path) || original.sys.fileExists(path),
    // tslab lets the compiler watch every file it reads. Installed packages do not change under a running kernel, and
    // local files are looked at before each cell (`refresh`): sooner than a watcher tells, and nothing runs while idle.
    watchFile: (path: string, changed: (path: string, kind: number) => void) => {
      if (earlierTexts.has(path)) earlierChanged.set(path, changed);
      else if (!path.includes('/node_modules/') && path !== globalsPath)
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
    tslabSystem: unknown,
    _createProgram: unknown,
    ...rest: unknown[]
  ) => {
    const create = original.createWatchCompilerHost as unknown as (
      files: string[],
      options: TS.CompilerOptions,
      ...rest: unknown[]
    ) => TS.WatchCompilerHost<TS.EmitAndSemanticDiagnosticsBuilderProgram>;
    const host = create(
      [...files, ...ownFiles],
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
      tslabSystem,
      plainBuilder(original),
      ...rest,
    );
    const read = host.readFile;
    host.readFile = (path, encoding) => {
      const text = read(path, encoding);
      return path === cellPath && converted !== undefined ? converted : text;
    };
    let notify: ((program: unknown) => void) | undefined;
    Object.defineProperty(host, 'afterProgramCreate', {
      get: () =>
        notify &&
        ((builder: TS.BuilderProgram) => {
          linkEarlier(builder.getProgram());
          notify?.(emitWithMaps(builder));
        }),
      set: (callback) => {
        notify = callback;
      },
    });
    return host;
  };
  // tslab's `@module` cells name the root files anew.
  replaced.createWatchProgram = (host: TS.WatchCompilerHostOfFilesAndCompilerOptions<never>) => {
    const watch = original.createWatchProgram(host);
    return {
      ...watch,
      updateRootFileNames: (files: string[]) => watch.updateRootFileNames([...files, ...ownFiles]),
    };
  };
  /** The scope of a cell is the file of the cell before it, whose scope is the one before that. */
  function linkEarlier(program: TS.Program): void {
    // Its making binds all files, which sets their parents.
    program.getTypeChecker();
    const chain = [previousPath, ...[...earlierPaths].reverse()].map((path) =>
      program.getSourceFile(path),
    );
    chain.forEach((file, index) => {
      if (file)
        (file as unknown as { parent: TS.SourceFile | undefined }).parent = chain[index + 1];
    });
  }
  replaced.transpileModule = (code: string, options: TS.TranspileOptions) => {
    // Without an import there is nothing to translate a second time.
    if (cellCodes.has(code) && !/^(import|export)\b(?! \{\};)/m.test(code)) {
      const outputText = withoutEmptyExport(code);
      inputs.set(outputText, code);
      return { outputText };
    }
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

  const allDiagnostics = (
    original as unknown as {
      getPreEmitDiagnosticsOfFiles(program: TS.Program, files: TS.SourceFile[]): TS.Diagnostic[];
    }
  ).getPreEmitDiagnosticsOfFiles;
  // tslab lets `await` pass where it takes it for one at top level, and knows nothing of `for await`.
  replaced.getPreEmitDiagnosticsOfFiles = (program: TS.Program, files: TS.SourceFile[]) =>
    allDiagnostics(program, files).flatMap((diagnostic) => {
      if (diagnostic.file?.fileName !== cellPath) return [diagnostic];
      if (isUnnameable(diagnostic.code))
        for (const name of declaredAt(original, diagnostic.file, diagnostic.start ?? 0))
          unnameable.add(name);
      if (!awaitCodes.has(diagnostic.code)) return [diagnostic];
      return isAtTopLevel(original, diagnostic.file, diagnostic.start ?? 0)
        ? []
        : [{ ...diagnostic, code: diagnostic.code + hiddenCode }];
    });

  function emitWithMaps(builder: TS.BuilderProgram): TS.BuilderProgram {
    const wrapped = Object.create(builder) as TS.BuilderProgram;
    wrapped.emit = (source, write, cancellation, onlyDeclarations, given) => {
      const isCell = source?.fileName === cellPath;
      const program = builder.getProgram();
      const transformers: TS.CustomTransformers = isCell
        ? {
            before: [
              cellTransformer(
                {
                  ts: original,
                  checker: program.getTypeChecker(),
                  earlier: earlierPaths.flatMap((path) => program.getSourceFile(path) ?? []),
                },
                (made) => {
                  emission = made;
                },
              ),
            ],
            ...(given?.afterDeclarations && { afterDeclarations: given.afterDeclarations }),
          }
        : {};
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
          if (isCell) cellCodes.add(code);
          write?.(relativeToFolder(path), code, ...more);
        },
        cancellation,
        onlyDeclarations,
        transformers,
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
  let module: { createConverter(): InnerConverter };
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
  function convertOnce(inner: InnerConverter, given: string): TslabConversion {
    const { warn } = console;
    const { source, names } = prepareSource(original, given);
    // tslab warns that the text changed and the program did not, which is the point.
    console.warn = () => undefined;
    const attempt = (exported: string[]) => {
      converted = `${modulePrefix}${source}${exported.length ? `\nexport {${exported.join(', ')}}` : ''}`;
      emission = undefined;
      unnameable.clear();
      return inner.convert('', source);
    };
    try {
      let made = attempt(names);
      let untyped: string[] = [];
      if (unnameable.size && made.diagnostics.every(({ code }) => isUnnameable(code))) {
        untyped = [...unnameable];
        made = attempt(names.filter((name) => !untyped.includes(name)));
      }
      const { async = false, nested = [] } = emission ?? {};
      const declOutput = [
        made.declOutput,
        ...nested.map(({ name, type }) => `declare let ${name}: ${type};`),
        ...untyped.map((name) => `declare let ${name}: any;`),
      ].join('\n');
      return { ...made, declOutput, async };
    } finally {
      console.warn = warn;
      converted = undefined;
    }
  }

  function createConverter(): TslabConverter {
    const inner = module.createConverter();
    return {
      ...inner,
      inspect: (source, position) => inner.inspect('', source, position),
      complete: (source, position) => inner.complete('', source, position),
      convert(source) {
        firstMaps.clear();
        secondMaps.clear();
        cellCodes.clear();
        inputs.clear();
        const made = convertOnce(inner, source);
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
    getCodeMetadata: metadata.getCodeMetadata,
    mapsOf: (code) =>
      [secondMaps.get(code), firstMaps.get(inputs.get(code) ?? '')].filter(
        (map): map is string => map !== undefined,
      ),
    setEarlier(files) {
      earlierPaths.forEach((path, index) => {
        const text = modulePrefix + (files[index] ?? '');
        if (earlierTexts.get(path) === text) return;
        earlierTexts.set(path, text);
        earlierChanged.get(path)?.(path, 1);
      });
    },
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
