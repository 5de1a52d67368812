/**
 * What sequences of cells mean: the compiler and the runner without sockets, each case in a notebook of its own. A case is
 * a list of cells and the value that the last one shows, or the name of its error.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Client, startClient } from './client.js';

type Case = [title: string, cells: string[], shown: string | { error: string | RegExp }];

const cases: Record<string, Case[]> = {
  'names of earlier cells': [
    ['as shorthand property', ['const width = 3;', '({ width })'], '{ width: 3 }'],
    [
      'as shorthand property with others',
      ['const a = 1; let b = 2; function c() { return 3 }', '({ a, b, c: c(), d: 4 })'],
      '{ a: 1, b: 2, c: 3, d: 4 }',
    ],
    [
      'as shorthand in an assignment pattern',
      [
        'let width = 1, height = 2;',
        '({ width, height = 9 } = { width: 5 } as { width: number; height?: number }); [width, height]',
      ],
      '[ 5, 9 ]',
    ],
    [
      'as shorthand in a nested literal and a spread',
      ['const x = 1; const rest = { z: 3 };', '({ in: { x }, list: [{ x }], ...rest })'],
      '{ in: { x: 1 }, list: [ { x: 1 } ], z: 3 }',
    ],
    [
      'beside a property of the same name',
      [
        'const dims = { width: 7 }; const width = 1;',
        'const { width: w } = dims; [w, dims.width, width]',
      ],
      '[ 7, 7, 1 ]',
    ],
    [
      'whose type names the property that is taken out',
      [
        'interface Dims { width: number }\nconst dims: Dims = { width: 7 };',
        'const { width: w = 2 } = dims; w',
      ],
      '7',
    ],
    [
      'as default of a destructured variable and a parameter',
      [
        'const standard = 4;',
        'const { n = standard } = {} as { n?: number }; const f = (m = standard) => m; n + f()',
      ],
      '8',
    ],
    [
      'under a local variable of the same name',
      ['const v = 1;', '((v: number) => { { const v = 3; if (v !== 3) throw 0; } return v; })(2)'],
      '2',
    ],
    [
      'in a template, a tag and typeof',
      [
        'const tag = (s: TemplateStringsArray, ...v: number[]) => s.join("|") + v; const n = 2;',
        `tag\`a\${n}b\` + typeof n + \`\${n}\``,
      ],
      "'a|b2number2'",
    ],
    [
      'as a label with the same name',
      [
        'const outer = 1;',
        'let hits = 0; outer: for (const a of [1, 2]) for (const b of [1, 2]) { hits++; if (b === outer) continue outer; }\nhits',
      ],
      '2',
    ],
    [
      'as class to extend, with generics',
      [
        'class Box<T> { constructor(readonly value: T) {} map<U>(f: (v: T) => U) { return new Box(f(this.value)); } }',
        'class Named<T> extends Box<T> { name = "n"; }\nnew Named(2).map((v) => v * 2).value',
      ],
      '4',
    ],
    [
      'in class fields, static ones and static blocks',
      [
        'const base = 10;',
        'class Counter { static made = 0; start = base; static { Counter.made = base + 1; } }\n[new Counter().start, Counter.made]',
      ],
      '[ 10, 11 ]',
    ],
    [
      'in computed names',
      ['const key = "k" as const;', 'class K { [key] = 1; }\n({ [key]: new K()[key] })'],
      '{ k: 1 }',
    ],
    [
      'called without a receiver',
      [
        'function receiver(this: unknown) { return this === undefined || this === globalThis; }',
        'receiver()',
      ],
      'true',
    ],
    [
      'called optionally',
      [
        'const maybe = undefined as (() => number) | undefined; const sure: (() => number) | undefined = () => 1;',
        '[maybe?.(), sure?.()]',
      ],
      '[ undefined, 1 ]',
    ],
    [
      'as decorator',
      [
        'function tagged(target: object) { (target as { tag?: string }).tag = "yes"; }',
        '@tagged class Deco {}\n(Deco as unknown as { tag: string }).tag',
      ],
      "'yes'",
    ],
    [
      'in spread, delete, void and in',
      [
        'const list = [1, 2]; const o: { a?: number } = { a: 1 };',
        'delete o.a; [...list, "a" in o, void list]',
      ],
      '[ 1, 2, false, undefined ]',
    ],
    [
      'named exports or require',
      [
        'const exports = 1; const __dirname = 2;',
        '((require: number) => exports + __dirname + require)(3)',
      ],
      '6',
    ],
  ],
  assignments: [
    [
      'are seen by functions of the cell that declared the variable',
      [
        'let count = 0; const read = () => count; function bump() { count++; }',
        'count = 10; bump();',
        '[count, read()]',
      ],
      '[ 11, 11 ]',
    ],
    [
      'of functions are seen by later cells',
      ['let count = 0; function bump() { count += 2; }', 'bump(); bump();', 'count'],
      '4',
    ],
    [
      'compound, logical and by update',
      ['let n: number | null = 1;', 'n += 4; n **= 2; n++; n ??= 0;', 'n'],
      '26',
    ],
    ['by destructuring with swap', ['let a = 1, b = 2;', '[a, b] = [b, a];', '[a, b]'], '[ 2, 1 ]'],
    ['in a loop head', ['let i = 0;', 'for (i = 0; i < 3; i++);', 'i'], '3'],
    [
      'to a loop variable of an earlier cell',
      [
        'let item: number; let key: string;',
        'for (item of [1, 2]); for (key in { x: 1 });',
        '[item, key]',
      ],
      "[ 2, 'x' ]",
    ],
    [
      'behind an await',
      [
        'let state = "new"; const later = (async () => { await 1; state = "done"; })();',
        'await later; state',
      ],
      "'done'",
    ],
  ],
  'declared again': [
    ['a constant, with another type', ['const v = 1;', 'const v = "two";', 'v.length'], '3'],
    [
      'a constant as function, class and variable',
      [
        'const v = 1;',
        'function v() { return 2; }',
        'class v { x = 3 }',
        'let v = new Date(0);',
        'v.getTime()',
      ],
      '0',
    ],
    [
      'a function is the new one for functions of earlier cells too',
      [
        'function helper() { return 1; }\nfunction main() { return helper(); }',
        'function helper() { return 2; }',
        'main()',
      ],
      '2',
    ],
    [
      'an interface, while values of the old one keep theirs',
      [
        'interface P { x: number }\nconst old: P = { x: 1 };',
        'interface P { y: string }\nconst fresh: P = { y: "s" };',
        'old.x + fresh.y',
      ],
      "'1s'",
    ],
    [
      'a type alias',
      [
        'type T = number; const t: T = 1;',
        'type T = string; const u: T = "u";',
        't.toFixed(1) + u',
      ],
      "'1.0u'",
    ],
    [
      'a class, with an instance of the old one',
      [
        'class A { v = 1 }\nconst a = new A();',
        'class A { w = 2 }\nconst b = new A();',
        'a.v + b.w',
      ],
      '3',
    ],
    ['an enum', ['enum E { A, B }', 'enum E { B = "b" }', 'E.B'], "'b'"],
    [
      'an imported name',
      ['import { join } from "node:path";', 'const join = (a: string) => a + "!";', 'join("x")'],
      "'x!'",
    ],
    [
      'in the same cell that reads the old value is refused',
      ['const v = 1;', 'const v = v + 1; v'],
      { error: 'TS2448' },
    ],
    [
      'the same cell twice',
      [
        'class A { n = 1 }\nconst all = [new A()]; function f() { return all.length; }',
        'class A { n = 1 }\nconst all = [new A()]; function f() { return all.length; }',
        'f() + new A().n',
      ],
      '2',
    ],
  ],
  'kinds of declarations': [
    [
      'patterns with defaults and rest',
      [
        'const { a, b: { c = 5, ...others }, ...more } = { a: 1, b: { d: 2 } as { c?: number; d: number }, e: 3 }; const [x, , y = 9, ...z] = [1, 2, undefined, 4];',
        '({ a, c, others, more, x, y, z })',
      ],
      '{ a: 1, c: 5, others: { d: 2 }, more: { e: 3 }, x: 1, y: 9, z: [ 4 ] }',
    ],
    [
      'a pattern whose default reads another part',
      [
        'const { p, q = p * 2, r = () => p } = { p: 4 } as { p: number; q?: number; r?: () => number };',
        'q + r()',
      ],
      '12',
    ],
    [
      'several in one statement that read each other',
      ['const a = 1, b = a + 1, c = () => a + b;', 'c()'],
      '3',
    ],
    [
      'an enum with computed and string members',
      [
        'const base = 4; enum E { A = base, B = A * 2, C = "c".length, D = 20 }',
        '[E.A, E.B, E[8]]',
      ],
      "[ 4, 8, 'B' ]",
    ],
    ['a constant enum', ['const enum K { A = 1, B = 2 }', 'const k: K = K.B; k + K.A'], '3'],
    [
      'a namespace, still there two cells later',
      [
        'namespace N { export const x = 1; export interface I { y: number } export function f() { return x; } }',
        'const i: N.I = { y: 2 };',
        'N.f() + i.y',
      ],
      '3',
    ],
    [
      'a function with a namespace',
      ['function f() { return f.extra; }\nnamespace f { export const extra = 5; }', 'f()'],
      '5',
    ],
    [
      'overloads',
      [
        'function g(a: number): number;\nfunction g(a: string): string;\nfunction g(a: unknown) { return a; }',
        'g("s").length + g(1)',
      ],
      '2',
    ],
    [
      'an abstract class with private members',
      [
        'abstract class Shape { #secret = 2; private hidden = 1; abstract area(): number; total() { return this.area() + this.#secret + this.hidden; } }',
        'class Unit extends Shape { area() { return 1; } }\nnew Unit().total()',
      ],
      '4',
    ],
    [
      'a class expression with private members',
      ['const C = class { private hidden = 1; read() { return this.hidden; } };', 'new C().read()'],
      '1',
    ],
    [
      'generators and async generators',
      [
        'function* numbers() { yield* [1, 2]; }\nasync function* later() { for (const n of numbers()) yield n; }',
        'const got: number[] = []; for await (const n of later()) got.push(n);\ngot',
      ],
      '[ 1, 2 ]',
    ],
    [
      'var in blocks and loops',
      [
        'if (true) { var inside = 1; }\nfor (var i = 0; i < 3; i++) { var last = i; }',
        '[inside, i, last]',
      ],
      '[ 1, 3, 2 ]',
    ],
    [
      'exported, as a module would',
      [
        'export const e = 1;\nexport default function f() { return 2; }\nexport { e as renamed };',
        'e + f()',
      ],
      '3',
    ],
    [
      'an exported class and interface',
      [
        'export interface I { a: number }\nexport class C implements I { a = 4 }',
        'const i: I = new C(); i.a',
      ],
      '4',
    ],
    [
      'satisfies and const type parameters',
      [
        'const conf = { a: 1 } satisfies Record<string, number>; function first<const T extends readonly unknown[]>(t: T): T[0] { return t[0]; }',
        'first([conf.a, "x"])',
      ],
      '1',
    ],
    [
      'a type of the language itself, made larger',
      [
        'declare global { interface Array<T> { second(): T } }\nArray.prototype.second = function () { return this[1]; };',
        '[1, 2].second()',
      ],
      '2',
    ],
    [
      'a name with underscores',
      ['const __a = 1, ___b = 2; function __c() { return __a; }', '[__a, ___b, __c()]'],
      '[ 1, 2, 1 ]',
    ],
    [
      'a global declared to exist',
      [
        '(globalThis as any).fromNode = 8; declare const fromNode: number; fromNode + 1',
        'fromNode',
      ],
      '8',
    ],
    [
      'an accessor and a symbol key',
      ['const s = Symbol("s"); const o = { get v() { return 1; }, [s]: 2 };', 'o.v + o[s]'],
      '3',
    ],
    [
      'keep the names of functions and classes',
      [
        'const arrow = () => 1; const K = class {}; let fn = function () {};',
        '[arrow.name, K.name, fn.name]',
      ],
      "[ 'arrow', 'K', 'fn' ]",
    ],
  ],
  'the value of a cell': [
    ['of a declaration is nothing', ['const a = 5;'], 'nothing'],
    ['of a declaration behind an expression is nothing', ['1; const b = 2;'], 'nothing'],
    ['of an assignment is what is assigned', ['let a = 1;', 'a = 5;'], '5'],
    ['of null is null', ['null'], 'null'],
    ['of undefined is nothing', ['undefined'], 'nothing'],
    ['of an object literal in brackets', ['({ a: 1 });'], '{ a: 1 }'],
    [
      'behind a comment and an empty statement',
      ['// first\n/* second */ 7 // third\n;;\n// fourth'],
      '7',
    ],
    ['of a promise is what it settles to', ['Promise.resolve([1])'], '[ 1 ]'],
    ['of an empty cell is nothing', ['// only a comment'], 'nothing'],
    [
      'of an expression over lines',
      ['[1, 2]\n  .map((x) => x + 1)\n  // doubled\n  .map((x) => x * 2)'],
      '[ 4, 6 ]',
    ],
  ],
  'await at top level': [
    [
      'in every place',
      [
        'const p = Promise.resolve(2); const { a } = await Promise.resolve({ a: 1 }); if (await p) { await 1; }\n[await p, a, ...(await Promise.all([p]))]',
      ],
      '[ 2, 1, 2 ]',
    ],
    [
      'in a loop and a template',
      [
        `let sum = 0; for (const p of [1, 2].map((n) => Promise.resolve(n))) sum += await p;\n\`\${await Promise.resolve(sum)}\``,
      ],
      "'3'",
    ],
    [
      'in a class heritage',
      ['class Late extends (await Promise.resolve(Array)) {}\nnew Late(3).length'],
      '3',
    ],
    [
      'for await over promises',
      ['let all = 0; for await (const n of [Promise.resolve(1), 2]) all += n;\nall'],
      '3',
    ],
    ['not in a function that is not async', ['function f() { await 1; }'], { error: 'TS1308' }],
    ['not in a method that is not async', ['const o = { m() { await 1; } };'], { error: 'TS1308' }],
  ],
  'after an error': [
    [
      'what was declared before it is there',
      [
        'const kept = 1; class K { v = 2 }\nfunction f() { return kept; }\nthrow new Error("stop");\nconst lost = 3;',
        'kept + f() + new K().v',
      ],
      '4',
    ],
    [
      'what was not reached is not',
      ['throw new Error("stop"); const lost = 3;', 'lost'],
      { error: 'TS2304' },
    ],
    [
      'an old value keeps its type',
      ['const v = 1;', 'throw 0; const v = "s";', 'v.toFixed(1)'],
      "'1.0'",
    ],
    [
      'of the compiler nothing changes',
      ['let v = 1;', 'v = 2; const w: number = "text";', 'v'],
      '1',
    ],
  ],
  'words of errors': [
    [
      'name what the cell calls',
      [
        'const f = 1 as unknown as () => void;',
        'let words = ""; try { f(); } catch (e) { void (e as Error).stack; words = (e as Error).message; }\nwords',
      ],
      "'f is not a function'",
    ],
  ],
  modules: [
    [
      'import.meta',
      ['import.meta.url.startsWith("file:") && typeof import.meta.dirname'],
      "'string'",
    ],
    [
      'type-only imports',
      [
        'import type { Stats } from "node:fs"; import { type Dirent, existsSync } from "node:fs";',
        'const s = undefined as Stats | undefined; const d = undefined as Dirent | undefined; [s, d, existsSync("/")]',
      ],
      '[ undefined, undefined, true ]',
    ],
    [
      'default, namespace and renamed imports',
      [
        'import os, { EOL as end } from "node:os"; import * as path from "node:path"; const f = () => path.sep + end;',
        '[typeof os.cpus, f().length > 1, typeof path.join]',
      ],
      "[ 'function', true, 'function' ]",
    ],
    ['dynamic import', ['const { join } = await import("node:path");', 'join("a", "b")'], "'a/b'"],
    [
      'passed on',
      [
        'export { join as joined, sep } from "node:path"; export * from "node:os"; export * as files from "node:fs"; export type { Stats } from "node:fs";',
        'const sep = 1, EOL = 2; const st = undefined as Stats | undefined; [joined("a", "b"), typeof files.existsSync, sep, EOL, st]',
      ],
      "[ 'a/b', 'function', 1, 2, undefined ]",
    ],
    [
      'import behind its use',
      ['const j = join("a", "b");\nimport { join } from "node:path";', 'j'],
      "'a/b'",
    ],
    ['in a shorthand property', ['import { sep } from "node:path";', '({ sep })'], "{ sep: '/' }"],
    [
      'in a shorthand property of the same cell',
      ['import { sep } from "node:path";\n({ sep })'],
      "{ sep: '/' }",
    ],
  ],
};

describe('sequences of cells', () => {
  let folder: string;
  let kernel: Client;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fathom-cells-'));
    kernel = await startClient({ folder });
  });
  after(async () => {
    await kernel.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [group, list] of Object.entries(cases))
    describe(group, () => {
      for (const [title, cells, shown] of list)
        it(title, async () => {
          // Cases do not see each other: each name is declared before it is read, and those that must be missing are.
          let last = await kernel.execute('void 0');
          for (const code of cells) last = await kernel.execute(code, { stop_on_error: false });
          if (typeof shown === 'object') {
            assert.equal(last.error?.content.ename, shown.error, JSON.stringify(last.result));
            return;
          }
          assert.equal(last.error?.content.traceback.join('\n'), undefined);
          assert.equal(last.result?.['text/plain'] ?? 'nothing', shown);
        });
    });
});
