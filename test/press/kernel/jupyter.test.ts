/** The kernel in real Jupyter programs: nbclient, and JupyterLab in a browser. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { cacheDirectory } from '../../../src/lab/data/cache.js';
import { installKernelSpec } from '../../../src/press/kernel/index.js';

const venv = join(cacheDirectory(), 'venv-lab');
const bin = join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
const noJupyter =
  !existsSync(join(venv, 'ready')) &&
  'no Python environment with Jupyter (npm run setup -- --test)';
const browser = [
  process.env.PUPPETEER_EXECUTABLE_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && path !== '' && existsSync(path));

const code = (source: string, index: number) => ({
  cell_type: 'code',
  id: `cell-${index}`,
  metadata: {},
  execution_count: null,
  outputs: [],
  source,
});
const notebook = (sources: string[]) =>
  JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: 'fathom-test', display_name: 'TypeScript', language: 'typescript' },
    },
    cells: sources.map(code),
  });
const chart =
  '({ $schema: "https://vega.github.io/schema/vega-lite/v5.json", description: "Two bars", data: { values: [{ a: "x", b: 1 }, { a: "y", b: 2 }] }, mark: "bar", encoding: { x: { field: "a" }, y: { field: "b", type: "quantitative" } } })';

describe('jupyter', { skip: noJupyter }, () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fathom-jupyter-'));
    installKernelSpec({ prefix: folder, name: 'fathom-test' });
    env = {
      ...process.env,
      JUPYTER_PATH: join(folder, 'share', 'jupyter'),
      JUPYTER_CONFIG_DIR: join(folder, 'config'),
      JUPYTER_DATA_DIR: join(folder, 'data'),
      JUPYTER_RUNTIME_DIR: join(folder, 'runtime'),
    };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('executes a notebook in nbclient, whose result is a valid notebook', () => {
    writeFileSync(
      join(folder, 'good.ipynb'),
      notebook([
        'const n: number = 20;\nconsole.log("hello");',
        'n * 2',
        chart,
        'throw new RangeError("as expected")',
      ]),
    );
    const script = [
      'import nbformat, nbclient',
      "nb = nbformat.read('good.ipynb', 4)",
      'nbclient.NotebookClient(nb, timeout=60, allow_errors=True).execute()',
      'nbformat.validate(nb)',
      "nbformat.write(nb, 'done.ipynb')",
    ].join('\n');
    const { status, stderr } = spawnSync(join(bin, 'python'), ['-c', script], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const { cells } = JSON.parse(readFileSync(join(folder, 'done.ipynb'), 'utf8'));
    assert.deepEqual(
      cells[0].outputs[0].text.concat().join?.('') ?? cells[0].outputs[0].text,
      'hello\n',
    );
    assert.deepEqual([cells[1].outputs[0].data['text/plain']].flat().join(''), '40');
    assert.equal(cells[2].outputs[0].data['application/vnd.vegalite.v5+json'].mark, 'bar');
    const { ename, evalue, output_type } = cells[3].outputs[0];
    assert.deepEqual(
      { ename, evalue, output_type },
      { ename: 'RangeError', evalue: 'as expected', output_type: 'error' },
    );
  });

  it('runs all cells in JupyterLab: a chart and an error are visible', {
    skip: !browser && 'no browser',
  }, async () => {
    writeFileSync(join(folder, 'lab.ipynb'), notebook([chart, 'const wrong: number = "text";']));
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await new Promise((closed) => server.close(closed));
    const token = 'test';
    const lab = spawn(
      join(bin, 'jupyter'),
      [
        'lab',
        '--no-browser',
        '--allow-root',
        '--ServerApp.ip=127.0.0.1',
        `--ServerApp.port=${port}`,
        '--ServerApp.port_retries=0',
        `--IdentityProvider.token=${token}`,
        `--ServerApp.root_dir=${folder}`,
      ],
      { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let log = '';
    const up = new Promise<void>((resolve, reject) => {
      lab.stderr!.on('data', (chunk) => {
        log += chunk;
        if (log.includes('is running at')) resolve();
      });
      lab.on('exit', (status) => reject(new Error(`jupyter lab ended (${status}): ${log}`)));
    });
    const { launch } = await import('puppeteer');
    const chromium = await launch({
      executablePath: browser!,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
    try {
      await up;
      const page = await chromium.newPage();
      await page.setViewport({ width: 1200, height: 900 });
      await page.goto(`http://127.0.0.1:${port}/lab/tree/lab.ipynb?token=${token}`);
      await page.waitForSelector('.jp-Notebook .jp-CodeCell .cm-content', { timeout: 60_000 });
      // JupyterLab moves the focus while it starts: keys pressed before the kernel is there go astray.
      await page.waitForFunction(`document.body.textContent.includes('| Idle')`, {
        timeout: 60_000,
      });
      await page.click('.jp-Notebook .jp-CodeCell .cm-content');
      for (let cell = 0; cell < 2; cell++) {
        await page.keyboard.down('Shift');
        await page.keyboard.press('Enter');
        await page.keyboard.up('Shift');
      }
      await page.waitForSelector(
        '.jp-OutputArea .vega-embed svg, .jp-OutputArea .vega-embed canvas',
        { timeout: 60_000 },
      );
      await page.waitForFunction(
        `document.querySelector('.jp-Notebook').textContent.includes('TS2322')`,
        { timeout: 30_000 },
      );
      if (process.env.FATHOM_SCREENSHOT)
        await page.screenshot({ path: process.env.FATHOM_SCREENSHOT as `${string}.png` });
    } finally {
      await chromium.close();
      lab.removeAllListeners('exit');
      const ended = once(lab, 'exit');
      lab.kill('SIGTERM');
      const force = setTimeout(() => lab.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(force);
    }
  });
});
