/** What cells mean, and what they can import. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { group } from '../behaviour.js';

group('the language', {
  'variables, functions, classes and types are known in later cells': async (kernel) => {
    await kernel.execute(
      'interface P { x: number }\nconst p: P = { x: 1 }; class A { y = 2 } function f() { return 3; }',
    );
    assert.equal(
      (await kernel.execute('const q: P = p; console.log(q.x + new A().y + f())')).stdout,
      '6\n',
    );
  },
  'a name may be declared again': async (kernel) => {
    await kernel.execute('const again = 1;');
    assert.equal(
      (await kernel.execute('const again = "two"; console.log(again.length)')).stdout,
      '3\n',
    );
  },
  'a name of an earlier cell may be a shorthand property': async (kernel) => {
    await kernel.execute('const width = 3;');
    assert.equal(
      (await kernel.execute('console.log(JSON.stringify({ width }))')).stdout,
      '{"width":3}\n',
    );
  },
  'a function sees what a later cell assigns': async (kernel) => {
    await kernel.execute('let counted = 1; const readCounted = () => counted;');
    await kernel.execute('counted = 5;');
    assert.equal((await kernel.execute('console.log(readCounted())')).stdout, '5\n');
  },
  'a value keeps its type when the type is declared again': async (kernel) => {
    await kernel.execute('interface Q { x: number }\nconst old: Q = { x: 1 };');
    await kernel.execute('interface Q { y: string }');
    assert.equal((await kernel.execute('console.log(old.x)')).stdout, '1\n');
  },
  'a namespace is still there two cells later': async (kernel) => {
    await kernel.execute('namespace N { export const x = 1; }');
    await kernel.execute('const between = 1;');
    assert.equal((await kernel.execute('console.log(N.x)')).stdout, '1\n');
  },
  'await and for await stand at top level': async (kernel) => {
    assert.equal(
      (
        await kernel.execute(
          'let sum = await 1; for await (const n of [Promise.resolve(2)]) sum += n; console.log(sum)',
        )
      ).stdout,
      '3\n',
    );
  },
  'functions are called without a receiver': async (kernel) => {
    await kernel.execute(
      'function receiver(this: unknown) { return this === undefined || this === globalThis; }',
    );
    assert.equal((await kernel.execute('console.log(receiver())')).stdout, 'true\n');
  },
  'import.meta is there': async (kernel) => {
    assert.equal(
      (await kernel.execute('console.log(import.meta.url.slice(0, 5))')).stdout,
      'file:\n',
    );
  },
  'library types of ES2023 and later are known': async (kernel) => {
    assert.equal(
      (
        await kernel.execute(
          'console.log([3, 1].toSorted().length + Object.keys(Object.groupBy([1, 2], (n) => n % 2)).length)',
        )
      ).stdout,
      '4\n',
    );
  },
  'every global of Node has a type': async (kernel) => {
    const { stdout } = await kernel.execute(
      'console.log(JSON.stringify(Object.getOwnPropertyNames(globalThis)))',
    );
    // A name that a cell or the kernel itself has put there is no concern of the library's types.
    const names = (JSON.parse(stdout) as string[]).filter((name) => /^[A-Za-z]/.test(name));
    assert.ok(names.includes('WebAssembly'));
    const done = await kernel.execute(names.map((name) => `void ${name};`).join('\n'));
    assert.equal(done.error?.content.evalue, undefined);
    assert.equal(done.stderr, '');
  },
  'iterators have their methods (ES2025)': async (kernel) => {
    const done = await kernel.execute(
      'function* three() { yield 1; yield 2; yield 3; }\nconsole.log([three().filter((n) => n > 1).toArray(), [1, 2].values().map((n) => n.toFixed(1)).toArray(), new Map([["a", 1]]).keys().take(1).toArray()].join(" "))',
    );
    assert.equal(done.stdout, '2,3 1.0,2.0 a\n');
  },
  "in a bare folder, console, process and Node's modules are typed": async (kernel) => {
    const done = await kernel.execute(
      'import { join } from "node:path";\nconsole.log(join("a", "b"), typeof process.pid)',
    );
    assert.equal(done.stdout, 'a/b number\n');
  },
  'a missing package is told with the command that installs it': async (kernel) => {
    assert.match(
      JSON.stringify((await kernel.execute('import * as x from "not-there";')).error?.content),
      /npm install not-there/,
    );
  },
  'JSON is imported': async (kernel) => {
    writeFileSync(join(kernel.folder, 'data.json'), '{"n": 3}');
    assert.equal(
      (await kernel.execute('import data from "./data.json";\nconsole.log(data.n)')).stdout,
      '3\n',
    );
  },
  'a local module with JSX is imported': async (kernel) => {
    writeFileSync(
      join(kernel.folder, 'element.tsx'),
      '/** @jsx h */\ndeclare global { namespace JSX { interface IntrinsicElements { b: object } } }\nconst h = (name: string, _: unknown, ...inside: string[]) => [name, ...inside];\nexport const shown = String(<b>bold</b>);\n',
    );
    const done = await kernel.execute('import { shown } from "./element";\nconsole.log(shown)');
    assert.equal(done.stdout, 'b,bold\n');
  },
  'JSON is imported with attributes': async (kernel) => {
    writeFileSync(join(kernel.folder, 'data.json'), '{"n": 3}');
    assert.equal(
      (
        await kernel.execute(
          'import data from "./data.json" with { type: "json" };\nconsole.log(data.n)',
        )
      ).stdout,
      '3\n',
    );
  },
  'a local module is imported, and again when it was edited': async (kernel) => {
    writeFileSync(join(kernel.folder, 'local.ts'), 'export const v: number = 1;\n');
    assert.equal(
      (await kernel.execute('import { v } from "./local";\nconsole.log(v)')).stdout,
      '1\n',
    );
    writeFileSync(join(kernel.folder, 'local.ts'), 'export const v: number = 22;\n');
    assert.equal(
      (await kernel.execute('import { v } from "./local";\nconsole.log(v)')).stdout,
      '22\n',
    );
  },
  'a module above the notebook is imported': async (kernel) => {
    const outside = mkdtempSync(join(tmpdir(), 'fathom-outside-'));
    try {
      writeFileSync(join(outside, 'up.ts'), 'export const up: number = 4;\n');
      const name = outside.split('/').at(-1);
      assert.equal(
        (await kernel.execute(`import { up } from "../${name}/up";\nconsole.log(up)`)).stdout,
        '4\n',
      );
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  },
  'a package with exports only is imported': async (kernel) => {
    writePackage(kernel.folder, 'only-exports', 'export const value = 7;');
    assert.equal(
      (await kernel.execute('import { value } from "only-exports";\nconsole.log(value.toFixed(1))'))
        .stdout,
      '7.0\n',
    );
  },
  'a package that awaits at its top level is imported': async (kernel) => {
    writePackage(kernel.folder, 'awaits', 'export const value = await Promise.resolve(8);');
    assert.equal(
      (await kernel.execute('import { value } from "awaits";\nconsole.log(value.toFixed(1))'))
        .stdout,
      '8.0\n',
    );
    assert.equal(
      (await kernel.execute('console.log((await import("awaits")).value)')).stdout,
      '8\n',
    );
  },
});

function writePackage(folder: string, name: string, code: string): void {
  const home = join(folder, 'node_modules', name);
  mkdirSync(home, { recursive: true });
  writeFileSync(
    join(home, 'package.json'),
    JSON.stringify({
      name,
      type: 'module',
      exports: { '.': { types: './index.d.ts', import: './index.js' } },
    }),
  );
  writeFileSync(join(home, 'index.js'), code);
  writeFileSync(join(home, 'index.d.ts'), 'export declare const value: number;');
}
