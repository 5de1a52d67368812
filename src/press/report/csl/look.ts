// Formatting attributes and affixes, which any element may have.
import type { Rendering } from './rendering.js';
import { affix, isEmpty, type Look, type Rich, span } from './rich.js';
import type { XmlElement } from './xml.js';

/** What was printed, formatted as the element says and between its affixes. Nothing stays nothing. */
export function applyLook({ attributes }: XmlElement, rich: Rich, rendering: Rendering): Rich {
  if (isEmpty(rich)) return [];
  if (rendering.isSortKey) return rich;
  const look: { -readonly [key in keyof Look]: Look[key] } = {};
  const { 'font-style': slant, 'font-weight': weight, 'vertical-align': vertical } = attributes;
  if (slant === 'italic' || slant === 'oblique') look.italic = true;
  if (slant === 'normal') look.italic = false;
  if (weight === 'bold') look.bold = true;
  if (weight === 'normal') look.bold = false;
  if (attributes['font-variant'] === 'small-caps') look.smallCaps = true;
  if (attributes['text-decoration'] === 'underline') look.underline = true;
  if (vertical === 'sup' || vertical === 'sub' || vertical === 'baseline') look.vertical = vertical;
  const formatted = Object.keys(look).length > 0 ? span(look, rich) : rich;
  const quoted = attributes.quotes === 'true' ? span({ quotes: true }, formatted) : formatted;
  const whole = [...affix(attributes.prefix), ...quoted, ...affix(attributes.suffix)];
  return attributes.display
    ? span({ display: attributes.display as NonNullable<Look['display']> }, whole)
    : whole;
}
