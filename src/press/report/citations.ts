// Citations and the bibliography from BibTeX: author and year in the text, a list in alphabetical order at the end.
import type { Diagnostic } from './diagnostics.js';
import type { BibliographyEntry } from './document.js';
import { escapeHtml } from './markup.js';
import type { Citation } from './markdown.js';
import { nearest } from '../../shared/nearest.js';

export interface Citations {
  has(key: string): boolean;
  nearest(key: string): string | undefined;
  /** HTML of one citation group; unknown keys must have been sorted out before. */
  cite(citation: Citation): string;
  /** The entries that were cited, in alphabetical order. */
  bibliography(): BibliographyEntry[];
  readonly diagnostics: readonly Diagnostic[];
}

/** No bibliography: every key is unknown. */
export const noCitations: Citations = {
  has: () => false,
  nearest: () => undefined,
  cite: () => '',
  bibliography: () => [],
  diagnostics: [],
};

/** The part of CSL-JSON that is printed. */
interface Item {
  readonly id: string;
  readonly type?: string;
  readonly author?: readonly Name[];
  readonly editor?: readonly Name[];
  readonly issued?: { readonly 'date-parts'?: readonly (readonly (number | string)[])[] };
  readonly title?: string;
  readonly 'container-title'?: string;
  readonly publisher?: string;
  readonly volume?: string | number;
  readonly issue?: string | number;
  readonly page?: string;
  readonly DOI?: string;
  readonly URL?: string;
}

interface Name {
  readonly family?: string;
  readonly given?: string;
  readonly literal?: string;
}

/** Reads BibTeX; `file` is named in diagnostics. */
export async function readBibliography(bibtex: string, file: string): Promise<Citations> {
  const { Cite } = (await import('@citation-js/core')) as unknown as {
    Cite: new (data: string) => { data: Item[] };
  };
  await import('@citation-js/plugin-bibtex');
  const items = new Map<string, Item>();
  const diagnostics: Diagnostic[] = [];
  try {
    for (const item of new Cite(bibtex).data) items.set(item.id, item);
  } catch (error) {
    const message = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    diagnostics.push({
      severity: 'error',
      kind: 'bad-bibliography',
      file,
      cell: null,
      line: null,
      message: `cannot read the bibliography: ${message}`,
    });
  }
  const years = disambiguate([...items.values()]);
  const cited = new Set<string>();
  const link = (key: string, text: string) =>
    `<a class="citation" href="#${idOf(key)}">${escapeHtml(text)}</a>`;

  return {
    diagnostics,
    has: (key) => items.has(key),
    nearest: (key) => nearest(key, [...items.keys()]),
    cite(citation) {
      for (const { key } of citation.items) cited.add(key);
      const first = items.get(citation.items[0]!.key)!;
      if (citation.form === 'text') {
        return link(first.id, `${shortNames(first)} (${years.get(first.id)})`);
      }
      const parts = citation.items.map(({ key, prefix, suffix, suppressAuthor }) => {
        const year = years.get(key)!;
        const text = suppressAuthor ? year : `${shortNames(items.get(key)!)}, ${year}`;
        const before = prefix === '' ? '' : `${escapeHtml(prefix)} `;
        return `${before}${link(key, text)}${suffix === '' ? '' : `, ${escapeHtml(suffix)}`}`;
      });
      return `(${parts.join('; ')})`;
    },
    bibliography() {
      const sorted = [...cited].map((key) => items.get(key)!);
      const sortKey = (item: Item) =>
        `${fullNames(item)} ${years.get(item.id)} ${item.title ?? ''}`;
      sorted.sort((a, b) => sortKey(a).localeCompare(sortKey(b), 'en'));
      return sorted.map((item) => ({
        id: idOf(item.id),
        key: item.id,
        html: entryHtml(item, years.get(item.id)!),
      }));
    },
  };
}

const idOf = (key: string) => `ref-${key.replace(/[^\w-]/g, '-')}`;

/** 2021, or 2021a and 2021b where two entries would be cited alike. */
function disambiguate(items: readonly Item[]): Map<string, string> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = `${shortNames(item)} ${yearOf(item)}`;
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  const years = new Map<string, string>();
  for (const group of groups.values()) {
    for (const [index, item] of group.entries()) {
      const letter = group.length > 1 ? String.fromCharCode(97 + index) : '';
      years.set(item.id, yearOf(item) + letter);
    }
  }
  return years;
}

function yearOf(item: Item): string {
  return String(item.issued?.['date-parts']?.[0]?.[0] ?? 'n.d.');
}

function shortNames(item: Item): string {
  const names = (item.author ?? item.editor ?? []).map((name) => name.family ?? name.literal ?? '');
  if (names.length === 0) return item.title ?? item.id;
  return names.length > 2 ? `${names[0]} et al.` : names.join(' and ');
}

function fullNames(item: Item): string {
  const names = (item.author ?? item.editor ?? []).map((name) => {
    if (!name.family) return name.literal ?? '';
    const initials = (name.given ?? '')
      .split(/[\s.]+/)
      .filter((part) => part !== '')
      .map((part) => `${part[0]}.`);
    return initials.length === 0 ? name.family : `${name.family}, ${initials.join(' ')}`;
  });
  if (names.length > 20) names.splice(19, names.length - 20, '…');
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')}${names.length > 2 ? ',' : ''} and ${names.at(-1)}`;
}

function entryHtml(item: Item, year: string): string {
  const e = (value: string | number) => escapeHtml(String(value).replace(/<[^>]*>/g, ''));
  const own = /^(book|report|thesis|webpage|software)/.test(item.type ?? '');
  const names = fullNames(item);
  const title = e(item.title ?? item.id);
  const parts = [
    names === '' ? `${title} (${e(year)}).` : `${e(names)} (${e(year)}).`,
    names === '' ? '' : own ? `<em>${title}</em>.` : `${title}.`,
  ];
  if (item['container-title']) {
    const issue = item.issue ? `(${e(item.issue)})` : '';
    const volume = item.volume ? `, ${e(item.volume)}${issue}` : '';
    const pages = item.page ? `, ${e(item.page).replace(/-+/g, '–')}` : '';
    parts.push(`<em>${e(item['container-title'])}</em>${volume}${pages}.`);
  }
  if (item.publisher) parts.push(`${e(item.publisher)}.`);
  const address = item.DOI ? `https://doi.org/${item.DOI}` : (item.URL ?? '');
  if (/^https?:\/\/[^\s"'<>]+$/.test(address)) {
    parts.push(`<a href="${escapeHtml(address)}">${escapeHtml(address)}</a>`);
  }
  return parts.filter((part) => part !== '').join(' ');
}
