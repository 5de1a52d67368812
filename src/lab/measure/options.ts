/** Options of a measure, checked and filled in once at the door. */
import { checkKeys } from '../registry.js';
import { OptionError } from './errors.js';
import type { Measure, OptionRule } from './measure.js';

/**
 * The defaults of a measure with what is given put over them.
 *
 * @throws UnknownNameError for an option that the measure does not have, naming the nearest; OptionError for a value of
 * the wrong type or out of bounds.
 */
export function measureOptions<Options extends object>(
  measure: Measure<Options>,
  given: Readonly<Record<string, unknown>> = {},
): Options {
  checkKeys(`option of ${measure.name}`, given, Object.keys(measure.defaults));
  const settled = { ...measure.defaults } as Record<string, unknown>;
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const rule = measure.options[key as keyof Options];
    const wrong = problem(value, measure.defaults[key as keyof Options], rule);
    if (wrong !== null) throw new OptionError(measure.name, key, value, wrong);
    settled[key] = value;
  }
  return settled as Options;
}

/** What the value should have been, or null where it is right. */
function problem(value: unknown, example: unknown, rule: OptionRule): string | null {
  if (Array.isArray(example)) {
    const items = rule.items ?? 'number';
    const right =
      Array.isArray(value) &&
      value.every((each) => problem(each, items === 'string' ? '' : 0, rule) === null);
    return right ? null : `a list of ${items}s${bounds(rule)}`;
  }
  if (typeof example === 'number') {
    const { low = -Infinity, high = Infinity, integer = false } = rule;
    const right =
      typeof value === 'number' &&
      Number.isFinite(value) &&
      value >= low &&
      value <= high &&
      (!integer || Number.isInteger(value));
    return right ? null : `${integer ? 'an integer' : 'a number'}${bounds(rule)}`;
  }
  if (rule.choices) {
    const names = rule.choices.map((choice) => JSON.stringify(choice)).join(', ');
    return rule.choices.includes(value as string) ? null : `one of ${names}`;
  }
  return typeof value === typeof example ? null : `a ${typeof example}`;
}

function bounds({ low, high, choices }: OptionRule): string {
  if (choices) return ` among ${choices.join(', ')}`;
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  if (low !== undefined) return ` of at least ${low}`;
  return high === undefined ? '' : ` of at most ${high}`;
}
