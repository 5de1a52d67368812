// The names element: who wrote, edited or translated a work.
import { changeCase } from './case.js';
import { type Item, type Name, namesOf } from './item.js';
import { applyLook } from './look.js';
import { missing, nothing, type Render, type Rendering, type Result } from './rendering.js';
import { affix, apostrophes, isEmpty, join, type Piece, type Rich, span } from './rich.js';
import { childOf, type XmlElement } from './xml.js';

type Attributes = Readonly<Record<string, string>>;

/** Elements that a substitute inherits from the names element it stands in. */
interface Parts {
  readonly name: XmlElement | undefined;
  readonly etAl: XmlElement | undefined;
  readonly label: XmlElement | undefined;
  readonly labelFirst: boolean;
}

export function renderNames(element: XmlElement, rendering: Rendering, render: Render): Result {
  return renderWith(element, partsOf(element), rendering, render);
}

function partsOf(element: XmlElement): Parts {
  const order = element.children.map(({ name }) => name);
  return {
    name: childOf(element, 'name'),
    etAl: childOf(element, 'et-al'),
    label: childOf(element, 'label'),
    labelFirst: order.includes('label') && order.indexOf('label') < order.indexOf('name'),
  };
}

function renderWith(
  element: XmlElement,
  parts: Parts,
  rendering: Rendering,
  render: Render,
): Result {
  const isFirst = rendering.author === null;
  const result = printNames(element, parts, rendering);
  let shown = result;
  if (!result.got) {
    shown = missing;
    const { used } = rendering;
    for (const child of childOf(element, 'substitute')?.children ?? []) {
      rendering.used = new Set();
      const made =
        child.name === 'names' && child.children.length === 0
          ? renderWith(child, parts, rendering, render)
          : render(child, rendering);
      const names = rendering.used;
      rendering.used = used;
      if (isFirst && rendering.withoutAuthor && rendering.author !== null) return missing;
      if (isEmpty(made.rich)) continue;
      shown = { rich: made.rich, asked: true, got: true };
      for (const variable of names) {
        rendering.replaced.add(variable);
        used.add(variable);
      }
      break;
    }
  }
  if (!shown.got || !isFirst) return shown;
  rendering.author = shown.rich;
  return rendering.withoutAuthor ? missing : shown;
}

function printNames(element: XmlElement, parts: Parts, rendering: Rendering): Result {
  const { item } = rendering;
  const options: Attributes = {
    ...rendering.nameDefaults,
    ...inherited(element.attributes),
    ...nameOptions(parts.name?.attributes ?? {}),
  };
  let variables = (element.attributes.variable ?? '').split(/\s+/).filter((name) => name !== '');
  variables = variables.filter((variable) => !rendering.replaced.has(variable));
  let labelOf = (variable: string) => variable;
  if (variables.includes('editor') && variables.includes('translator') && sameNames(item)) {
    variables = variables.filter((variable) => variable !== 'translator');
    labelOf = (variable) => (variable === 'editor' ? 'editortranslator' : variable);
  }
  const lists = variables.flatMap((variable) => {
    const names = namesOf(item, variable);
    return names.length === 0 ? [] : [{ variable, names }];
  });
  if (lists.length === 0) return missing;
  if (options.form === 'count') {
    const count = lists.reduce(
      (sum, { names }) => sum + shownCount(names.length, options, rendering),
      0,
    );
    return { rich: [String(count)], asked: true, got: true };
  }
  for (const { variable } of lists) rendering.used.add(variable);
  const printed = lists.map(({ variable, names }) => {
    const list = nameList(names, options, parts, rendering);
    const label =
      parts.label && !rendering.isSortKey
        ? labelText(parts.label, labelOf(variable), names.length, rendering)
        : [];
    return parts.labelFirst ? [...label, ...list] : [...list, ...label];
  });
  const rich = join(printed, options['names-delimiter'] ?? '');
  return { rich: applyLook(element, rich, rendering), asked: true, got: true };
}

/** What `names` and the elements above it say for the names in them. */
function inherited(attributes: Attributes): Attributes {
  const given: Record<string, string> = {};
  if (attributes.delimiter !== undefined) given['names-delimiter'] = attributes.delimiter;
  return given;
}

function nameOptions(attributes: Attributes): Attributes {
  // Affixes and formatting of the name element belong to the single name.
  const { prefix: _p, suffix: _s, ...rest } = attributes;
  return rest;
}

function sameNames(item: Item): boolean {
  const editors = namesOf(item, 'editor');
  return (
    editors.length > 0 && JSON.stringify(editors) === JSON.stringify(namesOf(item, 'translator'))
  );
}

/** How many names are shown of a list; as many as there are if none is cut. */
function shownCount(count: number, options: Attributes, rendering: Rendering): number {
  const isLater = rendering.area === 'citation' && rendering.position !== 'first';
  const later = (name: string) =>
    (isLater ? options[name.replace('et-al-', 'et-al-subsequent-')] : undefined) ?? options[name];
  const least = Number(later('et-al-min') ?? 0);
  const first = Number(later('et-al-use-first') ?? 1);
  if (least === 0 || count < least || first >= count) return count;
  // Works are told apart where they are cited; the bibliography shows what the style says.
  return Math.min(
    count,
    first + (rendering.area === 'citation' ? rendering.distinction.moreNames : 0),
  );
}

function nameList(
  names: readonly Name[],
  options: Attributes,
  parts: Parts,
  rendering: Rendering,
): Rich {
  const { locale } = rendering.style;
  const count = shownCount(names.length, options, rendering);
  const isCut = count < names.length;
  const printed = names
    .slice(0, count)
    .map((name, index) => nameText(name, index, options, parts, rendering));
  const delimiter = options.delimiter ?? ', ';
  const isInverted = (index: number) =>
    options['name-as-sort-order'] === 'all' ||
    (options['name-as-sort-order'] === 'first' && index === 0);
  if (isCut) {
    if (options['et-al-use-last'] === 'true' && count + 2 <= names.length) {
      const last = nameText(names.at(-1)!, names.length - 1, options, parts, rendering);
      return [...join(printed, delimiter), ...affix(`${delimiter}… `), ...last];
    }
    const term = parts.etAl?.attributes.term ?? 'et-al';
    const words: Rich = affix(locale.term(term) ?? locale.term('et-al') ?? 'et al.');
    const etAl = parts.etAl ? applyLook(parts.etAl, words, rendering) : words;
    const before = precedes(
      options['delimiter-precedes-et-al'] ?? 'contextual',
      count >= 2,
      isInverted(count - 1),
    )
      ? delimiter
      : ' ';
    return [...join(printed, delimiter), ...affix(before), ...etAl];
  }
  const and =
    options.and === 'symbol' ? '&' : options.and === 'text' ? (locale.term('and') ?? 'and') : null;
  if (and === null || printed.length < 2) return join(printed, delimiter);
  const before = precedes(
    options['delimiter-precedes-last'] ?? 'contextual',
    printed.length > 2,
    isInverted(printed.length - 2),
  )
    ? delimiter
    : ' ';
  const gap = /\s$/.test(before) ? before : `${before} `;
  return [...join(printed.slice(0, -1), delimiter), ...affix(`${gap}${and} `), ...printed.at(-1)!];
}

function precedes(rule: string, isMany: boolean, isAfterInverted: boolean): boolean {
  if (rule === 'always') return true;
  if (rule === 'never') return false;
  return rule === 'after-inverted-name' ? isAfterInverted : isMany;
}

function nameText(
  name: Name,
  index: number,
  options: Attributes,
  parts: Parts,
  rendering: Rendering,
): Rich {
  const style = (part: 'family' | 'given', text: string): Rich => {
    if (text === '') return [];
    const element = parts.name?.children.find(({ attributes }) => attributes.name === part);
    if (!element) return [apostrophes(text)];
    return applyLook(
      element,
      changeCase([apostrophes(text)], element.attributes['text-case'], true),
      rendering,
    );
  };
  const rich = arrange(name, index, options, style, rendering);
  return parts.name ? applyLook(parts.name, rich, rendering) : rich;
}

/** Names of these scripts are written family first, without a space. */
const eastAsian = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

function arrange(
  name: Name,
  index: number,
  options: Attributes,
  style: (part: 'family' | 'given', text: string) => Rich,
  rendering: Rendering,
): Rich {
  if (name.literal !== undefined && !name.family) return style('family', name.literal);
  const family = name.family ?? '';
  const particle = name['non-dropping-particle'] ?? '';
  const dropping = name['dropping-particle'] ?? '';
  const suffix = name.suffix ?? '';
  const isCitation = rendering.area === 'citation';
  const level = Math.max(
    options.form === 'short' ? 0 : 2,
    isCitation ? rendering.distinction.given : 0,
    isCitation ? (rendering.givenLevels.get(nameKey(name)) ?? 0) : 0,
  );
  const given =
    level === 0
      ? ''
      : initialled(name.given ?? '', options, level === 2 && options.form === 'short');
  const full = (text: string) =>
    particle === '' ? text : `${particle}${/['’]$/.test(particle) ? '' : ' '}${text}`;
  if (eastAsian.test(family))
    return [...style('family', family), ...style('given', name.given ?? '')];
  const inverted =
    rendering.isSortKey ||
    (options.form !== 'short' &&
      (options['name-as-sort-order'] === 'all' ||
        (options['name-as-sort-order'] === 'first' && index === 0)));
  if (level === 0 && !rendering.isSortKey) return style('family', full(family));
  if (!inverted) {
    const words: Rich[] = [
      style('given', given),
      dropping === '' ? [] : [dropping],
      style('family', full(family)),
      suffix === '' ? [] : [suffix],
    ];
    return join(words, ' ');
  }
  const separator = options['sort-separator'] ?? ', ';
  const demotion =
    rendering.style.root.attributes['demote-non-dropping-particle'] ?? 'display-and-sort';
  const isDemoted =
    demotion === 'display-and-sort' || (demotion === 'sort-only' && rendering.isSortKey);
  const head = style('family', isDemoted ? family : full(family));
  const tail = join(
    [
      style('given', given),
      dropping === '' ? [] : [dropping],
      isDemoted && particle ? [particle] : [],
    ],
    ' ',
  );
  return join([head, tail, suffix === '' ? [] : [suffix]], separator);
}

/** Who a name is, to tell people of the same family apart. */
export function nameKey(name: Name): string {
  return `${name['non-dropping-particle'] ?? ''} ${name.family ?? name.literal ?? ''}, ${name.given ?? ''}`;
}

/** Given names as initials, if the style asks for them: "Jean-Luc" with ". " is "J.-L.". */
export function initialled(given: string, options: Attributes, isInFull = false): string {
  const mark = options['initialize-with'];
  if (mark === undefined || isInFull) return given;
  const hyphenated = options['initialize-with-hyphen'] !== 'false';
  const words = given
    .replace(/\.(?=\S)/g, '. ')
    .split(/\s+/)
    .filter((word) => word !== '');
  let text = '';
  for (const word of words) {
    const isInitial = /^\p{Lu}\p{M}*\.?$/u.test(word);
    if (options.initialize === 'false' && !isInitial) text = `${text.trimEnd()} ${word} `;
    else if (/^\p{Ll}/u.test(word)) text = `${text.trimEnd()} ${word} `;
    else {
      const pieces = word.split(/[-‐‑]/).filter((piece) => piece !== '');
      const letters = pieces.map((piece) => [...piece][0]!.toUpperCase() + mark.trimEnd());
      text +=
        letters.join(hyphenated && !(mark === '') ? '-' : hyphenated ? '-' : '') +
        (/\s$/.test(mark) ? ' ' : '');
    }
  }
  return text.trim();
}

/** "ed.", "Eds." after or before a list of names. */
function labelText(
  element: XmlElement,
  variable: string,
  count: number,
  rendering: Rendering,
): Rich {
  const { form, plural = 'contextual' } = element.attributes;
  const isPlural = plural === 'always' || (plural === 'contextual' && count > 1);
  const term = rendering.style.locale.term(variable, form, isPlural);
  if (!term) return nothing.rich;
  const text = element.attributes['strip-periods'] === 'true' ? term.replaceAll('.', '') : term;
  const cased = changeCase(affix(text), element.attributes['text-case'], true);
  return applyLook(element, cased, rendering);
}

/** "He et al." as part of a sentence, where a style has no names in its citations. */
export function shortNames(names: readonly Name[], and: string, etAl: string): Rich {
  const words = names.map(({ family, literal, 'non-dropping-particle': particle }) =>
    apostrophes([particle, family ?? literal ?? ''].filter(Boolean).join(' ')),
  );
  const pieces: Piece[] =
    words.length > 2
      ? [`${words[0]} ${etAl}`]
      : words.length === 2
        ? [`${words[0]} ${and} ${words[1]}`]
        : words;
  return span({}, pieces);
}
