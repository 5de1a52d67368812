/** `show` where a notebook uses it: in a cell of this kernel, of stock tslab, and in a plain script. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { resultMime } from '../../../src/press/notebook/results.js';
import { startClient } from './client.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const cell = [
  'import { show, markdown } from "fathom";',
  'const shown = show({ $schema: "https://vega.github.io/schema/vega-lite/v5.json", description: "Loss by step", mark: "bar" }, { label: "fig-loss", caption: "*Loss*" });',
  'shown.update(markdown("**done**"), { caption: "Done" });',
  'show(markdown("last"))',
].join('\n');

// A value with an interval of its own, one that is not there, and a table whose format is for the eye only.
const exporting = [
  'import { result, resultTable } from "fathom";',
  'result("accuracy", { value: 0.912345, interval: { low: 0.9, high: 0.92, level: 0.95, method: "Student t, n = 3" } }, { digits: 3, title: "Held-out accuracy", headline: true });',
  'result("loss", NaN, { unit: "nat" });',
  'resultTable("by-depth", [{ depth: 4, rank: 1.5, at: new Date(0) }], { columns: { depth: "Depth", rank: { title: "Rank", unit: "1", format: 0 } }, title: "Ranks" });',
].join('\n');

const exported = [
  {
    kind: 'value',
    name: 'accuracy',
    title: 'Held-out accuracy',
    headline: true,
    value: 0.912345,
    unit: null,
    interval: { low: 0.9, high: 0.92, level: 0.95, method: 'Student t, n = 3' },
    digits: 3,
  },
  {
    kind: 'value',
    name: 'loss',
    title: null,
    headline: false,
    value: null,
    unit: 'nat',
    interval: null,
    digits: null,
  },
  {
    kind: 'table',
    name: 'by-depth',
    title: 'Ranks',
    headline: false,
    columns: [
      { key: 'depth', title: 'Depth', unit: null, digits: null },
      { key: 'rank', title: 'Rank', unit: '1', digits: 0 },
    ],
    rows: [[4, 1.5]],
  },
];

const metadata = { label: 'fig-loss', caption: '*Loss*', alt: 'Loss by step' };

// Stock tslab does not wait for a message to be sent before it sends the next, and zeromq then refuses that one: which messages
// arrive is chance. With its sends in a row, they all do, and what is tested is `show`.
const oneSendAtATime = `
const zmq = require('node:module').createRequire(process.argv[1])('zeromq');
const sent = new WeakMap();
zmq.Publisher = class extends zmq.Publisher {
  send(message) {
    const next = (sent.get(this) ?? Promise.resolve()).then(() => super.send(message));
    sent.set(this, next);
    return next;
  }
};
`;

describe('show', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fathom-show-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules', 'fathom'), 'junction');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('shows bundles with metadata and updates them in place, under this kernel', async () => {
    const kernel = await startClient({ folder });
    try {
      const done = await kernel.execute(cell);
      assert.equal(done.reply.status, 'ok');
      const [first, second, third] = done.messages.filter(({ type }) =>
        type.endsWith('display_data'),
      );
      assert.deepEqual(first!.content.metadata.fathom, metadata);
      assert.equal(first!.content.data['application/vnd.vegalite.v5+json'].mark, 'bar');
      assert.equal(first!.content.data['text/plain'], 'Vega-Lite chart: Loss by step');
      assert.equal(second!.type, 'update_display_data');
      assert.equal(second!.content.data['text/markdown'], '**done**');
      assert.equal(second!.content.metadata.fathom.caption, 'Done');
      assert.equal(second!.content.transient.display_id, first!.content.transient.display_id);
      assert.equal(third!.content.data['text/markdown'], 'last');
      assert.equal(done.result, undefined);

      const exports = await kernel.execute(exporting);
      assert.equal(exports.reply.status, 'ok');
      const displays = exports.messages.filter(({ type }) => type === 'display_data');
      assert.deepEqual(
        displays.map(({ content }) => content.data[resultMime]),
        exported,
      );
      assert.deepEqual(
        displays.map(({ content }) => content.data['text/plain'].split('\n')[0]),
        ['Held-out accuracy = 0.912 (95 % 0.900 to 0.920)', 'loss = no value nat', 'Ranks'],
      );
      assert.match(displays[2]!.content.data['text/html'], /<th[^>]*>Rank \(1\)<\/th>/);
      const refused = await kernel.execute('result("2 bad", 1)');
      assert.match(JSON.stringify(refused.reply), /2 bad.*must start with a letter/);
    } finally {
      await kernel.stop();
    }
  });

  it('shows bundles with metadata under stock tslab', async () => {
    const tslab = createRequire(import.meta.url).resolve('tslab/package.json');
    const program = join(dirname(tslab), 'bin', 'tslab');
    const preload = join(folder, 'preload.cjs');
    writeFileSync(preload, oneSendAtATime);
    const kernel = await startClient({
      folder,
      argv: [
        process.execPath,
        '--require',
        preload,
        program,
        'kernel',
        '--config-path',
        '{connection_file}',
      ],
    });
    try {
      const code = cell.split('\n').slice(0, 2).join('\n');
      const id = await kernel.send('shell', 'execute_request', { code });
      const { content } = await kernel.wait(
        ({ parent, type }) => parent === id && (type === 'display_data' || type === 'stream'),
      );
      assert.deepEqual(content.metadata?.fathom, metadata, JSON.stringify(content));
      assert.equal(content.data['application/vnd.vegalite.v5+json'].mark, 'bar');

      const next = await kernel.send('shell', 'execute_request', { code: exporting });
      const first = await kernel.wait(
        ({ parent, type }) => parent === next && (type === 'display_data' || type === 'stream'),
      );
      assert.deepEqual(
        first.content.data?.[resultMime],
        exported[0],
        JSON.stringify(first.content),
      );
    } finally {
      const ended = once(kernel.process, 'exit');
      kernel.process.kill('SIGKILL');
      await ended;
      await kernel.stop();
    }
  });

  it('prints the text form in a plain script', () => {
    const script = join(folder, 'script.mjs');
    const module = new URL('../../../src/press/kernel/show.js', import.meta.url).href;
    writeFileSync(
      script,
      `import { show, table } from '${module}';\nshow(table([{ a: 1 }], { columns: { a: { title: 'A', format: 2 } } }));\n`,
    );
    const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    assert.equal(stdout, '   A\n────\n1.00\n');
  });
});
