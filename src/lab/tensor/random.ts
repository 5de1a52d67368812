/**
 * Seeded random numbers that are the same on every machine and backend.
 *
 * Generator: xoshiro128** 1.1 (D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators",
 * ACM Trans. Math. Softw. 47, 2021), its state filled by SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014).
 * Normal deviates: the polar method (G. Marsaglia and T. A. Bray, SIAM Review 6, 1964), which needs only square root and
 * logarithm and no trigonometry, whose last bit differs between JavaScript engines.
 */

/** Four unsigned 32-bit words, not all zero: all there is to a generator, as plain data for checkpoints. */
export type RandomState = readonly [number, number, number, number];

export interface Random {
  /** Next number in [0, 1), 53 random bits. */
  next(): number;
  /** Next integer in 0 … 2³² − 1. */
  uint32(): number;
  /** Next standard normal deviate. */
  normal(): number;
  /** Next integer in 0 … `bound` − 1, without bias. Throws a RangeError unless `bound` is an integer in 1 … 2³². */
  integer(bound: number): number;
  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<A extends { [index: number]: unknown; readonly length: number }>(values: A): A;
  /** The integers 0 … `length` − 1 in random order. */
  permutation(length: number): Int32Array;
  /** State now; `random(state)` goes on from it. */
  readonly state: RandomState;
}

/**
 * A generator for a seed, and for a stream under that seed: `random(7, 'weights', 'stem')` and `random(7, 'batches')` are
 * independent of each other, so that drawing more numbers in one place changes nothing elsewhere.
 *
 * @param from any safe integer, or the state of an earlier generator to go on from; throws a RangeError otherwise.
 * @param stream what the numbers are for.
 */
export function random(
  from: number | RandomState,
  ...stream: readonly (string | number)[]
): Random {
  let [a, b, c, d] = start(from, stream);

  const uint32 = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };

  const next = () => {
    const high = uint32() >>> 5;
    return (high * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  };

  const normal = () => {
    for (;;) {
      const u = 2 * next() - 1;
      const v = 2 * next() - 1;
      const square = u * u + v * v;
      // The second deviate of the pair is not kept, so that the state stays four words.
      if (square < 1 && square > 0) return u * Math.sqrt((-2 * Math.log(square)) / square);
    }
  };

  const integer = (bound: number) => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 4294967296) {
      throw new RangeError(`a random integer needs a bound from 1 to 2³², not ${String(bound)}`);
    }
    // Values under the remainder of 2³² / bound would make some results likelier than others.
    const reject = 4294967296 % bound;
    for (;;) {
      const value = uint32();
      if (value >= reject) return value % bound;
    }
  };

  const shuffle: Random['shuffle'] = (values) => {
    for (let last = values.length - 1; last > 0; last--) {
      const other = integer(last + 1);
      const kept = values[last];
      values[last] = values[other];
      values[other] = kept;
    }
    return values;
  };

  return {
    next,
    uint32,
    normal,
    integer,
    shuffle,
    permutation: (length) => shuffle(Int32Array.from({ length }, (_, index) => index)),
    get state() {
      return [a >>> 0, b >>> 0, c >>> 0, d >>> 0] as const;
    },
  };
}

function start(
  from: number | RandomState,
  stream: readonly (string | number)[],
): [number, number, number, number] {
  if (typeof from !== 'number') {
    if (from.length !== 4 || from.every((word) => word === 0)) {
      throw new RangeError('a generator state is four words, not all zero');
    }
    if (stream.length > 0) throw new RangeError('a generator that goes on has its stream already');
    return [from[0] | 0, from[1] | 0, from[2] | 0, from[3] | 0];
  }
  if (!Number.isSafeInteger(from)) {
    throw new RangeError(`a seed must be an integer of at most 53 bits, not ${String(from)}`);
  }
  let state = BigInt.asUintN(64, BigInt(from));
  for (const part of stream) state = splitMix64(state ^ fnv1a64(`${typeof part}:${part}`)).value;
  const low = splitMix64(state);
  const high = splitMix64(low.state);
  // One output of SplitMix64 can be 0, two in a row cannot, so the state is never all zero.
  return [low.value, high.value].flatMap((value) => [
    Number(value & 0xffffffffn) | 0,
    Number(value >> 32n) | 0,
  ]) as [number, number, number, number];
}

/** One step of SplitMix64: the next state, and the value it gives out. */
export function splitMix64(state: bigint): { state: bigint; value: bigint } {
  const next = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
  let z = next;
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return { state: next, value: z ^ (z >> 31n) };
}

/** 64-bit FNV-1a hash of a string's UTF-8 bytes (G. Fowler, L. C. Noll, K.-P. Vo). */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
