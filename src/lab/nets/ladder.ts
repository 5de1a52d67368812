// Ladders: the same family at several depths, with what is held fixed stated.
import { checkKeys } from '../registry.js';
import { multiplyAdds, parameters } from './count.js';
import { NET_DEFAULTS, netSpec } from './net-spec.js';
import type { NetSpec } from './spec.js';

export interface LadderOptions extends Partial<Omit<NetSpec, 'depth'>> {
  /** The rungs, in weighted layers; given back in this order. */
  readonly depths: readonly number[];
  /**
   * What all rungs share. `width`: every rung is `width` channels wide, and deeper ones have more parameters.
   * `parameters`: the reference rung is `width` wide, and every other rung gets the width whose number of parameters is
   * nearest to that of the reference. Default `width`.
   */
  readonly hold?: 'width' | 'parameters';
  /** Depth of the reference rung; any depth, also one that is not a rung. Default: the deepest rung. */
  readonly reference?: number;
}

/** One line of a ladder's table. */
export interface Rung {
  readonly spec: NetSpec;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Parameters over those of the reference: 1 when the ladder holds them exactly. */
  readonly ratio: number;
}

/** Widest first stage that `hold: 'parameters'` considers; a shallow net this wide is no longer a sensible CNN. */
const WIDEST = 4096;

/** No width brings a rung near the reference. */
export class LadderError extends Error {
  override readonly name = 'LadderError';
  constructor(
    readonly depth: number,
    readonly target: number,
    reason: string,
  ) {
    super(
      `depth ${depth} cannot be brought to ${target.toLocaleString('en')} parameters: ${reason}`,
    );
  }
}

/**
 * The specs of a ladder, one for each depth. `rungs` tells how well what is held is met.
 *
 * Throws `NetSpecError`, `UnknownNameError` for bad options, `LadderError` where no width is near.
 */
export function ladder(options: LadderOptions): NetSpec[] {
  checkKeys('key of a ladder', options, [
    'depths',
    'hold',
    'reference',
    ...Object.keys(NET_DEFAULTS),
  ]);
  const { depths, hold = 'width', reference = Math.max(...depths), ...shared } = options;
  if (depths.length === 0) throw new RangeError('a ladder needs at least one depth');
  if (hold !== 'width' && hold !== 'parameters') {
    throw new RangeError(`hold must be "width" or "parameters", not ${JSON.stringify(hold)}`);
  }
  const specs = depths.map((depth) => netSpec({ ...shared, depth }));
  if (hold === 'width') return specs;
  const target = parameters(netSpec({ ...shared, depth: reference }));
  return specs.map((spec) => withParameters(spec, target));
}

/** Size and cost of each spec, with its parameters relative to those of a reference (default: the last spec). */
export function rungs(
  specs: readonly NetSpec[],
  reference: NetSpec | undefined = specs.at(-1),
): Rung[] {
  if (reference === undefined) return [];
  const base = parameters(reference);
  return specs.map((spec) => {
    const count = parameters(spec);
    return { spec, parameters: count, multiplyAdds: multiplyAdds(spec), ratio: count / base };
  });
}

/** The spec at the width whose parameters are nearest to `target`; of two as near, the narrower. */
function withParameters(spec: NetSpec, target: number): NetSpec {
  const at = (width: number) => parameters({ ...spec, width });
  if (at(1) > 2 * target) {
    throw new LadderError(
      spec.depth,
      target,
      `width 1 has ${at(1)} already. Leave it out, or take a wider reference`,
    );
  }
  if (at(WIDEST) < target) {
    const reason = `it would have to be wider than ${WIDEST} channels. Leave it out, or hold the width`;
    throw new LadderError(spec.depth, target, reason);
  }
  // Parameters grow with width, so the largest width at or below the target is found by halving.
  let low = 1;
  let high = WIDEST;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (at(middle) <= target) low = middle;
    else high = middle;
  }
  const width = target - at(low) <= Math.abs(at(high) - target) ? low : high;
  return { ...spec, width };
}
