// Numbers, page ranges and the words before them.
import { isNumeric } from './item.js';
import type { Locale } from './locale.js';

export function ordinal(number: number, locale: Locale): string {
  return `${number}${locale.ordinal(number)}`;
}

/** A number in the form that a style asks for; text that holds no number stays as it is. */
export function numberText(value: string, form: string | undefined, locale: Locale): string {
  if (!isNumeric(value)) return value;
  return value
    .replace(/\s*([-–])\s*/g, locale.term('page-range-delimiter') ?? '–')
    .replace(/\s*([,&])\s*/g, (_, mark: string) => (mark === '&' ? ' & ' : ', '))
    .replace(/(?<![\p{L}\d])\d+(?![\p{L}\d])/gu, (digits) => {
      const number = Number(digits);
      if (form === 'ordinal') return ordinal(number, locale);
      if (form === 'long-ordinal') {
        return (
          locale.term(`long-ordinal-${String(number).padStart(2, '0')}`) ?? ordinal(number, locale)
        );
      }
      return form === 'roman' ? roman(number) : digits;
    });
}

export function roman(number: number): string {
  if (number <= 0 || number >= 4000) return String(number);
  const steps: [number, string][] = [
    [1000, 'm'],
    [900, 'cm'],
    [500, 'd'],
    [400, 'cd'],
    [100, 'c'],
    [90, 'xc'],
    [50, 'l'],
    [40, 'xl'],
    [10, 'x'],
    [9, 'ix'],
    [5, 'v'],
    [4, 'iv'],
    [1, 'i'],
  ];
  let text = '';
  let left = number;
  for (const [value, sign] of steps) {
    for (; left >= value; left -= value) text += sign;
  }
  return text;
}

/** Whether there are several pages, figures or whatever is counted. */
export function isPlural(variable: string, value: string): boolean {
  if (/^number-of-/.test(variable)) return Number(value) !== 1 && /\d/.test(value);
  return /\d\s*[-–,&]\s*\p{L}?\d|\band\b/u.test(value);
}

/** `page-range-format` of a style: which digits of the second number are left out. */
export function pageRange(value: string, format: string | undefined, locale: Locale): string {
  const dash = locale.term('page-range-delimiter') ?? '–';
  const joined = (from: string, to: string) => `${from}${dash}${to}`;
  return value.replace(
    /(?<![\p{L}\d.:/])(\p{L}*)(\d+)\s*(?:-{1,3}|–|—)\s*(\p{L}*)(\d+)(?![\p{L}\d])/gu,
    (_, prefix: string, from: string, second: string, to: string) => {
      if (second !== '' && second !== prefix) return joined(prefix + from, second + to);
      // "321-25" is 321 to 325.
      const full = to.length < from.length ? from.slice(0, from.length - to.length) + to : to;
      if (Number(full) < Number(from)) return joined(prefix + from, second + to);
      if (format === undefined) return joined(prefix + from, second + to);
      return joined(prefix + from, shortened(from, full, format, prefix));
    },
  );
}

function shortened(from: string, to: string, format: string, prefix: string): string {
  if (format === 'expanded' || from.length !== to.length) return prefix + to;
  let common = 0;
  while (common < to.length - 1 && from[common] === to[common]) common++;
  if (from === to) return to;
  if (format === 'minimal') return to.slice(common);
  if (format === 'minimal-two') return to.slice(Math.min(common, Math.max(0, to.length - 2)));
  // Chicago Manual of Style: 3–10, 71–72, 96–117; 100–104; 107–8, 505–17, 1002–6; 321–25, 1496–500.
  const number = Number(from);
  if (number < 100 || number % 100 === 0) return to;
  if (number % 100 < 10) return to.slice(common);
  if (format !== 'chicago-16' && from.length === 4 && to.length - common >= 3) return to;
  return to.slice(Math.min(common, to.length - 2));
}
