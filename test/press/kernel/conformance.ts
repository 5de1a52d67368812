/**
 * What a notebook's author and a Jupyter client may expect of a TypeScript kernel, one entry a behaviour. The same checks
 * run against any kernel: conformance.test.ts runs them against ours, conformance-table.ts against ours and stock tslab
 * for the table in docs/kernel.md.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, type StartOptions, startClient } from './client.js';

export interface Behaviour {
  group: string;
  title: string;
  check(kernel: Client): Promise<void>;
}

export interface Verdict {
  group: string;
  title: string;
  /** Why the kernel does not do it; undefined where it does. */
  failure: string | undefined;
}

export const behaviours: Behaviour[] = [];
function group(name: string, checks: Record<string, (kernel: Client) => Promise<void>>): void {
  for (const [title, check] of Object.entries(checks))
    behaviours.push({ group: name, title, check });
}

/** The four JSON parts of a request made by hand. */
const infoRequest = (id: string) => [
  JSON.stringify({
    msg_id: id,
    msg_type: 'kernel_info_request',
    session: 's',
    username: 'u',
    date: '',
    version: '5.3',
  }),
  '{}',
  '{}',
  '{}',
];
const plain = (text: string) => text.replace(/\u001b\[\d+m/g, '');
const textOf = (done: { result: Record<string, unknown> | undefined }) =>
  done.result?.['text/plain'];

group('messages', {
  'kernel_info is answered with status ok and protocol 5': async (kernel) => {
    const { content } = await kernel.request('shell', 'kernel_info_request');
    assert.equal(content.status, 'ok');
    assert.match(content.protocol_version, /^5\./);
  },
  'kernel_info tells the version of the TypeScript that compiles cells': async (kernel) => {
    const { content } = await kernel.request('shell', 'kernel_info_request');
    const done = await kernel.execute('import * as tslab from "tslab";\ntslab.versions.typescript');
    assert.match(`${textOf(done)}`, new RegExp(content.language_info.version));
  },
  'kernel_info is answered on the control channel': async (kernel) => {
    assert.equal(
      (await kernel.request('control', 'kernel_info_request')).type,
      'kernel_info_reply',
    );
  },
  'the kernel has a session of its own': async (kernel) => {
    const { header } = await kernel.request('shell', 'kernel_info_request');
    assert.notEqual(header.session, kernel.session);
  },
  'a cell sends busy, input, output and idle, in this order': async (kernel) => {
    const done = await kernel.execute('console.log(1)');
    assert.deepEqual(
      done.messages.map(({ type, content }) =>
        type === 'status' ? content.execution_state : type,
      ),
      ['busy', 'execute_input', 'stream', 'idle'],
    );
  },
  'a reply carries its count, payload and expressions': async (kernel) => {
    const { reply } = await kernel.execute('1');
    assert.equal(typeof reply.execution_count, 'number');
    assert.deepEqual([reply.payload, reply.user_expressions], [[], {}]);
  },
  'cells are counted, and a silent one is not': async (kernel) => {
    const first = await kernel.execute('1');
    const silent = await kernel.execute('console.log("quiet")', { silent: true });
    const next = await kernel.execute('1');
    assert.equal(silent.stdout, '');
    assert.equal(next.reply.execution_count, first.reply.execution_count + 1);
  },
  'a cell that is not stored is not counted': async (kernel) => {
    const first = await kernel.execute('1');
    await kernel.execute('1', { store_history: false });
    const next = await kernel.execute('1');
    assert.equal(next.reply.execution_count, first.reply.execution_count + 1);
  },
  'expressions of the user are evaluated': async (kernel) => {
    const { reply } = await kernel.execute('const seven = 7;', {
      user_expressions: { a: 'seven + 1' },
    });
    assert.equal(reply.user_expressions.a.data['text/plain'], '8');
  },
  'an expression that fails is told beside the others': async (kernel) => {
    const { reply } = await kernel.execute('1', {
      user_expressions: {
        bad: 'noSuchName',
        thrown: '(() => { throw new RangeError("r") })()',
        good: '2',
      },
    });
    const { bad, thrown, good } = reply.user_expressions;
    assert.deepEqual(
      [bad.status, thrown.status, thrown.ename, good.status],
      ['error', 'error', 'RangeError', 'ok'],
    );
  },
  'cells queued behind an error are aborted': async (kernel) => {
    const first = await kernel.send('shell', 'execute_request', {
      code: 'throw new Error("stop")',
    });
    const second = await kernel.send('shell', 'execute_request', { code: 'console.log("never")' });
    assert.equal((await kernel.execution(first)).reply.status, 'error');
    const done = await kernel.execution(second);
    assert.equal(done.reply.status, 'aborted');
    assert.equal(done.stdout, '');
  },
  'a cell sent after the reply to an error runs at once': async (kernel) => {
    await kernel.execute('throw new Error("stop")');
    assert.equal((await kernel.execute('console.log("on")')).stdout, 'on\n');
  },
  'with stop_on_error false the queue goes on': async (kernel) => {
    const first = await kernel.send('shell', 'execute_request', {
      code: 'throw 1',
      stop_on_error: false,
    });
    const second = await kernel.send('shell', 'execute_request', { code: 'console.log("on")' });
    await kernel.execution(first);
    assert.equal((await kernel.execution(second)).stdout, 'on\n');
  },
  'an unknown message is ignored': async (kernel) => {
    await kernel.send('shell', 'message_from_the_future');
    const done = await kernel.execute('console.log("fine")');
    assert.deepEqual([done.stdout, done.stderr], ['fine\n', '']);
  },
  'requests are answered while a cell runs': async (kernel) => {
    const id = await kernel.send('shell', 'execute_request', {
      code: 'console.log("go"); while (true) {}',
    });
    await kernel.wait(({ parent, type }) => parent === id && type === 'stream');
    const { content } = await kernel.request('shell', 'complete_request', {
      code: 'Math.ma',
      cursor_pos: 7,
    });
    assert.ok(content.matches.includes('max'));
    await kernel.send('control', 'interrupt_request');
    await kernel.execution(id);
  },
});

group('robustness', {
  'a heartbeat is echoed': async (kernel) => {
    assert.equal(await kernel.heartbeat('ping'), 'ping');
  },
  'a heartbeat is echoed while a cell loops': async (kernel) => {
    const id = await kernel.send('shell', 'execute_request', {
      code: 'console.log("go"); while (true) {}',
    });
    await kernel.wait(({ parent, type }) => parent === id && type === 'stream');
    assert.equal(await kernel.heartbeat('busy'), 'busy');
    await kernel.send('control', 'interrupt_request');
    await kernel.execution(id);
  },
  'a wrong signature is ignored': async (kernel) => {
    const parts = infoRequest('forged');
    await kernel.sendFrames('shell', ['<IDS|MSG>', '0'.repeat(64), ...parts]);
    await kernel.request('shell', 'kernel_info_request');
    assert.ok(!kernel.received.some(({ parent }) => parent === 'forged'));
  },
  'a signature is taken once': async (kernel) => {
    const parts = infoRequest('again');
    for (let i = 0; i < 2; i++)
      await kernel.sendFrames('shell', ['<IDS|MSG>', kernel.sign(parts), ...parts]);
    await kernel.request('shell', 'kernel_info_request');
    const replies = kernel.received.filter(
      ({ parent, channel }) => parent === 'again' && channel === 'shell',
    );
    assert.equal(replies.length, 1);
  },
  'malformed frames and JSON do no harm': async (kernel) => {
    await kernel.sendFrames('shell', ['no delimiter']);
    await kernel.sendFrames('shell', ['<IDS|MSG>', '']);
    const broken = ['{', '[]', 'null', ''];
    await kernel.sendFrames('shell', ['<IDS|MSG>', kernel.sign(broken), ...broken]);
    assert.equal((await kernel.execute('console.log("alive")')).stdout, 'alive\n');
  },
  'process.exit is an error of its cell, and the next one works': async (kernel) => {
    const done = await kernel.execute('process.exit(3)');
    assert.equal(done.reply.status, 'error');
    assert.match(JSON.stringify(done.error?.content), /exit code 3/);
    assert.equal((await kernel.execute('console.log("next")')).stdout, 'next\n');
  },
  'a crash is an error of its cell, and the next one works': async (kernel) => {
    const done = await kernel.execute('process.abort()');
    assert.equal(done.error?.type, 'error');
    assert.equal((await kernel.execute('console.log("next")')).stdout, 'next\n');
  },
  'a shutdown is answered on control, and the process ends with a timer open': async (kernel) => {
    await kernel.execute('setInterval(() => {}, 1000);');
    const ended = once(kernel.process, 'exit');
    const reply = await kernel.request('control', 'shutdown_request', { restart: false });
    assert.deepEqual(reply.content, { status: 'ok', restart: false });
    await ended;
  },
});

group('interrupts', {
  'interrupt_request is answered': async (kernel) => {
    assert.equal((await kernel.request('control', 'interrupt_request')).content.status, 'ok');
  },
  ...Object.fromEntries(
    (
      [
        ['a loop stops', 'console.log("go"); while (true) {}'],
        ['a loop behind an await stops', 'console.log("go"); await 1; while (true) {}'],
        [
          'a promise that never settles is given up',
          'console.log("go"); await new Promise(() => {});',
        ],
      ] as const
    ).map(([title, code]) => [
      `${title}, and the variables stay`,
      async (kernel: Client) => {
        await kernel.execute('var stays = 5;');
        const id = await kernel.send('shell', 'execute_request', { code });
        await kernel.wait(({ parent, type }) => parent === id && type === 'stream');
        await kernel.send('control', 'interrupt_request');
        assert.equal((await kernel.execution(id)).reply.status, 'error');
        assert.equal((await kernel.execute('console.log(stays)')).stdout, '5\n');
      },
    ]),
  ),
});

group('output', {
  '20,000 lines arrive complete and in order, idle last': async (kernel) => {
    const done = await kernel.execute('for (let i = 0; i < 20_000; i++) console.log(i)');
    assert.equal(done.stdout, Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(''));
    assert.equal(done.messages.at(-1)!.content.execution_state, 'idle');
  },
  'a text of 5 MB arrives whole': async (kernel) => {
    assert.equal(
      (await kernel.execute('process.stdout.write("é".repeat(2_500_000)); void 0')).stdout.length,
      2_500_000,
    );
  },
  'standard error is a stream of its own': async (kernel) => {
    const done = await kernel.execute('console.log("a"); console.error("b"); console.warn("c")');
    assert.deepEqual([done.stdout, done.stderr], ['a\n', 'b\nc\n']);
  },
  'what a child process prints is shown': async (kernel) => {
    const done = await kernel.execute(
      'import { spawnSync } from "child_process";\nspawnSync("echo", ["child"], { stdio: "inherit" });',
    );
    assert.match(done.stdout, /^child\n/);
  },
  'what a worker thread prints is shown': async (kernel) => {
    const done = await kernel.execute(
      'import { Worker } from "worker_threads";\nconst w = new Worker("console.log(\'thread\')", { eval: true }); await new Promise((r) => w.on("exit", r)); await new Promise((r) => setTimeout(r, 50));',
    );
    assert.equal(done.stdout, 'thread\n');
  },
  'a timer prints under the cell that started it': async (kernel) => {
    const first = await kernel.execute(
      'let tick = () => {}; const ticked = new Promise<void>((r) => { tick = r; }); setTimeout(() => { console.log("late"); tick(); }, 50); console.log("first");',
    );
    const firstId = first.messages[0]!.parent;
    await kernel.execute('await ticked; console.log("second")');
    const late = await kernel.wait(
      ({ type, content }) => type === 'stream' && content.text.includes('late'),
    );
    assert.equal(late.parent, firstId);
  },
  'a writer is called back': async (kernel) => {
    const done = await kernel.execute(
      'await new Promise<void>((r) => process.stdout.write("x", () => r())); console.log("back")',
    );
    assert.equal(done.stdout, 'xback\n');
  },
  'display shows, and a new display is updated in place': async (kernel) => {
    const done = await kernel.execute(
      'import * as tslab from "tslab";\nconst d = tslab.newDisplay(); d.html("<b>1</b>"); d.html("<b>2</b>");',
    );
    const shown = done.messages.filter(({ type }) => type.endsWith('display_data'));
    assert.deepEqual(
      shown.map(({ type }) => type),
      ['display_data', 'update_display_data'],
    );
    assert.equal(shown[0]!.content.transient.display_id, shown[1]!.content.transient.display_id);
  },
});

group('results', {
  'the last expression is an execute_result': async (kernel) => {
    assert.deepEqual((await kernel.execute('1 + 1')).result, { 'text/plain': '2' });
  },
  'a promise is awaited': async (kernel) => {
    assert.equal(textOf(await kernel.execute('Promise.resolve(6)')), '6');
  },
  'an object says itself how it is shown, with metadata': async (kernel) => {
    const done = await kernel.execute(
      '({ [Symbol.for("Jupyter.display")]: () => ({ data: { "text/html": "<i>x</i>", "text/plain": "x" }, metadata: { alt: "a" } }) })',
    );
    assert.equal(done.result?.['text/html'], '<i>x</i>');
  },
  'a Vega-Lite specification is a chart, with a text': async (kernel) => {
    const done = await kernel.execute(
      '({ $schema: "https://vega.github.io/schema/vega-lite/v5.json", mark: "bar", description: "bars" })',
    );
    assert.equal(done.result?.['application/vnd.vegalite.v5+json']?.mark, 'bar');
    assert.match(`${textOf(done)}`, /bars/);
  },
  'records are a table': async (kernel) => {
    assert.match(
      (await kernel.execute('[{ a: 1 }, { a: 2 }]')).result?.['text/html'] ?? '',
      /<table>/,
    );
  },
  'a picture is a picture': async (kernel) => {
    assert.ok(
      (await kernel.execute('new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10])')).result?.[
        'image/png'
      ],
    );
  },
  'a value that cannot be looked at does no harm': async (kernel) => {
    const done = await kernel.execute(
      'new Proxy({}, { get() { throw new Error("trap"); }, ownKeys() { throw new Error("keys"); } })',
    );
    assert.equal(done.reply.status, 'ok');
    assert.ok(textOf(done));
  },
});

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
  'an error in a timer is an error': async (kernel) => {
    const done = await kernel.execute(
      'setTimeout(() => { throw new TypeError("timer") }, 1); await new Promise((r) => setTimeout(r, 50))',
    );
    assert.equal(done.error?.content.ename, 'TypeError');
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

group('completion, inspection, history', {
  'names of earlier cells are completed': async (kernel) => {
    await kernel.execute('/** Adds. */\nfunction addUp(a: number, b: number) { return a + b; }');
    const { content } = await kernel.request('shell', 'complete_request', {
      code: 'addU',
      cursor_pos: 4,
    });
    assert.deepEqual(
      [content.matches, content.cursor_start, content.cursor_end],
      [['addUp'], 0, 4],
    );
  },
  'positions count code points': async (kernel) => {
    const { content } = await kernel.request('shell', 'complete_request', {
      code: '"😀"; Math.ma',
      cursor_pos: 12,
    });
    assert.deepEqual(
      [content.matches, content.cursor_start, content.cursor_end],
      [['max'], 10, 12],
    );
  },
  'completions carry their kind': async (kernel) => {
    const { content } = await kernel.request('shell', 'complete_request', {
      code: 'Math.ma',
      cursor_pos: 7,
    });
    assert.equal(content.metadata._jupyter_types_experimental?.[0]?.type, 'function');
  },
  'modules are completed in an import': async (kernel) => {
    const code = 'import * as fs from "node:fs/pro';
    const { content } = await kernel.request('shell', 'complete_request', {
      code,
      cursor_pos: code.length,
    });
    assert.deepEqual(content.matches, ['node:fs/promises']);
  },
  'signature and doc comment are inspected': async (kernel) => {
    await kernel.execute('/** Adds. */\nfunction addUp(a: number, b: number) { return a + b; }');
    const { content } = await kernel.request('shell', 'inspect_request', {
      code: 'addUp',
      cursor_pos: 2,
      detail_level: 0,
    });
    assert.match(content.data['text/plain'], /addUp\(a: number, b: number\): number\s+Adds\./);
  },
  'a call is inspected from inside its brackets': async (kernel) => {
    const { content } = await kernel.request('shell', 'inspect_request', {
      code: 'Math.max(1, ',
      cursor_pos: 12,
      detail_level: 0,
    });
    assert.match(content.data['text/plain'] ?? '', /max\(/);
  },
  'where there is nothing to inspect, nothing is found': async (kernel) => {
    const { content } = await kernel.request('shell', 'inspect_request', {
      code: '  ',
      cursor_pos: 1,
      detail_level: 0,
    });
    assert.deepEqual([content.status, content.found], ['ok', false]);
  },
  'a whole cell is complete': async (kernel) => {
    const { content } = await kernel.request('shell', 'is_complete_request', { code: 'let a = 1' });
    assert.equal(content.status, 'complete');
  },
  'an open block is incomplete, with an indent': async (kernel) => {
    const { content } = await kernel.request('shell', 'is_complete_request', {
      code: 'if (true) {',
    });
    assert.deepEqual([content.status, content.indent], ['incomplete', '  ']);
  },
  'an open template or comment is incomplete': async (kernel) => {
    for (const code of ['const a = `one', '/* open']) {
      const { content } = await kernel.request('shell', 'is_complete_request', { code });
      assert.equal(content.status, 'incomplete', code);
    }
  },
  'what no further line can mend is invalid': async (kernel) => {
    const { content } = await kernel.request('shell', 'is_complete_request', {
      code: 'let 1a = ];',
    });
    assert.equal(content.status, 'invalid');
  },
  'the tail of the history is told': async (kernel) => {
    await kernel.execute('"tail one"');
    const { content } = await kernel.request('shell', 'history_request', {
      hist_access_type: 'tail',
      n: 1,
      output: false,
      raw: true,
    });
    assert.equal(content.history[0][2], '"tail one"');
  },
  'a range of the history is told': async (kernel) => {
    const { reply } = await kernel.execute('"ranged"');
    const at = reply.execution_count;
    const { content } = await kernel.request('shell', 'history_request', {
      hist_access_type: 'range',
      session: 0,
      start: at,
      stop: at + 1,
      output: false,
      raw: true,
    });
    assert.deepEqual(
      content.history.map((entry: unknown[]) => entry.slice(1)),
      [[at, '"ranged"']],
    );
  },
  'the history is searched, each cell once': async (kernel) => {
    for (let i = 0; i < 2; i++) await kernel.execute('"search me"');
    const { content } = await kernel.request('shell', 'history_request', {
      hist_access_type: 'search',
      pattern: '"search*"',
      unique: true,
      n: 9,
      output: false,
      raw: true,
    });
    assert.deepEqual(
      content.history.map((entry: unknown[]) => entry[2]),
      ['"search me"'],
    );
  },
});

group('comms and input', {
  'comm_info is answered under its own name': async (kernel) => {
    const reply = await kernel.request('shell', 'comm_info_request');
    assert.deepEqual([reply.type, reply.content], ['comm_info_reply', { status: 'ok', comms: {} }]);
  },
  'a comm to an unknown target is closed': async (kernel) => {
    const id = await kernel.send('shell', 'comm_open', {
      comm_id: 'c',
      target_name: 'unknown',
      data: {},
    });
    const closed = await kernel.wait(({ type, parent }) => type === 'comm_close' && parent === id);
    assert.equal(closed.content.comm_id, 'c');
  },
  'the reader is asked for input': async (kernel) => {
    const id = await kernel.send('shell', 'execute_request', {
      code: 'console.log(await input("Name? "))',
      allow_stdin: true,
    });
    const asked = await kernel.wait(
      ({ channel, parent, type }) =>
        parent === id && (channel === 'stdin' || type === 'execute_reply'),
    );
    assert.deepEqual(asked.content, { prompt: 'Name? ', password: false });
    await kernel.send('stdin', 'input_reply', { status: 'ok', value: 'Ada' });
    assert.equal((await kernel.execution(id)).stdout, 'Ada\n');
  },
  'where nobody can be asked, input is an error that says so': async (kernel) => {
    const done = await kernel.execute('await input("?")', { allow_stdin: false });
    assert.match(done.error?.content.evalue ?? '', /allow_stdin/);
  },
});

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

/**
 * Runs all checks against one kernel. A check that fails or does not come to an end costs that kernel its process: the next
 * one starts anew.
 */
export async function conformance(
  start: StartOptions,
  { patienceMs = 20_000, chosen = behaviours } = {},
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let kernel: Client | undefined;
  for (const { group: name, title, check } of chosen) {
    kernel ??= await startClient(start);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${patienceMs / 1000} s`)),
        patienceMs,
      );
    });
    let failure: string | undefined;
    try {
      await Promise.race([check(kernel), late]);
    } catch (error) {
      failure = (error as Error).message;
    }
    clearTimeout(timer);
    verdicts.push({ group: name, title, failure });
    if (
      failure !== undefined ||
      kernel.process.exitCode !== null ||
      kernel.process.signalCode !== null
    ) {
      await end(kernel);
      kernel = undefined;
    }
  }
  if (kernel) await end(kernel);
  return verdicts;
}

async function end(kernel: Client): Promise<void> {
  if (kernel.process.exitCode === null && kernel.process.signalCode === null) {
    const ended = once(kernel.process, 'exit');
    kernel.process.kill('SIGKILL');
    await ended;
  }
  await kernel.stop();
}
