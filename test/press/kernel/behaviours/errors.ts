/** Errors of cells, and what is told of them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { group, plain } from '../behaviour.js';

group('errors', {
  'a type error is an error, with its code, line and column': async (kernel) => {
    const done = await kernel.execute('const a = 1;\nconst b: number = "text";');
    assert.equal(done.reply.status, 'error');
    const shown = plain(JSON.stringify(done.error?.content));
    assert.match(shown, /TS2322/);
    assert.match(shown, /line 2|:2|2:7/);
  },
  'a type error shows the code': async (kernel) => {
    const done = await kernel.execute('const c: number = "text";');
    assert.match(
      plain(done.error!.content.traceback.join('\n')),
      /const c: number = "text";\n.*\^/,
    );
  },
  'what was meant is named': async (kernel) => {
    assert.match(
      JSON.stringify((await kernel.execute('"a".toUpperCas()')).error?.content),
      /toUpperCase/,
    );
  },
  'a thrown error is an error, with name and message': async (kernel) => {
    const done = await kernel.execute('throw new RangeError("out")');
    assert.deepEqual(
      [done.error?.content.ename, done.error?.content.evalue],
      ['RangeError', 'out'],
    );
    assert.deepEqual([done.reply.ename, done.reply.evalue], ['RangeError', 'out']);
  },
  'a stack names cells and lines, and nothing of the kernel': async (kernel) => {
    const first = await kernel.execute(
      'interface Gone { a: string }\n\nfunction failing(): never {\n  throw new Error("deep");\n}',
    );
    const done = await kernel.execute('// comment\nfailing();');
    const shown = plain(done.error!.content.traceback.join('\n'));
    assert.match(shown, new RegExp(`Cell ${first.reply.execution_count}, line 4`));
    assert.match(shown, new RegExp(`Cell ${done.reply.execution_count}, line 2`));
    assert.ok(!/node:|node_modules|evalmachine|\/dist\//.test(shown), shown);
  },
  'causes are told': async (kernel) => {
    const done = await kernel.execute(
      'throw new Error("outer", { cause: new TypeError("inner") })',
    );
    assert.match(done.error!.content.traceback.join('\n'), /inner/);
  },
  'what is thrown need not be an error': async (kernel) => {
    const done = await kernel.execute('throw { odd: "value" }');
    assert.match(JSON.stringify(done.error!.content), /odd/);
  },
  'a rejection that nobody caught fails the cell': async (kernel) => {
    assert.equal(
      (await kernel.execute('Promise.reject(new Error("lost")); 1')).reply.status,
      'error',
    );
  },
  'of two rejections that nobody caught both are told': async (kernel) => {
    const done = await kernel.execute(
      'Promise.reject(new Error("first")); Promise.reject(new TypeError("second")); 1',
    );
    const told = done.messages
      .filter(({ type }) => type === 'error')
      .map(({ content }) => plain(content.traceback.join('\n')));
    assert.match(told.join('\n'), /Error: first[\s\S]*TypeError: second/);
  },
  'an error in a timer is an error': async (kernel) => {
    const done = await kernel.execute(
      'setTimeout(() => { throw new TypeError("timer") }, 1); await new Promise((r) => setTimeout(r, 50))',
    );
    assert.equal(done.error?.content.ename, 'TypeError');
  },
  'an error that a package throws again is an error, and the variables stay': async (kernel) => {
    // As Emscripten's programs do, the WASM backend of TensorFlow.js among them.
    await kernel.execute(
      'const again = (error: unknown) => { throw error; };\nprocess.on("uncaughtException", again).on("unhandledRejection", again);',
    );
    const thrown = await kernel.execute(
      'setTimeout(() => { throw new RangeError("t") }, 1); await new Promise((r) => setTimeout(r, 50))',
    );
    const rejected = await kernel.execute('Promise.reject(new TypeError("p"));');
    const after = await kernel.execute(
      'process.off("uncaughtException", again).off("unhandledRejection", again);\nconsole.log("on")',
    );
    assert.deepEqual(
      [thrown.error?.content.ename, rejected.error?.content.ename, after.stdout],
      ['RangeError', 'TypeError', 'on\n'],
    );
  },
  "an error that a cell's own listener takes is no error": async (kernel) => {
    const done = await kernel.execute(
      'const own = (error: Error) => console.log("taken", error.message);\nprocess.once("uncaughtException", own);\nsetTimeout(() => { throw new Error("mine") }, 1); await new Promise((r) => setTimeout(r, 50))',
    );
    assert.deepEqual([done.reply.status, done.stdout], ['ok', 'taken mine\n']);
  },
  'a cell that removes all listeners is told of its errors': async (kernel) => {
    await kernel.execute(
      'process.removeAllListeners("uncaughtException").removeAllListeners("unhandledRejection"); const kept = 1;',
    );
    const done = await kernel.execute(
      'setTimeout(() => { throw new RangeError("t") }, 1); await new Promise((r) => setTimeout(r, 50))',
    );
    assert.equal(done.error?.content.ename, 'RangeError');
    assert.equal((await kernel.execute('console.log(kept)')).stdout, '1\n');
  },
  'an error of a class bears its name, and shows its properties': async (kernel) => {
    const done = await kernel.execute(
      'class HttpError extends Error { status = 404; }\nthrow new HttpError("gone")',
    );
    assert.equal(done.error?.content.ename, 'HttpError');
    assert.match(plain(done.error?.content.traceback.join('\n')), /status: 404/);
  },
  'a proxy that refuses every question can be thrown': async (kernel) => {
    const done = await kernel.execute(
      'const no = () => { throw 0 };\nthrow new Proxy({}, { get: no, has: no, getPrototypeOf: no, ownKeys: no })',
    );
    assert.equal(done.reply.status, 'error');
    assert.equal((await kernel.execute('console.log(1)')).stdout, '1\n');
  },
  'an error in a local module shows its code': async (kernel) => {
    writeFileSync(
      join(kernel.folder, 'fails.ts'),
      'export function fails(n: number): never {\n  throw new RangeError("bad " + n);\n}\n',
    );
    writeFileSync(join(kernel.folder, 'mistyped.ts'), '\nexport const n: number = "text";\n');
    const thrown = await kernel.execute('import { fails } from "./fails";\nfails(1)');
    const shown = plain(`${thrown.error?.content.traceback.join('\n')}`);
    assert.match(shown, /Cell \d+, line 2, column 1 - RangeError: bad 1/);
    assert.match(shown, /fails\.ts, line 2, column 9\n.*\n> 2 \| {3}throw new RangeError/);
    const typed = await kernel.execute('import { n } from "./mistyped";\nn');
    assert.match(
      plain(`${typed.error?.content.traceback.join('\n')}`),
      /mistyped\.ts, line 2, column 14 - TS2322[\s\S]*> 2 \| export const n/,
    );
  },
  'a stack overflow is an error, and the next cell works': async (kernel) => {
    const done = await kernel.execute('const deep = (): number => 1 + deep(); deep()');
    assert.equal(done.error?.content.ename, 'RangeError');
    assert.equal((await kernel.execute('console.log(1)')).stdout, '1\n');
  },
  'what was declared before an error stays': async (kernel) => {
    await kernel.execute('const before = 3;\nthrow new Error("x");');
    assert.equal((await kernel.execute('console.log(before)')).stdout, '3\n');
  },
});
