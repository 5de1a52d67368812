// Finds kernels the way Jupyter does: a folder with a `kernel.json` in one of the data directories.
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { kernelSpec } from '../kernel/index.js';
import { dataDirectories } from '../kernel/kernelspec.js';
import { hint } from '../../shared/nearest.js';

/** How a kernel process is started. */
export interface KernelSpec {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
  /** `{connection_file}` and `{resource_dir}` stand for their paths. */
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly interruptMode: 'signal' | 'message';
  /**
   * Whether the heartbeat is answered while user code runs. Where it is not (stock tslab answers from the thread that
   * runs the cells), its silence says nothing.
   */
  readonly heartbeat: boolean;
}

/** No kernel of this name is installed. */
export class KernelSpecError extends Error {
  override readonly name = 'KernelSpecError';
  readonly exitCode = 2;
}

/** Fathom's own kernel. */
export function ownKernel(): KernelSpec {
  const { argv, env, display_name, language, interrupt_mode } = kernelSpec();
  return {
    name: 'fathom',
    displayName: display_name,
    language,
    argv,
    env,
    interruptMode: interrupt_mode,
    heartbeat: true,
  };
}

/** The kernel that the npm package tslab brings, as its own installer would register it. */
export function stockTslab(): KernelSpec {
  const require = createRequire(import.meta.url);
  const program = join(dirname(require.resolve('tslab/package.json')), 'bin', 'tslab');
  return {
    name: 'tslab',
    displayName: 'TypeScript (tslab)',
    language: 'typescript',
    argv: [process.execPath, program, 'kernel', '--config-path', '{connection_file}'],
    interruptMode: 'signal',
    heartbeat: false,
  };
}

/** The installed kernel of this name; a KernelSpecError names the nearest one and where was looked. */
export async function findKernelSpec(
  name: string,
  directories = dataDirectories().map((directory) => join(directory, 'kernels')),
): Promise<KernelSpec> {
  const installed = new Set<string>();
  for (const directory of directories) {
    for (const entry of await readdir(directory).catch(() => [] as string[])) {
      installed.add(entry);
      if (entry.toLowerCase() === name.toLowerCase())
        return readKernelSpec(join(directory, entry), entry);
    }
  }
  const help = hint(name, [...installed]) || 'None is installed.';
  throw new KernelSpecError(
    `there is no kernel "${name}". ${help} Looked in: ${directories.join(', ')}`,
  );
}

async function readKernelSpec(directory: string, name: string): Promise<KernelSpec> {
  const file = join(directory, 'kernel.json');
  let spec: Record<string, unknown>;
  try {
    spec = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new KernelSpecError(`${file}: cannot be read: ${(error as Error).message}`);
  }
  if (
    !Array.isArray(spec.argv) ||
    !spec.argv.every((part) => typeof part === 'string') ||
    spec.argv.length === 0
  ) {
    throw new KernelSpecError(`${file}: "argv" must be a list of strings`);
  }
  const argv = spec.argv as string[];
  return {
    name,
    displayName: typeof spec.display_name === 'string' ? spec.display_name : name,
    language: typeof spec.language === 'string' ? spec.language : '',
    argv: argv.map((part) => part.replaceAll('{resource_dir}', directory)),
    env: (spec.env ?? {}) as Record<string, string>,
    interruptMode: spec.interrupt_mode === 'message' ? 'message' : 'signal',
    heartbeat: !argv.some((part) => /(^|[\\/])tslab(\.js)?$/.test(part)),
  };
}
