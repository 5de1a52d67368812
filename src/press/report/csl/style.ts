// A style file (CSL 1.0.2) → what the processor asks of it.
import { type Locale, makeLocale } from './locale.js';
import { childOf, childrenOf, parseXml, type XmlElement } from './xml.js';

export interface Style {
  readonly title: string;
  /** Whether citations stand in the text or in notes. */
  readonly isNote: boolean;
  readonly root: XmlElement;
  readonly citation: XmlElement;
  readonly bibliography: XmlElement | null;
  readonly macros: ReadonlyMap<string, XmlElement>;
  readonly locale: Locale;
}

/** A style that cannot be used, in words for its user. */
export class StyleError extends Error {
  override readonly name = 'StyleError';
}

/**
 * Reads a style. `language` is that of the document; a `default-locale` of the style goes before it. `localeXml` is a
 * locale file of the CSL project for languages other than English.
 */
export function readStyle(
  source: string,
  language: string,
  localeXml: string | null = null,
): Style {
  let root: XmlElement;
  try {
    root = parseXml(source);
  } catch (error) {
    throw new StyleError(`it cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (root.name !== 'style')
    throw new StyleError(`it is no CSL style: its first element is <${root.name}>`);
  const info = childOf(root, 'info');
  const parent = (info ? childrenOf(info, 'link') : []).find(
    ({ attributes }) => attributes.rel === 'independent-parent',
  );
  if (parent) {
    const name = parent.attributes.href?.replace(/^.*\//, '') ?? '';
    throw new StyleError(`it only names another style, "${name}"; use the file of that one`);
  }
  const citation = childOf(root, 'citation');
  if (!citation || !childOf(citation, 'layout'))
    throw new StyleError('it says nothing on how to cite');
  const chosen = root.attributes['default-locale'] ?? language;
  const base = chosen.split('-')[0]!;
  const overrides = childrenOf(root, 'locale');
  const layer = (wanted: string | undefined) =>
    overrides.filter(({ attributes }) => attributes['xml:lang'] === wanted);
  const file = localeXml === null ? [] : [parseXml(localeXml)];
  const layers = [...layer(chosen), ...layer(base), ...layer(undefined), ...file];
  const macros = new Map(
    childrenOf(root, 'macro').map((macro) => [macro.attributes.name ?? '', macro]),
  );
  checkMacros(root, macros);
  return {
    title: (info && childOf(info, 'title')?.text.trim()) || 'without a title',
    isNote: root.attributes.class === 'note',
    root,
    citation,
    bibliography: childOf(root, 'bibliography') ?? null,
    macros,
    locale: makeLocale(chosen === 'en' ? 'en-US' : chosen, layers),
  };
}

/** Every macro that is called exists, and none calls itself. */
function checkMacros(root: XmlElement, macros: ReadonlyMap<string, XmlElement>): void {
  const checked = new Set<string>();
  const visit = (element: XmlElement, open: readonly string[]): void => {
    const name = ['text', 'key'].includes(element.name) ? element.attributes.macro : undefined;
    if (name !== undefined) {
      const macro = macros.get(name);
      if (!macro) throw new StyleError(`it calls a macro "${name}" that it does not have`);
      if (open.includes(name)) throw new StyleError(`its macro "${name}" calls itself`);
      if (!checked.has(name)) visit(macro, [...open, name]);
      checked.add(name);
    }
    for (const child of element.children) if (child.name !== 'macro') visit(child, open);
  };
  visit(root, []);
}
