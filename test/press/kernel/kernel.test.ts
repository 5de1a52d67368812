/** The kernel through real sockets: what a Jupyter client sees. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Client, type Execution, startClient } from './client.js';

const types = (execution: Execution) =>
  execution.messages.map(({ type, content }) =>
    type === 'status' ? content.execution_state : type,
  );

describe('kernel', () => {
  let kernel: Client;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fathom-notebook-'));
    kernel = await startClient({ folder });
  });
  after(async () => {
    await kernel.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what it is', async () => {
    const { content } = await kernel.request('shell', 'kernel_info_request');
    assert.equal(content.status, 'ok');
    assert.equal(content.protocol_version, '5.4');
    assert.equal(content.language_info.name, 'typescript');
    assert.equal(content.language_info.file_extension, '.ts');
    assert.equal(typeof content.language_info.codemirror_mode, 'string');
  });

  it('sends input, result and reply in the order of the protocol, idle last', async () => {
    const done = await kernel.execute('1 + 1');
    assert.deepEqual(types(done), ['busy', 'execute_input', 'execute_result', 'idle']);
    assert.deepEqual(done.result, { 'text/plain': '2' });
    assert.equal(done.reply.status, 'ok');
    assert.deepEqual(done.reply.user_expressions, {});
  });

  it('keeps variables, functions, classes and types from cell to cell', async () => {
    await kernel.execute(
      'interface Point { x: number }\nlet p: Point = { x: 1 };\nclass A { b = 2 }',
    );
    await kernel.execute('p = { x: 5 }; const double = (q: Point) => 2 * q.x;');
    const done = await kernel.execute('double(p) + new A().b');
    assert.deepEqual(done.result, { 'text/plain': '12' });
    const again = await kernel.execute('const p = "declared again"; p.length');
    assert.deepEqual(again.result, { 'text/plain': '14' });
  });

  it('awaits at top level and awaits the last expression', async () => {
    const done = await kernel.execute(
      'const late = await new Promise<number>((r) => setTimeout(r, 5, 3));\nPromise.resolve(late * 2)',
    );
    assert.deepEqual(done.result, { 'text/plain': '6' });
  });

  it('delivers 100,000 lines completely and in order, idle last', async () => {
    const done = await kernel.execute('for (let i = 0; i < 100_000; i++) console.log(i)');
    const lines = done.stdout.split('\n');
    assert.equal(lines.length, 100_001);
    assert.ok(lines.slice(0, -1).every((line, i) => line === String(i)));
    assert.equal(types(done).at(-1), 'idle');
    assert.ok(done.messages.length < 5000, 'lines are sent together');
  });

  it('delivers a text of 50 MB', async () => {
    const done = await kernel.execute('process.stdout.write("é".repeat(25_000_000))');
    assert.equal(done.stdout.length, 25_000_000);
    assert.ok(/^é+$/.test(done.stdout));
  });

  it('catches what native code and child processes print', async () => {
    const done = await kernel.execute(
      'import { writeSync } from "fs"; import { spawnSync } from "child_process";\n' +
        'writeSync(1, "one\\n"); writeSync(2, "two\\n"); spawnSync("echo", ["three"], { stdio: "inherit" });',
    );
    assert.equal(done.stdout, 'one\nthree\n');
    assert.equal(done.stderr, 'two\n');
  });

  it('gives the output of a timer to the cell that started it', async () => {
    const first = await kernel.send('shell', 'execute_request', {
      code: 'let tick: () => void; const ticked = new Promise<void>((r) => (tick = r));\nsetTimeout(() => { console.log("from the first"); tick(); }, 30);',
    });
    await kernel.execution(first);
    const second = await kernel.execute('await ticked; console.log("from the second")');
    assert.equal(second.stdout, 'from the second\n');
    const late = await kernel.wait(
      ({ type, content }) => type === 'stream' && content.text === 'from the first\n',
    );
    assert.equal(late.parent, first);
  });

  it('calls back writers and takes bytes', async () => {
    const done = await kernel.execute(
      'await new Promise<void>((r) => process.stdout.write(new Uint8Array([0xc3]), () => r()));\nprocess.stdout.write(Buffer.from([0xa9])); console.error("e")',
    );
    assert.equal(done.stdout, 'é');
    assert.equal(done.stderr, 'e\n');
  });

  describe('errors', () => {
    it('tells code, line and column of a type error, with the code', async () => {
      const done = await kernel.execute('const a = 1;\nconst b: number = "text";');
      assert.equal(done.reply.status, 'error');
      assert.deepEqual(types(done), ['busy', 'execute_input', 'error', 'idle']);
      const { content, metadata } = done.error!;
      assert.equal(content.ename, 'TS2322');
      assert.match(content.evalue, /'string' is not assignable to type 'number'/);
      const { cell, line, column, code } = metadata.fathom;
      assert.deepEqual({ line, column, code }, { line: 2, column: 7, code: 'TS2322' });
      assert.equal(cell, done.reply.execution_count);
      const shown = content.traceback.join('\n').replace(/\u001b\[\d+m/g, '');
      assert.ok(shown.startsWith(`Cell ${cell}, line 2, column 7 - TS2322: `), shown);
      assert.match(shown, /> 2 \| const b: number = "text";\n\s+\| {7}\^/);
    });

    it('maps a run-time error to cells and lines, and folds other frames', async () => {
      const first = await kernel.execute(
        'interface Gone { a: string }\ntype AlsoGone = Gone[];\n\nfunction fail(n: number): never {\n  throw new RangeError("bad " + n);\n}',
      );
      const done = await kernel.execute('// comment\n\nfail(7);');
      const { content, metadata } = done.error!;
      assert.equal(content.ename, 'RangeError');
      assert.equal(content.evalue, 'bad 7');
      const { cell, line, column } = metadata.fathom;
      assert.deepEqual(
        { cell, line, column },
        { cell: first.reply.execution_count, line: 5, column: 9 },
      );
      const shown = content.traceback.join('\n');
      assert.match(shown, new RegExp(`at Cell ${done.reply.execution_count}, line 3, column 1`));
      assert.ok(!/node:|press\/kernel|vm\.js/.test(shown), shown);
    });

    it('names what was meant, and how to install a package that is missing', async () => {
      const near = await kernel.execute('const answer = 42; answer.toFixd()');
      assert.match(near.error!.content.evalue, /Did you mean 'toFixed'/);
      const missing = await kernel.execute('import * as x from "no-such-package/sub";');
      assert.match(missing.error!.content.evalue, /npm install no-such-package \(in /);
    });

    it('counts the ends of lines as the compiler does', async () => {
      for (const end of ['\r\n', '\r', '\u2028']) {
        const done = await kernel.execute(
          ['const a = 1;', '', 'throw new Error("third")'].join(end),
        );
        const shown = done.error!.content.traceback.join('\n').replace(/\u001b\[\d+m/g, '');
        assert.match(
          shown,
          /line 3, column 7[\s\S]*> 3 \| throw new Error\("third"\)\n/,
          JSON.stringify(end),
        );
      }
    });

    it('goes on when a cell closes the standard descriptors', async () => {
      const done = await kernel.execute(
        'require("fs").closeSync(1); require("fs").closeSync(2); "closed"',
      );
      assert.deepEqual(done.result, { 'text/plain': "'closed'" });
      assert.equal((await kernel.execute('console.log("on")')).stdout, 'on\n');
    });

    it('says how to live without what the compiler does not know', async () => {
      const using = await kernel.execute('using a = { [Symbol.dispose]() {} };');
      assert.match(using.error!.content.evalue, /"using" declarations[\s\S]*"finally" block/);
      assert.equal(using.error!.content.traceback.length, 3);
    });

    it('cuts a message that is too long, and says so', async () => {
      const done = await kernel.execute('throw new Error("x".repeat(300_000))');
      assert.match(done.error!.content.evalue, /x… 280000 more characters$/);
    });

    it('reports rejections and errors that nobody caught', async () => {
      const rejected = await kernel.execute('Promise.reject(new Error("lost")); 1');
      assert.equal(rejected.reply.status, 'error');
      assert.equal(rejected.error!.content.evalue, 'lost');
      const thrown = await kernel.execute(
        'setTimeout(() => { throw new TypeError("from a timer") }, 1); await new Promise(() => {})',
      );
      assert.equal(thrown.error!.content.ename, 'TypeError');
      const overflow = await kernel.execute('const f = (): number => 1 + f(); f()');
      assert.equal(overflow.error!.content.ename, 'RangeError');
      const odd = await kernel.execute('throw { not: "an error" }');
      assert.match(odd.error!.content.evalue, /not: 'an error'/);
    });

    it('aborts what was queued behind an error, and runs what is sent after the reply', async () => {
      const ids = [];
      for (const code of [
        'throw new Error("stop")',
        'console.log("never")',
        'console.log("never")',
      ])
        ids.push(await kernel.send('shell', 'execute_request', { code }));
      const [failed, second, third] = await Promise.all(ids.map((id) => kernel.execution(id)));
      assert.equal(failed!.reply.status, 'error');
      for (const aborted of [second!, third!]) {
        assert.deepEqual(aborted.reply, { status: 'aborted' });
        assert.deepEqual(types(aborted), ['busy', 'idle']);
      }
      assert.equal((await kernel.execute('1')).reply.status, 'ok');
    });

    it('goes on behind an error where stop_on_error is false', async () => {
      const first = await kernel.send('shell', 'execute_request', {
        code: 'throw 1',
        stop_on_error: false,
      });
      const second = await kernel.send('shell', 'execute_request', { code: '2' });
      assert.equal((await kernel.execution(first)).reply.status, 'error');
      assert.deepEqual((await kernel.execution(second)).result, { 'text/plain': '2' });
    });
  });

  it('counts what is stored, and is quiet where asked', async () => {
    const before = (await kernel.execute('0')).reply.execution_count;
    const unstored = await kernel.execute('"unstored"', { store_history: false });
    assert.equal(unstored.reply.execution_count, before);
    assert.deepEqual(unstored.result, { 'text/plain': "'unstored'" });
    const silent = await kernel.execute('console.log("quiet"); var loud = 3; loud', {
      silent: true,
    });
    assert.deepEqual(types(silent), ['busy', 'idle']);
    assert.equal(silent.reply.execution_count, before);
    const done = await kernel.execute('loud', {
      user_expressions: { five: 'loud + 2', bad: 'nothing' },
    });
    assert.equal(done.reply.execution_count, before + 1);
    assert.deepEqual(done.reply.user_expressions.five, {
      status: 'ok',
      data: { 'text/plain': '5' },
      metadata: {},
    });
    assert.equal(done.reply.user_expressions.bad.status, 'error');
    assert.equal(done.reply.user_expressions.bad.ename, 'TS2304');
  });

  it('completes, inspects and judges completeness, in code points', async () => {
    await kernel.execute(
      '/** Adds two numbers. */\nfunction addUp(a: number, b: number): number { return a + b }',
    );
    const code = '"😀"; addU';
    const { content } = await kernel.request('shell', 'complete_request', { code, cursor_pos: 9 });
    assert.deepEqual(content.matches, ['addUp']);
    assert.deepEqual([content.cursor_start, content.cursor_end], [5, 9]);
    assert.equal(content.metadata._jupyter_types_experimental[0].type, 'function');
    const inspected = await kernel.request('shell', 'inspect_request', {
      code: 'addUp(1, ',
      cursor_pos: 9,
      detail_level: 0,
    });
    assert.equal(inspected.content.found, true);
    assert.match(
      inspected.content.data['text/plain'],
      /addUp\(a: number, b: number\): number\n\nAdds two numbers\./,
    );
    const nothing = await kernel.request('shell', 'inspect_request', {
      code: '   ',
      cursor_pos: 1,
    });
    assert.equal(nothing.content.found, false);
    const open = await kernel.request('shell', 'is_complete_request', { code: 'if (true) {' });
    assert.deepEqual(open.content, { status: 'incomplete', indent: '  ' });
    const whole = await kernel.request('shell', 'is_complete_request', { code: 'let a = 1' });
    assert.equal(whole.content.status, 'complete');
  });

  it('inspects in two levels of detail', async () => {
    await kernel.execute(
      '/**\n * Halves a number.\n * @param n any number\n * @example half(4) // 2\n */\nfunction half(n: number) { return n / 2; }',
    );
    const [brief, whole] = await Promise.all(
      [0, 1].map(async (detail_level) => {
        const asked = { code: 'half', cursor_pos: 4, detail_level };
        return (await kernel.request('shell', 'inspect_request', asked)).content.data['text/plain'];
      }),
    );
    assert.equal(
      brief,
      'function half(n: number): number\n\nHalves a number.\n@param n any number',
    );
    assert.equal(whole, `${brief}\n@example half(4) // 2`);
  });

  it('answers while a cell runs', async () => {
    const id = await kernel.send('shell', 'execute_request', { code: 'while (true) {}' });
    await kernel.wait(({ parent, type }) => parent === id && type === 'execute_input');
    const { content } = await kernel.request('shell', 'complete_request', {
      code: 'Math.ma',
      cursor_pos: 7,
    });
    assert.deepEqual(content.matches, ['max']);
    assert.equal(await kernel.heartbeat('ping'), 'ping');
    const states = kernel.received.filter(({ type }) => type === 'status');
    assert.equal(states.at(-1)!.content.execution_state, 'busy');
    assert.equal(states.at(-1)!.parent, id);
    await kernel.request('control', 'interrupt_request');
    assert.equal((await kernel.execution(id)).error!.content.ename, 'KeyboardInterrupt');
  });

  describe('interrupt', () => {
    for (const [what, code] of [
      ['a loop', 'console.log("started"); while (true) {}'],
      ['a loop after an await', 'console.log("started"); await 1; while (true) {}'],
      [
        'a loop in a timer',
        'console.log("started"); setTimeout(() => { while (true) {} }, 1); await new Promise(() => {})',
      ],
      ['a promise that never settles', 'console.log("started"); await new Promise(() => {})'],
    ] as const)
      it(`stops ${what} and keeps the variables`, async () => {
        await kernel.execute('var kept = "still here"');
        const id = await kernel.send('shell', 'execute_request', { code });
        await kernel.wait(({ parent, type }) => parent === id && type === 'stream');
        const { content } = await kernel.request('control', 'interrupt_request');
        assert.equal(content.status, 'ok');
        const done = await kernel.execution(id);
        assert.equal(done.reply.status, 'error');
        assert.equal(done.error!.content.ename, 'KeyboardInterrupt');
        assert.deepEqual((await kernel.execute('kept')).result, { 'text/plain': "'still here'" });
        const timer = await kernel.execute(
          'await new Promise((r) => setTimeout(r, 1)); await new Promise((r) => setImmediate(r)); 1',
        );
        assert.equal(timer.reply.status, 'ok');
      });

    it('ends the process where nothing else helps, and says that variables are gone', async () => {
      await kernel.execute('var kept = 1');
      const id = await kernel.send('shell', 'execute_request', {
        code: 'import { execSync } from "child_process"; console.log("started"); execSync("sleep 600");',
      });
      await kernel.wait(({ parent, type }) => parent === id && type === 'stream');
      await kernel.request('control', 'interrupt_request');
      const done = await kernel.execution(id);
      assert.match(done.error!.content.evalue, /variables of all cells are gone/);
      assert.equal((await kernel.execute('kept')).error!.content.ename, 'TS2304');
    });

    it('reaches a cell that is still being compiled', async () => {
      // The first cell waits for the compiler to load.
      const fresh = await startClient();
      try {
        const id = await fresh.send('shell', 'execute_request', { code: 'while (true) {}' });
        await fresh.wait(({ parent, type }) => parent === id && type === 'execute_input');
        await fresh.request('control', 'interrupt_request');
        const done = await fresh.execution(id);
        assert.equal(done.error?.content.ename, 'KeyboardInterrupt');
        assert.equal((await fresh.execute('1 + 1')).result?.['text/plain'], '2');
      } finally {
        await fresh.stop();
      }
    });

    it('gives up a compilation that takes for ever, and knows what earlier cells declared', async () => {
      await kernel.execute('const declared: number = 20;');
      await kernel.execute('const half = 1; throw new Error("behind it");');
      await kernel.execute('/** @module kept */ export const inModule = 2;');
      const types = Array.from(
        { length: 5000 },
        (_, i) =>
          `type X${i} = Long<${500 + (i % 400)}>; const x${i}: X${i}["length"] = ${500 + (i % 400)};`,
      );
      const id = await kernel.send('shell', 'execute_request', {
        code: `type Long<N extends number, A extends any[] = []> = A["length"] extends N ? A : Long<N, [...A, ${Math.random()}]>;\n${types.join('\n')}`,
      });
      await kernel.wait(({ parent, type }) => parent === id && type === 'execute_input');
      await kernel.request('control', 'interrupt_request');
      assert.equal((await kernel.execution(id)).error?.content.ename, 'KeyboardInterrupt');
      const next = await kernel.execute(
        'import { inModule } from "./kept";\ndeclared * inModule + half',
      );
      assert.deepEqual(
        [next.result, next.error?.content.evalue],
        [{ 'text/plain': '41' }, undefined],
      );
    });

    it('of a cell that waited does not break the one after it', async () => {
      for (let round = 0; round < 3; round++) {
        const id = await kernel.send('shell', 'execute_request', {
          code: 'console.log("started"); await new Promise(() => {})',
        });
        await kernel.wait(({ parent, type }) => parent === id && type === 'stream');
        await kernel.send('control', 'interrupt_request');
        await kernel.execution(id);
        // Busy for longer than the guard waits before it breaks a loop.
        const busy = await kernel.execute(
          'var end = Date.now() + 500; while (Date.now() < end) {}\n"whole"',
        );
        assert.deepEqual(busy.result, { 'text/plain': "'whole'" });
      }
    });

    it('does nothing when idle', async () => {
      await kernel.request('control', 'interrupt_request');
      assert.deepEqual((await kernel.execute('"fine"')).result, { 'text/plain': "'fine'" });
    });
  });

  describe('a cell that ends its process', () => {
    for (const [what, code, name, text] of [
      ['process.exit', 'console.log("last words"); process.exit(3)', 'ProcessExit', /exit code 3/],
      [
        'a crash',
        'console.log("last words"); process.kill(process.pid, "SIGSEGV"); while (true) {}',
        'ProcessCrash',
        /SIGSEGV/,
      ],
      ['abort', 'console.log("last words"); process.abort()', 'ProcessCrash', /SIGABRT/],
    ] as const)
      it(`is an error that says so, and the next cell works: ${what}`, async () => {
        const done = await kernel.execute(code);
        assert.equal(done.stdout, 'last words\n');
        assert.equal(done.reply.status, 'error');
        assert.equal(done.error!.content.ename, name);
        assert.match(done.error!.content.evalue, text);
        assert.match(done.error!.content.evalue, /variables of all cells are gone/);
        assert.deepEqual((await kernel.execute('1 + 2')).result, { 'text/plain': '3' });
      });
  });

  it('running out of memory is an error that says so, and the next cell works', async () => {
    const small = await startClient({ env: { NODE_OPTIONS: '--max-old-space-size=256' } });
    try {
      const done = await small.execute(
        'console.log("last words"); const all: number[][] = []; while (true) all.push(new Array(1_000_000).fill(1.5))',
      );
      assert.equal(done.stdout, 'last words\n');
      assert.equal(done.error!.content.ename, 'OutOfMemory');
      assert.match(done.error!.content.evalue, /variables of all cells are gone/);
      assert.deepEqual((await small.execute('1 + 2')).result, { 'text/plain': '3' });
    } finally {
      await small.stop();
    }
  });

  it('asks for input', async () => {
    const id = await kernel.send('shell', 'execute_request', {
      code: 'const name = await input("Your name? "); "Hello, " + name',
      allow_stdin: true,
    });
    const asked = await kernel.wait(({ channel, parent }) => channel === 'stdin' && parent === id);
    assert.deepEqual(asked.content, { prompt: 'Your name? ', password: false });
    await kernel.send('stdin', 'input_reply', { status: 'ok', value: 'Ada' });
    assert.deepEqual((await kernel.execution(id)).result, { 'text/plain': "'Hello, Ada'" });
    const refused = await kernel.execute('await input("?")');
    assert.match(refused.error!.content.evalue, /allow_stdin is false/);
  });

  it('shows what tslab shows, with updates by id', async () => {
    const done = await kernel.execute(
      'import * as tslab from "tslab";\ntslab.display.html("<b>bold</b>");\nconst d = tslab.newDisplay(); d.markdown("*a*"); d.markdown("*b*"); tslab.display.png(new Uint8Array([1, 2, 3]));\ntslab.versions.tslab',
    );
    const shown = done.messages.filter(({ type }) => type.endsWith('display_data'));
    assert.deepEqual(
      shown.map(({ type, content }) => [type, content.data]),
      [
        ['display_data', { 'text/html': '<b>bold</b>' }],
        ['display_data', { 'text/markdown': '*a*' }],
        ['update_display_data', { 'text/markdown': '*b*' }],
        ['display_data', { 'image/png': 'AQID' }],
      ],
    );
    assert.equal(shown[1]!.content.transient.display_id, shown[2]!.content.transient.display_id);
    assert.deepEqual(done.result, { 'text/plain': "'1.0.22'" });
  });

  it('makes a result of a chart, a table, a tensor, a picture and an object that shows itself', async () => {
    const chart = await kernel.execute(
      '({ $schema: "https://vega.github.io/schema/vega-lite/v6.json", description: "Loss by epoch", mark: "line" })',
    );
    assert.equal(chart.result!['application/vnd.vegalite.v5+json'].mark, 'line');
    assert.equal(chart.result!['text/plain'], 'Vega-Lite chart: Loss by epoch');
    const table = await kernel.execute(
      '[{ depth: 8, name: "<plain>" }, { depth: 20, name: "residual" }]',
    );
    assert.match(table.result!['text/html'], /<td>&#60;plain&#62;<\/td>/);
    assert.match(
      table.result!['text/plain'],
      /^depth {2}name\n───── {2}────────\n {4}8 {2}<plain>\n {3}20 {2}residual$/,
    );
    const own = await kernel.execute(
      '({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<i>me</i>" }) })',
    );
    assert.equal(own.result!['text/html'], '<i>me</i>');
    assert.ok(own.result!['text/plain']);
    const numbers = await kernel.execute('new Float32Array([1, 2, 3])');
    assert.match(
      numbers.result!['text/plain'],
      /^Float32Array\(3\)\n\[1, 2, 3\]\nmin 1, max 3, mean 2/,
    );
  });

  describe('imports', () => {
    it('takes local modules, their edits, JSON and folders above', async () => {
      const sub = join(folder, 'sub');
      mkdirSync(sub, { recursive: true });
      writeFileSync(
        join(folder, 'local.ts'),
        'export const value: number = 1;\nexport function boom() {\n  throw new Error("local");\n}\n',
      );
      writeFileSync(join(folder, 'data.json'), '{"n": 3}');
      const done = await kernel.execute(
        'import { value, boom } from "./local";\nimport data from "./data.json";\nvalue + data.n',
      );
      assert.deepEqual(done.result, { 'text/plain': '4' });
      const failed = await kernel.execute('boom()');
      assert.match(failed.error!.content.traceback.join('\n'), /local\.ts:3:9/);
      writeFileSync(join(folder, 'local.ts'), 'export const value: number = 10;\n');
      const edited = await kernel.execute('import { value } from "./local.js";\nvalue');
      assert.deepEqual(edited.result, { 'text/plain': '10' });
      const broken = await kernel.execute('import { gone } from "./local";');
      assert.equal(broken.error!.content.ename, 'TS2305');
    });

    it('takes a package that was installed after it was missed, with exports only and a top-level await', async () => {
      const missing = await kernel.execute('import { late } from "late-package";');
      assert.equal(missing.error!.content.ename, 'TS2307');
      const home = join(folder, 'node_modules', 'late-package');
      mkdirSync(home, { recursive: true });
      writeFileSync(
        join(home, 'package.json'),
        '{"name":"late-package","type":"module","exports":{".":{"types":"./index.d.ts","import":"./index.js"}}}',
      );
      writeFileSync(join(home, 'index.js'), 'export const late = await Promise.resolve(7);');
      writeFileSync(join(home, 'index.d.ts'), 'export declare const late: number;');
      const found = await kernel.execute('import { late } from "late-package";\nlate.toFixed(1)');
      assert.deepEqual(found.result, { 'text/plain': "'7.0'" });
      const dynamic = await kernel.execute('(await import("late-package")).late');
      assert.deepEqual(dynamic.result, { 'text/plain': '7' });
    });

    it("knows Node's modules and newer library types in a bare folder", async () => {
      const done = await kernel.execute(
        'import { join } from "node:path";\nconst list: number[] = [3, 1, 2].toSorted();\njoin(...list.map(String)) + Object.keys(Object.groupBy(list, (n) => n % 2 ? "odd" : "even")).length + process.argv.length * 0',
      );
      assert.deepEqual(done.result, { 'text/plain': "'1/2/320'" });
    });
  });

  it('answers a debugger that asks in vain, and whatever comes on control', async () => {
    const { type, content } = await kernel.request('control', 'debug_request', {
      type: 'request',
      seq: 4,
      command: 'initialize',
    });
    assert.equal(type, 'debug_reply');
    assert.deepEqual(
      [content.success, content.request_seq, content.command],
      [false, 4, 'initialize'],
    );
    assert.equal(
      (await kernel.request('control', 'is_complete_request', { code: '1' })).content.status,
      'complete',
    );
  });

  it('inspects with all tags of the doc comment at detail level 1', async () => {
    await kernel.execute(
      '/** Halves.\n * @param n what to halve\n * @example half(4) // 2\n */\nfunction half(n: number) { return n / 2; }',
    );
    const inspect = async (detail_level: number) =>
      (
        await kernel.request('shell', 'inspect_request', {
          code: 'half',
          cursor_pos: 4,
          detail_level,
        })
      ).content.data['text/plain'];
    assert.match(await inspect(0), /Halves\.\n@param n what to halve$/);
    assert.match(await inspect(1), /@example half\(4\)/);
  });

  it('completes files, modules, members of imports, and words of a union', async () => {
    writeFileSync(join(folder, 'near.ts'), 'export const nearby = 1;\n');
    mkdirSync(join(folder, 'some-folder'), { recursive: true });
    const matches = async (code: string): Promise<string[]> =>
      (await kernel.request('shell', 'complete_request', { code, cursor_pos: code.length })).content
        .matches;
    assert.deepEqual(await matches('import { x } from "./nea'), ['near']);
    assert.deepEqual(await matches('readFileSync("./some-f'), ['some-folder/']);
    assert.deepEqual(await matches('import * as p from "node:path/po'), ['node:path/posix']);
    await kernel.execute('import * as paths from "node:path";\nlet mood: "glad" | "sad" = "sad";');
    assert.ok((await matches('paths.basen')).includes('basename'));
    assert.deepEqual(await matches('mood = "'), ['glad', 'sad']);
  });

  it('judges unfinished code by what is open', async () => {
    const judge = async (code: string) =>
      (await kernel.request('shell', 'is_complete_request', { code })).content;
    for (const [code, indent] of [
      ['if (a) {', '  '],
      ['  for (const a of b) {', '    '],
      ['const f = (', '  '],
      ['const t = `a ${', '  '],
      ['const t = `a', ''],
      ['/* open', ''],
      ['const f = () =>', '  '],
      ['list\n  .', '    '],
      ['class A {\n  m() {\n    return [', '      '],
      ['import { a,', '  '],
      ['const r = /[{]/.test("{") &&', '  '],
    ] as const)
      assert.deepEqual(await judge(code), { status: 'incomplete', indent }, code);
    for (const code of [
      'a',
      'f()\n  .g()',
      'if (a) {}',
      '`a b c`',
      '/* b */',
      '',
      'const r = /[{]/',
    ])
      assert.deepEqual(await judge(code), { status: 'complete' }, code);
    for (const code of ['let 1a', 'f(]', 'const s = "open', 'if (a) {\n\n\n'])
      assert.deepEqual(await judge(code), { status: 'invalid' }, code);
  });

  it('makes a result of anything, and cuts what is long with a statement', async () => {
    for (const [code, shown] of [
      [
        'const loop: { self?: unknown } = {}; loop.self = loop; loop',
        '<ref *1> { self: [Circular *1] }',
      ],
      ['({ get bad(): number { throw new Error("no"); } })', '{ bad: [Getter] }'],
      ['new Map([[1, new Set(["a"])]])', "Map(1) { 1 => Set(1) { 'a' } }"],
      ['10n', '10n'],
      ['Symbol("s")', 'Symbol(s)'],
      ['null', 'null'],
      ['({ then: 5 })', '{ then: 5 }'],
      ['Buffer.from([1, 2])', '<Buffer 01 02>'],
      ['new Date(0)', '1970-01-01T00:00:00.000Z'],
      ['class Empty {}\nnew Empty()', 'Empty {}'],
    ] as const)
      assert.equal((await kernel.execute(code)).result!['text/plain'], shown);
    const long = (await kernel.execute('"x".repeat(3_000_000)')).result!['text/plain'];
    assert.ok(long.length < 200_000 && /2900000 more characters/.test(long));
    const many = (await kernel.execute('new Array(1_000_000).fill(1)')).result!['text/plain'];
    assert.match(many, /999900 more items/);
    const rows = (await kernel.execute('Array.from({ length: 1000 }, (_, i) => ({ i }))')).result!;
    assert.match(rows['text/html'], /950 more rows/);
    const wrong = (await kernel.execute('new RangeError("as a value")')).result!['text/plain'];
    assert.match(wrong, /^RangeError: as a value\n {4}at cell\[\d+\]\.ts:1:1$/);
  });

  it('tells of errors inside of errors, with the places of each', async () => {
    const many = await kernel.execute(
      'throw new AggregateError([new Error("one"), new TypeError("two")], "several")',
    );
    const count = many.reply.execution_count;
    const shown = many.error!.content.traceback.join('\n');
    assert.match(
      shown,
      new RegExp(`contains Error: one\\n {4}at Cell ${count}, line 1, column 27`),
    );
    assert.match(shown, /contains TypeError: two/);
    const chain = await kernel.execute(
      'throw new Error("top", { cause: new RangeError("middle", { cause: "text" }) })',
    );
    assert.match(chain.error!.content.traceback.join('\n'), /RangeError: middle[\s\S]*: text/);
    const dom = await kernel.execute('throw new DOMException("stopped", "AbortError")');
    assert.deepEqual(
      [dom.error!.content.ename, dom.error!.content.evalue],
      ['AbortError', 'stopped'],
    );
    for (const [code, text] of [
      ['throw null', 'null'],
      ['throw 42', '42'],
      ['throw Object.create(null)', '[Object: null prototype] {}'],
    ] as const)
      assert.equal((await kernel.execute(code)).error!.content.evalue, text);
  });

  it('prints with the whole family of console', async () => {
    const done = await kernel.execute(
      'console.table([{ a: 1 }]); console.dir({ d: 1 }); console.count(); console.group("g"); console.info("in"); console.groupEnd(); console.assert(false, "asserted"); console.trace("traced"); console.debug("debugged"); process.stdout.write("written");',
    );
    assert.match(done.stdout, /│ a │[\s\S]*\{ d: 1 \}\ndefault: 1\ng\n {2}in\ndebugged\nwritten$/);
    assert.match(
      done.stderr,
      /^Assertion failed: asserted\nTrace: traced\n {4}at cell\[\d+\]\.ts:1:\d+\n$/,
    );
  });

  it('survives a header of two megabytes', async () => {
    const head = {
      msg_id: 'huge',
      msg_type: 'kernel_info_request',
      session: 's',
      username: 'u',
      date: 'x'.repeat(2_000_000),
      version: '5.4',
    };
    const parts = [JSON.stringify(head), '{}', '{}', '{}'];
    await kernel.sendFrames('shell', ['<IDS|MSG>', kernel.sign(parts), ...parts]);
    assert.equal((await kernel.execute('1')).reply.status, 'ok');
  });

  it('keeps a history', async () => {
    await kernel.execute('"find me 1"');
    await kernel.execute('"find me 2"');
    const tail = await kernel.request('shell', 'history_request', {
      hist_access_type: 'tail',
      n: 2,
      output: false,
      raw: true,
    });
    assert.deepEqual(
      tail.content.history.map((entry: unknown[]) => entry[2]),
      ['"find me 1"', '"find me 2"'],
    );
    const found = await kernel.request('shell', 'history_request', {
      hist_access_type: 'search',
      pattern: '"find*2"',
      n: 5,
      output: true,
      raw: true,
    });
    assert.deepEqual(
      found.content.history.map((entry: unknown[]) => entry[2]),
      [['"find me 2"', null]],
    );
  });

  it('answers about comms, closes what it cannot open, and ignores what it does not know', async () => {
    const info = await kernel.request('shell', 'comm_info_request', {});
    assert.equal(info.type, 'comm_info_reply');
    assert.deepEqual(info.content, { status: 'ok', comms: {} });
    const id = await kernel.send('shell', 'comm_open', {
      comm_id: 'c1',
      target_name: 'jupyter.widget',
      data: {},
    });
    const closed = await kernel.wait(({ parent, type }) => parent === id && type === 'comm_close');
    assert.equal(closed.content.comm_id, 'c1');
    await kernel.send('shell', 'message_from_the_future', {});
    assert.equal((await kernel.execute('1')).reply.status, 'ok');
  });

  it('survives unsigned, replayed and malformed messages', async () => {
    const parts = (type: string) => [
      JSON.stringify({
        msg_id: type,
        msg_type: 'kernel_info_request',
        session: 's',
        username: 'u',
        date: '',
        version: '5.4',
      }),
      '{}',
      '{}',
      '{}',
    ];
    const before = kernel.received.length;
    const good = parts('replayed');
    await kernel.sendFrames('shell', ['<IDS|MSG>', kernel.sign(good), ...good]);
    await kernel.wait(({ parent, type }) => parent === 'replayed' && type === 'kernel_info_reply');
    await kernel.sendFrames('shell', ['<IDS|MSG>', kernel.sign(good), ...good]);
    await kernel.sendFrames('shell', ['<IDS|MSG>', '0'.repeat(64), ...parts('forged')]);
    await kernel.sendFrames('shell', ['<IDS|MSG>', '']);
    await kernel.sendFrames('shell', ['no delimiter']);
    for (const bad of ['{', '[]', 'null', '"text"']) {
      const broken = [bad, '{}', '{}', '{}'];
      await kernel.sendFrames('control', ['<IDS|MSG>', kernel.sign(broken), ...broken]);
    }
    await kernel.request('control', 'kernel_info_request');
    await kernel.request('shell', 'kernel_info_request');
    const later = kernel.received.slice(before);
    assert.equal(
      later.filter(({ parent, type }) => parent === 'replayed' && type === 'kernel_info_reply')
        .length,
      1,
    );
    assert.ok(!later.some(({ parent }) => parent === 'forged'));
    assert.match(kernel.log(), /wrong signature/);
  });
});
