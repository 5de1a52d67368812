// Executes the notebooks of test/fixtures/notebooks/ on the kernels that people use, and writes what came out beside them
// (executed/): what the tests take for notebooks of strangers. Run by hand when a source changes:
//   node scripts/fixtures.mjs [part of a name…]
// Python's packages go into an environment of their own in the shared cache, Deno comes from npm, and R is taken from the
// machine (Debian: apt-get install r-cran-irkernel). A kernel that cannot be had is said, and its notebooks stay as they are.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from './setup/files.mjs';

const folder = fileURLToPath(new URL('../test/fixtures/notebooks/', import.meta.url));
const cache = join(cacheDirectory(), 'fixtures');
const data = join(cache, 'jupyter');
const python = join(cache, 'python', 'bin', 'python');
const denoVersion = '2.9.6';
const packages = [
  'ipykernel==7.4.0',
  'nbclient==0.11.0',
  'pandas==3.1.1',
  'matplotlib==3.11.2',
  'jinja2==3.1.6',
  'sympy==1.14.0',
  'altair==6.3.0',
  'plotly==7.1.0',
  'ipywidgets==8.1.9',
  'tqdm==4.70.1',
];

/** Nothing of the machine gets into what is kept: no times, and paths and names that are the same everywhere. */
const executeInPython = `
import json, re, sys, tempfile
import nbformat
from nbclient import NotebookClient
source, target = sys.argv[1:]
notebook = nbformat.read(source, 4)
client = NotebookClient(notebook, timeout=120, record_timing=False, store_widget_state=True,
                        resources={"metadata": {"path": tempfile.mkdtemp()}})
client.execute()
notebook.metadata.get("kernelspec", {}).pop("path", None)
text = nbformat.writes(notebook)
text = re.sub(r"/tmp/ipykernel_\\d+/\\d+\\.py", "/tmp/cell.py", text)
text = re.sub(r'(?:/[\\w.+-]+)+/(?=site-packages/)', "/python/", text)
open(target, "w").write(text if text.endswith("\\n") else text + "\\n")
`;

const env = {
  ...process.env,
  JUPYTER_DATA_DIR: data,
  JUPYTER_PREFER_ENV_PATH: '1',
  DENO_DIR: join(cache, 'deno-cache'),
  NO_COLOR: '',
  TZ: 'UTC',
  LANG: 'C.UTF-8',
};
delete env.NO_COLOR;

function run(program, args, options = {}) {
  return execFileSync(program, args, { env, stdio: ['ignore', 'inherit', 'inherit'], ...options });
}

const kernels = {
  python() {
    if (!existsSync(python)) run('python3', ['-m', 'venv', join(cache, 'python')]);
    const wanted = packages.join('\n');
    const stamp = join(cache, 'python', 'packages.txt');
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
    run(python, ['-m', 'pip', 'install', '-q', ...packages]);
    writeFileSync(stamp, wanted);
  },
  r() {
    run('R', ['--quiet', '-e', `IRkernel::installspec(name = 'ir', prefix = '${cache}/prefix')`], {
      stdio: 'ignore',
      env: { ...env, PATH: `${join(cache, 'python', 'bin')}:${process.env.PATH}` },
    });
    env.JUPYTER_PATH = join(cache, 'prefix', 'share', 'jupyter');
  },
  deno() {
    const home = join(cache, 'deno');
    const program = join(home, 'node_modules', 'deno', 'bin.cjs');
    if (!existsSync(program)) {
      mkdirSync(home, { recursive: true });
      writeFileSync(join(home, 'package.json'), '{"private":true}\n');
      run('npm', ['install', '--no-audit', '--no-fund', `deno@${denoVersion}`], { cwd: home });
    }
    const spec = join(data, 'kernels', 'deno');
    mkdirSync(spec, { recursive: true });
    const argv = [process.execPath, program, 'jupyter', '--kernel', '--conn', '{connection_file}'];
    writeFileSync(
      join(spec, 'kernel.json'),
      JSON.stringify({ argv, display_name: 'Deno', language: 'typescript' }),
    );
  },
};

const filters = process.argv.slice(2);
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.ipynb'))
  .filter((name) => filters.length === 0 || filters.some((part) => name.includes(part)));
mkdirSync(join(folder, 'executed'), { recursive: true });
mkdirSync(data, { recursive: true });
const ready = new Map();
let failures = 0;
kernels.python();
for (const name of sources) {
  const language = name.split('-')[0];
  try {
    if (!ready.has(language)) ready.set(language, kernels[language]());
    const target = join(folder, 'executed', name);
    const fresh = join(tmpdir(), `fathom-fixture-${process.pid}.ipynb`);
    try {
      run(python, ['-c', executeInPython, join(folder, name), fresh]);
      writeFileSync(target, readFileSync(fresh));
    } finally {
      rmSync(fresh, { force: true });
    }
    console.log(`${name}: executed`);
  } catch (error) {
    failures += 1;
    console.error(`${name}: not executed: ${error.message.split('\n')[0]}`);
  }
}
process.exitCode = failures > 0 ? 1 : 0;
