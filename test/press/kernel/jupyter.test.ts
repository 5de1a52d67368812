/** The kernel in a real Jupyter program: nbclient. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { cacheDirectory } from '../../../src/lab/data/cache.js';
import { installKernelSpec } from '../../../src/press/kernel/index.js';

const venv = join(cacheDirectory(), 'venv-test');
const bin = join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
const noJupyter =
  !existsSync(join(venv, 'ready')) && 'no Python environment with Jupyter (scripts/test-venv.mjs)';
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
});
