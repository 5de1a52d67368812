// All checks, one visible step after another: format, lint, types, tests. Arguments choose tests by a part of their path:
// npm test -- lab/tensor. The tests run on the pinned Node; the last lines are the test runner's own.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { browserEnvironment, pinnedNode, root, runtimeEnvironment } from './runtime.mjs';
import { cacheDirectory } from './setup/files.mjs';
import { installedEnvironment } from './setup/jupyter.mjs';
import { seconds } from './setup/lines.mjs';

// No single test file may hold up the whole: a hang becomes a failure that names it.
const FILE_LIMIT_MS = 5 * 60_000;

const option = process.argv.slice(2).find((arg) => arg.startsWith('-'));
if (option !== undefined) {
  console.error(
    `test: there is no option ${option}; give parts of paths of tests, or nothing for all`,
  );
  process.exit(2);
}
const node = pinnedNode();
const jupyter = installedEnvironment(cacheDirectory());
const env = {
  ...(jupyter ? { FATHOM_TEST_PYTHON: jupyter.python } : {}),
  ...process.env,
  ...runtimeEnvironment(),
  ...browserEnvironment(),
};
const filters = process.argv
  .slice(2)
  .map((text) => text.replace(/^\.?\/?(dist\/)?(test\/)?/, '').replace(/\.ts$/, ''));

function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testFiles(path);
      return entry.name.endsWith('.test.js') ? [path] : [];
    })
    .sort();
}

const failed = [];
function step(name, args) {
  console.log(`\n— ${name}`);
  const started = Date.now();
  const { status, error, signal } = spawnSync(node, args, { cwd: root, env, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) failed.push(name);
  return `  ${status === 0 ? 'good' : `failed${signal ? ` (${signal})` : ''}`}, ${seconds(Date.now() - started)}`;
}

const program = (...parts) => join(root, 'node_modules', ...parts);
if (filters.length === 0) {
  const biome = program('@biomejs', 'biome', 'bin', 'biome');
  console.log(step('format', [biome, 'format', '.']));
  console.log(step('lint', [biome, 'lint', '--error-on-warnings', '.']));
}
console.log(step('types', [program('typescript', 'bin', 'tsc'), '-p', root]));

const folder = join(root, 'dist', 'test');
const all = testFiles(folder);
const short = (path) =>
  path
    .slice(folder.length + 1)
    .replaceAll(sep, '/')
    .replace(/\.test\.js$/, '');
const chosen =
  filters.length === 0
    ? all
    : all.filter((path) => filters.some((filter) => short(path).includes(filter)));
if (chosen.length === 0) {
  console.error(
    `test: no test file matches ${filters.join(' ') || 'anything'}. There are: ${all.map(short).join(', ')}`,
  );
  process.exit(1);
}
// TensorFlow, Chromium and Jupyter bring threads of their own: more files at once than two cores make tests slower.
const concurrency = Math.max(2, Math.floor((os.availableParallelism?.() ?? os.cpus().length) / 2));
step(`tests (${chosen.length} files, ${concurrency} at a time)`, [
  '--enable-source-maps',
  '--test',
  `--test-concurrency=${concurrency}`,
  `--test-timeout=${FILE_LIMIT_MS}`,
  `--test-reporter=${pathToFileURL(join(root, 'scripts', 'test-reporter.mjs'))}`,
  ...chosen,
]);
if (failed.length > 0) {
  console.log(`\nfailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
