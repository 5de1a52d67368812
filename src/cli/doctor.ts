// `fathom doctor`: what Fathom runs on here, one line each, and how to mend what is missing.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';

/** One line of the table. `missing`: something that is needed is not there; `poor`: it works, but less well. */
export interface Finding {
  readonly name: string;
  readonly state: 'good' | 'poor' | 'missing';
  readonly found: string;
  /** What to do about it. */
  readonly mend?: string;
}

/** What the doctor looks at; each has a default. */
export interface Patient {
  /** The project's folder. */
  readonly root?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  /** Runs a program to its end and resolves to what it printed; rejects when it cannot. */
  readonly run?: (program: string, args: readonly string[]) => Promise<string>;
}

export function register(program: Command): void {
  program
    .command('doctor')
    .summary('show what Fathom runs on here, and how to mend what is missing')
    .description(
      'Prints one line each for Node, TensorFlow, the browser, fonts, Jupyter, the kernel and the caches. The exit code is 1 ' +
        'when something that is needed is missing.',
    )
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await examine();
      console.log(json ? JSON.stringify(findings, null, 2) : await table(findings));
      if (findings.some(({ state }) => state === 'missing')) process.exitCode = 1;
    });
}

/** All findings, in the order of the table. */
export async function examine(patient: Patient = {}): Promise<Finding[]> {
  const groups = await Promise.all(
    [node, tensorflow, browser, fonts, jupyter, kernel, caches].map((look) => look(fill(patient))),
  );
  return groups.flat();
}

/** The findings as lines in columns, with the mends below what they mend. */
export async function table(findings: readonly Finding[]): Promise<string> {
  const { colours: colors } = await import('../shared/colours.js');
  const marks = { good: colors.green('✓'), poor: colors.yellow('!'), missing: colors.red('✗') };
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .flatMap(({ name, state, found, mend }) => [
      `${marks[state]} ${name.padEnd(width)}  ${found}`,
      ...(mend === undefined ? [] : [`  ${' '.repeat(width)}  ${colors.dim('→')} ${mend}`]),
    ])
    .join('\n');
}

const packageRoot = fileURLToPath(new URL('../../..', import.meta.url));
const RUN_LIMIT_MS = 30_000;

function fill(patient: Patient): Required<Patient> {
  const env = patient.env ?? process.env;
  return {
    root: packageRoot,
    env,
    platform: process.platform,
    run: async (program, args) => {
      const options = { env, timeout: RUN_LIMIT_MS, maxBuffer: 1 << 26 };
      const { stdout } = await promisify(execFile)(program, [...args], options);
      return stdout;
    },
    ...patient,
  };
}

const OLDEST_NODE = [22, 12] as const;

async function node({ root }: Required<Patient>): Promise<Finding[]> {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    const found = `${version} is older than ${OLDEST_NODE.join('.')}`;
    return [
      {
        name: 'Node',
        state: 'missing',
        found,
        mend: 'npm run setup, and start Fathom with npm run fathom',
      },
    ];
  }
  const pinned =
    process.execPath.startsWith(join(root, 'node_modules')) ||
    /node_modules.node-/.test(process.execPath);
  if (pinned) return [{ name: 'Node', state: 'good', found: `${version}, pinned by the lockfile` }];
  return [
    {
      name: 'Node',
      state: 'poor',
      found: `${version} at ${process.execPath}, not the pinned one: results may differ in the last digits`,
    },
  ];
}

/** What scripts/setup.mjs has written down. */
interface SetupState {
  readonly tensorflow?: {
    readonly link: string;
    readonly reasons?: Readonly<Record<string, string>>;
  };
  readonly browser?: { readonly path?: string; readonly missing?: string };
}

function setupState(root: string): SetupState {
  try {
    return JSON.parse(readFileSync(join(root, '.fathom', 'setup.json'), 'utf8')) as SetupState;
  } catch {
    // Not there, or damaged: the next set-up writes it anew, and whoever asks for a doctor may need one for that.
    return {};
  }
}

async function tensorflow({ root, env }: Required<Patient>): Promise<Finding[]> {
  const name = 'TensorFlow';
  try {
    const { ready } = await import('../lab/tensor/index.js');
    const info = await ready();
    const threads = `${info.threads} ${info.threads === 1 ? 'thread' : 'threads'}`;
    if (info.backend !== 'wasm') {
      const found = `${info.tensorflow}, native (${info.link}), ${threads}, oneDNN ${info.oneDNN ? 'on' : 'off'}`;
      return [{ name, state: 'good', found }];
    }
    const found = `WASM ${info.tensorflow}, ${threads}: training takes two to six times as long`;
    if (env.FATHOM_TENSORFLOW === 'wasm') {
      return [
        {
          name,
          state: 'poor',
          found,
          mend: 'FATHOM_TENSORFLOW=wasm asks for it; unset it for the native library',
        },
      ];
    }
    const reasons = Object.entries(setupState(root).tensorflow?.reasons ?? {});
    const why =
      reasons.map(([link, reason]) => `${link}: ${reason}`).join('; ') || (info.fallback ?? '');
    return [{ name, state: 'poor', found, mend: `${why}. Then: npm run setup -- --retry` }];
  } catch (error) {
    return [
      { name, state: 'missing', found: (error as Error).message, mend: 'npm run setup -- --retry' },
    ];
  }
}

async function browser({ root, env, run }: Required<Patient>): Promise<Finding[]> {
  const name = 'browser';
  const mend =
    'install Chrome or Chromium, or set PUPPETEER_EXECUTABLE_PATH; then: npm run setup -- --retry';
  const state = setupState(root).browser;
  const path = env.PUPPETEER_EXECUTABLE_PATH || state?.path;
  if (!path) {
    const why = state?.missing ? ` (${state.missing})` : '';
    return [{ name, state: 'missing', found: `none: no PDF can be made${why}`, mend }];
  }
  try {
    // Windows' Chrome opens a window instead of printing its version.
    const said =
      process.platform === 'win32' && existsSync(path) ? '' : await run(path, ['--version']);
    const version = /\d+(\.\d+)+/.exec(said)?.[0] ?? '';
    return [{ name, state: 'good', found: `${version} ${path}`.trim() }];
  } catch (error) {
    const found = `${path} does not start: ${(error as Error).message.split('\n')[0]}`;
    return [{ name, state: 'missing', found, mend }];
  }
}

/** Scripts that reports do not bring along, with a language that fontconfig knows fonts of and a package that has some. */
const scripts = [
  { name: 'Chinese', language: 'zh', pattern: /\p{Script=Han}/u },
  { name: 'Japanese', language: 'ja', pattern: /[\p{Script=Hiragana}\p{Script=Katakana}]/u },
  { name: 'Korean', language: 'ko', pattern: /\p{Script=Hangul}/u },
] as const;

async function fonts({ root, platform, run }: Required<Patient>): Promise<Finding[]> {
  const require = createRequire(import.meta.url);
  const embedded = [
    '@fontsource/source-serif-4',
    '@fontsource/source-sans-3',
    '@fontsource/source-code-pro',
    'katex',
  ];
  const absent = embedded.filter((name) => {
    try {
      require.resolve(`${name}/package.json`);
      return false;
    } catch {
      return true;
    }
  });
  const own: Finding =
    absent.length === 0
      ? {
          name: 'fonts',
          state: 'good',
          found: 'Latin, Greek, Cyrillic and mathematics come with every report',
        }
      : {
          name: 'fonts',
          state: 'missing',
          found: `the packages ${absent.join(', ')} are gone`,
          mend: 'npm run setup',
        };

  const text = await notebookText(join(root, 'notebooks'));
  const found: string[] = [];
  const lacking: { name: string; used: boolean }[] = [];
  for (const { name, language, pattern } of scripts) {
    const families =
      platform === 'linux' ? await fontFamilies(language, run) : ["the system's own"];
    if (families.length > 0) found.push(`${name}: ${families[0]}`);
    else lacking.push({ name, used: pattern.test(text) });
  }
  const used = lacking.filter((script) => script.used);
  const line = [
    ...found,
    ...lacking.map(({ name, used }) => `${name}: none${used ? ', but used' : ''}`),
  ].join('; ');
  const mend = 'on Debian and Ubuntu: apt-get install fonts-noto-cjk';
  return [
    own,
    {
      name: 'CJK fonts',
      state: used.length > 0 ? 'missing' : lacking.length > 0 ? 'poor' : 'good',
      found:
        lacking.length > 0 && used.length === 0 ? `${line} (no notebook uses these scripts)` : line,
      ...(lacking.length > 0 && { mend }),
    },
  ];
}

async function fontFamilies(language: string, run: Required<Patient>['run']): Promise<string[]> {
  try {
    const lines = (await run('fc-list', [`:lang=${language}`, 'family'])).split('\n');
    return [...new Set(lines.map((line) => line.split(',')[0]!.trim()).filter(Boolean))].sort();
  } catch {
    return [];
  }
}

async function notebookText(folder: string): Promise<string> {
  if (!existsSync(folder)) return '';
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ipynb'));
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

async function jupyter({ env, run }: Required<Patient>): Promise<Finding[]> {
  const name = 'Jupyter';
  try {
    const version = (await run('jupyter', ['lab', '--version'])).trim().split('\n').at(-1)!;
    return [{ name, state: 'good', found: `JupyterLab ${version}` }];
  } catch {
    // There may be one of our own.
  }
  const { cacheDirectory } = await import('../shared/cache-directory.js');
  const script = new URL('../../../scripts/setup/jupyter.mjs', import.meta.url).href;
  const { installedEnvironment, jupyterVersion } = (await import(script)) as {
    installedEnvironment(cache: string): { readonly folder: string } | undefined;
    jupyterVersion(environment: { readonly folder: string }): string;
  };
  const own = installedEnvironment(cacheDirectory(env));
  if (own) {
    const found = `JupyterLab ${jupyterVersion(own)} of Fathom's own, for npm run lab`;
    return [{ name, state: 'good', found }];
  }
  return [
    {
      name,
      state: 'poor',
      found: 'not installed (reports do not need it)',
      mend: 'npm run lab installs one for Fathom; or: python3 -m pip install jupyterlab',
    },
  ];
}

async function kernel({ env }: Required<Patient>): Promise<Finding[]> {
  const name = 'kernel';
  const { dataDirectories, listKernelSpecs } = await import('../press/kernel/kernelspec.js');
  const ours = listKernelSpecs(dataDirectories(env)).filter((spec) => spec.ours);
  const mend = 'npm run fathom -- kernel install (npm run lab offers it without that)';
  const [first] = ours;
  if (first === undefined) {
    const found = 'not registered with Jupyter (reports do not need it)';
    return [{ name, state: 'poor', found, mend }];
  }
  const broken = ours.find(({ problem }) => problem !== undefined);
  if (broken) {
    return [{ name, state: 'poor', found: `${broken.folder}: ${broken.problem}`, mend }];
  }
  return [{ name, state: 'good', found: `${first.displayName} in ${first.folder}` }];
}

async function caches({ root, env }: Required<Patient>): Promise<Finding[]> {
  const { cacheDirectory } = await import('../shared/cache-directory.js');
  const shared = cacheDirectory(env);
  const parts = existsSync(shared) ? (await readdir(shared)).sort() : [];
  const sizes = await Promise.all(
    parts.map(async (part) => [part, await size(join(shared, part))] as const),
  );
  const shown = sizes
    .filter(([, bytes]) => bytes >= 1e6)
    .map(([part, bytes]) => `${part} ${megabytes(bytes)}`);
  const own = await size(join(root, '.fathom'));
  return [
    {
      name: 'cache',
      state: 'good',
      found: `${megabytes(sizes.reduce((sum, [, bytes]) => sum + bytes, 0))} in ${shared}${shown.length > 0 ? ` (${shown.join(', ')})` : ''}`,
    },
    { name: 'runs', state: 'good', found: `${megabytes(own)} in ${join(root, '.fathom')}` },
  ];
}

/** Bytes in all files under a folder; 0 where it is not there. */
async function size(path: string): Promise<number> {
  let total = 0;
  try {
    for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      // A file may be gone by now: others may be working.
      total += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes(code ?? '')) throw error;
    return (await stat(path).catch(() => null))?.size ?? 0;
  }
  return total;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
