// The chain official → wheel → WASM, with local servers, small archives and stub commands in PATH in the place of the network.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { create } from 'tar';
import { appears, command, load, root, temporaryFolder, write, zip } from './support.js';

interface Found {
  found: string;
  good?: boolean;
  tensorflow: { link: string; version: string; reasons: Record<string, string>; tools?: unknown };
}
interface Tensorflow {
  setUpTensorflow(options: Record<string, unknown>): Promise<Found>;
  verifyAddon(options: {
    folder: string;
    node: string;
    env: NodeJS.ProcessEnv;
  }): Promise<{ tensorflow: string }>;
}
const { setUpTensorflow, verifyAddon } = await load<Tensorflow>('setup/tensorflow.mjs');
const { SetupError } = await load<{ SetupError: new () => Error }>('setup/lines.mjs');
const { watchGrowth } = await load<{
  watchGrowth(
    folder: string,
    options: { firstMs: number; stallMs: number; size: () => number; now: () => number },
  ): () => string | undefined;
}>('setup/official.mjs');

const realPackage = join(root, 'node_modules', '@tensorflow', 'tfjs-node');
const posix = process.platform !== 'win32';
const skip = !posix && 'stub commands are shell scripts';

/** A fake wheel: what the set-up takes out of it, and something that it must leave. */
const wheelBytes = zip([
  { name: 'tensorflow/libtensorflow_cc.so.2', content: Buffer.from('the C++ library') },
  { name: 'tensorflow/libtensorflow_framework.so.2', content: Buffer.from('the framework') },
  { name: 'tensorflow/include/tensorflow/c/c_api.h', content: Buffer.from('// C API') },
  { name: 'tensorflow/include/tensorflow/c/eager/c_api.h', content: Buffer.from('// eager') },
  { name: 'tensorflow/python/huge.py', content: Buffer.from('not needed') },
]);
const wheelName =
  'tensorflow_cpu-2.18.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';

/** A clone in small: the sources of tfjs-node, a Node with headers, a PATH with nothing but stubs, and an empty cache. */
function clone(t: TestContext) {
  const folder = temporaryFolder(t);
  const packageFolder = join(folder, 'node_modules', '@tensorflow', 'tfjs-node');
  for (const name of ['package.json', 'binding.gyp', 'binding', 'scripts']) {
    cpSync(join(realPackage, name), join(packageFolder, name), {
      recursive: true,
      dereference: true,
    });
  }
  write(
    join(folder, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'package.json'),
    '{"version":"4.22.0"}',
  );
  const node = join(folder, 'node', 'bin', 'node');
  mkdirSync(dirname(node), { recursive: true });
  command(dirname(node), 'node', `exec '${process.execPath}' "$@"`);
  write(join(folder, 'node', 'include', 'node', 'node_api.h'), '// N-API');
  write(join(folder, wheelName), wheelBytes);
  const bin = join(folder, 'bin');
  const cache = join(folder, 'cache');
  const verified: string[] = [];
  const options = {
    root: folder,
    cache,
    node,
    packageFolder,
    platform: 'linux-x64',
    // The official script fails at once where nothing answers.
    env: { PATH: bin, TFJS_NODE_CDN_STORAGE: 'http://127.0.0.1:9/' } as NodeJS.ProcessEnv,
    say: () => {},
    wheels: {
      'linux-x64': {
        project: 'tensorflow-cpu',
        version: '2.18.1',
        platforms: ['manylinux_2_17_x86_64', 'manylinux2014_x86_64'],
        sha256: createHash('sha256').update(wheelBytes).digest('hex'),
      },
    },
    verify: async (path: string) => {
      verified.push(readFileSync(join(path, 'lib', 'napi-v8', 'tfjs_binding.node'), 'utf8'));
      return { tensorflow: '2.18.1' };
    },
  };
  return { folder, packageFolder, bin, cache, options, verified };
}

/** A python3 whose pip "downloads" the fake wheel; it logs its arguments. */
function stubPip(bin: string, folder: string, before = ''): void {
  command(
    bin,
    'python3',
    `if [ "$3" = --version ]; then echo pip 99; exit 0; fi
echo "$@" >> '${folder}/pip.log'
while [ "$1" != --dest ]; do shift; done
${before}
/bin/cp '${join(folder, wheelName)}' "$2/"`,
  );
}

/** A compiler that writes its output file, and logs its arguments. */
function stubCompiler(bin: string, folder: string): void {
  command(
    bin,
    'g++',
    `echo "$@" >> '${folder}/compiler.log'
while [ "$1" != -o ]; do shift; done
echo addon > "$2"`,
  );
}

const contents = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

describe('the wheel', { skip }, () => {
  test('is downloaded, checked, unpacked, compiled, kept in the cache and linked in', async (t) => {
    const { folder, packageFolder, bin, cache, options, verified } = clone(t);
    stubPip(bin, folder);
    stubCompiler(bin, folder);
    const { found, tensorflow } = await setUpTensorflow(options);
    assert.equal(tensorflow.link, 'wheel');
    assert.match(found, /^2\.18\.1 \(wheel; official: /);
    assert.deepEqual(readdirSync(join(packageFolder, 'deps', 'lib')), [
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
    ]);
    assert.deepEqual(verified, ['addon\n']);
    const manifest = JSON.parse(readFileSync(join(packageFolder, 'lib', 'fathom.json'), 'utf8'));
    assert.equal(manifest.link, 'wheel');
    assert.equal(
      manifest.sha256['deps/lib/libtensorflow_cc.so.2'],
      createHash('sha256').update('the C++ library').digest('hex'),
    );
    const [name, ...more] = readdirSync(join(cache, 'tensorflow'));
    assert.equal(name, 'wheel-2.18.1-tfjs-4.22.0-linux-x64-napi-v8');
    assert.deepEqual(more, []);
    assert.deepEqual(readdirSync(join(cache, 'tensorflow', name!)).sort(), ['deps', 'lib']);
    const pip = readFileSync(join(folder, 'pip.log'), 'utf8');
    assert.match(pip, /--only-binary=:all: --python-version 3\.11 .*tensorflow-cpu==2\.18\.1\n$/);
    const compiler = readFileSync(join(folder, 'compiler.log'), 'utf8');
    assert.match(compiler, /-Wl,-rpath,\$ORIGIN\/\.\.\/\.\.\/deps\/lib/);

    // A second time nothing is looked for, and another clone takes it from the cache.
    rmSync(bin, { recursive: true });
    assert.equal((await setUpTensorflow(options)).found, '2.18.1 (wheel)');
    rmSync(join(packageFolder, 'deps'), { recursive: true });
    rmSync(join(packageFolder, 'lib'), { recursive: true });
    assert.equal((await setUpTensorflow(options)).found, '2.18.1 (wheel, from the cache)');
    assert.equal(readFileSync(join(folder, 'pip.log'), 'utf8'), pip);
  });

  test('with another digest than the known one is not used, and nothing is left of it', async (t) => {
    const { folder, packageFolder, bin, cache, options } = clone(t);
    stubPip(bin, folder);
    stubCompiler(bin, folder);
    options.wheels['linux-x64'].sha256 = '0'.repeat(64);
    const { found, good, tensorflow } = await setUpTensorflow(options);
    assert.equal(tensorflow.link, 'wasm');
    assert.equal(good, false);
    assert.match(
      found,
      /^WASM 4\.22\.0; official: .*; wheel: .*has SHA-256 [0-9a-f]{64}, expected 0{64}: not used/,
    );
    assert.deepEqual(contents(join(cache, 'tensorflow')), []);
    assert.ok(!existsSync(join(packageFolder, 'lib')));
    assert.ok(!existsSync(join(folder, 'compiler.log')));
  });

  test('that is cut short is not used', async (t) => {
    const { folder, bin, cache, options } = clone(t);
    const cut = wheelBytes.subarray(0, 200);
    writeFileSync(join(folder, wheelName), cut);
    options.wheels['linux-x64'].sha256 = createHash('sha256').update(cut).digest('hex');
    stubPip(bin, folder);
    stubCompiler(bin, folder);
    assert.match((await setUpTensorflow(options)).found, /wheel: .*cut short/);
    assert.deepEqual(contents(join(cache, 'tensorflow')), []);
  });

  test('without a compiler is not even downloaded', async (t) => {
    const { folder, bin, options } = clone(t);
    stubPip(bin, folder);
    const { found, tensorflow } = await setUpTensorflow(options);
    assert.equal(tensorflow.link, 'wasm');
    assert.match(found, /wheel: no C\+\+ compiler/);
    assert.ok(!existsSync(join(folder, 'pip.log')));
  });

  test('without python3 gives the reason', async (t) => {
    const { folder, bin, options } = clone(t);
    stubCompiler(bin, folder);
    assert.match((await setUpTensorflow(options)).found, /wheel: no python3/);
  });

  test("gives pip's own last error as the reason", async (t) => {
    const { folder, bin, options } = clone(t);
    stubCompiler(bin, folder);
    command(
      bin,
      'python3',
      '[ "$3" = --version ] && exit 0\necho "WARNING: Retrying" >&2\necho "ERROR: No matching distribution found" >&2\nexit 1',
    );
    assert.match(
      (await setUpTensorflow(options)).found,
      /wheel: pip download: failed with exit code 1 \(ERROR: No matching distribution found\)/,
    );
  });

  test('that compiles but does not load is not linked in', async (t) => {
    const { folder, packageFolder, bin, cache, options } = clone(t);
    stubPip(bin, folder);
    stubCompiler(bin, folder);
    const verify = (path: string) =>
      verifyAddon({ folder: path, node: options.node, env: options.env });
    const { found, tensorflow } = await setUpTensorflow({ ...options, verify });
    assert.equal(tensorflow.link, 'wasm');
    assert.match(found, /wheel: does not load: /);
    assert.deepEqual(contents(join(cache, 'tensorflow')), []);
    assert.ok(!existsSync(join(packageFolder, 'lib')));
  });

  test('in the cache that no longer loads is made anew, once', async (t) => {
    const { folder, packageFolder, bin, options } = clone(t);
    stubPip(bin, folder);
    stubCompiler(bin, folder);
    await setUpTensorflow(options);
    rmSync(join(packageFolder, 'lib'), { recursive: true });
    let calls = 0;
    const verify = async () => {
      if (++calls === 1) throw new SetupError();
      return { tensorflow: '2.18.1' };
    };
    const { tensorflow } = await setUpTensorflow({ ...options, verify });
    assert.equal(tensorflow.link, 'wheel');
    assert.equal(
      readFileSync(join(folder, 'pip.log'), 'utf8').match(/^-m pip download/gm)?.length,
      2,
    );
  });

  test('in the cache of which a byte is another is made anew', async (t) => {
    const { folder, cache, packageFolder, bin, options } = clone(t);
    stubPip(bin, folder);
    stubCompiler(bin, folder);
    await setUpTensorflow(options);
    rmSync(join(packageFolder, 'lib'), { recursive: true });
    const made = readdirSync(join(cache, 'tensorflow')).find((name) => name.startsWith('wheel'))!;
    const spoilt = join(cache, 'tensorflow', made, 'deps', 'lib', 'libtensorflow_cc.so.2');
    const sound = readFileSync(spoilt);
    const bytes = Buffer.from(sound);
    bytes[0]! ^= 1;
    writeFileSync(spoilt, bytes);
    const { tensorflow } = await setUpTensorflow(options);
    assert.equal(tensorflow.link, 'wheel');
    assert.equal(
      readFileSync(join(folder, 'pip.log'), 'utf8').match(/^-m pip download/gm)?.length,
      2,
    );
    const linked = readFileSync(join(packageFolder, 'deps', 'lib', 'libtensorflow_cc.so.2'));
    for (const now of [readFileSync(spoilt), linked]) assert.deepEqual(now, sound);
  });

  test('is made once when two clones set up at the same time', async (t) => {
    const { folder, cache, bin, options } = clone(t);
    stubPip(bin, folder, '/bin/sleep 0.2');
    stubCompiler(bin, folder);
    const second = join(folder, 'second');
    cpSync(options.packageFolder, second, { recursive: true });
    const module = pathToFileURL(join(root, 'scripts', 'setup', 'tensorflow.mjs')).href;
    const run = async (packageFolder: string) => {
      const {
        verify: _verify,
        say: _say,
        ...data
      } = { ...options, packageFolder, request: 'wheel' };
      const text = `
        import { setUpTensorflow } from ${JSON.stringify(module)};
        const options = ${JSON.stringify(data)};
        const verify = async () => ({ tensorflow: '2.18.1' });
        const { found } = await setUpTensorflow({ ...options, verify, say: () => {} });
        console.log(found);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
      const [code] = await once(child, 'close');
      assert.equal(code, 0);
      return output.trim();
    };
    const found = await Promise.all([run(options.packageFolder), run(second)]);
    assert.deepEqual(found.sort(), ['2.18.1 (wheel)', '2.18.1 (wheel, from the cache)']);
    assert.equal(
      readFileSync(join(folder, 'pip.log'), 'utf8').match(/^-m pip download/gm)?.length,
      1,
    );
    assert.deepEqual(readdirSync(join(cache, 'tensorflow')), [
      'wheel-2.18.1-tfjs-4.22.0-linux-x64-napi-v8',
    ]);
    for (const path of [options.packageFolder, second]) {
      assert.ok(existsSync(join(path, 'lib', 'napi-v8', 'tfjs_binding.node')));
    }
  });

  test('of a platform that has none ends the chain at WASM', async (t) => {
    const { options } = clone(t);
    const { found } = await setUpTensorflow({ ...options, platform: 'sunos-sparc' });
    assert.match(found, /wheel: there is none for sunos-sparc/);
  });
});

describe('a cache that cannot be written', { skip }, () => {
  test('gives way to a folder of the clone', async (t) => {
    const { folder, cache, packageFolder, bin, options } = clone(t);
    stubPip(bin, folder);
    stubCompiler(bin, folder);
    // Not a folder: root may write into any that is one.
    write(cache, '');
    const { tensorflow } = await setUpTensorflow(options);
    assert.equal(tensorflow.link, 'wheel');
    assert.ok(existsSync(join(packageFolder, 'lib', 'napi-v8', 'tfjs_binding.node')));
    assert.deepEqual(readdirSync(join(folder, '.fathom', 'shared', 'tensorflow')).length, 1);
  });

  test('is a reason to pass a link over where the clone cannot be written either', async (t) => {
    const { folder, bin, cache, options } = clone(t);
    stubPip(bin, folder);
    stubCompiler(bin, folder);
    write(cache, '');
    const { found } = await setUpTensorflow({ ...options, own: join(cache, 'own') });
    assert.match(found, /^WASM 4\.22\.0; official: E(NOTDIR|EXIST).*; wheel: E(NOTDIR|EXIST)/);
  });
});

describe('a forced link', { skip }, () => {
  test('that does not work is an error, not a fallback', async (t) => {
    const { options } = clone(t);
    await assert.rejects(
      setUpTensorflow({ ...options, request: 'wheel' }),
      (error: Error) =>
        error instanceof SetupError &&
        /^FATHOM_TENSORFLOW=wheel: no C\+\+ compiler/.test(error.message),
    );
    await assert.rejects(
      setUpTensorflow({ ...options, request: 'official' }),
      /^SetupError: FATHOM_TENSORFLOW=official: /,
    );
    await assert.rejects(
      setUpTensorflow({ ...options, platform: 'sunos-sparc', request: 'wheel' }),
      /FATHOM_TENSORFLOW=wheel: there is none for sunos-sparc/,
    );
  });

  test('WASM needs nothing', async (t) => {
    const { options } = clone(t);
    const {
      found,
      good = true,
      tensorflow,
    } = await setUpTensorflow({ ...options, request: 'wasm' });
    assert.equal(found, 'WASM 4.22.0, as FATHOM_TENSORFLOW asks');
    assert.ok(good);
    assert.equal(tensorflow.link, 'wasm');
  });

  test('that no chain has is refused with those that there are', async (t) => {
    const { options } = clone(t);
    await assert.rejects(
      setUpTensorflow({ ...options, request: 'wheels' }),
      /FATHOM_TENSORFLOW is "wheels": it can be official, wheel, wasm or unset/,
    );
  });
});

describe('a chain that has ended at WASM', { skip }, () => {
  test('is not walked at each start, but when a tool has come or it is asked for', async (t) => {
    const { folder, bin, options } = clone(t);
    stubCompiler(bin, folder);
    const first = await setUpTensorflow(options);
    assert.match(first.found, /no python3/);
    const { found, good, tensorflow } = await setUpTensorflow({
      ...options,
      last: first.tensorflow,
    });
    assert.match(found, /no python3.*--retry$/);
    assert.equal(good, false);
    assert.deepEqual(tensorflow, first.tensorflow);
    const retried = await setUpTensorflow({ ...options, last: first.tensorflow, retry: true });
    assert.doesNotMatch(retried.found, /--retry/);
    stubPip(bin, folder);
    const second = await setUpTensorflow({ ...options, last: first.tensorflow });
    assert.equal(second.tensorflow.link, 'wheel');
  });
});

describe('the official link', { skip }, () => {
  async function serve(t: TestContext, listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  /** The official link needs the modules of the real package, and a shell to start its helper. */
  function withModules({ folder, packageFolder, options }: ReturnType<typeof clone>, host: string) {
    const modules = join(root, 'node_modules');
    const env = {
      PATH: [join(folder, 'bin'), join(modules, '.bin'), '/usr/bin', '/bin'].join(delimiter),
      NODE_PATH: modules,
      TFJS_NODE_CDN_STORAGE: host,
      npm_config_tfjs_binding_binary_host_mirror: host,
      HOME: folder,
    };
    cpSync(join(realPackage, 'node_modules'), join(packageFolder, 'node_modules'), {
      recursive: true,
      dereference: true,
    });
    for (const name of ['@mapbox', 'progress', 'https-proxy-agent', 'rimraf', 'tar', 'adm-zip']) {
      const source = join(modules, name);
      if (existsSync(source))
        cpSync(source, join(folder, 'node_modules', name), { recursive: true, dereference: true });
    }
    return { ...options, root, env, request: 'official' };
  }

  test('runs the own install script of the package, and keeps what it made', async (t) => {
    const small = clone(t);
    const site = join(small.folder, 'site');
    write(join(site, 'lib', 'libtensorflow.so.2.9.1'), 'official library');
    write(join(site, 'lib', 'libtensorflow_framework.so.2.9.1'), 'official framework');
    write(join(site, 'napi-v8', 'tfjs_binding.node'), 'official addon');
    await create({ gzip: true, file: join(small.folder, 'lib.tar.gz'), cwd: site }, ['lib']);
    await create({ gzip: true, file: join(small.folder, 'addon.tar.gz'), cwd: site }, ['napi-v8']);
    const asked: string[] = [];
    const host = await serve(t, (request, response) => {
      asked.push(request.url!);
      const name = request.url!.includes('libtensorflow-') ? 'lib.tar.gz' : 'addon.tar.gz';
      response.end(readFileSync(join(small.folder, name)));
    });
    const { found, tensorflow } = await setUpTensorflow(withModules(small, host));
    assert.equal(found, '2.18.1 (official)');
    assert.equal(tensorflow.link, 'official');
    assert.equal(asked.length, 2);
    assert.deepEqual(small.verified, ['official addon']);
    assert.equal(
      readFileSync(join(small.packageFolder, 'deps', 'lib', 'libtensorflow.so.2.9.1'), 'utf8'),
      'official library',
    );
    assert.deepEqual(readdirSync(join(small.cache, 'tensorflow')), [
      'official-tfjs-4.22.0-linux-x64-napi-v8',
    ]);
  });

  test('is passed over where the host answers with an error page', async (t) => {
    const small = clone(t);
    const host = await serve(t, (_request, response) => {
      response.writeHead(403).end('<html>blocked by policy</html>');
    });
    await assert.rejects(
      setUpTensorflow(withModules(small, host)),
      /FATHOM_TENSORFLOW=official: install script: /,
    );
    assert.deepEqual(contents(join(small.cache, 'tensorflow')), []);
    assert.ok(!existsSync(join(small.packageFolder, 'lib')));
  });

  test('is passed over where the host takes connections and says nothing', async (t) => {
    const small = clone(t);
    const host = await serve(t, () => {});
    await assert.rejects(
      setUpTensorflow({
        ...withModules(small, host),
        limits: { firstMs: 1500, stallMs: 1500, limitMs: 60_000 },
      }),
      /FATHOM_TENSORFLOW=official: install script: no answer within 1\.5 s/,
    );
    assert.deepEqual(contents(join(small.cache, 'tensorflow')), []);
  });

  test('is given up when a download stands still, not while it grows', () => {
    let size = 100;
    let now = 0;
    const look = watchGrowth('', { firstMs: 20, stallMs: 60, size: () => size, now: () => now });
    now = 19;
    assert.equal(look(), undefined);
    size = 150;
    now = 30;
    assert.equal(look(), undefined);
    now = 89;
    assert.equal(look(), undefined);
    size = 151;
    now = 95;
    assert.equal(look(), undefined);
    now = 155;
    assert.equal(look(), 'nothing came for 0.06 s');
  });
});

describe('an interrupted download', { skip }, () => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    test(`leaves nothing half made after ${signal}`, async (t) => {
      const { folder, packageFolder, bin, cache, options } = clone(t);
      const started = join(folder, 'started');
      stubPip(
        bin,
        folder,
        `echo partial > "$2/${wheelName}"; echo $$ > '${started}.tmp'; /bin/mv '${started}.tmp' '${started}'; exec /bin/sleep 600`,
      );
      stubCompiler(bin, folder);
      const url = (name: string) =>
        JSON.stringify(pathToFileURL(join(root, 'scripts', 'setup', name)).href);
      const { verify: _verify, say: _say, ...data } = { ...options, request: 'wheel' };
      const text = `
        import { abandonWork } from ${url('files.mjs')};
        import { stopOnSignals } from ${url('process.mjs')};
        import { setUpTensorflow } from ${url('tensorflow.mjs')};
        stopOnSignals(abandonWork);
        await setUpTensorflow({ ...${JSON.stringify(data)}, say: () => {}, verify: async () => ({ tensorflow: 'x' }) });`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
        stdio: ['ignore', 'inherit', 'ignore'],
      });
      const closed = once(child, 'close');
      await appears(started);
      const download = Number(readFileSync(started, 'utf8'));
      child.kill(signal);
      const [code] = await closed;
      assert.ok(!existsSync(join(packageFolder, 'lib')));
      if (signal === 'SIGINT') {
        assert.equal(code, 130);
        assert.throws(() => process.kill(download, 0), { code: 'ESRCH' });
        assert.deepEqual(contents(join(cache, 'tensorflow')), []);
      } else {
        process.kill(download, 'SIGKILL');
        assert.ok(
          contents(join(cache, 'tensorflow')).length > 0,
          'kill -9 cannot be tidied up after by the killed',
        );
      }
      // The next set-up finds a clean place, or makes one.
      stubPip(bin, folder);
      assert.equal(
        (await setUpTensorflow({ ...options, request: 'wheel' })).tensorflow.link,
        'wheel',
      );
      assert.deepEqual(readdirSync(join(cache, 'tensorflow')), [
        'wheel-2.18.1-tfjs-4.22.0-linux-x64-napi-v8',
      ]);
    });
  }
});

describe('the addon of this machine', () => {
  const addon = join(realPackage, 'lib', 'napi-v8', 'tfjs_binding.node');
  test('computes a matrix product', {
    skip: !existsSync(addon) && 'TensorFlow runs as WASM here',
  }, async () => {
    const { tensorflow } = await verifyAddon({
      folder: realPackage,
      node: process.execPath,
      env: process.env,
    });
    assert.match(tensorflow, /^\d+\.\d+\.\d+/);
  });
});
