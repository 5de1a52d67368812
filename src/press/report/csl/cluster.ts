// One citation of one or more works: "(He et al., 2016; see Lin, 2020, p. 3)", "[1]–[3]", "¹".
import { affix, isEmpty, join, type Piece, type Rich, richText, span } from './rich.js';
import type { XmlElement } from './xml.js';

/** A work in a citation, printed with its names, and without. */
export interface PrintedCite {
  readonly key: string;
  readonly number: number;
  readonly whole: () => Rich;
  readonly withoutAuthor: () => Rich;
  /** The letter alone, for "2016a, b". */
  readonly yearSuffix: string;
  readonly author: Rich;
  readonly year: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly hasLocator: boolean;
  /** Address of its entry. */
  readonly link: string;
}

const plainQuotes = { outer: ['“', '”'], inner: ['‘', '’'], punctuationInside: false } as const;

/** The works one after the other, those of one author or of successive numbers drawn together if the style wants it. */
export function joinCites(
  area: XmlElement,
  layout: XmlElement,
  cites: readonly PrintedCite[],
): Rich {
  const delimiter = layout.attributes.delimiter ?? '';
  const { collapse } = area.attributes;
  if (collapse === 'citation-number') return byNumber(cites, delimiter);
  const grouping = area.attributes['cite-group-delimiter'];
  if (collapse?.startsWith('year') || grouping !== undefined) {
    return byAuthor(cites, delimiter, area.attributes, collapse);
  }
  return join(
    cites.map((cite) => around(cite, cite.whole())),
    delimiter,
  );
}

function around(cite: PrintedCite, rich: Rich): Rich {
  if (isEmpty(rich)) return rich;
  const before =
    cite.prefix === '' ? [] : [`${cite.prefix}${/[\s([]$/.test(cite.prefix) ? '' : ' '}`];
  const after =
    cite.suffix === '' ? [] : [`${/^[\s,.;:)]/.test(cite.suffix) ? '' : ' '}${cite.suffix}`];
  return [...before, ...span({ link: cite.link }, rich), ...after];
}

/** 1, 2, 3 become 1–3. */
function byNumber(cites: readonly PrintedCite[], delimiter: string): Rich {
  const isPlain = ({ prefix, suffix, hasLocator }: PrintedCite) =>
    prefix === '' && suffix === '' && !hasLocator;
  const parts: Rich[] = [];
  for (let at = 0; at < cites.length; ) {
    let end = at;
    while (
      isPlain(cites[end]!) &&
      end + 1 < cites.length &&
      isPlain(cites[end + 1]!) &&
      cites[end + 1]!.number === cites[end]!.number + 1
    )
      end++;
    if (end - at >= 2) {
      const [first, last] = [cites[at]!, cites[end]!];
      parts.push([...around(first, first.whole()), ...affix('–'), ...around(last, last.whole())]);
      at = end + 1;
    } else {
      parts.push(around(cites[at]!, cites[at]!.whole()));
      at++;
    }
  }
  return join(parts, delimiter);
}

/** Works of one author stand together, and if asked the names only once. */
function byAuthor(
  cites: readonly PrintedCite[],
  delimiter: string,
  attributes: Readonly<Record<string, string>>,
  collapse: string | undefined,
): Rich {
  const groups = new Map<string, PrintedCite[]>();
  for (const [index, cite] of cites.entries()) {
    const name = richText(cite.author, plainQuotes) || `#${index}`;
    groups.set(name, [...(groups.get(name) ?? []), cite]);
  }
  const within = attributes['cite-group-delimiter'] ?? (collapse ? ', ' : delimiter);
  const afterCollapse = attributes['after-collapse-delimiter'] ?? delimiter;
  const parts: Piece[] = [];
  let before = '';
  for (const group of groups.values()) {
    const printed: Piece[] = [];
    for (const [index, cite] of group.entries()) {
      const last = group[index - 1];
      if (!collapse || !last) {
        if (last) printed.push(...affix(within));
        printed.push(...around(cite, cite.whole()));
        continue;
      }
      const letterOnly =
        collapse.startsWith('year-suffix') &&
        cite.yearSuffix !== '' &&
        last.year === cite.year &&
        !last.hasLocator &&
        !cite.hasLocator;
      if (letterOnly) {
        printed.push(...affix(attributes['year-suffix-delimiter'] ?? within));
        printed.push(...around(cite, [cite.yearSuffix]));
      } else {
        printed.push(...affix(last.hasLocator ? afterCollapse : within));
        printed.push(...around(cite, cite.withoutAuthor()));
      }
    }
    if (parts.length > 0) parts.push(...affix(before));
    parts.push(...printed);
    before = collapse && group.length > 1 ? afterCollapse : delimiter;
  }
  return parts;
}
