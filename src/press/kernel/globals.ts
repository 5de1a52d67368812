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
interface String {
  /** Whether there is no half of a surrogate pair in it. */
  isWellFormed(): boolean;
  /** With U+FFFD for each half of a surrogate pair. */
  toWellFormed(): string;
  matchAll(pattern: RegExp): IteratorObject<RegExpMatchArray>;
}
interface ArrayBuffer {
  readonly detached: boolean;
  readonly maxByteLength: number;
  readonly resizable: boolean;
  resize(length?: number): void;
  transfer(length?: number): ArrayBuffer;
  transferToFixedLength(length?: number): ArrayBuffer;
}
interface ArrayBufferConstructor {
  new (length: number, options?: { maxByteLength?: number }): ArrayBuffer;
}
interface ErrorConstructor {
  isError(value: unknown): value is Error;
}
interface RegExpConstructor {
  /** The text with what is special in a regular expression escaped. */
  escape(text: string): string;
}
interface SymbolConstructor {
  readonly dispose: unique symbol;
  readonly asyncDispose: unique symbol;
}
interface Disposable {
  [Symbol.dispose](): void;
}
interface AsyncDisposable {
  [Symbol.asyncDispose](): PromiseLike<void>;
}
/** Disposes of what was put on it, the last first: what \`using\` would do, to be called in a \`finally\` block. */
declare class DisposableStack implements Disposable {
  readonly disposed: boolean;
  use<T extends Disposable | null | undefined>(value: T): T;
  adopt<T>(value: T, dispose: (value: T) => void): T;
  defer(dispose: () => void): void;
  move(): DisposableStack;
  dispose(): void;
  [Symbol.dispose](): void;
}
/** As DisposableStack, for what is disposed of asynchronously. */
declare class AsyncDisposableStack implements AsyncDisposable {
  readonly disposed: boolean;
  use<T extends Disposable | AsyncDisposable | null | undefined>(value: T): T;
  adopt<T>(value: T, dispose: (value: T) => PromiseLike<void> | void): T;
  defer(dispose: () => PromiseLike<void> | void): void;
  move(): AsyncDisposableStack;
  disposeAsync(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
/** An error of a disposal that followed another one. */
interface SuppressedError extends Error {
  error: any;
  suppressed: any;
}
declare var SuppressedError: {
  new (error: unknown, suppressed: unknown, message?: string): SuppressedError;
  prototype: SuppressedError;
};
/** Numbers of 16 bits. */
interface Float16Array extends Omit<Float32Array, typeof Symbol.toStringTag> {
  readonly [Symbol.toStringTag]: 'Float16Array';
  [index: number]: number;
}
declare var Float16Array: {
  new (length?: number): Float16Array;
  new (values: ArrayLike<number> | Iterable<number>): Float16Array;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): Float16Array;
  readonly BYTES_PER_ELEMENT: number;
  from(values: ArrayLike<number> | Iterable<number>): Float16Array;
  of(...values: number[]): Float16Array;
  prototype: Float16Array;
};
interface Math {
  /** The nearest number of 16 bits. */
  f16round(value: number): number;
}
declare var Performance: Function & { prototype: import('node:perf_hooks').Performance };
declare namespace WebAssembly {
  type Bytes = ArrayBuffer | ArrayBufferView;
  type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'externref' | 'anyfunc';
  type ImportValue = Function | Global | Memory | Module | Table | Tag | number | bigint;
  type Imports = Record<string, Record<string, ImportValue>>;
  interface ModuleDescriptor {
    kind: 'function' | 'global' | 'memory' | 'table' | 'tag';
    name: string;
  }
  class Module {
    constructor(bytes: Bytes);
    static exports(module: Module): ModuleDescriptor[];
    static imports(module: Module): (ModuleDescriptor & { module: string })[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, any>;
  }
  class Memory {
    constructor(options: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Table {
    constructor(options: { element: 'anyfunc' | 'externref'; initial: number; maximum?: number }, value?: any);
    readonly length: number;
    get(index: number): any;
    set(index: number, value?: any): void;
    grow(by: number, value?: any): number;
  }
  class Global {
    constructor(options: { value: ValueType; mutable?: boolean }, value?: any);
    value: any;
    valueOf(): any;
  }
  class Tag {
    constructor(type: { parameters: ValueType[] });
  }
  class Exception extends Error {}
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  function compile(bytes: Bytes): Promise<Module>;
  function instantiate(bytes: Bytes, imports?: Imports): Promise<{ module: Module; instance: Instance }>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
  function validate(bytes: Bytes): boolean;
}
/** An iterator of the language's own: of a collection or a generator. */
interface IteratorObject<T> extends IterableIterator<T>, IteratorHelpers<T> {
  [Symbol.iterator](): IteratorObject<T>;
}
interface IteratorHelpers<T> {
  map<U>(change: (value: T, index: number) => U): IteratorObject<U>;
  filter<S extends T>(test: (value: T, index: number) => value is S): IteratorObject<S>;
  filter(test: (value: T, index: number) => unknown): IteratorObject<T>;
  take(limit: number): IteratorObject<T>;
  drop(count: number): IteratorObject<T>;
  flatMap<U>(change: (value: T, index: number) => Iterable<U>): IteratorObject<U>;
  reduce(combine: (before: T, value: T, index: number) => T): T;
  reduce<U>(combine: (before: U, value: T, index: number) => U, first: U): U;
  toArray(): T[];
  forEach(act: (value: T, index: number) => void): void;
  some(test: (value: T, index: number) => unknown): boolean;
  every(test: (value: T, index: number) => unknown): boolean;
  find<S extends T>(test: (value: T, index: number) => value is S): S | undefined;
  find(test: (value: T, index: number) => unknown): T | undefined;
}
declare var Iterator: { from<T>(items: Iterable<T>): IteratorObject<T> };
interface Generator<T = unknown, TReturn = any, TNext = unknown> extends IteratorHelpers<T> {}
interface Array<T> {
  keys(): IteratorObject<number>;
  values(): IteratorObject<T>;
  entries(): IteratorObject<[number, T]>;
}
interface ReadonlyArray<T> {
  keys(): IteratorObject<number>;
  values(): IteratorObject<T>;
  entries(): IteratorObject<[number, T]>;
}
interface Map<K, V> {
  keys(): IteratorObject<K>;
  values(): IteratorObject<V>;
  entries(): IteratorObject<[K, V]>;
}
interface ReadonlyMap<K, V> {
  keys(): IteratorObject<K>;
  values(): IteratorObject<V>;
  entries(): IteratorObject<[K, V]>;
}
interface Set<T> {
  keys(): IteratorObject<T>;
  values(): IteratorObject<T>;
  union<U>(other: ReadonlySet<U>): Set<T | U>;
  intersection<U>(other: ReadonlySet<U>): Set<T & U>;
  difference<U>(other: ReadonlySet<U>): Set<T>;
  symmetricDifference<U>(other: ReadonlySet<U>): Set<T | U>;
  isSubsetOf(other: ReadonlySet<unknown>): boolean;
  isSupersetOf(other: ReadonlySet<unknown>): boolean;
  isDisjointFrom(other: ReadonlySet<unknown>): boolean;
}
`;
