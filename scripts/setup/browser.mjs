// The browser that prints PDF: PUPPETEER_EXECUTABLE_PATH → an installed Chrome or Chromium → Puppeteer's download → apt-get.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { aptInstall, aptIsOurs } from './apt.mjs';
import {
  inCache,
  moveIntoPlace,
  readJson,
  sizeOfTree,
  withLock,
  withStaging,
  writeJson,
} from './files.mjs';
import { megabytes, SetupError } from './lines.mjs';
import { watchGrowth } from './official.mjs';
import { packageVersion } from './packages.mjs';
import { CommandError, findProgram, lastLine, run } from './process.mjs';

const TRY_LIMIT_MS = 60_000;
const DOWNLOAD_LIMIT_MS = 10 * 60_000;
const FIRST_BYTES_MS = 30_000;
const STALL_MS = 60_000;

/** Chrome or Chromium under its usual names and in its usual places, most likely first. */
export function installedBrowsers(env, platform = process.platform, home = homedir()) {
  if (platform === 'darwin') {
    const programs = ['Google Chrome', 'Chromium', 'Google Chrome for Testing', 'Microsoft Edge'];
    return ['/Applications', join(home, 'Applications')]
      .flatMap((folder) =>
        programs.map((name) => join(folder, `${name}.app`, 'Contents', 'MacOS', name)),
      )
      .filter(existsSync);
  }
  if (platform === 'win32') {
    const folders = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter(Boolean);
    const programs = [
      ['Google', 'Chrome', 'Application', 'chrome.exe'],
      ['Chromium', 'Application', 'chrome.exe'],
      ['Microsoft', 'Edge', 'Application', 'msedge.exe'],
    ];
    return folders
      .flatMap((folder) => programs.map((parts) => join(folder, ...parts)))
      .filter(existsSync);
  }
  return [
    'google-chrome-stable',
    'google-chrome',
    'chromium',
    'chromium-browser',
    'chrome',
    'microsoft-edge-stable',
  ]
    .map((name) => findProgram([name], env))
    .filter(Boolean);
}

/** Starts a browser once without a window and resolves to its version. Throws SetupError when it does not work. */
export async function tryBrowser(path, env) {
  const profile = mkdtempSync(join(tmpdir(), 'fathom-browser-'));
  try {
    const common = [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
    ];
    const page = 'data:text/html,<title>x</title><p>it works</p>';
    const dom = await run(path, [...common, `--user-data-dir=${profile}`, '--dump-dom', page], {
      env,
      timeoutMs: TRY_LIMIT_MS,
    });
    if (!dom.includes('<p>it works</p>'))
      throw new SetupError(`${path} starts, but shows no page`, dom);
    // Windows' Chrome opens a window instead of printing its version.
    if (process.platform === 'win32') return '';
    const said = await run(path, ['--version'], { env, timeoutMs: TRY_LIMIT_MS });
    return /\d+(\.\d+)+/.exec(said)?.[0] ?? '';
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new SetupError(
      `${path} does not start: ${lastLine(error.output, /error|cannot|snap/i) || error.reason}`,
      error.output,
    );
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Puppeteer's own download, put together in a staging folder of the shared cache. Resolves to the program's path. */
async function downloadBrowser({ root, cache, node, env, say }) {
  const name = `puppeteer-${packageVersion(root, 'puppeteer')}`;
  const parent = join(cache, 'browser');
  const target = join(parent, name);
  const known = readJson(join(target, 'fathom.json'))?.program;
  if (known && existsSync(join(target, known))) return join(target, known);
  return withLock(
    `${target}.lock`,
    () =>
      withStaging(parent, name, async (staging) => {
        const childEnv = {
          ...env,
          PUPPETEER_CACHE_DIR: staging,
          PUPPETEER_SKIP_CHROME_HEADLESS_SHELL_DOWNLOAD: 'true',
          npm_config_loglevel: 'notice',
        };
        say(() => `Puppeteer's download, ${megabytes(sizeOfTree(staging))}`);
        const output = await run(node, [join(root, 'node_modules', 'puppeteer', 'install.mjs')], {
          cwd: root,
          env: childEnv,
          timeoutMs: DOWNLOAD_LIMIT_MS,
          watch: watchGrowth(staging, { firstMs: FIRST_BYTES_MS, stallMs: STALL_MS }),
          label: "Puppeteer's download",
        });
        const script =
          "import('puppeteer').then(async (p) => console.log(await p.default.executablePath()))";
        const path = lastLine(
          await run(node, ['-e', script], {
            cwd: root,
            env: childEnv,
            timeoutMs: TRY_LIMIT_MS,
            label: 'puppeteer',
          }),
        );
        // The script ends with code 0 also when it has failed.
        if (!existsSync(path)) {
          const said = lastLine(output, /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|CERT|status code/);
          throw new SetupError(
            `Puppeteer's download: ${said.replace(/^- /, '') || lastLine(output) || 'nothing came'}`,
            output,
          );
        }
        const program = relative(staging, path);
        writeJson(join(staging, 'fathom.json'), { program });
        rmSync(target, { recursive: true, force: true });
        moveIntoPlace(staging, target);
        return join(target, program);
      }),
    (owner) =>
      say(`waiting for the set-up with process id ${owner?.pid ?? '?'}, which downloads the same`),
  );
}

/**
 * Finds or gets a browser that works and resolves to `{found, good, browser}` where `browser` is `{path, version, from}`,
 * or undefined when no link of the chain has worked: the step's line then says why and how to mend it.
 * `last` is what the previous set-up resolved to; a browser that was tried then is not started again.
 */
export async function setUpBrowser({ root, cache, node, env, say, last, retry = false }) {
  const asked = env.PUPPETEER_EXECUTABLE_PATH;
  if (asked && asked !== last?.path) {
    try {
      say(`trying ${asked}`);
      const version = await tryBrowser(asked, env);
      return {
        found: `${version} ${asked} (PUPPETEER_EXECUTABLE_PATH)`,
        browser: { path: asked, version, from: 'environment' },
      };
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      throw new SetupError(`PUPPETEER_EXECUTABLE_PATH: ${error.message}`, error.detail);
    }
  }
  if (last?.path && existsSync(last.path) && statSync(last.path).size === last.size && !retry) {
    return { found: `${last.version} ${last.path}`, browser: last };
  }

  const reasons = [];
  const attempt = async (from, provide) => {
    try {
      const path = await provide();
      say(`trying ${path}`);
      const version = await tryBrowser(path, env);
      const browser = { path, version, from, size: statSync(path).size };
      return { found: `${version} ${path} (${from})`, browser };
    } catch (error) {
      // A full disk or a folder that cannot be written is a reason like others.
      const isKnown = error instanceof SetupError || error instanceof CommandError;
      if (!isKnown && error.syscall === undefined) throw error;
      reasons.push(error.message);
      return undefined;
    }
  };
  const first = () => installedBrowsers(env);
  for (const path of first()) {
    const result = await attempt('installed', () => path);
    if (result) return result;
  }
  const gone = last?.missing && !retry;
  if (!gone) {
    const result = await attempt('downloaded', () =>
      inCache({ cache, own: join(root, '.fathom', 'shared') }, (folder) =>
        downloadBrowser({ root, cache: folder, node, env, say }),
      ),
    );
    if (result) return result;
    if (aptIsOurs(env)) {
      const installed = await attempt('apt-get', async () => {
        await aptInstall(['chromium', 'fonts-dejavu-core'], { env, say });
        const [path] = first();
        if (!path) throw new SetupError('apt-get install chromium left no chromium in PATH');
        return path;
      });
      if (installed) return installed;
    }
  }
  const why = gone ? last.missing : reasons.join('; ');
  return {
    found: `none, so no PDF can be made (HTML can): ${why}. Install Chrome or Chromium, or set PUPPETEER_EXECUTABLE_PATH; then npm run setup -- --retry`,
    good: false,
    browser: { missing: why },
  };
}
