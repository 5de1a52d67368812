// TensorFlow by the chain official → wheel → WASM. What a link makes is kept in the cache that all clones share, and linked
// into node_modules/@tensorflow/tfjs-node; lib/fathom.json there says which link it came from.
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { basename, dirname, join } from 'node:path';
import {
  filesAreWhole,
  inCache,
  isThere,
  linkFolder,
  listFiles,
  moveIntoPlace,
  readJson,
  sha256OfFile,
  withLock,
  withStaging,
  writeJson,
} from './files.mjs';
import { SetupError } from './lines.mjs';
import { makeOfficial } from './official.mjs';
import { packageVersion } from './packages.mjs';
import { CommandError, findProgram, lastLine, run } from './process.mjs';
import { findCompiler, makeWheel, wheels } from './wheel.mjs';

const VERIFY_LIMIT_MS = 120_000;
const requests = ['official', 'wheel', 'wasm'];

/** Refuses a value of FATHOM_TENSORFLOW that is no link of the chain. */
export function checkRequest(request) {
  if (request && !requests.includes(request)) {
    throw new SetupError(
      `FATHOM_TENSORFLOW is "${request}": it can be ${requests.join(', ')} or unset`,
    );
  }
}

/** Loads the addon in the Node that will use it and multiplies two matrices. Resolves to `{tensorflow: version}`. */
export async function verifyAddon({ folder, node, env }) {
  const script = fileURLToPath(new URL('addon.cjs', import.meta.url));
  const addon = join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
  try {
    const output = await run(node, [script, addon], {
      env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2' },
      timeoutMs: VERIFY_LIMIT_MS,
      label: 'the addon',
    });
    return JSON.parse(lastLine(output, /^\{/));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const said = lastLine(error.output, /error/i);
    throw new SetupError(`does not load: ${said || error.reason}`, error.output);
  }
}

const manifestOf = (folder) => readJson(join(folder, 'lib', 'fathom.json'));

/** Whether what `lib/fathom.json` lists is all there, by size. */
function isWhole(folder) {
  const manifest = manifestOf(folder);
  return manifest?.files !== undefined && filesAreWhole(folder, manifest.files);
}

/** Whether it is also, byte for byte, what was made: a disk or a clone that shares the files by hard links may have spoilt it. */
async function isSound(folder) {
  if (!isWhole(folder)) return false;
  for (const [file, digest] of Object.entries(manifestOf(folder).sha256 ?? {}))
    if ((await sha256OfFile(join(folder, file))) !== digest) return false;
  return true;
}

/** Where in the cache a link's result is kept. */
function placeOf(link, { cache, version, platform }) {
  const parts = [link.name, link.version, 'tfjs', version, platform, 'napi-v8'];
  return join(cache, 'tensorflow', parts.filter(Boolean).join('-'));
}

/** What one link needs, from the cache or made now, whole under `cache`. Resolves to its folder. */
function provide(link, context) {
  return inCache(context, (cache) => provideIn(link, { ...context, cache }));
}

async function provideIn(link, context) {
  const { make, verify, say } = context;
  const target = placeOf(link, context);
  const [parent, name] = [dirname(target), basename(target)];
  if (isWhole(target)) say('checking the digests of the cache');
  if (await isSound(target)) return { folder: target, cached: true };
  return withLock(
    `${target}.lock`,
    async () => {
      if (await isSound(target)) return { folder: target, cached: true };
      return withStaging(parent, name, async (staging) => {
        await make(link, staging);
        say('checking that it computes');
        const { tensorflow } = await verify(staging);
        const files = listFiles(staging);
        const sha256 = {};
        for (const file of Object.keys(files))
          sha256[file] = await sha256OfFile(join(staging, file));
        writeJson(join(staging, 'lib', 'fathom.json'), {
          link: link.name,
          tensorflow,
          files,
          sha256,
        });
        if (isThere(target) && !(await isSound(target)))
          rmSync(target, { recursive: true, force: true });
        moveIntoPlace(staging, target);
        // withStaging removes the folder of this name, which is now gone unless another set-up was first.
        return { folder: target, cached: false };
      });
    },
    (owner) =>
      say(`waiting for the set-up with process id ${owner?.pid ?? '?'}, which makes the same`),
  );
}

/** Puts the folders of a link into the package; the manifest comes with the last one. */
function linkIn(folder, packageFolder) {
  rmSync(join(packageFolder, 'lib', 'fathom.json'), { force: true });
  for (const name of ['deps', 'lib']) {
    mkdirSync(packageFolder, { recursive: true });
    linkFolder(join(folder, name), join(packageFolder, name));
  }
}

/** Resolves to whether the link came from the cache. What is cached but does not load on this machine is made anew once. */
async function provideAndLink(link, context, packageFolder) {
  for (let again = false; ; again = true) {
    const { folder, cached } = await provide(link, context);
    linkIn(folder, packageFolder);
    if (!cached) return false;
    context.say('checking that it computes');
    try {
      await context.verify(packageFolder);
      return true;
    } catch (error) {
      rmSync(join(packageFolder, 'lib'), { recursive: true, force: true });
      rmSync(join(packageFolder, 'deps'), { recursive: true, force: true });
      if (again || !(error instanceof SetupError)) throw error;
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/**
 * Makes TensorFlow available and resolves to `{found, good, tensorflow}` where `tensorflow` is
 * `{link, version, reasons, tools}`; `reasons` says why earlier links of the chain were passed over.
 * `request` is FATHOM_TENSORFLOW: that link or a SetupError. `last` is what the previous set-up resolved to: a chain that
 * ended at WASM is walked again when a tool has come or `retry` is set, not at each start.
 */
export async function setUpTensorflow(options) {
  const {
    root,
    cache,
    node,
    env,
    say,
    request = env.FATHOM_TENSORFLOW || undefined,
    last,
    retry = false,
  } = options;
  const platform = options.platform ?? `${process.platform}-${process.arch}`;
  const wheel = (options.wheels ?? wheels)[platform];
  if (request !== undefined && !requests.includes(request)) {
    throw new SetupError(
      `FATHOM_TENSORFLOW is "${request}": it can be ${requests.join(', ')} or unset`,
    );
  }
  const packageFolder =
    options.packageFolder ?? join(root, 'node_modules', '@tensorflow', 'tfjs-node');
  const verify = options.verify ?? ((folder) => verifyAddon({ folder, node, env }));
  const links = [
    { name: 'official' },
    ...(wheel ? [{ name: 'wheel', version: wheel.version }] : []),
  ];
  const wasm = (reasons, tools) => ({
    link: 'wasm',
    version: packageVersion(root, '@tensorflow/tfjs-backend-wasm'),
    reasons,
    tools,
  });

  if (request === 'wasm') {
    const tensorflow = wasm({});
    return { found: `WASM ${tensorflow.version}, as FATHOM_TENSORFLOW asks`, tensorflow };
  }

  const present = manifestOf(packageFolder);
  if (present && isWhole(packageFolder) && (request === undefined || request === present.link)) {
    return {
      found: `${present.tensorflow} (${present.link})`,
      tensorflow: { link: present.link, version: present.tensorflow, reasons: last?.reasons ?? {} },
    };
  }

  const reasons = {};
  const addon = join(packageFolder, 'lib', 'napi-v8', 'tfjs_binding.node');
  if (!present && request === undefined && existsSync(addon)) {
    // Installed by hand or by the package's install script, where scripts are allowed: taken when it computes.
    try {
      say('checking the installed addon');
      const { tensorflow } = await verify(packageFolder);
      const link = existsSync(join(packageFolder, 'deps', 'lib', 'libtensorflow_cc.so.2'))
        ? 'wheel'
        : 'official';
      const files = { 'lib/napi-v8/tfjs_binding.node': statSync(addon).size };
      writeJson(join(packageFolder, 'lib', 'fathom.json'), { link, tensorflow, files });
      return {
        found: `${tensorflow} (${link}, found installed)`,
        tensorflow: { link, version: tensorflow, reasons },
      };
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
    }
  }

  const tools = [findCompiler(env), findProgram(['python3', 'python'], env)].map(
    (path) => path ?? null,
  );
  const sameTools = JSON.stringify(last?.tools) === JSON.stringify(tools);
  if (
    last?.link === 'wasm' &&
    request === undefined &&
    sameTools &&
    !retry &&
    Object.keys(last.reasons ?? {}).length > 0
  ) {
    return {
      found: `WASM ${last.version}; ${describe(last.reasons)}; to try again: npm run setup -- --retry`,
      good: false,
      tensorflow: last,
    };
  }

  const context = {
    cache,
    own: options.own ?? join(root, '.fathom', 'shared'),
    platform,
    version: packageVersion(root, '@tensorflow/tfjs-node'),
    say,
    verify,
    make: (link, staging) =>
      link.name === 'official'
        ? makeOfficial({ root, packageFolder, staging, node, env, say, limits: options.limits })
        : makeWheel({ packageFolder, staging, node, env, say, wheel, limits: options.limits }),
  };
  // What is in the cache needs no network: it was the best that this machine could have when it was made.
  const ready = (link) => isWhole(placeOf(link, context));
  const candidates = retry
    ? links
    : [...links.filter(ready), ...links.filter((link) => !ready(link))];
  for (const link of candidates) {
    if (request !== undefined && request !== link.name) continue;
    try {
      const cached = await provideAndLink(link, context, packageFolder);
      const { tensorflow } = manifestOf(packageFolder);
      const why = Object.keys(reasons).length > 0 ? `; ${describe(reasons)}` : '';
      return {
        found: `${tensorflow} (${link.name}${cached ? ', from the cache' : ''}${why})`,
        tensorflow: { link: link.name, version: tensorflow, reasons },
      };
    } catch (error) {
      // A full disk or a cache that cannot be written is a reason like others; anything else is a mistake of ours.
      if (!(error instanceof SetupError) && error.syscall === undefined) throw error;
      if (request !== undefined)
        throw new SetupError(`FATHOM_TENSORFLOW=${request}: ${error.message}`, error.detail);
      reasons[link.name] = error.message;
    }
  }
  if (!wheel) reasons.wheel = `there is none for ${platform}`;
  if (request !== undefined)
    throw new SetupError(`FATHOM_TENSORFLOW=${request}: ${reasons[request]}`);
  const tensorflow = wasm(reasons, tools);
  return { found: `WASM ${tensorflow.version}; ${describe(reasons)}`, good: false, tensorflow };
}

function describe(reasons) {
  return Object.entries(reasons)
    .map(([link, reason]) => `${link}: ${reason}`)
    .join('; ');
}
