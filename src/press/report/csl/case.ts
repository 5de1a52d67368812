// The text-case attribute of styles. Sentence and title case are English only, as CSL has it.
import { type Look, mapText, type Rich } from './rich.js';

/** Words that stay small inside a title: the list of the specification. */
const small = new Set(
  'a an and as at but by down for from in into nor of on onto or over so the till to up via with yet'.split(
    ' ',
  ),
);

export function changeCase(rich: Rich, how: string | undefined, isEnglish: boolean): Rich {
  switch (how) {
    case 'lowercase':
      return keepFixed(rich, (text) => text.toLowerCase());
    case 'uppercase':
      return keepFixed(rich, (text) => text.toUpperCase());
    case 'capitalize-first': {
      let first = true;
      return keepFixed(rich, (text) => {
        if (!first || !/\p{L}/u.test(text)) return text;
        first = false;
        return text.replace(/\p{L}/u, (letter) => letter.toUpperCase());
      });
    }
    case 'capitalize-all':
      return keepFixed(rich, (text) =>
        text.replace(
          /(^|\s)(\p{Ll})/gu,
          (_, space: string, letter: string) => space + letter.toUpperCase(),
        ),
      );
    case 'sentence': {
      let first = true;
      return keepFixed(rich, (text) =>
        text.replace(/\p{L}[\p{L}\p{N}'’-]*/gu, (word) => {
          const isFirst = first;
          first = false;
          // Capitals inside a word are a name or an abbreviation.
          if (/\p{L}.*\p{Lu}/u.test(word)) return word;
          return isFirst ? word[0]!.toUpperCase() + word.slice(1) : word.toLowerCase();
        }),
      );
    }
    case 'title':
      return isEnglish ? titleCase(rich) : rich;
    default:
      return rich;
  }
}

function titleCase(rich: Rich): Rich {
  const total = mapCount(rich);
  let index = 0;
  let afterBreak = true;
  return mapText(rich, (text, look) => {
    const changed = text.replace(
      /([^\p{L}\p{N}'’]*)([\p{L}\p{N}'’]+)/gu,
      (all, between: string, word: string) => {
        index++;
        const first =
          afterBreak ||
          /[:?!.—“"]\s*$/.test(between) ||
          (/^["“‘'(]/.test(between.trim()) && index === 1);
        afterBreak = false;
        if (look.fixedCase || /\p{Lu}/u.test(word.slice(0, 1)) || /\p{L}.*\p{Lu}/u.test(word))
          return all;
        const isLast = index === total;
        if (small.has(word.toLowerCase()) && !first && !isLast) return all;
        if (/-$/.test(between) && small.has(word)) return all;
        return between + word[0]!.toUpperCase() + word.slice(1);
      },
    );
    if (/[:?!.]\s*$/.test(text)) afterBreak = true;
    return changed;
  });
}

function mapCount(rich: Rich): number {
  let count = 0;
  mapText(rich, (text) => {
    count += text.match(/[\p{L}\p{N}'’]+/gu)?.length ?? 0;
    return text;
  });
  return count;
}

function keepFixed(rich: Rich, change: (text: string) => string): Rich {
  return mapText(rich, (text, look: Look) => (look.fixedCase ? text : change(text)));
}
