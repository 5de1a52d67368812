/** What cells print and show. */
import assert from 'node:assert/strict';
import { group, textOf } from '../behaviour.js';

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
  'a stream that a cell has ended is there for the next': async (kernel) => {
    await kernel.execute(
      'import { Readable } from "node:stream"; import { pipeline } from "node:stream/promises";',
    );
    const piped = await kernel.execute(
      'await pipeline(Readable.from(["a", "b"]), process.stdout);',
    );
    const ended = await kernel.execute('process.stdout.end("c"); process.stderr.destroy(); 1');
    const done = await kernel.execute('console.log("on"); console.error("too")');
    assert.deepEqual(
      [piped.stdout, ended.stdout, done.stdout, done.stderr],
      ['ab', 'c', 'on\n', 'too\n'],
    );
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
