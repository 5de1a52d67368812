/** Makes readings, and refuses those that would put NaN or infinity in a chart. */
import { ReadingError } from './errors.js';
import type { Measure, Reading, Subject, Value } from './measure.js';

type LayerReading = Reading['layers'][number];

/** What a measure found; the rest of a reading is filled in. */
export interface Finding {
  readonly value: number;
  readonly interval?: Value['interval'];
  readonly saturation?: number | null;
  readonly layers?: readonly LayerReading[];
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly notes?: readonly string[];
}

/** The reading of a finding. */
export function reading<Options extends object>(
  measure: Measure<Options>,
  options: Options,
  finding: Finding,
): Reading {
  const {
    value,
    interval = null,
    saturation = null,
    layers = [],
    extra = {},
    notes = [],
  } = finding;
  return {
    measure: measure.name,
    unit: measure.unit,
    options: options as Readonly<Record<string, unknown>>,
    value,
    interval,
    saturation,
    layers,
    extra,
    notes,
  };
}

/** The reading of one layer. */
export function layerReading(
  subject: Subject,
  layer: string,
  value: Value,
  saturation: number | null = null,
): LayerReading {
  return { ...value, layer, position: subject.position(layer), saturation };
}

/**
 * Checks that a reading keeps its contract: every number anywhere in it is finite, it is plain JSON, the value is within
 * the measure's range, and the interval holds its ends in order.
 *
 * @throws ReadingError saying where it does not.
 */
export function checkReading(measure: Measure, made: Reading): void {
  const fail = (path: string, problem: string): never => {
    throw new ReadingError(measure.name, path, problem);
  };
  if (made.measure !== measure.name) fail('measure', `is ${made.measure}`);
  walk(made, '', fail);
  const [low, high] = measure.range;
  const slack = 1e-9 * Math.max(1, Math.abs(low) === Infinity ? 1 : Math.abs(low));
  const values = [made, ...made.layers];
  for (const [index, { value, interval }] of values.entries()) {
    const at = index === 0 ? '' : `layers[${index - 1}].`;
    if (value < low - slack || value > high + slack) {
      fail(`${at}value`, `is ${value}, outside the range ${low} to ${high}`);
    }
    if (interval !== null && interval.low > interval.high) {
      fail(`${at}interval`, `runs from ${interval.low} to ${interval.high}`);
    }
  }
}

function walk(value: unknown, path: string, fail: (path: string, problem: string) => never): void {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) fail(path, `is ${value}`);
      return;
    case 'string':
    case 'boolean':
      return;
    case 'object': {
      if (value === null) return;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) walk(value[i], `${path}[${i}]`, fail);
        return;
      }
      const prototype = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) {
        fail(path, `is a ${value.constructor.name}, not plain JSON`);
      }
      for (const [key, each] of Object.entries(value)) {
        walk(each, path === '' ? key : `${path}.${key}`, fail);
      }
      return;
    }
    default:
      fail(path, `is ${typeof value}, not plain JSON`);
  }
}
