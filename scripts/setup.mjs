#!/usr/bin/env node
// From a fresh clone to everything that Fathom needs. Only Node's own modules (≥ 18); each step does nothing when what it
// makes is there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedNode, readState, root, statePath } from './runtime.mjs';
import { build } from './setup/build.mjs';
import { setUpBrowser } from './setup/browser.mjs';
import { abandonWork, cacheDirectory, withLock, writeJson } from './setup/files.mjs';
import { makeLines, seconds, SetupError } from './setup/lines.mjs';
import { installPackages, linkSelf } from './setup/packages.mjs';
import { CommandError, run, stopOnSignals } from './setup/process.mjs';
import { checkRequest, setUpTensorflow } from './setup/tensorflow.mjs';
import { jupyter, pdfTools } from './setup/tests.mjs';

const OLDEST_TO_SET_UP = 18;
/** Without the pinned Node, the running one must be able to require() an ES module without a flag. */
const OLDEST_TO_RUN = [22, 12];

const known = ['--test', '--retry'];
const help = `Sets up all that Fathom needs in this clone; what is there is left alone.

  npm run setup              packages, Node, TensorFlow, browser, build
  npm run setup -- --test    also what the tests need
  npm run setup -- --retry   tries again what has failed before

FATHOM_TENSORFLOW=official|wheel|wasm chooses the TensorFlow, PUPPETEER_EXECUTABLE_PATH the browser, FATHOM_CACHE the folder of
shared caches. More: docs/setup.md`;
const args = process.argv.slice(2);
if (args.some((arg) => ['--help', '-h'].includes(arg))) {
  console.log(help);
  process.exit(0);
}
const unknown = args.find((arg) => !known.includes(arg));
if (unknown !== undefined) {
  console.error(`setup: unknown option ${unknown}. Known: ${known.join(', ')}`);
  process.exit(2);
}
if (Number(process.versions.node.split('.')[0]) < OLDEST_TO_SET_UP) {
  console.error(
    `setup: Node ${process.versions.node} is too old; install Node ${OLDEST_TO_SET_UP} or newer.`,
  );
  process.exit(1);
}

stopOnSignals(() => {
  abandonWork();
  console.error('\nsetup: interrupted. What was half made is removed; run it again to go on.');
});

async function checkNode({ env }) {
  const path = pinnedNode({ pinned: true });
  if (path) {
    try {
      const version = (
        await run(path, ['-p', 'process.versions.node'], {
          env,
          timeoutMs: 60_000,
          guarded: false,
        })
      ).trim();
      return { found: `${version}, pinned by the lockfile`, node: path, state: 'pinned' };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  const here = `${process.platform}-${process.arch}`;
  if (major < OLDEST_TO_RUN[0] || (major === OLDEST_TO_RUN[0] && minor < OLDEST_TO_RUN[1])) {
    throw new SetupError(
      `the pinned Node does not run on ${here}, and the running one is ${process.versions.node}: install Node ${OLDEST_TO_RUN.join('.')} or newer`,
    );
  }
  return {
    found: `${process.versions.node}, the running one (the pinned one does not run on ${here})`,
    good: false,
    node: process.execPath,
    state: 'running',
  };
}

async function setUp(lines) {
  const started = Date.now();
  const env = process.env;
  const [forTests, retry] = known.map((option) => args.includes(option));
  const cache = cacheDirectory(env);
  const last = readState();
  checkRequest(env.FATHOM_TENSORFLOW);
  await lines.step('packages', (say) => installPackages({ root, env, say }));
  linkSelf(root);
  const { node, state } = await lines.step('node', () => checkNode({ env }));

  const next = { node: state, tensorflow: last.tensorflow, browser: last.browser };
  const save = () => {
    if (JSON.stringify(next) !== JSON.stringify(readState())) writeJson(statePath, next);
  };
  save();
  const common = { root, cache, node, env, retry };
  // These wait for the network, the compiler and the disk in turn, so they run side by side.
  const results = await Promise.allSettled([
    lines.step('tensorflow', async (say) => {
      const result = await setUpTensorflow({ ...common, say, last: last.tensorflow });
      next.tensorflow = result.tensorflow;
      save();
      return result;
    }),
    lines.step('browser', async (say) => {
      const result = await setUpBrowser({ ...common, say, last: last.browser });
      next.browser = result.browser;
      save();
      return result;
    }),
    lines.step('build', (say) => build({ ...common, say })),
    ...(forTests
      ? [
          lines.step('pdf tools', (say) => pdfTools({ ...common, say })),
          lines.step('jupyter', (say) => jupyter({ ...common, say })),
        ]
      : []),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  lines.print(`  set up in ${seconds(Date.now() - started)}`);
}

const lines = makeLines();
if (!existsSync(join(root, 'package-lock.json'))) {
  console.error(`setup: ${root} holds no package-lock.json; run this from a clone of the project.`);
  process.exit(1);
}
try {
  await withLock(
    join(root, '.fathom', 'setup.lock'),
    () => setUp(lines),
    (owner) =>
      lines.print(`  waiting for the set-up with process id ${owner?.pid ?? '?'} in this folder`),
  );
} catch (error) {
  if (error instanceof SetupError) {
    if (error.detail) console.error(`\n${error.detail.trim()}\n`);
    console.error(`setup: ${error.message}`);
  } else console.error(error);
  process.exitCode = 1;
}
