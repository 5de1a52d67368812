// TeX to KaTeX markup, at build time: readers need no script, and MathML goes along for screen readers.
import { createRequire } from 'node:module';
import type Katex from 'katex';
import { escapeHtml } from './markup.js';

// In the form that the markdown plugin requires, so that it is loaded once and not twice.
const katex = createRequire(import.meta.url)('katex') as typeof Katex;

export interface Math {
  readonly html: string;
  /** What KaTeX could not read, for a diagnostic; the source is then shown as it is. */
  readonly problem: string | null;
}

/** Longer formulas are refused rather than typeset: nobody reads them, and macros could make them explode. */
const maximumLength = 6_000;

export function typeset(tex: string, display: boolean): Math {
  const shown = `<code class="tex">${escapeHtml(tex)}</code>`;
  if (tex.length > maximumLength) return { html: shown, problem: 'the formula is too long' };
  try {
    const html = katex.renderToString(tex, {
      displayMode: display,
      output: 'htmlAndMathml',
      throwOnError: true,
      // Refuses \href, \url, \includegraphics and \html…: nothing in a formula may link, load or style.
      trust: false,
      strict: false,
      maxExpand: 500,
      maxSize: 40,
    });
    return { html, problem: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { html: shown, problem: message.replace(/^KaTeX parse error: /, '') };
  }
}
