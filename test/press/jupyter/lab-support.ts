// A JupyterLab server and a headless browser that looks at it, for tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { findBrowser } from '../../../src/press/report/browser.js';
import { watch } from '../../../src/press/run/watchdog.js';
import { type Jupyter, program } from './support.js';

/** A cold JupyterLab takes 15 s to be there on 2 cores, and several times that beside other tests. */
export const patience = { timeout: 120_000 };

export interface Lab {
  /** Opens a notebook and waits until its kernel is idle. */
  open(notebook: string): Promise<LabPage>;
  stop(): Promise<void>;
}

export interface LabPage {
  readonly page: Page;
  /** Runs a command of JupyterLab's, as its menus do. */
  command(name: string): Promise<void>;
  /** Puts the cursor at the end of a code cell, counted from 0. */
  focus(cell: number): Promise<void>;
  /** Runs one cell. */
  runCell(cell: number): Promise<void>;
  /** Waits until an output of the cell holds the text, or something that the selector finds. */
  sees(cell: number, what: { text: string } | { selector: string }): Promise<void>;
  /** Keeps a picture where FATHOM_SCREENSHOTS names a folder. */
  picture(name: string): Promise<void>;
}

export async function startLab(home: Jupyter, size = { width: 1200, height: 900 }): Promise<Lab> {
  // Nothing stands before the notebook.
  const settings = join(home.folder, 'config/lab/user-settings/@jupyterlab/apputils-extension');
  mkdirSync(settings, { recursive: true });
  writeFileSync(
    join(settings, 'notification.jupyterlab-settings'),
    '{ "fetchNews": "false", "checkForUpdates": false }',
  );
  const port = await freePort();
  const token = 'test';
  const lab = spawn(
    program('jupyter'),
    [
      'lab',
      '--no-browser',
      '--allow-root',
      '--expose-app-in-browser',
      '--ServerApp.ip=127.0.0.1',
      `--ServerApp.port=${port}`,
      '--ServerApp.port_retries=0',
      `--IdentityProvider.token=${token}`,
      `--ServerApp.root_dir=${home.folder}`,
    ],
    { cwd: home.folder, env: home.env, stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  const hasEnded = watch(lab.pid);
  const ended = once(lab, 'exit').then(hasEnded);
  let log = '';
  const up = new Promise<void>((resolve, reject) => {
    lab.stderr!.on('data', (chunk) => {
      log += chunk;
      if (log.includes('is running at')) resolve();
    });
    ended.then(() => reject(new Error(`jupyter lab ended: ${log}`)));
  });
  up.catch(() => {});
  const { launch } = await import('puppeteer');
  const chromium = await launch({
    executablePath: (await findBrowser()).path,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    // Cells that train are waited for.
    protocolTimeout: 300_000,
  });
  return {
    async open(notebook) {
      await up;
      const page = await chromium.newPage();
      await page.setViewport(size);
      await page.goto(
        `http://127.0.0.1:${port}/lab/workspaces/${notebook.replace(/\W/g, '')}/tree/${notebook}?token=${token}&reset`,
        patience,
      );
      await page.waitForSelector('.jp-Notebook .jp-CodeCell .cm-content', patience);
      await page.waitForFunction(`document.body.textContent.includes('| Idle')`, patience);
      return pageOf(page);
    },
    async stop() {
      await chromium.close();
      lab.kill('SIGTERM');
      const force = setTimeout(() => lab.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(force);
    },
  };
}

function pageOf(page: Page): LabPage {
  const cellAt = (cell: number) => `.jp-Notebook .jp-CodeCell[data-windowed-list-index="${cell}"]`;
  const self: LabPage = {
    page,
    async command(name) {
      await page.evaluate(`void jupyterapp.commands.execute(${JSON.stringify(name)})`);
    },
    async focus(cell) {
      await page.click(`${cellAt(cell)} .cm-content`);
      await page.keyboard.down('Control');
      await page.keyboard.press('End');
      await page.keyboard.up('Control');
    },
    async runCell(cell) {
      await self.focus(cell);
      await page.keyboard.down('Shift');
      await page.keyboard.press('Enter');
      await page.keyboard.up('Shift');
    },
    async sees(cell, what) {
      const output = `${cellAt(cell)} .jp-OutputArea`;
      const found = `document.querySelector(${JSON.stringify(output)})?.textContent.includes(${JSON.stringify('text' in what && what.text)})`;
      try {
        if ('text' in what) await page.waitForFunction(found, patience);
        else
          await page.waitForSelector(`${output} ${what.selector}`, { ...patience, visible: true });
      } catch (error) {
        await self.picture('not-seen');
        throw error;
      }
    },
    async picture(name) {
      const folder = process.env.FATHOM_SCREENSHOTS;
      if (folder) await page.screenshot({ path: join(folder, `${name}.png`) as `${string}.png` });
    },
  };
  return self;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
