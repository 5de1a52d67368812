// The citation processor: a style, works and citations in; HTML of each citation and of the bibliography out. It follows
// the specification of CSL 1.0.2 (https://docs.citationstyles.org/en/stable/specification.html).
import { joinCites, type PrintedCite } from './cluster.js';
import { type Distinctions, disambiguate } from './disambiguate.js';
import { dateOf, type Item, namesOf, textOf } from './item.js';
import { applyLook } from './look.js';
import { shortNames } from './names.js';
import { renderAll, renderElement } from './render.js';
import { type Position, type Rendering, plainDistinction } from './rendering.js';
import { affix, isEmpty, type Quotes, type Rich, richHtml, richText, span } from './rich.js';
import { sortBy } from './sort.js';
import type { Style } from './style.js';
import { childOf, type XmlElement } from './xml.js';

export interface Cite {
  readonly key: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly locator: { readonly label: string; readonly text: string } | null;
  readonly suppressAuthor: boolean;
}

export interface Cluster {
  /** 'text': the names are part of the sentence, "He et al. (2016)". */
  readonly form: 'bracket' | 'text';
  readonly cites: readonly Cite[];
}

export interface Processed {
  /** HTML of each cluster, in their order; in styles that cite in notes, `lead` is what stays in the sentence. */
  readonly clusters: readonly { readonly lead: string; readonly html: string }[];
  readonly bibliography: readonly { readonly key: string; readonly html: string }[];
}

/** All keys of the clusters must be in `items`. `idOf` is the id of an entry in the page. */
export function processCitations(
  style: Style,
  items: ReadonlyMap<string, Item>,
  clusters: readonly Cluster[],
  idOf: (key: string) => string,
): Processed {
  const cited = [...new Set(clusters.flatMap(({ cites }) => cites.map(({ key }) => key)))];
  const processor = new Processor(style, items, cited, idOf);
  return { clusters: processor.clusters(clusters), bibliography: processor.bibliography() };
}

class Processor {
  private readonly numbers: ReadonlyMap<string, number>;
  private readonly order: readonly string[];
  private readonly distinctions: Distinctions;
  private readonly quotes: Quotes;

  constructor(
    private readonly style: Style,
    private readonly items: ReadonlyMap<string, Item>,
    cited: readonly string[],
    private readonly idOf: (key: string) => string,
  ) {
    const { locale } = style;
    this.quotes = {
      outer: [locale.term('open-quote') ?? '“', locale.term('close-quote') ?? '”'],
      inner: [locale.term('open-inner-quote') ?? '‘', locale.term('close-inner-quote') ?? '’'],
      punctuationInside: locale.punctuationInQuotes,
    };
    const cites = new Map(cited.map((key, index) => [key, index + 1]));
    this.numbers = cites;
    this.distinctions = { byKey: new Map(), givenLevels: new Map() };
    const { bibliography } = style;
    this.order = bibliography
      ? sortBy(bibliography, cited, (key, element) =>
          this.sortRendering(key, bibliography, element),
        )
      : cited;
    this.numbers = new Map(this.order.map((key, index) => [key, index + 1]));
    this.distinctions = disambiguate(style, this.order, items, (key, distinction, givenLevels) => {
      const rendering = { ...this.rendering(key, 'citation'), distinction, givenLevels };
      return richText(renderAll(layoutOf(style.citation), rendering, undefined).rich, this.quotes);
    });
  }

  clusters(clusters: readonly Cluster[]): { lead: string; html: string }[] {
    const seen = new Set<string>();
    let last: Cite | null = null;
    return clusters.map((cluster) => {
      const positions = new Map<Cite, Position>();
      for (const cite of cluster.cites) {
        positions.set(cite, positionOf(cite, last, seen));
        seen.add(cite.key);
        last = cite;
      }
      if (cluster.cites.length > 1) last = null;
      return this.cluster(cluster, positions);
    });
  }

  private cluster(
    cluster: Cluster,
    positions: ReadonlyMap<Cite, Position>,
  ): { lead: string; html: string } {
    const { citation } = this.style;
    const layout = layoutOf(citation);
    const sorted = sortBy(citation, cluster.cites, ({ key }, element) =>
      this.sortRendering(key, citation, element),
    );
    const printed = sorted.map((cite) =>
      this.printCite(cite, positions.get(cite)!, cluster.form === 'text' && !this.style.isNote),
    );
    const any = this.rendering(sorted[0]!.key, 'citation');
    const whole = applyLook(layout, joinCites(citation, layout, printed), any);
    if (cluster.form === 'bracket') return { lead: '', html: richHtml(whole, this.quotes) };
    const { key } = sorted[0]!;
    const names = this.namesInText(key);
    const gap = layout.attributes['vertical-align'] === 'sup' ? '' : ' ';

    if (this.style.isNote) {
      return { lead: richHtml(names, this.quotes), html: richHtml(whole, this.quotes) };
    }
    const rest = isEmpty(printed[0]!.whole()) ? [] : [...affix(gap), ...whole];
    const link = this.idOf(key);
    return { lead: '', html: richHtml(span({ link }, [...names, ...rest]), this.quotes) };
  }

  private printCite(cite: Cite, position: Position, isInText: boolean): PrintedCite {
    const layout = layoutOf(this.style.citation);
    const render = (withoutAuthor: boolean) => {
      const rendering = {
        ...this.rendering(cite.key, 'citation'),
        position,
        locator: cite.locator,
        withoutAuthor,
      };
      return { rich: renderAll(layout, rendering, undefined).rich, author: rendering.author };
    };
    const whole = render(cite.suppressAuthor || isInText);
    const item = this.items.get(cite.key)!;
    return {
      key: cite.key,
      number: this.numbers.get(cite.key)!,
      whole: () => whole.rich,
      withoutAuthor: () => render(true).rich,
      yearSuffix: this.distinctions.byKey.get(cite.key)!.yearSuffix,
      author: whole.author ?? [],
      year: String(dateOf(item, 'issued')?.['date-parts']?.[0]?.[0] ?? ''),
      prefix: cite.prefix,
      suffix: cite.suffix,
      hasLocator: cite.locator !== null,
      link: this.idOf(cite.key),
    };
  }

  /** The names as the style cites them; where it cites by number, the short names. */
  private namesInText(key: string): Rich {
    const rendering = this.rendering(key, 'citation');
    renderAll(layoutOf(this.style.citation), rendering, undefined);
    if (rendering.author && !isEmpty(rendering.author)) return rendering.author;
    const item = this.items.get(key)!;
    const { locale } = this.style;
    const names = ['author', 'editor']
      .map((variable) => namesOf(item, variable))
      .find((list) => list.length > 0);
    if (!names) return [textOf(item, 'title') || key];
    return shortNames(names, locale.term('and') ?? 'and', locale.term('et-al') ?? 'et al.');
  }

  bibliography(): { key: string; html: string }[] {
    const { bibliography } = this.style;
    if (!bibliography) return [];
    const layout = layoutOf(bibliography);
    const { suffix = '', ...around } = layout.attributes;
    const { 'subsequent-author-substitute': substitute, 'second-field-align': align } =
      bibliography.attributes;
    let before = '';
    return this.order.map((key) => {
      const rendering = this.rendering(key, 'bibliography');
      let rich = this.entry(layout, rendering, align !== undefined, suffix);
      const author = rendering.author ? richText(rendering.author, this.quotes) : '';
      if (substitute !== undefined && author !== '' && author === before) {
        rich = replaceFirst(rich, rendering.author!, affix(substitute));
      }
      before = author;
      return {
        key,
        html: richHtml(applyLook({ ...layout, attributes: around }, rich, rendering), this.quotes),
      };
    });
  }

  /** With `second-field-align` the first field, which is a number as a rule, stands in a column of its own. */
  private entry(
    layout: XmlElement,
    rendering: Rendering,
    isAligned: boolean,
    suffix: string,
  ): Rich {
    const [first, ...rest] = layout.children;
    if (!isAligned || rest.length === 0) {
      return [...renderAll(layout, rendering, undefined).rich, ...affix(suffix)];
    }
    const label = renderElement(first!, rendering).rich;
    const text = renderAll({ ...layout, children: rest }, rendering, undefined).rich;
    return [
      ...span({ display: 'left-margin' }, label),
      ...span({ display: 'right-inline' }, [...text, ...affix(suffix)]),
    ];
  }

  private rendering(key: string, area: 'citation' | 'bibliography'): Rendering {
    const element = (area === 'citation' ? this.style.citation : this.style.bibliography)!;
    return {
      style: this.style,
      item: this.items.get(key)!,
      area,
      nameDefaults: { ...nameDefaults(this.style.root), ...nameDefaults(element) },
      number: this.numbers.get(key) ?? 0,
      position: 'first',
      locator: null,
      distinction: this.distinctions?.byKey.get(key) ?? plainDistinction,
      givenLevels: this.distinctions?.givenLevels ?? new Map(),
      isSortKey: false,
      withoutAuthor: false,
      author: null,
      replaced: new Set(),
      used: new Set(),
      yearSuffixShown: false,
    };
  }

  private sortRendering(key: string, area: XmlElement, sortKey: XmlElement): Rendering {
    const limits: Record<string, string> = {};
    const { 'names-min': least, 'names-use-first': first } = sortKey.attributes;
    if (least !== undefined) limits['et-al-min'] = least;
    if (first !== undefined) limits['et-al-use-first'] = first;
    const rendering = this.rendering(
      key,
      area === this.style.citation ? 'citation' : 'bibliography',
    );
    return {
      ...rendering,
      nameDefaults: { ...rendering.nameDefaults, ...limits },
      isSortKey: true,
    };
  }
}

function layoutOf(area: XmlElement): XmlElement {
  return childOf(area, 'layout') ?? { name: 'layout', attributes: {}, children: [], text: '' };
}

function positionOf(cite: Cite, last: Cite | null, seen: ReadonlySet<string>): Position {
  if (!seen.has(cite.key)) return 'first';
  if (last?.key !== cite.key) return 'subsequent';
  if (last.locator === null) return cite.locator === null ? 'ibid' : 'ibid-with-locator';
  if (cite.locator === null) return 'subsequent';
  const isSame =
    last.locator.label === cite.locator.label && last.locator.text === cite.locator.text;
  return isSame ? 'ibid' : 'ibid-with-locator';
}

const shared =
  'and delimiter-precedes-et-al delimiter-precedes-last et-al-min et-al-use-first et-al-use-last et-al-subsequent-min et-al-subsequent-use-first initialize initialize-with initialize-with-hyphen name-as-sort-order sort-separator names-delimiter'.split(
    ' ',
  );

/** Options for names that stand on the style, the citation or the bibliography. */
function nameDefaults({ attributes }: XmlElement): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of shared) if (attributes[name] !== undefined) given[name] = attributes[name];
  if (attributes['name-form'] !== undefined) given.form = attributes['name-form'];
  if (attributes['name-delimiter'] !== undefined) given.delimiter = attributes['name-delimiter'];
  return given;
}

/** The piece that was printed for the names, found by what it is, changed for another. */
function replaceFirst(rich: Rich, names: Rich, other: Rich): Rich {
  let done = false;
  const visit = (pieces: Rich): Rich => {
    const at = pieces.indexOf(names[0]!);
    if (!done && at !== -1) {
      done = true;
      return [...pieces.slice(0, at), ...other, ...pieces.slice(at + names.length)];
    }
    return pieces.map((piece) =>
      typeof piece === 'string' || done ? piece : { ...piece, pieces: visit(piece.pieces) },
    );
  };
  return visit(rich);
}
