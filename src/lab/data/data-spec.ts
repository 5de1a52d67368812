// From what a user writes to a whole, checked spec: the only place where defaults of data are set.
import { checkKeys } from '../registry.js';
import type { DataSpec } from './dataset.js';
import { datasets } from './datasets.js';

/** Values that a user may leave out; `train` and `test` are cut to what the dataset has. */
export const DATA_DEFAULTS = { train: 10_000, test: 2_000, seed: 0, shuffledLabels: 0 } as const;

/** A value of a data spec that cannot be met. */
export class DataSpecError extends Error {
  override readonly name = 'DataSpecError';
  constructor(
    readonly key: string,
    readonly value: unknown,
    readonly expected: string,
  ) {
    super(`data ${key} must be ${expected}, not ${JSON.stringify(value) ?? String(value)}`);
  }
}

/**
 * Fills in defaults and checks every value, without reading any file.
 *
 * Throws `UnknownNameError` for an unknown key or dataset (naming the nearest), `DataSpecError` for a value out of range.
 */
export function dataSpec(partial: Partial<DataSpec> & { readonly name: string }): DataSpec {
  checkKeys('key of data', partial, ['name', ...Object.keys(DATA_DEFAULTS)]);
  const { name, classes, most } = datasets.get(partial.name);
  const spec: DataSpec = {
    name,
    train: partial.train ?? Math.min(DATA_DEFAULTS.train, most.train),
    test: partial.test ?? Math.min(DATA_DEFAULTS.test, most.test),
    seed: partial.seed ?? DATA_DEFAULTS.seed,
    shuffledLabels: partial.shuffledLabels ?? DATA_DEFAULTS.shuffledLabels,
  };
  for (const key of ['train', 'test'] as const) {
    const value = spec[key];
    if (!Number.isInteger(value) || value < 1 || value > most[key]) {
      const expected = `an integer from 1 to ${most[key]} (balanced over the ${classes.length} classes of ${name})`;
      throw new DataSpecError(key, value, expected);
    }
  }
  if (!Number.isSafeInteger(spec.seed)) {
    throw new DataSpecError('seed', spec.seed, 'an integer of at most 53 bits');
  }
  if (!(spec.shuffledLabels >= 0 && spec.shuffledLabels <= 1)) {
    throw new DataSpecError('shuffledLabels', spec.shuffledLabels, 'a share from 0 to 1');
  }
  return spec;
}
