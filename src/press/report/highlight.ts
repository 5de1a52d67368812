// Source code → HTML with a class for each kind of token. The colours are the style sheet's, in light and dark.
import { escapeHtml } from './markup.js';

/** Longer code is shown plain: highlighting it would take longer than reading it. */
const maximumLength = 60_000;

const classes: Record<string, string> = {
  keyword: 'k',
  string: 's',
  'string-expression': 's',
  comment: 'c',
  constant: 'n',
  function: 'f',
  parameter: 'v',
  punctuation: 'p',
  link: 's',
};

export type Highlight = (source: string, language: string) => string;

/** Prepares highlighting for some languages, by any of their usual names; unknown ones come out plain. */
export async function loadHighlighter(languages: Iterable<string>): Promise<Highlight> {
  const { createCssVariablesTheme, createHighlighterCore } = await import('shiki/core');
  const { createJavaScriptRegexEngine } = await import('shiki/engine/javascript');
  const { bundledLanguages } = await import('shiki/langs');
  const known = bundledLanguages as Record<string, (typeof bundledLanguages)['typescript']>;
  const wanted = [...new Set([...languages].map((name) => name.toLowerCase()))].filter((name) =>
    Object.hasOwn(known, name),
  );
  const highlighter = await createHighlighterCore({
    themes: [createCssVariablesTheme({ name: 'page', variablePrefix: '--' })],
    langs: wanted.map((name) => known[name]!),
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  return (source, language) => {
    const name = language.toLowerCase();
    if (!wanted.includes(name) || source.length > maximumLength) return escapeHtml(source);
    const lines = highlighter.codeToTokensBase(source, {
      lang: name,
      theme: 'page',
      // With a limit, what a line looks like would depend on how busy the machine is.
      tokenizeTimeLimit: 0,
      tokenizeMaxLineLength: 4_000,
    });
    return lines
      .map((line) =>
        line
          .map(({ content, color }) => {
            const token = /^var\(--token-([a-z-]+)\)$/.exec(color ?? '')?.[1] ?? '';
            const className = classes[token];
            return className
              ? `<span class="${className}">${escapeHtml(content)}</span>`
              : escapeHtml(content);
          })
          .join(''),
      )
      .join('\n');
  };
}
