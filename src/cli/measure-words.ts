// How the commands on measures write numbers and options, and what a wrong name of a measure is to them.
import { OptionError as OptionValueError } from '../lab/measure/errors.js';
import type { Measure } from '../lab/measure/measure.js';
import { UnknownNameError } from '../lab/registry.js';
import { OptionError } from './option-error.js';

/** Four significant digits; powers of ten for what is very small or large. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** `0 to ∞` */
export function rangeText({ range }: Measure): string {
  const bound = (value: number) =>
    Number.isFinite(value) ? String(value) : value < 0 ? '−∞' : '∞';
  return `${bound(range[0])} to ${bound(range[1])}`;
}

export interface OptionWords {
  readonly name: string;
  /** Its default as JSON. */
  readonly value: string;
  readonly about: string;
  /** As JSON; empty where anything within bounds will do. */
  readonly choices: readonly string[];
}

export function optionWords({ options, defaults }: Measure): OptionWords[] {
  return Object.entries(options).map(([name, { about, choices = [] }]) => ({
    name,
    value: JSON.stringify(defaults[name]),
    about,
    choices,
  }));
}

/**
 * Looks something up, or checks it, as a user gave it. @throws OptionError naming what is nearest or expected, with `orElse`
 * behind it.
 */
export function named<T>(look: () => T, orElse = ''): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof UnknownNameError || error instanceof OptionValueError)
      throw new OptionError(`${error.message}${orElse}`);
    throw error;
  }
}

/** Words in lines of at most `width` columns, each behind `indent`; one line where there is no terminal to be narrow. */
export function wrapped(text: string, indent: string, width = process.stdout.columns): string {
  const room = (width || Infinity) - indent.length;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => indent + line).join('\n');
}
