// The rendering elements of a style: text, number, label, date, names, group, choose.
import { changeCase } from './case.js';
import { renderDate } from './dates.js';
import {
  dateOf,
  dateVariables,
  type Item,
  isNumeric,
  nameVariables,
  namesOf,
  textOf,
} from './item.js';
import { applyLook } from './look.js';
import { renderNames } from './names.js';
import { isPlural, numberText, pageRange } from './numbers.js';
import { isEnglish, missing, nothing, type Rendering, type Result } from './rendering.js';
import { affix, isEmpty, join, mapText, parseValue, type Rich } from './rich.js';
import type { XmlElement } from './xml.js';

export function renderElement(element: XmlElement, rendering: Rendering): Result {
  switch (element.name) {
    case 'text':
      return renderText(element, rendering);
    case 'number':
      return renderNumber(element, rendering);
    case 'label':
      return renderLabel(element, rendering);
    case 'date':
      return renderDate(element, rendering);
    case 'names':
      return renderNames(element, rendering, renderElement);
    case 'group': {
      const inside = renderAll(element, rendering, element.attributes.delimiter);
      if (inside.asked && !inside.got) return missing;
      return { ...inside, rich: applyLook(element, inside.rich, rendering) };
    }
    case 'choose':
      return renderAll({ ...element, children: [element] }, rendering, undefined);
    default:
      return nothing;
  }
}

/** The children of an element, one after the other. A condition is transparent: the delimiter goes into its branches. */
export function renderAll(
  { children }: XmlElement,
  rendering: Rendering,
  delimiter: string | undefined,
): Result {
  const results: Result[] = [];
  for (const child of branches(children, rendering)) results.push(renderElement(child, rendering));
  return {
    rich: join(
      results.map(({ rich }) => rich),
      delimiter,
    ),
    asked: results.some(({ asked }) => asked),
    got: results.some(({ got }) => got),
  };
}

/** The elements with those of the branch that holds in place of each condition, one at a time, as they are printed. */
function* branches(elements: readonly XmlElement[], rendering: Rendering): Generator<XmlElement> {
  for (const element of elements) {
    if (element.name !== 'choose') {
      yield element;
      continue;
    }
    const branch = element.children.find(
      (each) => each.name === 'else' || (/^(else-)?if$/.test(each.name) && holds(each, rendering)),
    );
    if (branch) yield* branches(branch.children, rendering);
  }
}

function renderText(element: XmlElement, rendering: Rendering): Result {
  const { variable, macro, term, value, form, plural } = element.attributes;
  let result: Result = nothing;
  if (macro !== undefined) {
    const found = rendering.style.macros.get(macro);
    if (found) {
      const inside = renderAll(found, rendering, undefined);
      result = { rich: inside.rich, asked: inside.asked, got: inside.got };
    }
  } else if (variable !== undefined) {
    const rich = variableText(variable, form, rendering);
    if (!isEmpty(rich)) rendering.used.add(variable);
    // A letter after the year that is not needed is not a variable without a value.
    result = !isEmpty(rich)
      ? { rich, asked: true, got: true }
      : variable === 'year-suffix'
        ? nothing
        : missing;
  } else if (term !== undefined) {
    result = {
      ...nothing,
      rich: affix(rendering.style.locale.term(term, form, plural === 'true') ?? ''),
    };
  } else if (value !== undefined) result = { ...nothing, rich: affix(value) };
  return { ...result, rich: finish(element, result.rich, rendering) };
}

function finish(element: XmlElement, rich: Rich, rendering: Rendering): Rich {
  const plain =
    element.attributes['strip-periods'] === 'true'
      ? mapText(rich, (text) => text.replaceAll('.', ''))
      : rich;
  return applyLook(
    element,
    changeCase(plain, element.attributes['text-case'], isEnglish(rendering)),
    rendering,
  );
}

function variableText(variable: string, form: string | undefined, rendering: Rendering): Rich {
  const { item, style, locator } = rendering;
  const { locale } = style;
  if (rendering.replaced.has(variable)) return [];
  switch (variable) {
    case 'citation-number':
      return [String(rendering.number)];
    case 'locator':
      return locator
        ? [pageRange(locator.text, style.root.attributes['page-range-format'], locale)]
        : [];
    case 'year-suffix':
      if (rendering.distinction.yearSuffix === '') return [];
      rendering.yearSuffixShown = true;
      return [rendering.distinction.yearSuffix];
    case 'citation-label':
      return [citationLabel(item)];
    case 'page':
      return [
        pageRange(textOf(item, 'page'), style.root.attributes['page-range-format'], locale),
      ].filter(Boolean);
    case 'page-first':
      return [
        textOf(item, 'page-first') || (/^[\p{L}\d]+/u.exec(textOf(item, 'page'))?.[0] ?? ''),
      ].filter(Boolean);
    default: {
      const short = form === 'short' ? shortOf(item, variable) : '';
      const text = short || textOf(item, variable);
      return text === '' ? [] : parseValue(text);
    }
  }
}

function shortOf(item: Item, variable: string): string {
  if (variable === 'container-title') {
    return textOf(item, 'container-title-short') || textOf(item, 'journalAbbreviation');
  }
  return (
    textOf(item, `${variable}-short`) || (variable === 'title' ? textOf(item, 'shortTitle') : '')
  );
}

/** Four letters of the names and two digits of the year, as in "HeZh16". */
function citationLabel(item: Item): string {
  const names = namesOf(item, 'author').map(({ family, literal }) => family ?? literal ?? '');
  const letters = names.length === 1 ? 4 : names.length > 3 ? 1 : 2;
  const head = names
    .slice(0, 4)
    .map((name) => name.slice(0, letters))
    .join('');
  const year = dateOf(item, 'issued')?.['date-parts']?.[0]?.[0];
  return head + (year === undefined ? '' : String(year).slice(-2));
}

function renderNumber(element: XmlElement, rendering: Rendering): Result {
  const variable = element.attributes.variable ?? '';
  const rich = variableText(variable, undefined, rendering);
  if (isEmpty(rich)) return missing;
  rendering.used.add(variable);
  const { form } = element.attributes;
  const text = mapText(rich, (each) => numberText(each, form, rendering.style.locale));
  return { rich: finish(element, text, rendering), asked: true, got: true };
}

function renderLabel(element: XmlElement, rendering: Rendering): Result {
  const { variable = '', form, plural = 'contextual' } = element.attributes;
  const { locator, item, style } = rendering;
  const value = variable === 'locator' ? (locator?.text ?? '') : textOf(item, variable);
  if (value === '' || rendering.replaced.has(variable)) return nothing;
  const isMany = plural === 'always' || (plural === 'contextual' && isPlural(variable, value));
  const term = style.locale.term(variable === 'locator' ? locator!.label : variable, form, isMany);
  return term === null ? nothing : { ...nothing, rich: finish(element, affix(term), rendering) };
}

const tests: Record<string, (value: string, rendering: Rendering) => boolean> = {
  type: (type, { item }) => (item.type ?? 'document') === type,
  variable: (variable, rendering) => hasVariable(variable, rendering),
  'is-numeric': (variable, { item, locator }) =>
    isNumeric(variable === 'locator' ? (locator?.text ?? '') : textOf(item, variable)),
  'is-uncertain-date': (variable, { item }) => Boolean(dateOf(item, variable)?.circa),
  locator: (label, { locator }) => locator?.label === label.replace(/ /g, '-'),
  position: (position, { position: own, area }) =>
    area === 'citation' &&
    (position === own ||
      (position === 'subsequent' && own !== 'first') ||
      (position === 'ibid' && own === 'ibid-with-locator') ||
      (position === 'near-note' && own !== 'first')),
  disambiguate: (value, { distinction }) => distinction.byStyle === (value === 'true'),
};

function hasVariable(variable: string, rendering: Rendering): boolean {
  const { item, locator } = rendering;
  if (variable === 'locator') return locator !== null;
  if (variable === 'year-suffix') return rendering.distinction.yearSuffix !== '';
  if (variable === 'citation-number') return true;
  if (nameVariables.has(variable)) return namesOf(item, variable).length > 0;
  if (dateVariables.has(variable)) return dateOf(item, variable) !== null;
  return textOf(item, variable) !== '';
}

function holds({ attributes }: XmlElement, rendering: Rendering): boolean {
  const results = Object.entries(tests).flatMap(([name, test]) =>
    (attributes[name] ?? '')
      .split(/\s+/)
      .filter((value) => value !== '')
      .map((value) => test(value, rendering)),
  );
  if (attributes.match === 'any') return results.some(Boolean);
  return attributes.match === 'none' ? !results.some(Boolean) : results.every(Boolean);
}
