// From what a user writes to a whole, checked spec: the only place where defaults of a net are set.
import { checkKeys } from '../registry.js';
import { families } from './families.js';
import type { NetSpec } from './spec.js';
import { DEPTHS } from './stages.js';

/** Values that a user may leave out. */
export const NET_DEFAULTS: NetSpec = {
  family: 'residual',
  depth: 8,
  width: 16,
  input: [28, 28, 1],
  classes: 10,
  batchNorm: true,
  seed: 0,
};

/** A value of a net spec that cannot be built. */
export class NetSpecError extends Error {
  override readonly name = 'NetSpecError';
  constructor(
    readonly key: keyof NetSpec,
    readonly value: unknown,
    readonly expected: string,
  ) {
    super(`net ${key} must be ${expected}, not ${JSON.stringify(value) ?? String(value)}`);
  }
}

/**
 * Fills in defaults (`NET_DEFAULTS`) and checks every value.
 *
 * Throws `UnknownNameError` for an unknown key or family (naming the nearest), `NetSpecError` for a value out of range.
 */
export function netSpec(partial: Partial<NetSpec> = {}): NetSpec {
  checkKeys('key of a net', partial, Object.keys(NET_DEFAULTS));
  const given = Object.fromEntries(
    Object.entries(partial).filter(([, value]) => value !== undefined),
  );
  const spec: NetSpec = { ...NET_DEFAULTS, ...given };
  families.get(spec.family);
  const check = (key: keyof NetSpec, valid: boolean, expected: string) => {
    if (!valid) throw new NetSpecError(key, spec[key], expected);
  };
  const { depth, width, input, classes } = spec;
  check(
    'depth',
    Number.isInteger(depth) && depth >= DEPTHS.least && depth <= DEPTHS.most,
    `an integer from ${DEPTHS.least} to ${DEPTHS.most} (weighted layers, stem and head included)`,
  );
  check('width', isPositive(width), 'an integer of at least 1 (channels of the first stage)');
  check(
    'input',
    Array.isArray(input) && input.length === 3 && input.every(isPositive),
    'three integers of at least 1: [height, width, channels]',
  );
  check('classes', isPositive(classes), 'an integer of at least 1');
  check('batchNorm', typeof spec.batchNorm === 'boolean', 'true or false');
  check('seed', Number.isSafeInteger(spec.seed), 'an integer of at most 53 bits');
  return { ...spec, input: [input[0], input[1], input[2]] };
}

function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
