// What the outputs of a notebook depend on, as far as it is known before it runs: its code, its parameters, the modules and
// files that it names, the kernel, and the packages. Prose is not among it.
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Notebook } from '../notebook/nbformat.js';
import { type ParameterValue, readParameters } from '../notebook/parameters.js';
import { digestOf, digestOfFile, digestOfFolder } from './digest.js';
import type { KernelSpec } from './kernel-spec.js';

/** Each input by a name that a reader understands, with a digest or, where it is short, the value itself. */
export type Inputs = Readonly<Record<string, string>>;

export interface InputOptions {
  readonly file: string;
  readonly kernel: KernelSpec;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Variables that change what a notebook computes. */
const countedVariables = ['FATHOM_TENSORFLOW'];
/** Tags that change what is run. */
const countedTags = ['parameters', 'skip-execution', 'raises-exception'];

const packageRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** Collects the inputs. Nothing in them depends on where the project lies or when it is built. */
export async function readInputs(notebook: Notebook, options: InputOptions): Promise<Inputs> {
  const { file, kernel, parameters = {}, cwd, env = process.env } = options;
  const inputs: Record<string, string> = {};
  const sources: string[] = [];
  for (const cell of notebook.cells) {
    if (cell.cell_type !== 'code') continue;
    sources.push(cell.source);
    const tags = countedTags.filter((tag) => cell.metadata.tags?.includes(tag));
    // By its place among the code cells, because prose between them may come and go.
    inputs[`code cell ${sources.length}`] = digestOf(JSON.stringify([cell.source, tags]));
  }
  for (const parameter of readParameters(notebook, file)) {
    const given = parameters[parameter.name];
    inputs[`parameter ${parameter.name}`] = JSON.stringify(
      given === undefined ? parameter.default : given,
    );
  }
  const variables = new Set<string>();
  const onSource = (source: string): void => variablesIn(source, variables);
  const packages = new Map<string, string>();
  const onPackage = (name: string, folder: string): void => void packages.set(name, folder);
  for (const [path, digest] of await localFiles(sources, cwd, onSource, onPackage)) {
    inputs[`file ${relative(cwd, path).split(sep).join('/')}`] = digest;
  }
  for (const [name, folder] of [...packages].sort(([a], [b]) => (a < b ? -1 : 1))) {
    inputs[`package ${name}`] = await packageDigest(folder);
  }
  const isOwn = kernel.argv.some((part) => part.startsWith(packageRoot));
  inputs.kernel = isOwn
    ? kernel.name
    : [kernel.name, ...kernel.argv.map((part) => basename(part))].join(' ');
  inputs.Node = process.version;
  inputs['Fathom itself'] = await ownDigest();
  for (const folder of new Set([packageRoot, cwd])) {
    const installed = await packagesDigest(folder);
    if (installed)
      inputs[
        folder === packageRoot ? "Fathom's set of packages" : 'the set of installed packages'
      ] = installed;
  }
  for (const name of countedVariables) {
    const value = env[name];
    if (value) inputs[`variable ${name}`] = value;
  }
  for (const name of [...variables].sort()) {
    // Inputs are written into manifests, and a variable may hold a secret.
    if (!countedVariables.includes(name))
      inputs[`the variable ${name}`] = digestOf(env[name] ?? '');
  }
  return inputs;
}

/** Whether all that a notebook of this kernel depends on can be known: other languages import in ways not followed here. */
export function canKnowInputs(kernel: KernelSpec): boolean {
  return /^(typescript|javascript)$/i.test(kernel.language);
}

/**
 * What decides a notebook's outputs: the lab, the kernel, and what `fathom` exports. How reports look does not. A test holds
 * this against what these files import.
 */
export const ownParts = [
  'lab/',
  'shared/',
  'press/kernel/',
  'press/notebook/results.js',
  'index.js',
];

async function ownDigest(): Promise<string> {
  return digestOfFolder(join(packageRoot, 'dist', 'src'), (path) => {
    const name = path.split(sep).join('/');
    return name.endsWith('.js') && ownParts.some((part) => name.startsWith(part));
  });
}

/** Variables of the environment that code names. Those that a build itself sets are not an input of it. */
function variablesIn(source: string, names: Set<string>): void {
  const named =
    /\bprocess\s*\.\s*env\s*(?:\?\.|\.)?\s*(?:([A-Za-z_]\w*)|\[\s*['"`]([^'"`]+)['"`]\s*\])/g;
  for (const [, plain, quoted] of source.matchAll(named)) {
    const name = plain ?? quoted!;
    if (name !== 'FATHOM_DEPENDENCIES' && name !== 'FATHOM_CORES') names.add(name);
  }
}

/** The lockfiles that say which packages code in this folder gets: the project's, and what npm has installed of it. */
async function packagesDigest(folder: string): Promise<string | undefined> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const locks = [join(at, 'package-lock.json'), join(at, 'node_modules', '.package-lock.json')];
    const found = (await Promise.all(locks.map(digestOfFile))).filter(
      (digest) => digest !== undefined,
    );
    if (found.length > 0) return digestOf(found.join('\n'));
    if (dirname(at) === at) return undefined;
  }
}

/** The code of a package as it lies there: it may have been edited in place, which no lockfile says. */
function packageDigest(folder: string): Promise<string> {
  return digestOfFolder(
    folder,
    (path) => /\.([cm]?js|json|node|wasm)$/.test(path) && !/(^|[\\/])node_modules[\\/]/.test(path),
  );
}

/**
 * The local files that code in this folder reaches, with their digests: modules that it imports, and those they import, and
 * files that it names in a string. `onSource` is told the source of each piece of code, `onPackage` the name and folder of each
 * package that it imports: their files and Fathom itself are left out.
 */
export async function localFiles(
  sources: readonly string[],
  cwd: string,
  onSource: (source: string) => void = () => {},
  onPackage: (name: string, folder: string) => void = () => {},
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowJs: true,
    resolveJsonModule: true,
  };
  const resolutions = ts.createModuleResolutionCache(cwd, (name) => name, options);
  const waiting: string[] = [];
  const add = (path: string): void => {
    const isPackage =
      path.includes(`${sep}node_modules${sep}`) || path.startsWith(join(packageRoot, 'dist') + sep);
    if (!isPackage && !digests.has(path)) {
      digests.set(path, '');
      waiting.push(path);
    }
  };
  const read = (source: string, from: string): void => {
    onSource(source);
    for (const { fileName } of ts.preProcessFile(source, true, true).importedFiles) {
      const { resolvedModule } = ts.resolveModuleName(fileName, from, options, ts.sys, resolutions);
      if (!resolvedModule) continue;
      const path = resolve(resolvedModule.resolvedFileName);
      const [folder, name] =
        /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)(?=[\\/])/.exec(path) ?? [];
      if (folder && name && `${folder}${sep}` !== packageRoot)
        onPackage(name.split(sep).join('/'), folder);
      add(path);
      // Declarations say what a module is called; the code beside them says what it does.
      const code = path.replace(/\.d\.([mc]?)ts$/, '.$1js');
      if (code !== path && existsSync(code)) add(code);
    }
    for (const text of strings(source)) {
      // Code of a module that names a file does so from the folder that the notebook runs in.
      const path = resolve(cwd, text);
      if (isFile(path)) add(path);
    }
  };
  for (const source of sources) read(source, join(cwd, 'cell.ts'));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    digests.set(path, (await digestOfFile(path)) ?? 'gone');
    if (/\.[mc]?[jt]sx?$/.test(path)) read(await readFile(path, 'utf8'), path);
  }
  return new Map([...digests].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The strings in code that could be paths. */
function strings(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (
      ts.isStringLiteralLike(node) &&
      node.text.length < 1000 &&
      /[./\\]/.test(node.text) &&
      !node.text.includes('\0')
    ) {
      found.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('cell.tsx', source, ts.ScriptTarget.ESNext));
  return found;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
