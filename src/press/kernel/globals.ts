/** Declarations that every cell sees besides Node's: what the kernel itself offers, and library types newer than the compiler. */
export const globals = `
/** Asks the reader of the notebook for a line of text. */
declare function input(prompt?: string, options?: { password?: boolean }): Promise<string>;

interface ImportCallOptions {
  /** Attributes of the module, like { type: 'json' }. */
  with?: { type?: string };
}
interface ObjectConstructor {
  /** Groups items by the key that the callback returns. */
  groupBy<K extends PropertyKey, T>(
    items: Iterable<T>,
    keySelector: (item: T, index: number) => K,
  ): Partial<Record<K, T[]>>;
}
interface MapConstructor {
  /** Groups items by the key that the callback returns. */
  groupBy<K, T>(items: Iterable<T>, keySelector: (item: T, index: number) => K): Map<K, T[]>;
}
interface PromiseConstructor {
  /** A promise with the functions that settle it. */
  withResolvers<T>(): {
    promise: Promise<T>;
    resolve: (value: T | PromiseLike<T>) => void;
    reject: (reason?: any) => void;
  };
  /** Runs a function and gives its result, or what it throws, as a promise. */
  try<T, A extends unknown[]>(callback: (...args: A) => T | PromiseLike<T>, ...args: A): Promise<T>;
}
interface ArrayConstructor {
  /** An array of the values that an iterable, or an async one, yields. */
  fromAsync<T>(items: AsyncIterable<T> | Iterable<T | PromiseLike<T>> | ArrayLike<T | PromiseLike<T>>): Promise<T[]>;
  fromAsync<T, U>(
    items: AsyncIterable<T> | Iterable<T | PromiseLike<T>> | ArrayLike<T | PromiseLike<T>>,
    map: (value: T, index: number) => U | PromiseLike<U>,
  ): Promise<U[]>;
}
interface Array<T> {
  /** A sorted copy. */
  toSorted(compare?: (a: T, b: T) => number): T[];
  /** A reversed copy. */
  toReversed(): T[];
  /** A copy with some elements removed and others put in. */
  toSpliced(start: number, deleteCount?: number, ...items: T[]): T[];
  /** A copy with one element replaced. */
  with(index: number, value: T): T[];
}
interface ReadonlyArray<T> {
  toSorted(compare?: (a: T, b: T) => number): T[];
  toReversed(): T[];
  toSpliced(start: number, deleteCount?: number, ...items: T[]): T[];
  with(index: number, value: T): T[];
}
interface Int8Array { toSorted(compare?: (a: number, b: number) => number): Int8Array; toReversed(): Int8Array; with(index: number, value: number): Int8Array; }
interface Uint8Array { toSorted(compare?: (a: number, b: number) => number): Uint8Array; toReversed(): Uint8Array; with(index: number, value: number): Uint8Array; }
interface Uint8ClampedArray { toSorted(compare?: (a: number, b: number) => number): Uint8ClampedArray; toReversed(): Uint8ClampedArray; with(index: number, value: number): Uint8ClampedArray; }
interface Int16Array { toSorted(compare?: (a: number, b: number) => number): Int16Array; toReversed(): Int16Array; with(index: number, value: number): Int16Array; }
interface Uint16Array { toSorted(compare?: (a: number, b: number) => number): Uint16Array; toReversed(): Uint16Array; with(index: number, value: number): Uint16Array; }
interface Int32Array { toSorted(compare?: (a: number, b: number) => number): Int32Array; toReversed(): Int32Array; with(index: number, value: number): Int32Array; }
interface Uint32Array { toSorted(compare?: (a: number, b: number) => number): Uint32Array; toReversed(): Uint32Array; with(index: number, value: number): Uint32Array; }
interface Float32Array { toSorted(compare?: (a: number, b: number) => number): Float32Array; toReversed(): Float32Array; with(index: number, value: number): Float32Array; }
interface Float64Array { toSorted(compare?: (a: number, b: number) => number): Float64Array; toReversed(): Float64Array; with(index: number, value: number): Float64Array; }
interface Set<T> {
  union<U>(other: ReadonlySet<U>): Set<T | U>;
  intersection<U>(other: ReadonlySet<U>): Set<T & U>;
  difference<U>(other: ReadonlySet<U>): Set<T>;
  symmetricDifference<U>(other: ReadonlySet<U>): Set<T | U>;
  isSubsetOf(other: ReadonlySet<unknown>): boolean;
  isSupersetOf(other: ReadonlySet<unknown>): boolean;
  isDisjointFrom(other: ReadonlySet<unknown>): boolean;
}
`;
