/** The normal and Student's t distribution: what intervals and p values are made of. */

/** Natural logarithm of the gamma function for x > 0: Stirling's series, after shifting x above 12 (error < 1e-14). */
function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`logGamma needs a positive number, not ${x}`);
  let shift = 0;
  let z = x;
  while (z < 12) {
    shift += Math.log(z);
    z += 1;
  }
  const inverse = 1 / z;
  const square = inverse * inverse;
  const series =
    inverse *
    (1 / 12 -
      square *
        (1 / 360 -
          square *
            (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - square * (691 / 360360))))));
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/**
 * Regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22) with the modified Lentz method.
 */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast only below the mean of the distribution.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  const tiny = 1e-300;
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let change = 1;
    for (const term of [even, odd]) {
      d = 1 + term * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + term / c;
      if (Math.abs(c) < tiny) c = tiny;
      change = c * d;
      fraction *= change;
    }
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return (front * fraction) / a;
}

/** Distribution function of Student's t with `freedom` degrees of freedom. */
export function studentCdf(t: number, freedom: number): number {
  const tail = 0.5 * incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/** Quantile of Student's t: the t below which a share `probability` (between 0 and 1) lies. */
export function studentQuantile(probability: number, freedom: number): number {
  checkProbability(probability);
  if (probability === 0.5) return 0;
  if (probability < 0.5) return -studentQuantile(1 - probability, freedom);
  return invert((t) => 1 - studentCdf(t, freedom), 1 - probability);
}

/** Distribution function of the standard normal. */
export function normalCdf(z: number): number {
  const upper = upperTail(Math.abs(z));
  return z > 0 ? 1 - upper : upper;
}

/** Quantile of the standard normal. */
export function normalQuantile(probability: number): number {
  checkProbability(probability);
  if (probability === 0.5) return 0;
  if (probability > 0.5) return -normalQuantile(1 - probability);
  return -invert(upperTail, probability);
}

/** P(Z > z) for z ≥ 0: the series of the centre, or Laplace's continued fraction in the tail. */
function upperTail(z: number): number {
  const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  if (z < 2) {
    let term = z;
    let sum = z;
    for (let k = 3; term > sum * 1e-17; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = 0;
  for (let k = 200; k >= 1; k--) fraction = k / (z + fraction);
  return density / (z + fraction);
}

/** Solves tail(x) = target for x ≥ 0, tail falling from ½ to 0, by bisection to the last bit. */
function invert(tail: (x: number) => number, target: number): number {
  let low = 0;
  let high = 1;
  while (tail(high) > target) {
    low = high;
    high *= 2;
  }
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    if (tail(middle) > target) low = middle;
    else high = middle;
  }
}

function checkProbability(probability: number): void {
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(`a probability must lie between 0 and 1, not ${probability}`);
  }
}
