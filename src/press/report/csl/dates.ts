// The date element.
import { changeCase } from './case.js';
import { dateOf, type DateValue } from './item.js';
import { applyLook } from './look.js';
import { ordinal } from './numbers.js';
import { missing, type Rendering, type Result } from './rendering.js';
import { affix, isEmpty, join, type Piece, type Rich } from './rich.js';
import type { XmlElement } from './xml.js';

type PartName = 'year' | 'month' | 'day';

/** Year, month and day of one end of a date; what is not known is left out. */
type Parts = Partial<Record<PartName, number>>;

export function renderDate(element: XmlElement, rendering: Rendering): Result {
  const variable = element.attributes.variable ?? 'issued';
  if (rendering.replaced.has(variable)) return missing;
  const date = dateOf(rendering.item, variable);
  if (!date) return missing;
  rendering.used.add(variable);
  const [start, end] = (date['date-parts'] ?? []).map(partsOf);
  if (!start) {
    const text = date.literal ?? date.raw ?? '';
    return { rich: applyLook(element, [text], rendering), asked: true, got: true };
  }
  if (rendering.isSortKey) {
    const { parts } = layoutOf(element, rendering);
    const names = parts.map(({ attributes }) => attributes.name as PartName);
    return { rich: [sortable(date, names)], asked: true, got: true };
  }
  const layout = layoutOf(element, rendering);
  const rich =
    end === undefined || same(start, end)
      ? renderParts(layout, start, date, rendering, variable)
      : renderRange(layout, start, end, date, rendering, variable);
  // A season without a month, or a day that is not known, may leave nothing of what the style asks for.
  if (isEmpty(rich)) return missing;
  return { rich: applyLook(element, rich, rendering), asked: true, got: true };
}

/** A date as text that sorts as dates do: 20161231, or only the year where no more is known. */
export function sortable(
  date: DateValue,
  wanted: readonly PartName[] = ['year', 'month', 'day'],
): string {
  const [start, end] = (date['date-parts'] ?? []).map(partsOf);
  const two = (name: PartName, value = 0) =>
    (wanted.includes(name) ? String(value) : '').padStart(2, '0');
  // Years before Christ come first too.
  const text = ({ year = 0, month, day }: Parts) =>
    `${year + 10_000}${two('month', month)}${two('day', day)}`;
  return start ? text(start) + (end ? `-${text(end)}` : '') : (date.literal ?? date.raw ?? '');
}

function partsOf(given: readonly (number | string)[]): Parts {
  const parts: Parts = {};
  for (const [index, name] of (['year', 'month', 'day'] as const).entries()) {
    const value = Number(given[index]);
    if (
      given[index] !== undefined &&
      given[index] !== '' &&
      Number.isFinite(value) &&
      value !== 0
    ) {
      parts[name] = value;
    }
  }
  return parts;
}

function same(a: Parts, b: Parts): boolean {
  return a.year === b.year && a.month === b.month && a.day === b.day;
}

interface Layout {
  readonly parts: readonly XmlElement[];
  readonly delimiter: string | undefined;
}

/** The parts that are wanted: those of the element, or those of the language with the element's changes. */
function layoutOf(element: XmlElement, { style }: Rendering): Layout {
  const own = element.children.filter(({ name }) => name === 'date-part');
  const { form, delimiter } = element.attributes;
  const local = form === undefined ? null : style.locale.date(form);
  if (!local) return { parts: own, delimiter };
  const wanted = (element.attributes['date-parts'] ?? 'year-month-day').split('-');
  const parts = local.children
    .filter(({ attributes }) => wanted.includes(attributes.name ?? ''))
    .map((part) => {
      const change = own.find(({ attributes }) => attributes.name === part.attributes.name);
      if (!change) return part;
      const { prefix: _p, suffix: _s, ...attributes } = change.attributes;
      return { ...part, attributes: { ...part.attributes, ...attributes } };
    });
  return { parts, delimiter: local.attributes.delimiter };
}

function renderParts(
  layout: Layout,
  parts: Parts,
  date: DateValue,
  rendering: Rendering,
  variable: string,
): Rich {
  const printed = layout.parts.map((part) => renderPart(part, parts, date, rendering, variable));
  const last = printed.findLastIndex((rich) => !isEmpty(rich));
  // What a part puts after itself before the next has no place after the last.
  const whole = printed.map((rich, index) =>
    index === last && index < printed.length - 1 ? trimEnd(rich) : rich,
  );
  return join(whole, layout.delimiter);
}

function trimEnd(rich: Rich): Rich {
  const last = rich.at(-1);
  return typeof last === 'object' && last.look.affix ? rich.slice(0, -1) : rich;
}

/** Only the parts that differ are printed twice: "3–5 May 2016", "May–June 2016", "2016–2018". */
function renderRange(
  layout: Layout,
  start: Parts,
  end: Parts,
  date: DateValue,
  rendering: Rendering,
  variable: string,
): Rich {
  const names = layout.parts.map(({ attributes }) => attributes.name as PartName);
  const differ = (['year', 'month', 'day'] as const).find(
    (name) => names.includes(name) && start[name] !== end[name],
  );
  if (!differ) return renderParts(layout, start, date, rendering, variable);
  const finer =
    differ === 'year' ? ['year', 'month', 'day'] : differ === 'month' ? ['month', 'day'] : ['day'];
  const inRange = names.map((name) => finer.includes(name));
  const first = inRange.indexOf(true);
  const last = inRange.lastIndexOf(true);
  const print = (from: number, to: number, parts: Parts): Rich =>
    renderParts(
      { ...layout, parts: layout.parts.slice(from, to) },
      parts,
      date,
      rendering,
      variable,
    );
  const delimiter =
    layout.parts.find(({ attributes }) => attributes.name === differ)?.attributes[
      'range-delimiter'
    ] ?? '–';
  const before = layout.parts
    .slice(0, first)
    .map((part) => renderPart(part, start, date, rendering, variable));
  const after = layout.parts
    .slice(last + 1)
    .map((part) => renderPart(part, end, date, rendering, variable));
  const tail = layout.parts
    .slice(first, last + 1)
    .map((part) => renderPart(part, end, date, rendering, variable));
  return [
    ...before.flat(),
    ...trimEnd(print(first, last + 1, start)),
    ...affix(delimiter),
    ...join(tail, layout.delimiter),
    ...after.flat(),
  ];
}

function renderPart(
  element: XmlElement,
  parts: Parts,
  date: DateValue,
  rendering: Rendering,
  variable: string,
): Rich {
  const { name, form } = element.attributes;
  const { locale } = rendering.style;
  let text = '';
  if (name === 'year' && parts.year !== undefined) text = yearText(parts.year, form, rendering);
  else if (name === 'month') {
    const season = Number(
      date.season ??
        (parts.month !== undefined && parts.month > 12 ? ((parts.month - 1) % 4) + 1 : 0),
    );
    if (season >= 1 && season <= 4) text = locale.term(`season-0${season}`) ?? '';
    else if (parts.month !== undefined && parts.month <= 12)
      text = monthText(parts.month, form, rendering);
  } else if (name === 'day' && parts.day !== undefined) {
    text =
      form === 'numeric-leading-zeros'
        ? String(parts.day).padStart(2, '0')
        : form === 'ordinal'
          ? ordinal(parts.day, locale)
          : String(parts.day);
  }
  if (text === '') return [];
  if (element.attributes['strip-periods'] === 'true') text = text.replaceAll('.', '');
  const pieces: Piece[] = [text];
  const { yearSuffix } = rendering.distinction;
  if (
    name === 'year' &&
    variable === 'issued' &&
    yearSuffix !== '' &&
    !rendering.yearSuffixShown &&
    !usesYearSuffix(rendering)
  ) {
    rendering.yearSuffixShown = true;
    pieces.push(yearSuffix);
  }
  return applyLook(element, changeCase(pieces, element.attributes['text-case'], true), rendering);
}

function yearText(year: number, form: string | undefined, { style }: Rendering): string {
  if (year < 0) return `${-year}${style.locale.term('bc') ?? 'BC'}`;
  if (form === 'short') return String(year % 100).padStart(2, '0');
  return year < 1000 ? `${year}${style.locale.term('ad') ?? 'AD'}` : String(year);
}

function monthText(month: number, form: string | undefined, { style }: Rendering): string {
  if (form === 'numeric') return String(month);
  if (form === 'numeric-leading-zeros') return String(month).padStart(2, '0');
  return (
    style.locale.term(
      `month-${String(month).padStart(2, '0')}`,
      form === 'short' ? 'short' : 'long',
    ) ?? String(month)
  );
}

const users = new WeakMap<object, boolean>();

/** Whether the style prints the letter after the year at a place of its own. */
function usesYearSuffix({ style }: Rendering): boolean {
  let known = users.get(style.root);
  if (known === undefined) {
    const visit = (element: XmlElement): boolean =>
      (element.name === 'text' && element.attributes.variable === 'year-suffix') ||
      element.children.some(visit);
    known = visit(style.root);
    users.set(style.root, known);
  }
  return known;
}
