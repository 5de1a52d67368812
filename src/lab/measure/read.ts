/** From the names of measures to readings: options filled in, refusals by name, every reading checked. */
import { ready } from '../tensor/index.js';
import { RefusedError } from './errors.js';
import type { Measure, Need, Reading, Subject } from './measure.js';
import { measures } from './measures.js';
import { measureOptions } from './options.js';
import { checkReading } from './reading.js';

/** A measure by name, or with options put over its defaults. */
export type MeasureRequest =
  | string
  | { readonly measure: string; readonly options?: Readonly<Record<string, unknown>> };

/** A request with all options filled in: plain JSON that identifies a reading of a subject. */
export interface SettledRequest {
  readonly measure: string;
  readonly version: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A measure that does not apply to a subject, and why. */
export interface Refusal {
  readonly measure: string;
  readonly reason: string;
}

/**
 * Fills in what a request leaves out.
 *
 * @throws UnknownNameError for a measure or option that does not exist, naming the nearest; OptionError for a bad value.
 */
export function settle(request: MeasureRequest): SettledRequest {
  const { measure: name, options = {} } =
    typeof request === 'string' ? { measure: request } : request;
  const measure = measures.get(name);
  return {
    measure: name,
    version: measure.version,
    options: { ...measureOptions(measure, options) },
  };
}

/**
 * Reads one measure.
 *
 * @throws RefusedError when the measure does not apply to the subject, naming why; the errors of `settle`.
 */
export async function readMeasure(subject: Subject, request: MeasureRequest): Promise<Reading> {
  const { measure: name, options } = settle(request);
  const measure = measures.get(name);
  await ready();
  const reason = refusal(measure, subject, options);
  if (reason !== null) throw new RefusedError(name, reason);
  if (measure.needs.some((need) => need !== 'weights')) await checkOutputs(subject);
  const made = await measure.read(subject, options);
  checkReading(measure, made);
  return made;
}

/**
 * Reads several measures one after another over the same subject. Those that do not apply are listed with their reason,
 * never left out silently.
 *
 * @param options.onReading called as each is done, with the seconds it took.
 */
export async function readMeasures(
  subject: Subject,
  requests: readonly MeasureRequest[],
  options: {
    readonly onReading?: (reading: Reading, seconds: number) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<{ readings: Reading[]; refused: Refusal[] }> {
  // A misspelt name stops all before anything is computed.
  for (const request of requests) settle(request);
  const readings: Reading[] = [];
  const refused: Refusal[] = [];
  expectActivations(subject, requests);
  for (const request of requests) {
    options.signal?.throwIfAborted();
    const start = performance.now();
    try {
      const made = await readMeasure(subject, request);
      readings.push(made);
      options.onReading?.(made, (performance.now() - start) / 1000);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refused.push({ measure: error.measure, reason: error.reason });
    }
  }
  return { readings, refused };
}

/** Tells a subject what the measures to come will ask for, so that it sweeps over its images once. Those that do not apply ask nothing. */
export function expectActivations(subject: Subject, requests: readonly MeasureRequest[]): void {
  for (const request of requests) {
    const { measure: name, options } = settle(request);
    const measure = measures.get(name);
    if (refusal(measure, subject, options) !== null) continue;
    subject.expect(measure.wants?.(options) ?? []);
  }
}

/** Images that a net is tried on before any measure that runs it. */
const TRIED = 32;

/**
 * Finite weights may overflow all the same: no measure should have to find that out for itself.
 *
 * @throws NotFiniteError naming the first layer with NaN or infinity, and the image.
 */
async function checkOutputs(subject: Subject): Promise<void> {
  const count = Math.min(TRIED, subject.test.shape[0]);
  if (count > 0) await subject.activations(subject.layers.at(-1)!, 'test', count);
}

function refusal(
  measure: Measure,
  subject: Subject,
  options: Readonly<Record<string, unknown>>,
): string | null {
  if (measure.needs.includes('training') && subject.train.shape[0] === 0) {
    return 'it needs the images that the net was trained on, and they are not given';
  }
  const opaque = subject.graph.nodes.find((node) => node.op === 'opaque');
  if (opaque !== undefined) {
    const known: readonly Need[] = opaque.differentiable
      ? ['logits', 'labels', 'training', 'gradients']
      : ['logits', 'labels', 'training'];
    const missing = measure.needs.find((need) => !known.includes(need));
    if (missing !== undefined)
      return `it needs ${missing}, and only the outputs are known: ${opaque.reason}`;
  }
  return measure.refuses?.(subject, options) ?? null;
}
