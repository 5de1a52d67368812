// Vega as the one file that its package brings for browsers: the page carries it, and the process that draws runs the same
// bytes, which start in a quarter of the time that the hundreds of modules of the package take.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { inline } from './markup.js';

const require = createRequire(import.meta.url);

/** Folder of a package whose entry point is build/….js; its manifest is not among its exports. */
function buildOf(name: string): string {
  return join(require.resolve(name), '..');
}

const withoutMap = (script: string) => script.replace(/^\/\/# sourceMappingURL=.*$/m, '');

let bundle: string | null = null;

/** Vega and its expression interpreter as one classic script. The interpreter comes as a module, so its two ends are changed. */
export function vegaBundle(): string {
  if (bundle) return bundle;
  const vega = readFileSync(join(buildOf('vega'), 'vega.min.js'), 'utf8');
  const module = readFileSync(join(buildOf('vega-interpreter'), 'vega-interpreter.js'), 'utf8');
  const opening = /^import (\{[^}]*\}) from 'vega-util';/m;
  const closing = /^export \{ expression as expressionInterpreter \};/m;
  if (!opening.test(module) || !closing.test(module)) {
    throw new Error('vega-interpreter has changed its form; the bundle of the report must follow');
  }
  const interpreter = withoutMap(module)
    .replace(opening, (_, names: string) => `const ${names} = vega;`)
    .replace(closing, 'vega.expressionInterpreter = expression;');
  const licence =
    '/*! Vega and vega-interpreter: BSD-3-Clause, University of Washington Interactive Data Lab */\n';
  bundle = inline(`${licence}${withoutMap(vega)}\n(function(){\n${interpreter}\n})();\n`);
  return bundle;
}

export interface VegaLibraries {
  readonly vega: typeof import('vega') & typeof import('vega-interpreter');
  readonly vegaLite: typeof import('vega-lite');
}

/** Vega and Vega-Lite in this process. */
export function loadVega(): VegaLibraries {
  const found = globalThis as unknown as Partial<VegaLibraries>;
  if (!found.vega) runInThisContext(vegaBundle(), { filename: 'vega' });
  if (!found.vegaLite) {
    const file = join(buildOf('vega-lite'), 'vega-lite.min.js');
    runInThisContext(withoutMap(readFileSync(file, 'utf8')), { filename: 'vega-lite' });
  }
  return found as VegaLibraries;
}
