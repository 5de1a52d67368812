// Finds and starts the browser that prints PDF: the one that was named, else one that is installed, else Puppeteer's own.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Browser } from 'puppeteer';

export interface FoundBrowser {
  readonly path: string;
  readonly from: 'PUPPETEER_EXECUTABLE_PATH' | 'installed' | 'puppeteer';
}

/** There is no browser to print with. The message says what was tried and how to mend it. */
export class BrowserError extends Error {
  override readonly name = 'BrowserError';
}

const mend =
  'Install Chromium or Chrome (Debian, Ubuntu: apt-get install chromium), or run: npx puppeteer browsers install chrome. A browser elsewhere can be named in PUPPETEER_EXECUTABLE_PATH.';

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'microsoft-edge',
];

/** Throws BrowserError if there is none. Effects come in as arguments so that every branch can be tested. */
export async function findBrowser(
  environment: NodeJS.ProcessEnv = process.env,
  { platform = process.platform, isProgram = executable, puppeteerPath = ownBrowser } = {},
): Promise<FoundBrowser> {
  const named = environment.PUPPETEER_EXECUTABLE_PATH;
  if (named) {
    if (isProgram(named)) return { path: named, from: 'PUPPETEER_EXECUTABLE_PATH' };
    throw new BrowserError(
      `PUPPETEER_EXECUTABLE_PATH is "${named}", but there is no program there. Correct or unset it.`,
    );
  }
  const tried = places(platform, environment);
  const installed = tried.find(isProgram);
  if (installed) return { path: installed, from: 'installed' };
  const own = await puppeteerPath();
  if (own && isProgram(own)) return { path: own, from: 'puppeteer' };
  throw new BrowserError(
    `no browser to print PDF with: none of ${names.join(', ')} is on the PATH or in the usual places${own ? `, and there is none at ${own}` : ''}. ${mend}`,
  );
}

function places(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): string[] {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  if (platform === 'darwin') {
    const applications = ['/Applications', join(homedir(), 'Applications')];
    return applications.flatMap((folder) =>
      ['Google Chrome', 'Chromium', 'Microsoft Edge'].map((name) =>
        join(folder, `${name}.app/Contents/MacOS/${name}`),
      ),
    );
  }
  if (platform === 'win32') {
    return [
      environment.PROGRAMFILES,
      environment['PROGRAMFILES(X86)'],
      environment.LOCALAPPDATA,
    ].flatMap((folder) =>
      folder
        ? [
            'Google\\Chrome\\Application\\chrome.exe',
            'Chromium\\Application\\chrome.exe',
            'Microsoft\\Edge\\Application\\msedge.exe',
          ].map((name) => join(folder, name))
        : [],
    );
  }
  return [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/usr/bin/chromium',
    '/usr/bin/google-chrome-stable',
    '/opt/google/chrome/chrome',
    '/snap/bin/chromium',
  ];
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function ownBrowser(): Promise<string | null> {
  try {
    const { default: puppeteer } = await import('puppeteer');
    return await puppeteer.executablePath();
  } catch {
    return null;
  }
}

/** Starts the browser that `findBrowser` finds. Its sandbox is on, except where it cannot be. */
export async function openBrowser(): Promise<Browser> {
  const { default: puppeteer } = await import('puppeteer');
  const { path } = await findBrowser();
  const isRoot = process.getuid?.() === 0;
  const isContainer = existsSync('/.dockerenv') || existsSync('/run/.containerenv');
  try {
    return await puppeteer.launch({
      executablePath: path,
      headless: true,
      args: [
        ...(isRoot || isContainer ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-default-apps',
        '--disable-extensions',
        '--disable-sync',
        '--no-first-run',
        '--disable-dev-shm-usage',
        '--font-render-hinting=none',
        '--lang=en-US',
      ],
      env: { ...process.env, TZ: 'UTC', LANG: 'C.UTF-8' },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new BrowserError(
      `the browser ${path} does not start: ${reason}. Try it by hand with --headless --version, or name another in PUPPETEER_EXECUTABLE_PATH.`,
    );
  }
}

/** A browser that is started when it is first asked for, and may be asked for by many. */
export interface LentBrowser {
  (): Promise<Browser>;
  /** Ends it, if it was started. */
  close(): Promise<void>;
}

export function lendBrowser(open: () => Promise<Browser> = openBrowser): LentBrowser {
  let opening: Promise<Browser> | null = null;
  const lend = (): Promise<Browser> => {
    opening ??= open();
    // Who asked for it is told; starting it early tells nobody.
    opening.catch(() => undefined);
    return opening;
  };
  const close = async (): Promise<void> => {
    const opened = await opening?.catch(() => null);
    await opened?.close();
  };
  return Object.assign(lend, { close });
}
