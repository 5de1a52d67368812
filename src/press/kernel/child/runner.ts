/**
 * Runs compiled cells with the meaning that tslab's executor gives them: one `exports` object that all cells share and
 * may write to, a `require` that resolves from the notebook's folder and knows the local modules, the last expression as
 * the value. Beyond tslab: ES modules of any kind, local modules outside the folder, source maps.
 */
import { createRequire, SourceMap } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
import type { CompiledCell, SideModule } from '../channel.js';
import { doneName, importName, metaName, scopeName } from '../emit.js';
import type { KernelHook } from '../hook.js';
import { installHint } from '../install-hint.js';
import { tslabModule } from './display.js';
import type { Location } from './stack.js';

export interface Runner {
  /** Runs a cell; resolves to the value of its last expression, if that is how it ends. */
  run(
    label: number,
    cell: CompiledCell,
    done?: (statements: number) => void,
  ): Promise<{ value: unknown } | undefined>;
  locate(file: string, line: number, column: number): Location | undefined;
}

type Require = (id: string) => unknown;

const moduleParameters = ['exports', 'require', importName, metaName, '__filename', '__dirname'];
/** `exports` is the scope: cells that write to it by hand are understood as under tslab. */
const cellParameters = [scopeName, doneName, ...moduleParameters];

interface Maps {
  texts: string[];
  parsed?: SourceMap[];
}

/** How many cells keep their source maps: frames of older functions show translated lines. */
const keptMaps = 2000;

export function createRunner(folder: string, hook: KernelHook): Runner {
  /** What cells declare: a name, and its latest value. */
  const scope: Record<string, unknown> = {};
  const own = tslabModule(hook);
  const maps = new Map<string, Maps>();
  const modules = new Map<string, SideModule>();
  const loaded = new Map<string, { exports: unknown }>();
  const usedBy = new Map<string, Set<string>>();
  /** ES modules that `require` cannot load because they await at top level, by the folder and name they were asked for. */
  const awaited = new Map<string, unknown>();

  // `import()` with the notebook's folder as referrer.
  const importers = new Map<string, (id: string) => Promise<unknown>>();
  function importer(from: string): (id: string) => Promise<unknown> {
    let found = importers.get(from);
    if (!found) {
      found = vm.runInThisContext('(id) => import(id)', {
        filename: join(from, '[import].js'),
        importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      }) as (id: string) => Promise<unknown>;
      importers.set(from, found);
    }
    return found;
  }

  function nodeRequire(from: string): NodeJS.Require {
    return createRequire(join(from, 'notebook.js'));
  }

  function sidePath(from: string, id: string): string | undefined {
    if (!id.startsWith('.') && !id.startsWith('/') && !/^[A-Za-z]:[\\/]/.test(id)) return undefined;
    const base = resolve(from, id).replaceAll('\\', '/');
    const candidates =
      extname(base) === ''
        ? [`${base}.js`, `${base}.jsx`, `${base}/index.js`]
        : [base, base.replace(/\.tsx?$/, '.js'), base.replace(/\.jsx$/, '.js'), `${base}.js`];
    return candidates.find((path) => modules.has(path));
  }

  function loadSide(path: string): unknown {
    const ready = loaded.get(path);
    if (ready) return ready.exports;
    const { code } = modules.get(path)!;
    const module = { exports: {} as unknown, id: path, filename: path, loaded: false };
    loaded.set(path, module);
    const from = dirname(path);
    try {
      const head = `(function (module, ${moduleParameters.join(', ')}) {`;
      const compiled = vm.runInThisContext(`${head}${code}\n})`, {
        filename: path,
        columnOffset: -head.length,
      }) as (...args: unknown[]) => void;
      const load = requireFrom(from, path);
      compiled.call(
        module.exports,
        module,
        module.exports,
        load,
        importFrom(from, path),
        metaOf(path, load),
        path,
        from,
      );
    } catch (error) {
      loaded.delete(path);
      throw error;
    }
    module.loaded = true;
    return module.exports;
  }

  function special(from: string, id: string, user: string): { value: unknown } | undefined {
    if (id === 'tslab') return { value: own };
    const side = sidePath(from, id);
    if (side !== undefined) {
      if (!usedBy.has(side)) usedBy.set(side, new Set());
      usedBy.get(side)!.add(user);
      return { value: loadSide(side) };
    }
    const key = `${from}\0${id}`;
    return awaited.has(key) ? { value: awaited.get(key) } : undefined;
  }

  function requireFrom(from: string, user: string): NodeJS.Require {
    const native = nodeRequire(from);
    const hooked = (id: string): unknown => {
      const found = special(from, id, user);
      if (found) return found.value;
      try {
        return native(id);
      } catch (error) {
        if (id === 'fathom' && isMissing(error, id)) return native(ownIndex);
        throw explained(error, id, from);
      }
    };
    return Object.assign(hooked as NodeJS.Require, {
      resolve: native.resolve,
      cache: native.cache,
      extensions: native.extensions,
      main: native.main,
    });
  }

  function importFrom(from: string, user: string): (id: unknown) => Promise<unknown> {
    return async (given) => {
      const id = String(given);
      const found = special(from, id, user);
      if (found) return found.value;
      // Node asks for `with { type: 'json' }`; a cell may leave it out, as in a static import.
      if (/^\.{0,2}\/.*\.json$/.test(id)) return { default: nodeRequire(from)(id) };
      try {
        return await importer(from)(id);
      } catch (error) {
        if (id === 'fathom' && isMissing(error, id)) return nodeRequire(from)(ownIndex);
        throw explained(error, id, from);
      }
    };
  }

  /**
   * A cell's imports are calls of `require`, which is synchronous. A module that awaits at top level, or that exports
   * itself to `import` only, is imported before the cell starts.
   */
  async function prepare(from: string, ids: string[], load: Require): Promise<void> {
    for (const id of ids) {
      if (sidePath(from, id) !== undefined || awaited.has(`${from}\0${id}`)) continue;
      try {
        load(id);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (
          code === 'ERR_REQUIRE_ASYNC_MODULE' ||
          code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' ||
          code === 'ERR_REQUIRE_ESM'
        )
          awaited.set(`${from}\0${id}`, await importer(from)(id));
        // Any other failure comes again when the cell itself asks, and is reported there.
      }
    }
  }

  function replaceModules(changed: SideModule[]): void {
    const stale = new Set<string>();
    const drop = (path: string) => {
      if (stale.has(path)) return;
      stale.add(path);
      loaded.delete(path);
      for (const user of usedBy.get(path) ?? []) drop(user);
      usedBy.delete(path);
    };
    for (const module of changed) {
      drop(module.path);
      modules.set(module.path, module);
      remember(module.path, module.maps);
    }
  }

  function remember(file: string, texts: string[]): void {
    maps.set(file, { texts });
    if (maps.size > keptMaps) maps.delete(maps.keys().next().value!);
  }

  const requireCell = requireFrom(folder, '');
  const importCell = importFrom(folder, '');

  return {
    async run(label, cell, done = () => undefined) {
      replaceModules(cell.modules);
      const file = `cell[${label}].ts`;
      remember(file, cell.maps);
      const asyncModules = [...cell.imports];
      for (const module of cell.modules)
        await prepare(
          dirname(module.path),
          module.imports,
          requireFrom(dirname(module.path), module.path),
        );
      await prepare(folder, asyncModules, requireCell);
      const head = `(${cell.async ? 'async ' : ''}function (${cellParameters.join(', ')}) {{`;
      // In a block of its own, a cell may declare names like `exports` that are parameters here.
      const compiled = vm.runInThisContext(`${head}${cell.code}\n}})`, {
        filename: file,
        columnOffset: -head.length,
      }) as (...args: unknown[]) => unknown;
      const returned = (await compiled.call(
        undefined,
        scope,
        done,
        scope,
        requireCell,
        importCell,
        metaOf(join(folder, file), requireCell),
        join(folder, file),
        folder,
      )) as [value: unknown] | undefined;
      if (!returned) return undefined;
      const [value] = returned;
      return { value: isPromise(value) ? await value : value };
    },
    locate(file, line, column) {
      const entry = maps.get(file);
      if (!entry) return undefined;
      entry.parsed ??= entry.texts.map((text) => new SourceMap(JSON.parse(text)));
      let at = { line: line - 1, column: column - 1 };
      for (const map of entry.parsed) {
        const found = map.findEntry(at.line, at.column);
        if (!('originalLine' in found)) return undefined;
        at = { line: found.originalLine, column: found.originalColumn };
      }
      const cell = /^cell\[(\d+)\]\.ts$/.exec(file);
      // The compiler puts one line before the source of a cell (`export {};`), and none before a module's.
      return cell
        ? { cell: Number(cell[1]), file, line: at.line, column: at.column + 1 }
        : { file: sourceName(entry, file), line: at.line + 1, column: at.column + 1 };
    },
  };
}

/** The source that a module was translated from: its first map names it. */
function sourceName(entry: Maps, file: string): string {
  const sources = (JSON.parse(entry.texts.at(-1)!) as { sources?: string[] }).sources;
  const name = sources?.[0]?.split('/').at(-1);
  return name ? join(dirname(file), name) : file;
}

/** False too for an object that cannot be asked. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  try {
    return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
  } catch {
    return false;
  }
}

/** `import.meta` of a cell or a local module. */
function metaOf(path: string, load: NodeJS.Require): Record<string, unknown> {
  const url = pathToFileURL(path).href;
  return {
    url,
    filename: path,
    dirname: dirname(path),
    resolve: (id: string) => {
      if (/^\.{0,2}\//.test(id)) return new URL(id, url).href;
      const found = load.resolve(id);
      return found.startsWith('/') || /^[A-Za-z]:/.test(found) ? pathToFileURL(found).href : found;
    },
  };
}

const ownIndex = fileURLToPath(new URL('../../../index.js', import.meta.url));

/** Node's words for a missing module, without the files that stand for a cell, and with the way to get it. */
function explained(error: unknown, id: string, from: string): unknown {
  if (isMissing(error, id) && error instanceof Error)
    error.message = `Cannot find module '${id}' from ${from}.${installHint(id, from)}`;
  return error;
}

function isMissing(error: unknown, id: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') && message.includes(`'${id}'`)
  );
}
