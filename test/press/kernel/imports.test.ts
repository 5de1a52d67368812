/** What cells can import, and from where. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Client, startClient } from './client.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

describe('imports of a cell', () => {
  let project: string;
  let folder: string;
  let kernel: Client;
  const write = (path: string, text: string) => {
    const whole = join(project, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
  };
  const text = async (code: string): Promise<string> => {
    const done = await kernel.execute(code);
    assert.equal(done.error?.content.traceback.join('\n'), undefined);
    return done.result?.['text/plain'];
  };
  before(async () => {
    project = realpathSync(mkdtempSync(join(tmpdir(), 'fathom-imports-')));
    folder = join(project, 'notebooks');
    mkdirSync(folder);
    write(
      'package.json',
      JSON.stringify({ name: 'project', private: true, workspaces: ['packages/*'] }),
    );
    mkdirSync(join(project, 'node_modules'));
    for (const name of ['vega', 'vega-lite', 'execa', 'commander'])
      symlinkSync(
        realpathSync(join(root, 'node_modules', name)),
        join(project, 'node_modules', name),
        'junction',
      );
    // A workspace as npm links it: TypeScript, and not compiled.
    write(
      'packages/shared/package.json',
      JSON.stringify({
        name: '@project/shared',
        type: 'module',
        exports: { '.': './index.ts', './deep/part': './deep/part.ts' },
      }),
    );
    write(
      'packages/shared/index.ts',
      'export interface Shape { sides: number }\nexport const square: Shape = { sides: 4 };\n',
    );
    write('packages/shared/deep/part.ts', 'export const part = "deep" as const;\n');
    mkdirSync(join(project, 'node_modules', '@project'));
    symlinkSync(
      join(project, 'packages', 'shared'),
      join(project, 'node_modules', '@project', 'shared'),
      'junction',
    );
    kernel = await startClient({ folder });
  });
  after(async () => {
    await kernel.stop();
    rmSync(project, { recursive: true, force: true });
  });

  it('vega and vega-lite, which await at their top level and export themselves to `import` only', async () => {
    assert.equal(
      await text(
        'import * as vl from "vega-lite"; import { View, parse } from "vega";\nconst spec: vl.TopLevelSpec = { data: { values: [{ a: 1 }] }, mark: "bar", encoding: { x: { field: "a", type: "quantitative" } } };\nconst view = new View(parse(vl.compile(spec).spec), { renderer: "none" }); await view.runAsync();\n(await view.toSVG()).slice(0, 4)',
      ),
      "'<svg'",
    );
  });

  it('execa, an ES module with exports only', async () => {
    assert.equal(
      await text(
        'import { execa } from "execa";\n(await execa("echo", ["run"])).stdout.toUpperCase()',
      ),
      "'RUN'",
    );
  });

  it('CommonJS with its default and its names', async () => {
    write('old.cjs', 'module.exports = { a: 1, f: () => 2 };\n');
    write(
      'notebooks/node_modules/old-style/package.json',
      '{"name":"old-style","main":"main.js","types":"main.d.ts"}',
    );
    write(
      'notebooks/node_modules/old-style/main.js',
      'module.exports = function make() { return 3; };\nmodule.exports.extra = 4;\n',
    );
    write(
      'notebooks/node_modules/old-style/main.d.ts',
      'declare function make(): number;\ndeclare namespace make { const extra: number }\nexport = make;\n',
    );
    assert.equal(
      await text(
        'import make from "old-style"; import { extra } from "old-style";\nmake() + extra',
      ),
      '7',
    );
  });

  it('types only, of a package and of a local module, with nothing loaded', async () => {
    write(
      'notebooks/loud.ts',
      'export interface T { n: number }\n(globalThis as { loaded?: boolean }).loaded = true;\n',
    );
    assert.equal(
      await text(
        'import type { T } from "./loud"; import type { Command } from "commander";\nconst t: T = { n: 1 }; const c = undefined as Command | undefined;\n[t.n, c, (globalThis as { loaded?: boolean }).loaded]',
      ),
      '[ 1, undefined, undefined ]',
    );
  });

  it("a workspace's TypeScript, and a subpath of it", async () => {
    assert.equal(
      await text(
        'import { square, type Shape } from "@project/shared"; import { part } from "@project/shared/deep/part";\nconst s: Shape = square; s.sides + " " + part',
      ),
      "'4 deep'",
    );
  });

  it("modules of the project's src, with what they import, each edited", async () => {
    write('src/base.ts', 'export const base: number = 1;\n');
    write(
      'src/middle.ts',
      'import { base } from "./base.js";\nexport const middle = (): number => base * 10;\n',
    );
    write(
      'src/top.ts',
      'export { middle } from "./middle";\nexport const name: string = "first";\n',
    );
    assert.equal(
      await text(
        'import { middle, name } from "../src/top.js";\nconst both = () => [middle(), name]; both()',
      ),
      "[ 10, 'first' ]",
    );
    write('src/base.ts', 'export const base: number = 2; // edited\n');
    assert.equal(await text('import { middle } from "../src/top.js";\nmiddle()'), '20');
    write(
      'src/top.ts',
      'export { middle } from "./middle";\nexport const name: string = "second"; // edited\n',
    );
    assert.equal(await text('import { name } from "../src/top.js";\nname'), "'second'");
    // One name, one variable: a function of an earlier cell sees what was imported last.
    assert.equal(await text('both()'), "[ 20, 'second' ]");
  });

  it('a module that is written after it was missed, or mended after it was wrong', async () => {
    const missed = await kernel.execute('import { soon } from "./soon";');
    assert.equal(missed.error!.content.ename, 'TS2307');
    write('notebooks/soon.ts', 'export const soon: number = "wrong";\n');
    const wrong = await kernel.execute('import { soon } from "./soon";\nsoon');
    assert.equal(wrong.error!.content.ename, 'TS2322');
    assert.match(wrong.error!.content.traceback.join('\n'), /soon\.ts, line 1/);
    write('notebooks/soon.ts', 'export const soon: number = 5;\n');
    assert.equal(await text('import { soon } from "./soon";\nsoon'), '5');
  });

  it('a module that throws while it loads, with its place, and again when it was mended', async () => {
    write(
      'notebooks/throws.ts',
      'interface Gone { a: 1 }\nexport const never: number = 1;\nthrow new RangeError("while loading");\n',
    );
    const failed = await kernel.execute('import { never } from "./throws";\nnever');
    assert.equal(failed.error!.content.ename, 'RangeError');
    assert.match(failed.error!.content.traceback.join('\n'), /throws\.ts:3:7/);
    write('notebooks/throws.ts', 'export const never: number = 2;\n');
    assert.equal(await text('import { never } from "./throws";\nnever'), '2');
  });

  it('JSON with attributes, statically and dynamically', async () => {
    write('notebooks/data.json', '{"n": [1, 2]}');
    assert.equal(
      await text('import data from "./data.json" with { type: "json" };\ndata.n.length'),
      '2',
    );
    assert.equal(
      await text('(await import("./data.json", { with: { type: "json" } })).default.n[1]'),
      '2',
    );
  });

  it('dynamically: packages, Node and local modules by a name that is computed', async () => {
    write('notebooks/chosen.ts', 'export const chosen = "yes";\n');
    assert.equal(await text('const { chosen } = await import("./chosen"); chosen'), "'yes'");
    assert.equal(
      await text('const which: string = "path"; typeof (await import("node:" + which)).join'),
      "'function'",
    );
  });

  it("from the notebook's folder, where the server started the kernel elsewhere", async () => {
    write('notebooks/near.ts', 'export const near = "here";\n');
    const elsewhere = mkdtempSync(join(tmpdir(), 'fathom-elsewhere-'));
    const other = await startClient({
      folder: elsewhere,
      env: { JPY_SESSION_NAME: join(folder, 'some.ipynb') },
    });
    try {
      const done = await other.execute('import { near } from "./near";\n[near, process.cwd()]');
      assert.equal(done.result?.['text/plain'], `[ 'here', '${realpathSync(elsewhere)}' ]`);
    } finally {
      await other.stop();
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });
});
