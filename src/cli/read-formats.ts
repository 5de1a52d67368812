// The option `--to`: formats with commas between them.
import { hint } from '../shared/nearest.js';
import { OptionError } from './option-error.js';

/** @throws OptionError for a format that is none of these, naming the nearest, and where none is given. */
export function readFormats<Format extends string>(
  text: string,
  formats: readonly Format[],
): Format[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const unknown = names.find((name) => !formats.includes(name as Format));
  if (unknown !== undefined || names.length === 0) {
    throw new OptionError(
      `--to ${text}: there is no format "${unknown ?? ''}". ${hint(unknown ?? '', formats)}`,
    );
  }
  return names as Format[];
}
