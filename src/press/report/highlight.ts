// Source code → HTML with a class for each kind of token. The colours are the style sheet's, in light and dark.
import { setImmediate } from 'node:timers/promises';
import type { HighlighterCore, LanguageInput } from 'shiki/core';
import { type Document, walk } from './document.js';
import { escapeHtml } from './markup.js';

/** Longer code is shown plain: highlighting it would take longer than reading it. */
const maximumLength = 60_000;

/**
 * What comes after this many characters of a notebook is plain too, and so are longer lines and further languages: the
 * patterns of some grammars take time with the square of a line that was made for it.
 */
const limits = { together: 400_000, line: 600, languages: 16 };

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

/** By languages: a preview prints the same notebook again and again, and each highlighter holds megabytes of grammars. */
const highlighters = new Map<string, Promise<HighlighterCore>>();

type Highlight = (source: string, language: string) => string;

async function makeHighlighter(langs: LanguageInput[]): Promise<HighlighterCore> {
  const { createCssVariablesTheme, createHighlighterCore } = await import('shiki/core');
  const { createJavaScriptRegexEngine } = await import('shiki/engine/javascript');
  return createHighlighterCore({
    themes: [createCssVariablesTheme({ name: 'page', variablePrefix: '--' })],
    langs,
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
}

/** By document: a report that is printed as a page and as a PDF has its code coloured once. */
const coloured = new WeakMap<Document, Promise<ReadonlyMap<string, string>>>();

/** The code of a document as HTML, by id of its block. */
export function colourCode(document: Document): Promise<ReadonlyMap<string, string>> {
  const known = coloured.get(document) ?? colourBlocks(document);
  coloured.set(document, known);
  return known;
}

async function colourBlocks(document: Document): Promise<ReadonlyMap<string, string>> {
  const blocks = [...walk(document.blocks)].filter((block) => block.kind === 'code');
  if (blocks.length === 0) return new Map();
  const highlight = await loadHighlighter(blocks.map(({ language }) => language));
  const colours = new Map<string, string>();
  for (const { id, source, language } of blocks) {
    colours.set(id, highlight(source, language));
    // Between two blocks the processes that draw charts get their next one.
    await setImmediate();
  }
  return colours;
}

/** Prepares highlighting for some languages, by any of their usual names; unknown ones come out plain. */
async function loadHighlighter(languages: Iterable<string>): Promise<Highlight> {
  const { bundledLanguages } = await import('shiki/langs');
  const known = bundledLanguages as Record<string, (typeof bundledLanguages)['typescript']>;
  const wanted = [...new Set([...languages].map((name) => name.toLowerCase()))]
    .filter((name) => Object.hasOwn(known, name))
    .slice(0, limits.languages);
  let left = limits.together;
  // What a grammar makes of code that is embedded in its own depends on which others are loaded: one for each set of them.
  const set = wanted.join(' ');
  const made = highlighters.get(set) ?? makeHighlighter(wanted.map((name) => known[name]!));
  highlighters.set(set, made);
  const highlighter = await made;
  return (source, language) => {
    const name = language.toLowerCase();
    if (!wanted.includes(name) || source.length > Math.min(left, maximumLength)) {
      return escapeHtml(source);
    }
    left -= source.length;
    const lines = highlighter.codeToTokensBase(source, {
      lang: name,
      theme: 'page',
      // With a limit, what a line looks like would depend on how busy the machine is.
      tokenizeTimeLimit: 0,
      tokenizeMaxLineLength: limits.line,
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
