// The doctor: what it finds on this machine, and what it says of machines where something is missing.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type Finding, examine, table } from '../../src/cli/doctor.js';
import { main } from '../../src/cli/main.js';

function project(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'fathom-doctor-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** A machine on which these programs print these things, and all others are missing. */
function machine(programs: Record<string, string>) {
  return async (program: string, args: readonly string[]) => {
    const said = programs[[program, ...args].join(' ')];
    if (said === undefined) throw new Error(`spawn ${program} ENOENT`);
    return said;
  };
}

const find = (findings: readonly Finding[], name: string) =>
  findings.find((finding) => finding.name === name)!;
// Never the environment of the tests: it may name a browser.
const env = { HOME: '/nowhere', FATHOM_CACHE: '/nowhere/cache', JUPYTER_PATH: '/nowhere' };

describe('doctor', () => {
  test('knows what this process runs on', async () => {
    const findings = await examine();
    assert.match(
      find(findings, 'Node').found,
      new RegExp(`^${process.versions.node.replaceAll('.', '\\.')}`),
    );
    assert.match(
      find(findings, 'TensorFlow').found,
      /^(\d+\.\d+\.\d+, native \((official|wheel)\), \d+ threads?, oneDNN (on|off)|WASM )/,
    );
    assert.match(find(findings, 'cache').found, / MB in /);
    for (const { name, state, mend } of findings) {
      if (state === 'missing') assert.ok(mend, `${name} is missing, without a mend`);
    }
  });

  test('says how to mend a machine with nothing', async (t) => {
    const root = project(t, {});
    const findings = await examine({ root, env, platform: 'linux', run: machine({}) });
    const browser = find(findings, 'browser');
    assert.equal(browser.state, 'missing');
    assert.match(browser.mend!, /Chromium.*PUPPETEER_EXECUTABLE_PATH.*--retry/);
    const cjk = find(findings, 'CJK fonts');
    assert.equal(cjk.state, 'poor');
    assert.match(cjk.found, /Chinese: none; Japanese: none; Korean: none \(no notebook uses/);
    assert.equal(find(findings, 'Jupyter').state, 'poor');
    assert.match(find(findings, 'cache').found, /^0\.0 MB/);
  });

  test('looks on where what the set-up has written down is damaged', async (t) => {
    const root = project(t, { '.fathom/setup.json': '{"browser": {"pa' });
    const findings = await examine({ root, env, platform: 'linux', run: machine({}) });
    assert.equal(find(findings, 'browser').state, 'missing');
  });

  test('calls a script without a font missing when a notebook uses it', async (t) => {
    const root = project(t, { 'notebooks/a.ipynb': '{"cells": [{"source": "深さ"}]}' });
    const run = machine({ 'fc-list :lang=zh family': 'Noto Sans CJK SC,Noto Sans CJK SC Bold\n' });
    const cjk = find(await examine({ root, env, platform: 'linux', run }), 'CJK fonts');
    assert.equal(cjk.state, 'missing');
    assert.equal(cjk.found, 'Chinese: Noto Sans CJK SC; Japanese: none, but used; Korean: none');
    assert.match(cjk.mend!, /fonts-noto-cjk/);
  });

  test('takes the browser that the set-up found, and notices when it no longer starts', async (t) => {
    const state = JSON.stringify({ browser: { path: '/opt/chrome', version: '1' } });
    const root = project(t, { '.fathom/setup.json': state });
    const good = await examine({
      root,
      env,
      run: machine({ '/opt/chrome --version': 'Chromium 99.1.2.3\n' }),
    });
    assert.deepEqual(find(good, 'browser'), {
      name: 'browser',
      state: 'good',
      found: '99.1.2.3 /opt/chrome',
    });
    const gone = find(await examine({ root, env, run: machine({}) }), 'browser');
    assert.equal(gone.state, 'missing');
    assert.match(gone.found, /^\/opt\/chrome does not start: /);
    const named = await examine({
      root,
      env: { ...env, PUPPETEER_EXECUTABLE_PATH: '/my/chrome' },
      run: machine({ '/my/chrome --version': 'Google Chrome 100.0' }),
    });
    assert.equal(find(named, 'browser').found, '100.0 /my/chrome');
  });

  test('finds JupyterLab, installed or of our own', async (t) => {
    const root = project(t, { 'cache/venv-lab/ready/x': '', 'cache/venv-lab/bin/jupyter': '' });
    const library = 'cache/venv-lab/lib/python3.11/site-packages/jupyterlab-4.3.2.dist-info';
    mkdirSync(join(root, library), { recursive: true });
    const own = await examine({
      root,
      env: { ...env, FATHOM_CACHE: join(root, 'cache') },
      run: machine({}),
    });
    if (process.platform !== 'win32') {
      assert.match(find(own, 'Jupyter').found, /^JupyterLab 4\.3\.2 of Fathom's own/);
    }
    const run = machine({ 'jupyter lab --version': '4.4.1\n' });
    assert.equal(find(await examine({ root, env, run }), 'Jupyter').found, 'JupyterLab 4.4.1');
    const none = find(await examine({ root, env, run: machine({}) }), 'Jupyter');
    assert.equal(none.state, 'poor');
    assert.match(none.mend!, /npm run lab/);
  });

  test('finds the kernel that is registered, and notices when its program is gone', async (t) => {
    const spec = (argv: string[]) =>
      JSON.stringify({ argv, display_name: 'TypeScript (Fathom)', metadata: { fathom: {} } });
    const root = project(t, { 'kernels/fathom/kernel.json': spec([process.execPath, '-v']) });
    const here = { ...env, JUPYTER_PATH: root, JUPYTER_DATA_DIR: '/nowhere' };
    const good = find(await examine({ root, env: here, run: machine({}) }), 'kernel');
    assert.equal(good.found, `TypeScript (Fathom) in ${join(root, 'kernels', 'fathom')}`);
    writeFileSync(join(root, 'kernels', 'fathom', 'kernel.json'), spec(['/gone/node', 'x']));
    const bad = find(await examine({ root, env: here, run: machine({}) }), 'kernel');
    assert.equal(bad.state, 'poor');
    assert.match(bad.found, /\/gone\/node is missing/);
  });

  test('prints columns, and each mend below what it mends', async () => {
    const text = await table([
      { name: 'Node', state: 'good', found: '24' },
      { name: 'browser', state: 'missing', found: 'none', mend: 'install one' },
    ]);
    // Colours depend on the terminal.
    const plain = text.replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
    assert.equal(plain, '✓ Node     24\n✗ browser  none\n           → install one');
  });

  test('the exit code says whether something needed is missing', async (t) => {
    const printed: string[] = [];
    t.mock.method(console, 'log', (text: string) => printed.push(text));
    const before = process.exitCode;
    const code = await main(['doctor', '--json']);
    process.exitCode = before;
    const findings = JSON.parse(printed.join('\n')) as Finding[];
    assert.equal(code, findings.some(({ state }) => state === 'missing') ? 1 : 0);
  });
});
