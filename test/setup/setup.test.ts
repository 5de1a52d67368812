// scripts/setup.mjs from end to end, in a clone in small whose npm, browser and compiler are stubs.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  createReadStream,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { appears, command, root, temporaryFolder, write } from './support.js';

const skip = process.platform === 'win32' && 'stub commands are shell scripts';

const lockfile = (version: string) =>
  JSON.stringify({
    packages: {
      '': { name: 'small' },
      'node_modules/typescript': { version: '5.9.3', integrity: 'sha512-a' },
      'node_modules/puppeteer': { version, integrity: `sha512-${version}` },
      'node_modules/@tensorflow/tfjs-node': { version: '4.22.0', integrity: 'sha512-c' },
      'node_modules/@tensorflow/tfjs-backend-wasm': { version: '4.22.0', integrity: 'sha512-d' },
      'node_modules/node-elsewhere': { version: '24.0.0', optional: true, os: 'elsewhere' },
    },
  });

/** What the stub of `npm ci` installs: packages whose programs do in small what the real ones do. */
function packages(folder: string): void {
  const put = (name: string, version: string, files: Record<string, string>) => {
    write(join(folder, name, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
    for (const [path, content] of Object.entries(files)) write(join(folder, name, path), content);
  };
  put('typescript', '5.9.3', {
    'bin/tsc': `const fs = require('node:fs');
if (fs.readFileSync('src/a.ts', 'utf8').includes('wrong')) { console.log("src/a.ts(1,1): error TS1: wrong"); process.exit(2); }
fs.mkdirSync('dist/src', { recursive: true });
for (const name of fs.readdirSync('src')) fs.writeFileSync('dist/src/' + name.replace('.ts', '.js'), '');
fs.appendFileSync('tsc.log', 'built\\n');`,
  });
  put('puppeteer', '1.0.0', {
    'install.mjs': `console.warn('Browser download failed', new Error('getaddrinfo ENOTFOUND browsers.invalid'));`,
    'index.js': `exports.executablePath = () => process.env.PUPPETEER_CACHE_DIR + '/chrome/chrome';`,
  });
  put('@tensorflow/tfjs-node', '4.22.0', {
    'binding.gyp': '',
    'binding/x.cc': '',
    'scripts/install.js': `throw new Error('getaddrinfo ENOTFOUND libraries.invalid');`,
  });
  put('@tensorflow/tfjs-backend-wasm', '4.22.0', {});
}

function clone(t: TestContext) {
  const folder = temporaryFolder(t);
  const bin = join(folder, 'bin');
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  write(join(folder, 'package-lock.json'), lockfile('1.0.0'));
  write(join(folder, 'tsconfig.json'), '{}');
  write(join(folder, 'src', 'a.ts'), '');
  const store = join(bin, 'store');
  packages(store);
  command(
    bin,
    'npm',
    `echo "$@" >> '${folder}/npm.log'
/bin/rm -rf node_modules
/bin/cp -r '${store}' node_modules
'${process.execPath}' -e '
  const fs = require("node:fs");
  const { packages } = JSON.parse(fs.readFileSync("package-lock.json"));
  const here = Object.entries(packages).filter(([name, { os }]) => name && !os);
  fs.writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages: Object.fromEntries(here) }));'`,
  );
  stubBrowser(bin, 'chromium');
  const env = { PATH: bin, HOME: folder, FATHOM_CACHE: join(bin, 'cache') };
  return {
    folder,
    bin,
    env,
    start: (extra: NodeJS.ProcessEnv = {}, args: string[] = []) =>
      spawn(process.execPath, [join(folder, 'scripts', 'setup.mjs'), ...args], {
        cwd: folder,
        env: { ...env, ...extra },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
  };
}

function stubBrowser(bin: string, name: string): void {
  command(
    bin,
    name,
    'case "$*" in *--dump-dom*) echo "<p>it works</p>";; *) echo "Chromium 99.1.2.3 small";; esac',
  );
}

async function finish(child: ReturnType<ReturnType<typeof clone>['start']>) {
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  /** The line of a step, without its time. */
  const line = (step: string) =>
    out
      .split('\n')
      .find((text) => text.slice(2).startsWith(step))
      ?.replace(/ \([\d.]+ s\)$/, '');
  return { code, out, errors, line };
}

const lines = (path: string) =>
  existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0;

describe('setup.mjs', { skip }, () => {
  test('sets up a fresh clone, and the second time finds all there', async (t) => {
    const { folder, env, start } = clone(t);
    const first = await finish(start());
    assert.equal(first.code, 0, first.out + first.errors);
    assert.equal(first.line('packages'), '✓ packages   installed 4 packages from the lockfile');
    assert.match(first.line('node')!, /^! node +\d.*the running one/);
    assert.match(first.line('tensorflow')!, /^! tensorflow WASM 4\.22\.0; official: .*ENOTFOUND/);
    assert.equal(
      first.line('browser'),
      `✓ browser    99.1.2.3 ${join(env.PATH, 'chromium')} (installed)`,
    );
    assert.equal(first.line('build'), '✓ build      compiled');
    assert.equal(readlinkSync(join(folder, 'node_modules', 'fathom')), '..');
    const state = JSON.parse(readFileSync(join(folder, '.fathom', 'setup.json'), 'utf8'));
    assert.equal(state.browser.path, join(env.PATH, 'chromium'));
    assert.equal(state.tensorflow.link, 'wasm');
    assert.deepEqual(readdirSync(join(folder, '.fathom')), ['setup.json']);

    const second = await finish(start());
    assert.equal(second.code, 0);
    assert.equal(second.line('packages'), '✓ packages   4 as the lockfile names them');
    assert.equal(second.line('build'), '✓ build      up to date');
    assert.equal(lines(join(folder, 'npm.log')), 1);
    assert.equal(lines(join(folder, 'tsc.log')), 1);
  });

  test('installs again when the lockfile has changed, or a package is gone', async (t) => {
    const { folder, start } = clone(t);
    await finish(start());
    write(join(folder, 'package-lock.json'), lockfile('1.0.1'));
    assert.equal((await finish(start())).code, 0);
    assert.equal(lines(join(folder, 'npm.log')), 2);
    rmSync(join(folder, 'node_modules', 'puppeteer'), { recursive: true });
    assert.equal((await finish(start())).code, 0);
    assert.equal(lines(join(folder, 'npm.log')), 3);
  });

  test('installs again when the installation was interrupted, even by kill -9', async (t) => {
    const { folder, bin, start } = clone(t);
    const npm = readFileSync(join(bin, 'npm'), 'utf8');
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const [started, held] = [join(folder, `started-${signal}`), join(folder, `held-${signal}`)];
      // All that npm starts holds this pipe; it ends when the last of them has ended.
      execFileSync('mkfifo', [held]);
      const gone = once(createReadStream(held).resume(), 'end');
      command(
        bin,
        'npm',
        `exec 3>'${held}'; /bin/mkdir -p node_modules/typescript; : > '${started}'; /bin/sleep 600; :`,
      );
      const child = start();
      const end = finish(child);
      await appears(started);
      child.kill(signal);
      const { code, errors } = await end;
      await gone;
      if (signal === 'SIGINT') {
        assert.equal(code, 130);
        assert.match(errors, /interrupted/);
      }
    }
    writeFileSync(join(bin, 'npm'), npm);
    const after = await finish(start());
    assert.equal(after.code, 0, after.out + after.errors);
    assert.match(after.line('packages')!, /installed 4/);
  });

  test('two at once in one folder take turns', async (t) => {
    const { folder, start } = clone(t);
    const both = await Promise.all([finish(start()), finish(start())]);
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
    );
    assert.equal(lines(join(folder, 'npm.log')), 1);
  });

  test('says what npm said when it fails', async (t) => {
    const { bin, start } = clone(t);
    command(bin, 'npm', 'echo "npm error code E404" >&2; exit 1');
    const { code, errors, line } = await finish(start());
    assert.equal(code, 1);
    assert.match(
      line('packages')!,
      /^✗ packages +npm ci: failed with exit code 1 \(no packages are installed\)/,
    );
    assert.match(errors, /npm error code E404/);
  });

  test('says what the compiler said, and builds again when the source is mended', async (t) => {
    const { folder, start } = clone(t);
    write(join(folder, 'src', 'a.ts'), 'wrong');
    const bad = await finish(start());
    assert.equal(bad.code, 1);
    assert.match(bad.errors, /src\/a\.ts\(1,1\): error TS1/);
    assert.equal((await finish(start())).code, 1);
    write(join(folder, 'src', 'a.ts'), 'right');
    assert.equal((await finish(start())).code, 0);
  });

  test('removes what was built of a source that is gone', async (t) => {
    const { folder, start } = clone(t);
    write(join(folder, 'src', 'b.ts'), '');
    await finish(start());
    assert.deepEqual(readdirSync(join(folder, 'dist', 'src')), ['a.js', 'b.js']);
    rmSync(join(folder, 'src', 'b.ts'));
    await finish(start());
    assert.deepEqual(readdirSync(join(folder, 'dist', 'src')), ['a.js']);
  });

  test('refuses an option or a link of the chain that it does not know', async (t) => {
    const { start } = clone(t);
    const help = await finish(start({}, ['--help']));
    assert.deepEqual([help.code, help.errors], [0, '']);
    assert.match(help.out, /--retry +tries again/);
    const option = await finish(start({}, ['--tests']));
    assert.equal(option.code, 2);
    assert.match(option.errors, /unknown option --tests\. Known: --test, --retry/);
    const link = await finish(start({ FATHOM_TENSORFLOW: 'whel' }));
    assert.equal(link.code, 1);
    assert.match(
      link.errors,
      /FATHOM_TENSORFLOW is "whel": it can be official, wheel, wasm or unset/,
    );
  });
});

describe('the browser', { skip }, () => {
  test('that is installed but does not work is passed over', async (t) => {
    const { bin, start } = clone(t);
    command(
      bin,
      'google-chrome',
      'echo "error while loading shared libraries: libnss3.so" >&2; exit 127',
    );
    assert.match((await finish(start())).line('browser')!, /99\.1\.2\.3 .*chromium \(installed\)/);
  });

  test('that PUPPETEER_EXECUTABLE_PATH names wins, and must work', async (t) => {
    const { bin, start } = clone(t);
    stubBrowser(bin, 'mine');
    const good = await finish(start({ PUPPETEER_EXECUTABLE_PATH: join(bin, 'mine') }));
    assert.match(good.line('browser')!, /mine \(PUPPETEER_EXECUTABLE_PATH\)/);
    const bad = await finish(start({ PUPPETEER_EXECUTABLE_PATH: join(bin, 'nowhere') }));
    assert.equal(bad.code, 1);
    assert.match(bad.errors, /PUPPETEER_EXECUTABLE_PATH: .*nowhere does not start: not found/);
  });

  test("comes from Puppeteer's download where none is installed, whole in the cache", async (t) => {
    const { bin, env, start } = clone(t);
    rmSync(join(bin, 'chromium'));
    const elsewhere = join(bin, 'elsewhere');
    stubBrowser(elsewhere, 'chrome');
    write(
      join(bin, 'store', 'puppeteer', 'install.mjs'),
      `import { cpSync } from 'node:fs';
cpSync(${JSON.stringify(join(elsewhere, 'chrome'))}, process.env.PUPPETEER_CACHE_DIR + '/chrome/chrome');`,
    );
    const first = await finish(start());
    const path = join(env.FATHOM_CACHE, 'browser', 'puppeteer-1.0.0', 'chrome', 'chrome');
    assert.equal(first.line('browser'), `✓ browser    99.1.2.3 ${path} (downloaded)`, first.out);
    assert.deepEqual(readdirSync(join(env.FATHOM_CACHE, 'browser')), ['puppeteer-1.0.0']);
    assert.equal((await finish(start())).line('browser'), `✓ browser    99.1.2.3 ${path}`);
  });

  test('goes into the clone where the cache cannot be written', async (t) => {
    const { folder, bin, env, start } = clone(t);
    rmSync(join(bin, 'chromium'));
    stubBrowser(join(bin, 'elsewhere'), 'chrome');
    write(
      join(bin, 'store', 'puppeteer', 'install.mjs'),
      `import { cpSync } from 'node:fs';
cpSync(${JSON.stringify(join(bin, 'elsewhere', 'chrome'))}, process.env.PUPPETEER_CACHE_DIR + '/chrome/chrome');`,
    );
    write(env.FATHOM_CACHE, '');
    const { code, line, out } = await finish(start());
    assert.equal(code, 0, out);
    const path = join(
      folder,
      '.fathom',
      'shared',
      'browser',
      'puppeteer-1.0.0',
      'chrome',
      'chrome',
    );
    assert.equal(line('browser'), `✓ browser    99.1.2.3 ${path} (downloaded)`);
  });

  const isDebianRoot = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  test('comes from apt-get for root on Debian', {
    skip: !isDebianRoot && 'not root on Debian',
  }, async (t) => {
    const { folder, bin, start } = clone(t);
    stubBrowser(bin, 'packaged');
    rmSync(join(bin, 'chromium'));
    command(
      bin,
      'apt-get',
      `echo "$@" >> '${folder}/apt.log'
case "$1" in install) /bin/mv '${bin}/packaged' '${bin}/chromium';; esac`,
    );
    const { code, line } = await finish(start());
    assert.equal(code, 0);
    assert.match(line('browser')!, /chromium \(apt-get\)/);
    assert.match(
      readFileSync(join(folder, 'apt.log'), 'utf8'),
      /^update .*\ninstall .*chromium fonts-dejavu-core\n$/,
    );
  });

  test('that cannot be had is one clear line with a mend, and no error', async (t) => {
    const { bin, start } = clone(t);
    rmSync(join(bin, 'chromium'));
    const first = await finish(start());
    assert.equal(first.code, 0);
    assert.match(
      first.line('browser')!,
      /^! browser +none, so no PDF can be made \(HTML can\): .*ENOTFOUND browsers\.invalid.*Install Chrome or Chromium, or set PUPPETEER_EXECUTABLE_PATH/,
    );
    stubBrowser(bin, 'chromium');
    assert.match((await finish(start())).line('browser')!, /^✓ browser/);
  });
});
