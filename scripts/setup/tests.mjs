// What only the tests need: a Python environment with Jupyter, and tools that look into a PDF.
import { aptInstall, aptIsOurs } from './apt.mjs';
import { installedEnvironment, jupyterEnvironment, jupyterVersion } from './jupyter.mjs';
import { SetupError } from './lines.mjs';
import { CommandError, findProgram } from './process.mjs';

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

/** Tests that need Jupyter find the environment's Python as FATHOM_TEST_PYTHON, which scripts/test.mjs sets. */
export async function jupyter({ cache, env, say }) {
  try {
    const environment = await jupyterEnvironment({ cache, env, say, tests: true });
    const version = jupyterVersion(environment);
    return {
      found: `JupyterLab ${version}${environment.made ? `, installed in ${environment.folder}` : ''}`,
    };
  } catch (error) {
    if (!(error instanceof SetupError) && error.syscall === undefined) throw error;
    const there = installedEnvironment(cache);
    const found = there ? `JupyterLab ${jupyterVersion(there)} alone` : 'none';
    return { found: `${found}, tests that need more are skipped: ${error.message}`, good: false };
  }
}
