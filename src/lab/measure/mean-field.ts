/**
 * Mean-field theory of wide random nets before training: how far a signal and its gradient get (B. Poole et al., NIPS 2016;
 * S. Schoenholz et al., "Deep information propagation", ICLR 2017). Weights are N(0, σ_w²/width), biases N(0, σ_b²); then, layer by
 * layer, the mean square q of what units receive follows q ← σ_w² E[φ(√q z)²] + σ_b², z ~ N(0, 1), up to its fixed point q*. There
 * χ₁ = σ_w² E[φ′(√q* z)²] is the factor by which squared gradients, and squared distances of near inputs, change a layer: below 1 all
 * inputs come to look alike, above 1 near ones are torn apart. ξ = 1/|ln χ₁| is the number of layers over which that takes place, and
 * √χ₁ the growth of the length of a curve (M. Raghu et al., ICML 2017).
 */
import { normalCdf } from '../stats/distributions.js';
import { random } from '../tensor/random.js';
import { dot } from './dot.js';

export type ActivationName = 'tanh' | 'hard-tanh' | 'relu' | 'gelu' | 'swish';

interface Activation {
  value(x: number): number;
  slope(x: number): number;
}

/** Of the standard normal distribution. */
const density = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

export const activations: Readonly<Record<ActivationName, Activation>> = {
  tanh: { value: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  'hard-tanh': {
    value: (x) => Math.max(-1, Math.min(1, x)),
    slope: (x) => (Math.abs(x) < 1 ? 1 : 0),
  },
  relu: { value: (x) => Math.max(0, x), slope: (x) => (x > 0 ? 1 : 0) },
  gelu: {
    value: (x) => x * normalCdf(x),
    slope: (x) => normalCdf(x) + x * density(x),
  },
  swish: {
    value: (x) => x * logistic(x),
    slope: (x) => logistic(x) * (1 + x * (1 - logistic(x))),
  },
};

export interface MeanField {
  /** Mean square at the fixed point; null where q grows without end, or where every q is one. */
  readonly q: number | null;
  /** Growth of squared gradients a layer; null where there is no fixed point and it depends on q. */
  readonly chi: number | null;
  /** Layers over which a difference shrinks or grows by e; Infinity on the critical line. */
  readonly depthScale: number | null;
  readonly phase: 'ordered' | 'critical' | 'chaotic' | 'unbounded';
}

/** The fixed point is found by sending q = 1 through so many layers at most. */
const MOST_LAYERS = 100_000;
/** χ₁ within this of 1 is critical. */
const CRITICAL = 1e-6;

/**
 * @param weightVariance σ_w². @param biasVariance σ_b².
 * @throws RangeError for variances that are negative or not finite.
 */
export function meanField(
  name: ActivationName,
  weightVariance: number,
  biasVariance: number,
): MeanField {
  checkVariances(weightVariance, biasVariance);
  if (name === 'relu') {
    // q ← σ_w² q/2 + σ_b² is linear, and χ₁ does not depend on q.
    const chi = weightVariance / 2;
    const q = chi < 1 ? biasVariance / (1 - chi) : null;
    return { q, chi, ...phaseOf(chi, chi === 1 && biasVariance > 0) };
  }
  let q = 1;
  for (let layer = 0; layer < MOST_LAYERS; layer++) {
    const next = lengthMap(name, q, weightVariance, biasVariance);
    if (next > 1e12) return { q: null, chi: null, depthScale: null, phase: 'unbounded' };
    // Near the critical line the approach is slower than any factor: a step of rounding is its end.
    if (Math.abs(next - q) <= 1e-13 * Math.max(next, 1e-9)) {
      q = next;
      break;
    }
    q = next;
  }
  // Where signals die out the fixed point is 0, and the slope there is that of the origin.
  if (q < 1e-9) q = 0;
  const chi = slopeMap(name, q, weightVariance);
  return { q, chi, ...phaseOf(chi, false) };
}

/** One layer of the map of mean squares: σ_w² E[φ(√q z)²] + σ_b². */
export function lengthMap(
  name: ActivationName,
  q: number,
  weightVariance: number,
  biasVariance: number,
): number {
  const { value } = activations[name];
  const root = Math.sqrt(q);
  return weightVariance * gaussianMean((z) => value(root * z) ** 2, name, root) + biasVariance;
}

/** χ₁ at mean square q: σ_w² E[φ′(√q z)²]. */
export function slopeMap(name: ActivationName, q: number, weightVariance: number): number {
  const { slope } = activations[name];
  const root = Math.sqrt(q);
  return weightVariance * gaussianMean((z) => slope(root * z) ** 2, name, root);
}

/**
 * σ_w² at which χ₁ = 1 for a given σ_b²: the border between the phases, found by bisection.
 *
 * @throws RangeError where χ₁ does not pass 1 up to σ_w² = 100.
 */
export function criticalWeightVariance(name: ActivationName, biasVariance: number): number {
  if (name === 'relu') return 2;
  const above = (variance: number) => {
    const { chi } = meanField(name, variance, biasVariance);
    return chi === null || chi > 1;
  };
  let low = 1e-3;
  let high = 100;
  if (above(low) || !above(high)) {
    throw new RangeError(`${name} has no critical weight variance between ${low} and ${high}`);
  }
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (above(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

export interface SimulationOptions {
  readonly activation: ActivationName;
  readonly weightVariance: number;
  readonly biasVariance: number;
  readonly width: number;
  readonly depth: number;
  readonly seed?: number;
}

/**
 * A curve through a random net: what the theory says, drawn. Points on a circle of mean square q* (1 where there is none) are sent
 * through `depth` layers.
 *
 * @returns for each layer the mean square of what its units receive and the length of the curve over that of the input.
 */
export function simulateCurve(
  options: SimulationOptions & { readonly points?: number },
): { layer: number; q: number; length: number }[] {
  const {
    activation,
    weightVariance,
    biasVariance,
    width,
    depth,
    points = 200,
    seed = 0,
  } = options;
  checkVariances(weightVariance, biasVariance);
  const generator = random(seed, 'curve through a random net');
  const { value } = activations[activation];
  const { q } = meanField(activation, weightVariance, biasVariance);
  const radius = Math.sqrt((q || 1) * width);
  const [u, v] = orthonormalPair(width, () => generator.normal());
  let rows = Array.from({ length: points }, (_, i) => {
    const angle = (2 * Math.PI * i) / points;
    return Float64Array.from(
      u,
      (each, j) => radius * (Math.cos(angle) * each + Math.sin(angle) * v[j]!),
    );
  });
  const start = lengthOf(rows);
  const found: { layer: number; q: number; length: number }[] = [];
  for (let layer = 1; layer <= depth; layer++) {
    // The circle is what the first layer's units receive; a layer applies φ, then the weights.
    const weights = drawn(width * width, Math.sqrt(weightVariance / width), () =>
      generator.normal(),
    );
    const biases = drawn(width, Math.sqrt(biasVariance), () => generator.normal());
    rows = rows.map((row) => {
      const outputs = row.map(value);
      return Float64Array.from({ length: width }, (_, i) => {
        let sum = biases[i]!;
        for (let j = 0; j < width; j++) sum += weights[i * width + j]! * outputs[j]!;
        return sum;
      });
    });
    const squares = rows.reduce((sum, row) => sum + row.reduce((s, each) => s + each * each, 0), 0);
    found.push({ layer, q: squares / (points * width), length: lengthOf(rows) / start });
  }
  return found;
}

export type ShatterKind = 'plain' | 'residual';

/**
 * Mean cosine of the input gradients of random He ReLU nets at different inputs (D. Balduzzi et al., "The shattered gradients
 * problem", ICML 2017): 1 for a smooth function, near 0 when gradients of near inputs have nothing in common. A residual block adds its
 * one layer to what it is given.
 *
 * @returns the mean over pairs of `inputs` random inputs and over `nets` nets.
 */
export function simulateGradientCosine(options: {
  readonly kind: ShatterKind;
  readonly width: number;
  readonly depth: number;
  readonly inputs?: number;
  readonly nets?: number;
  readonly seed?: number;
}): number {
  const { kind, width, depth, inputs = 10, nets = 5, seed = 0 } = options;
  let total = 0;
  let pairs = 0;
  for (let net = 0; net < nets; net++) {
    const generator = random(seed, 'shattered gradients', net);
    const normal = () => generator.normal();
    const layers = Array.from({ length: depth }, () =>
      drawn(width * width, Math.sqrt(2 / width), normal),
    );
    const readout = drawn(width, Math.sqrt(1 / width), normal);
    const gradients = Array.from({ length: inputs }, () =>
      inputGradient(layers, readout, drawn(width, 1, normal), kind),
    );
    for (let a = 0; a < inputs; a++) {
      for (let b = 0; b < a; b++) {
        const [x, y] = [gradients[a]!, gradients[b]!];
        const length = Math.sqrt(dot(x, x) * dot(y, y));
        if (length > 0) total += dot(x, y) / length;
        pairs++;
      }
    }
  }
  return total / pairs;
}

function inputGradient(
  layers: readonly Float64Array[],
  readout: Float64Array,
  input: Float64Array,
  kind: ShatterKind,
): Float64Array {
  const width = input.length;
  const gates: Uint8Array[] = [];
  let x = input;
  for (const weights of layers) {
    const sums = new Float64Array(width);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) sums[i]! += weights[i * width + j]! * x[j]!;
    }
    gates.push(Uint8Array.from(sums, (sum) => (sum > 0 ? 1 : 0)));
    x = sums.map((sum, i) => Math.max(0, sum) + (kind === 'residual' ? x[i]! : 0));
  }
  let gradient = readout;
  for (let l = layers.length - 1; l >= 0; l--) {
    const weights = layers[l]!;
    const gate = gates[l]!;
    const next = kind === 'residual' ? gradient.slice() : new Float64Array(width);
    for (let i = 0; i < width; i++) {
      if (gate[i] === 0) continue;
      for (let j = 0; j < width; j++) next[j]! += weights[i * width + j]! * gradient[i]!;
    }
    gradient = next;
  }
  return gradient;
}

function phaseOf(chi: number, growing: boolean): Pick<MeanField, 'depthScale' | 'phase'> {
  if (growing) return { depthScale: Infinity, phase: 'unbounded' };
  const critical = Math.abs(chi - 1) < CRITICAL;
  return {
    depthScale: critical ? Infinity : 1 / Math.abs(Math.log(chi)),
    phase: critical ? 'critical' : chi < 1 ? 'ordered' : 'chaotic',
  };
}

/** E f(z) over a standard normal z by Simpson's rule, split where the activation has a corner. */
function gaussianMean(f: (z: number) => number, name: ActivationName, scale: number): number {
  const end = 9;
  const corners = name === 'hard-tanh' && scale > 0 ? [-1 / scale, 1 / scale] : [];
  const places = [-end, ...corners.filter((z) => Math.abs(z) < end), end];
  let total = 0;
  for (let part = 1; part < places.length; part++) {
    const [from, to] = [places[part - 1]!, places[part]!];
    const steps = 400;
    const step = (to - from) / steps;
    // Just inside the corners, where the slope has jumped.
    const inside = 1e-12 * step;
    for (let i = 0; i <= steps; i++) {
      const z = i === 0 ? from + inside : i === steps ? to - inside : from + i * step;
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
      total += ((weight * step) / 3) * f(z) * density(z);
    }
  }
  return total;
}

function lengthOf(rows: readonly Float64Array[]): number {
  return rows.reduce((sum, row, i) => {
    const next = rows[(i + 1) % rows.length]!;
    return sum + Math.sqrt(row.reduce((s, each, j) => s + (each - next[j]!) ** 2, 0));
  }, 0);
}

function orthonormalPair(size: number, normal: () => number): [Float64Array, Float64Array] {
  const u = drawn(size, 1, normal);
  const length = Math.sqrt(dot(u, u));
  const unit = u.map((each) => each / length);
  const v = drawn(size, 1, normal);
  const along = dot(v, unit);
  const rest = v.map((each, i) => each - along * unit[i]!);
  const other = Math.sqrt(dot(rest, rest));
  return [unit, rest.map((each) => each / other)];
}

function drawn(count: number, deviation: number, normal: () => number): Float64Array {
  return Float64Array.from({ length: count }, () => deviation * normal());
}

function checkVariances(weightVariance: number, biasVariance: number): void {
  for (const [name, value] of [
    ['weight', weightVariance],
    ['bias', biasVariance],
  ] as const) {
    if (!Number.isFinite(value) || value < 0) {
      throw new RangeError(`the ${name} variance is a number of at least 0, not ${value}`);
    }
  }
}
