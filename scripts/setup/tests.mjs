// What only the tests need: a Python environment with Jupyter, and tools that look into a PDF.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, aptIsOurs } from './apt.mjs';
import { CommandError, findProgram, lastLine, run } from './process.mjs';

const VENV_LIMIT_MS = 10 * 60_000;
const tools = { pdfinfo: 'poppler-utils', qpdf: 'qpdf' };

export async function pdfTools({ env, say }) {
  const missing = () => Object.keys(tools).filter((name) => !findProgram([name], env));
  if (missing().length === 0) return { found: Object.keys(tools).join(', ') };
  if (aptIsOurs(env)) {
    try {
      await aptInstall(
        missing().map((name) => tools[name]),
        { env, say },
      );
      if (missing().length === 0) return { found: 'installed poppler-utils, qpdf' };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  const names = missing();
  const packages = names.map((name) => tools[name]).join(', ');
  return {
    found: `no ${names.join(', ')}: tests that need them are skipped (install ${packages})`,
    good: false,
  };
}

/** scripts/test-venv.mjs makes the environment and prints its path as its last line. */
export async function jupyter({ root, node, env, say }) {
  const script = join(root, 'scripts', 'test-venv.mjs');
  if (!existsSync(script)) return { found: 'no tests need it yet' };
  if (!findProgram(['python3', 'python'], env)) {
    return { found: 'no python3: tests that need Jupyter are skipped', good: false };
  }
  say('pip install jupyterlab');
  try {
    return {
      found: lastLine(
        await run(node, [script], { cwd: root, env, timeoutMs: VENV_LIMIT_MS, label: 'test-venv' }),
      ),
    };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const said = lastLine(error.output, /error/i) || lastLine(error.output);
    return {
      found: `none, tests that need Jupyter are skipped: ${error.message} (${said})`,
      good: false,
    };
  }
}
