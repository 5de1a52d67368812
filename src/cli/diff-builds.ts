// Compares two builds and says how they differ, on the terminal, as JSON, and as a page.
import { readBuild } from '../press/compare/build.js';
import { compareBuilds } from '../press/compare/compare.js';
import { comparisonPage } from '../press/compare/page.js';
import { comparisonText } from '../press/compare/text.js';
import { writeWhole } from '../shared/whole-file.js';
import { OptionError } from './option-error.js';

export interface DiffOptions {
  readonly tolerance: string;
  readonly acceptChance?: boolean;
  readonly html?: string;
  readonly json?: boolean;
}

/** Returns the exit code: 0 the same, 1 different. */
export async function diffBuilds(
  before: string,
  after: string,
  options: DiffOptions,
): Promise<number> {
  const relative = options.tolerance.trim() === '' ? Number.NaN : Number(options.tolerance);
  if (!(relative >= 0 && relative < 1))
    throw new OptionError(`--tolerance ${options.tolerance}: give a share from 0 to less than 1`);
  const [old, now] = await Promise.all([readBuild(before), readBuild(after)]);
  const comparison = await compareBuilds(old, now, {
    relative,
    acceptChance: options.acceptChance ?? false,
  });
  if (options.html !== undefined) await writeWhole(options.html, comparisonPage(comparison));
  console.log(options.json ? JSON.stringify(comparison, null, 2) : comparisonText(comparison));
  return comparison.isSame ? 0 : 1;
}
