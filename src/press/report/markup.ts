// HTML is put together with the `html` tag, which escapes whatever is put into it. The only way around the escaping is
// `trusted(text)`: search for that word to see every place where text goes into a page as it is.

/** Text that is HTML already. */
export class Markup {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

type Value = string | number | Markup | null | undefined | false | readonly Value[];

/** Says that a text is safe HTML as it stands. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A template tag: literal parts are HTML, values are escaped, lists are joined, null and false are nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  let text = strings[0]!;
  for (const [index, value] of values.entries()) text += flatten(value) + strings[index + 1]!;
  return new Markup(text);
}

function flatten(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(flatten).join('');
  return escapeHtml(String(value));
}

/** JSON that may stand inside a script element: it cannot end the element, nor open a comment. */
export function scriptJson(value: unknown): Markup {
  return new Markup(
    JSON.stringify(value)
      .replace(/</g, '\\u003c')
      .replace(/\u2028/g, '\\u2028')
      .replace(/\u2029/g, '\\u2029'),
  );
}

/** A script as it may stand in a script element, which ends at the first end tag, wherever it stands. */
export function inline(script: string): string {
  return script.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');
}
