// What a page needs of fonts: its typefaces, those of formulas, and those of scripts that its typefaces lack.
import { lackingCharacters, mathCss, textFontCss, withOtherScripts } from '../fonts.js';
import { findOtherFonts } from './other-scripts.js';

export interface WithFonts {
  readonly markup: string;
  /** Style sheet with the fonts in it. */
  readonly css: string;
  /** Characters that no font has. */
  readonly missing: readonly string[];
}

/** `spell`: what no font has is spelt out as its code point, where a reader's own fonts cannot help. */
export function embedFonts(
  markup: string,
  css: string,
  { language, spell }: { language: string; spell: boolean },
): WithFonts {
  const others = findOtherFonts(lackingCharacters(markup), language);
  const adapt = others.css === '' ? (text: string) => text : withOtherScripts;
  const spelt = spell ? spellOut(markup, others.missing) : markup;
  const text = adapt(spelt);
  const parts = [textFontCss(text), mathCss(text), others.css, adapt(css)];
  return {
    markup: text,
    css: parts.filter((part) => part !== '').join('\n'),
    missing: others.missing,
  };
}

function spellOut(markup: string, missing: readonly string[]): string {
  if (missing.length === 0) return markup;
  const set = new Set(missing);
  const spell = (character: string): string =>
    set.has(character)
      ? `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`
      : character;
  return markup.replace(/>[^<]+/g, (text) => Array.from(text, spell).join(''));
}
