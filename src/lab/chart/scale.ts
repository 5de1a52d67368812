// Axis scales whose domain and ticks are set here, not by the renderer, so that labels can be placed beside line ends.
import { roundDomain } from './layout.js';
import type { Quantity } from './quantity.js';
import { InvalidChartData } from './spec.js';

export interface AxisScale {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [low: number, high: number];
  /** Place of a value between the domain's ends, 0 to 1. */
  toUnit(value: number): number;
  fromUnit(place: number): number;
}

/** A scale that holds all values, ending at round numbers. */
export function axisScale(
  quantity: Quantity,
  values: readonly number[],
  type: 'linear' | 'log' = 'linear',
  domain?: readonly [low: number, high: number],
): AxisScale {
  const [low, high] =
    domain ?? (type === 'log' ? logDomain(quantity, values) : roundDomain(values, quantity));
  const forward = type === 'log' ? Math.log : (value: number) => value;
  const backward = type === 'log' ? Math.exp : (value: number) => value;
  const from = forward(low);
  const reach = forward(high) - from;
  return {
    type,
    domain: [low, high],
    toUnit: (value) => (forward(value) - from) / reach,
    fromUnit: (place) => backward(from + place * reach),
  };
}

function logDomain(quantity: Quantity, values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  if (low <= 0) {
    throw new InvalidChartData(
      `chart: "${quantity.field}" has the value ${low}, and a log scale has no place for it. Use a linear scale`,
    );
  }
  const high = Math.max(...values);
  return low === high ? [low / 2, high * 2] : [roundDown(low), roundUp(high)];
}

/** The nearest of 1, 2, 5 × 10ⁿ at or below. */
function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [5, 2, 1].find((item) => item * power <= value * (1 + 1e-9)) ?? 1;
  return Number((factor * power).toPrecision(3));
}

function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((item) => item * power >= value * (1 - 1e-9)) ?? 10;
  return Number((factor * power).toPrecision(3));
}

/** 1, 2 and 5 × 10ⁿ within a domain, thinned to powers of ten where there are many. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const decades = Math.log10(high / low);
  const factors = decades > 4 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const factor of factors) {
      const value = Number((factor * 10 ** power).toPrecision(3));
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) ticks.push(value);
    }
  }
  return ticks;
}

/**
 * Labels of an axis. Plain numbers are left to the renderer, which knows the step between ticks; on a log scale each tick set
 * here is labelled with its significant digits.
 */
export function axisLabels(
  { format }: Quantity,
  { type, domain }: Pick<AxisScale, 'type' | 'domain'> = { type: 'linear', domain: [0, 1] },
): Record<string, unknown> {
  if (type === 'log') {
    const digits = format === '~g' ? ',~r' : format;
    const values = logTicks(domain);
    return {
      values,
      // The renderer thins ticks to their count, given ones too.
      tickCount: values.length,
      labelExpr: `format(datum.value, ${JSON.stringify(digits)})`,
      labelOverlap: 'greedy',
    };
  }
  return format === '~g' ? {} : { format };
}
