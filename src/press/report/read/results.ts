// Results that cells export, and how prose quotes them: {eval}`name` with words that say how.
//
//   {eval}`accuracy`            0.912          with its unit and its own number of digits
//   {eval}`accuracy digits=1`   0.9
//   {eval}`accuracy interval`   0.912 (95 % interval 0.897 to 0.926)
//   {eval}`accuracy low`        0.897          `high` is the other end
//   {eval}`accuracy bare`       without the unit
//   {eval}`accuracy title`      what it is, in words
import type { CodeCell } from '../../notebook/nbformat.js';
import { nearest } from '../../../shared/nearest.js';
import { parseResult, type Result, resultMime, type ScalarResult } from '../../notebook/results.js';
import { escapeHtml } from '../markup.js';
import type { At } from './draft.js';
import type { Problems } from './problems.js';

export class Results {
  private readonly found = new Map<string, Result & { readonly cell: number }>();

  constructor(private readonly problems: Problems) {}

  /** Takes in what a cell exports. */
  collect(cell: CodeCell, at: At): void {
    for (const output of cell.outputs) {
      if (!('data' in output) || !(resultMime in output.data)) continue;
      const result = parseResult(output.data[resultMime]);
      if (typeof result === 'string') this.problems.error('bad-result', result, at);
      else if (this.found.has(result.name)) {
        const { cell: first } = this.found.get(result.name)!;
        const message = `result "${result.name}" was already exported by cell ${first}; each needs a name of its own`;
        this.problems.error('duplicate-result', message, at);
      } else this.found.set(result.name, { ...result, cell: at.cell });
    }
  }

  all(): (Result & { readonly cell: number })[] {
    return [...this.found.values()];
  }

  /** HTML of a quoted result. What cannot be quoted is diagnosed, and shown as such. */
  quote(source: string, at: At): string {
    const [name = '', ...words] = source.trim().split(/[\s,]+/);
    const problem = (kind: string, message: string) => {
      this.problems.error(kind, message, at);
      return `<strong class="unresolved">{${escapeHtml(source)}}</strong>`;
    };
    const result = this.found.get(name);
    if (!result) {
      const meant = nearest(name, [...this.found.keys()]);
      return problem(
        'unresolved-result',
        `no cell exports a result "${name}". ${meant ? `Did you mean "${meant}"?` : 'Cells export with result("name", value)'}`,
      );
    }
    if (result.kind === 'table') {
      return problem('unresolved-result', `"${name}" is a table; only single values can be quoted`);
    }
    const format = readFormat(words);
    if (typeof format === 'string') return problem('bad-result-format', format);
    if (['interval', 'low', 'high'].includes(format.part) && !result.interval) {
      return problem('unresolved-result', `result "${name}" has no interval`);
    }
    return printResult(result, format);
  }
}

/** A display that only exports a value has nothing to show where it stands. */
export function isExportOnly(output: CodeCell['outputs'][number]): boolean {
  if (!('data' in output)) return false;
  const result = output.data[resultMime] as { kind?: unknown } | undefined;
  return result !== undefined && result?.kind !== 'table';
}

const parts = ['value', 'interval', 'low', 'high', 'title'] as const;

interface Format {
  readonly part: (typeof parts)[number];
  readonly digits: number | null;
  readonly withUnit: boolean;
}

function readFormat(words: readonly string[]): Format | string {
  let format: Format = { part: 'value', digits: null, withUnit: true };
  for (const word of words.filter((each) => each !== '')) {
    const digits = /^digits=(\d{1,2})$/.exec(word);
    const part = parts.find((each) => each === word);
    if (digits && Number(digits[1]) <= 20) format = { ...format, digits: Number(digits[1]) };
    else if (part) format = { ...format, part };
    else if (word === 'bare') format = { ...format, withUnit: false };
    else {
      const known = [...parts, 'bare', 'digits=2'];
      const meant = nearest(word, known);
      return `"${word}" is no way to print a result. ${meant ? `Did you mean "${meant}"?` : `Known: ${known.join(', ')}`}`;
    }
  }
  return format;
}

/** A single value with its unit, and its interval where it has one. */
export function valueHtml(result: ScalarResult): string {
  return printResult(result, { part: 'interval', digits: null, withUnit: true });
}

function printResult(result: ScalarResult, { part, digits: given, withUnit }: Format): string {
  const digits = given ?? result.digits;
  const unit = withUnit && result.unit !== null ? `\u202f${escapeHtml(result.unit)}` : '';
  const { interval } = result;
  if (part === 'title') return escapeHtml(result.title ?? result.name);
  if (part === 'low') return numberHtml(interval!.low, digits) + unit;
  if (part === 'high') return numberHtml(interval!.high, digits) + unit;
  const value =
    typeof result.value === 'number'
      ? numberHtml(result.value, digits) + unit
      : escapeHtml(result.value === null ? '–' : String(result.value));
  if (part === 'value' || !interval) return value;
  const level = numberHtml(Math.round(interval.level * 1000) / 10, null);
  const ends = `${numberHtml(interval.low, digits)} to ${numberHtml(interval.high, digits)}${unit}`;
  return `${value} (${level}\u202f% interval ${ends})`;
}

/**
 * A number as it is set in print: four significant digits unless the digits are given, a true minus sign, thin spaces
 * between thousands, powers of ten where it is very small or large.
 */
export function numberHtml(value: number, digits: number | null): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15) && (digits === null || size >= 1e15)) {
    const [mantissa, exponent] = value.toExponential(digits ?? 2).split('e');
    return `${sign(mantissa!)}\u202f×\u202f10<sup>${sign(exponent!.replace('+', ''))}</sup>`;
  }
  const text =
    digits !== null
      ? value.toFixed(digits)
      : Number.isInteger(value)
        ? String(value)
        : plainDigits(value);
  const [whole, fraction] = text.split('.') as [string, string?];
  const grouped = /\d{5}/.test(whole) ? whole.replace(/(?<=\d)(?=(?:\d{3})+$)/g, '\u202f') : whole;
  return sign(fraction === undefined ? grouped : `${grouped}.${fraction}`);
}

function plainDigits(value: number): string {
  // As few decimals as show four significant digits, and never an exponent.
  const decimals = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.min(20, decimals))));
}

function sign(text: string): string {
  // Rounding may leave "-0.00".
  return /^-[0.]*$/.test(text) ? text.slice(1) : text.replace(/^-/, '−');
}
