// The order of a bibliography, and of the works in one citation.
import { dateOf, dateVariables, nameVariables, textOf } from './item.js';
import { sortable } from './dates.js';
import { renderNames } from './names.js';
import { renderAll, renderElement } from './render.js';
import type { Rendering } from './rendering.js';
import { richText } from './rich.js';
import { childOf, childrenOf, type XmlElement } from './xml.js';

const collator = new Intl.Collator('en', { sensitivity: 'base', numeric: true });
const plainQuotes = { outer: ['', ''], inner: ['', ''], punctuationInside: false } as const;

/** Sorts by the `sort` element of an area; without one nothing moves. */
export function sortBy<T>(
  area: XmlElement,
  works: readonly T[],
  key: (work: T, element: XmlElement) => Rendering,
): T[] {
  const sort = childOf(area, 'sort');
  if (!sort) return [...works];
  const keys = childrenOf(sort, 'key');
  const rows = works.map((work, index) => ({
    work,
    index,
    texts: keys.map((element) => sortKey(element, key(work, element))),
  }));
  rows.sort((a, b) => {
    for (const [at, element] of keys.entries()) {
      const [left, right] = [a.texts[at]!, b.texts[at]!];
      if (left === right) continue;
      if (left === '') return 1;
      if (right === '') return -1;
      const order = collator.compare(left, right);
      if (order !== 0) return element.attributes.sort === 'descending' ? -order : order;
    }
    return a.index - b.index;
  });
  return rows.map(({ work }) => work);
}

function sortKey(element: XmlElement, rendering: Rendering): string {
  const { variable, macro } = element.attributes;
  if (variable === 'citation-number') return String(rendering.number);
  if (variable !== undefined) {
    if (nameVariables.has(variable)) {
      const names: XmlElement = { name: 'names', attributes: { variable }, children: [], text: '' };
      return plain(richText(renderNames(names, rendering, renderElement).rich, plainQuotes));
    }
    const date = dateVariables.has(variable) ? dateOf(rendering.item, variable) : null;
    return date ? sortable(date) : plain(textOf(rendering.item, variable).replace(/<[^>]*>/g, ''));
  }
  const found = macro === undefined ? undefined : rendering.style.macros.get(macro);
  return found ? plain(richText(renderAll(found, rendering, undefined).rich, plainQuotes)) : '';
}

/** Punctuation does not count, nor do spaces around it. */
function plain(text: string): string {
  return text
    .replace(/[“”‘’"'[\](){}]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
