/** Kernelspecs: the folders that tell Jupyter how to start this kernel. Written, listed and removed without Python. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface KernelSpec {
  /** `{connection_file}` stands for the path that the client fills in. */
  argv: string[];
  env: Record<string, string>;
  display_name: string;
  language: 'typescript';
  interrupt_mode: 'message';
  metadata: Record<string, unknown>;
}

export interface KernelSpecOptions {
  displayName?: string;
  /** Path of the Node that runs the kernel; the running one when left out. */
  node?: string;
  /** Environment of the kernel process, on top of the client's. */
  env?: Record<string, string>;
}

/** What a client needs to start this kernel. */
export function kernelSpec(options: KernelSpecOptions = {}): KernelSpec {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  return {
    argv: [options.node ?? process.execPath, main, '{connection_file}'],
    env: { ...options.env },
    display_name: options.displayName ?? 'TypeScript (Fathom)',
    language: 'typescript',
    interrupt_mode: 'message',
    metadata: { [ownerKey]: { package: packageRoot() } },
  };
}

/** Marks the kernelspecs that this program wrote. */
const ownerKey = 'fathom';

function packageRoot(): string {
  return fileURLToPath(new URL('../../../..', import.meta.url));
}

export class KernelSpecError extends Error {
  override name = 'KernelSpecError';
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

export interface InstallOptions extends KernelSpecOptions {
  /** Folder name of the kernelspec; what notebooks name in their metadata. */
  name?: string;
  /** Install below `<prefix>/share/jupyter` instead of the user's own data folder. */
  prefix?: string;
}

/** Jupyter's folder for a user's own data. */
export function userDataDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.JUPYTER_DATA_DIR) return env.JUPYTER_DATA_DIR;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Jupyter');
  if (process.platform === 'win32')
    return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'jupyter');
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'jupyter');
}

/** Jupyter's data folders in the order in which it looks: JUPYTER_PATH, the user's, those of the system. */
export function dataDirectories(env: NodeJS.ProcessEnv = process.env): string[] {
  const system =
    process.platform === 'win32'
      ? [join(env.PROGRAMDATA ?? 'C:\\ProgramData', 'jupyter')]
      : ['/usr/local/share/jupyter', '/usr/share/jupyter'];
  const prefixes = [env.VIRTUAL_ENV, env.CONDA_PREFIX]
    .filter((prefix) => prefix !== undefined && prefix !== '')
    .map((prefix) => join(prefix!, 'share', 'jupyter'));
  const path = (env.JUPYTER_PATH ?? '').split(delimiter).filter(Boolean);
  return [...new Set([...path, userDataDirectory(env), ...prefixes, ...system])];
}

function kernelFolder(options: Pick<InstallOptions, 'name' | 'prefix'>): string {
  const name = options.name ?? 'fathom';
  if (!/^[a-z0-9._-]+$/i.test(name))
    throw new KernelSpecError(
      name,
      `kernel name ${JSON.stringify(name)}: only letters, digits, ".", "_" and "-" can be in a name`,
    );
  const data =
    options.prefix === undefined
      ? userDataDirectory()
      : join(resolve(options.prefix), 'share', 'jupyter');
  // Jupyter compares names without regard to case.
  return join(data, 'kernels', name.toLowerCase());
}

/** Writes a kernelspec and returns its folder. An existing one is replaced if this program wrote it, else refused. */
export function installKernelSpec(options: InstallOptions = {}): string {
  const folder = kernelFolder(options);
  if (existsSync(folder) && !isOurs(folder))
    throw new KernelSpecError(
      folder,
      `${folder} holds a kernelspec of another program; it is left as it is. Choose another name with --name.`,
    );
  mkdirSync(join(folder, '..'), { recursive: true });
  const fresh = mkdtempSync(`${folder}.`);
  try {
    writeFileSync(join(fresh, 'kernel.json'), `${JSON.stringify(kernelSpec(options), null, 2)}\n`);
    writeFileSync(join(fresh, 'logo-svg.svg'), logo);
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Removes a kernelspec that this program wrote, and returns its folder. */
export function removeKernelSpec(options: Pick<InstallOptions, 'name' | 'prefix'> = {}): string {
  const folder = kernelFolder(options);
  if (!existsSync(folder))
    throw new KernelSpecError(
      folder,
      `${folder} does not exist; "npm run fathom -- kernel list" shows what does`,
    );
  if (!isOurs(folder))
    throw new KernelSpecError(
      folder,
      `${folder} holds a kernelspec of another program; it is left as it is`,
    );
  rmSync(folder, { recursive: true });
  return folder;
}

export interface FoundKernelSpec {
  name: string;
  folder: string;
  displayName: string;
  /** Written by this program. */
  ours: boolean;
  /** Why it cannot start, where that can be seen. */
  problem?: string;
}

/** All kernelspecs that Jupyter would find; of two with one name, the one that it takes. */
export function listKernelSpecs(directories: string[] = dataDirectories()): FoundKernelSpec[] {
  const found = new Map<string, FoundKernelSpec>();
  for (const directory of directories) {
    const kernels = join(directory, 'kernels');
    if (!existsSync(kernels)) continue;
    for (const entry of readdirSync(kernels).sort()) {
      const folder = join(kernels, entry);
      const name = entry.toLowerCase();
      const spec = readSpec(folder);
      if (!spec || found.has(name)) continue;
      const program = spec.argv?.[0];
      const missing = spec.argv?.find(
        (part, index) => /^([/\\]|[A-Za-z]:)/.test(part) && index < 2 && !existsSync(part),
      );
      found.set(name, {
        name,
        folder,
        displayName: spec.display_name ?? name,
        ours: spec.metadata?.[ownerKey] !== undefined,
        ...(program === undefined && { problem: 'no argv' }),
        ...(missing !== undefined && { problem: `${missing} is missing` }),
      });
    }
  }
  return [...found.values()];
}

function readSpec(folder: string): Partial<KernelSpec> | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'kernel.json'), 'utf8')) as Partial<KernelSpec>;
  } catch {
    return undefined;
  }
}

function isOurs(folder: string): boolean {
  return readSpec(folder)?.metadata?.[ownerKey] !== undefined;
}

/** Depth soundings: marks on a line that goes down. */
const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect width="64" height="64" rx="10" fill="#12354f"/>
<path d="M6 18q6.5-6 13 0t13 0t13 0t13 0" fill="none" stroke="#7cc4e8" stroke-width="4"/>
<path d="M32 20v28" stroke="#fff" stroke-width="3"/>
<path d="M27 28h10M27 36h10" stroke="#fff" stroke-width="2"/>
<path d="M27 48h10l-5 8z" fill="#f2b134"/>
</svg>
`;
