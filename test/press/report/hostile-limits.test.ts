// What is huge or made to take for ever: it ends, says what was cut, and needs bounded memory. The whole way is taken in a
// process of its own, whose peak is then known; limits of memory are generous against the usual 300 MB, limits of time are
// those of the test runner.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  createWriteStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import type { Cell } from '../../../src/press/notebook/nbformat.js';
import { drawCharts } from '../../../src/press/report/drawing.js';
import { readDocument } from '../../../src/press/report/read.js';
import { code, md, notebook, read, shown } from './support.js';

const main = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'fathom-limits-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** `fathom render` in a process of its own: what it said, and the most memory that it had, in MB. */
async function render(file: string): Promise<{ said: string; peak: number; files: string[] }> {
  const report = join(folder, 'peak.txt');
  const preload = join(folder, 'peak.mjs');
  writeFileSync(
    preload,
    `import { writeFileSync } from 'node:fs'; process.on('exit', () => writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS / 1024)));`,
  );
  const out = mkdtempSync(join(folder, 'out-'));
  const { stderr } = await run(
    process.execPath,
    ['--import', preload, main, 'render', file, '--out', out],
    {
      maxBuffer: 1 << 26,
    },
  );
  return {
    said: stderr,
    peak: Number(readFileSync(report, 'utf8')),
    files: readdirSync(out).map((name) => join(out, name)),
  };
}

async function writeLong(name: string, parts: Iterable<string>): Promise<string> {
  const file = join(folder, name);
  const stream = createWriteStream(file);
  for (const part of parts) if (!stream.write(part)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'close');
  return file;
}

const head = '{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[';
const cellHead = '{"cell_type":"code","metadata":{},"source":"x","execution_count":1,"outputs":[';

describe('huge files', { concurrency: false }, () => {
  test('500 MB of output: cut, said, in bounded memory', async () => {
    const line = 'epoch 1, step 1: loss 0.123456, accuracy 0.9876\\n'.repeat(20_000);
    function* parts() {
      yield `${head}${cellHead}{"output_type":"stream","name":"stdout","text":["first\\n","`;
      for (let sent = 0; sent < 500_000_000; sent += line.length) yield line;
      yield '"]}]}]}';
    }
    const file = await writeLong('long.ipynb', parts());
    assert.ok(statSync(file).size > 500_000_000);
    const { said, peak, files } = await render(file);
    rmSync(file);
    assert.match(
      said,
      /characters of an output are not shown; the whole is in long\.cell-1\.output-1\.txt/,
    );
    const page = files.find((name) => name.endsWith('.html'))!;
    assert.ok(statSync(page).size < 1_500_000);
    assert.match(readFileSync(page, 'utf8'), />first\nepoch 1/);
    assert.match(
      readFileSync(files.find((name) => name.endsWith('.txt'))!, 'utf8'),
      /\[49\d,\d{3},\d{3} more bytes were cut here; the notebook has them\]/,
    );
    assert.ok(peak < 500, `${peak} MB`);
  });

  test('a chart of 10 million rows: left out, said, in bounded memory', async () => {
    const rows = '{"a":1,"b":2.5},'.repeat(50_000);
    function* parts() {
      yield `${head}${cellHead}{"output_type":"display_data","metadata":{},"data":{"text/plain":"a chart","application/vnd.vegalite.v5+json":{"mark":"point","data":{"values":[`;
      for (let sent = 0; sent < 10_000_000; sent += 50_000) yield rows;
      yield '{"a":1}]},"encoding":{}}}}]}]}';
    }
    const file = await writeLong('rows.ipynb', parts());
    const { said, peak } = await render(file);
    rmSync(file);
    assert.match(said, /vegalite\.v5\+json output of 1\d\d MB is left out: too large to be read/);
    assert.ok(peak < 500, `${peak} MB`);
  });

  test('10,000 cells with headings, formulas, references and errors', async () => {
    const cells = Array.from(
      { length: 10_000 },
      (_, i): Cell =>
        i % 2
          ? md(`# Heading\n\n@fig-none <b>b</b> $x_${i}$ ![x](none.png)`)
          : code(`print(${i})`, [{ output_type: 'stream', name: 'stdout', text: `${i}\n` }]),
    );
    const file = join(folder, 'many.ipynb');
    writeFileSync(file, JSON.stringify(notebook(...cells)));
    const { said, peak } = await render(file);
    assert.ok(said.split('\n').length < 600);
    assert.match(said, /more than 500 problems; the others are not listed/);
    assert.ok(peak < 1_200, `${peak} MB`);
  });
});

test('a picture that is small as a file and huge as a picture is left out, and kept', () => {
  const problems: string[] = [];
  const size = 60_000;
  const bomb = png(size, size);
  assert.ok(bomb.length < 100_000);
  const kept: string[] = [];
  const document = readDocument(
    notebook(
      code('x', [shown({ 'image/png': bomb.toString('base64'), 'text/plain': 'a picture' })]),
      md(`![x](attachment:a.png) <img src="data:image/png;base64,${bomb.toString('base64')}">`, {
        attachments: { 'a.png': { 'image/png': bomb.toString('base64') } },
      } as Partial<Cell>),
    ),
    {
      file: 'n.ipynb',
      keep: (ending) => {
        kept.push(ending);
        return ending;
      },
    },
  );
  problems.push(...document.diagnostics.map(({ message }) => message));
  assert.deepEqual(kept, ['cell-1.output-1.png']);
  assert.match(
    problems[0]!,
    /60000 × 60000 pixels is left out; the limit is 64 million; it is in cell-1/,
  );
  assert.doesNotMatch(JSON.stringify(document.blocks), /<img|"picture"/);
});

/** Only the head is read, so the rest need not be there. */
function png(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const content = chunk('IDAT', deflateSync(Buffer.alloc(1_000_000)));
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), content]);
}

test('charts that never end or eat all memory cost themselves, not the build', async () => {
  const vega = (more: Record<string, unknown>) => ({
    $schema: 'https://vega.github.io/schema/vega/v5.json',
    width: 10,
    height: 10,
    marks: [],
    ...more,
  });
  const endless = [
    vega({ data: [{ name: 'a', transform: [{ type: 'sequence', start: 0, stop: 1e8 }] }] }),
    vega({ signals: [{ name: 's', init: 'length(sequence(0, 1e9))' }] }),
    vega({
      signals: [
        { name: 's', init: "test(regexp('(a+)+$'), 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')" },
      ],
    }),
  ];
  const good = {
    data: { values: [{ a: 1 }] },
    mark: 'point',
    description: 'x',
    encoding: { x: { field: 'a', type: 'quantitative' } },
  };
  const document = read(
    notebook(
      ...endless.map((spec) => code('x', [shown({ 'application/vnd.vega.v5+json': spec })])),
      code('x', [shown({ 'application/vnd.vegalite.v5+json': good })]),
    ),
  );
  const { drawings, diagnostics } = await drawCharts(document, {
    timeoutMs: 12_000,
    memoryMegabytes: 64,
  });
  assert.equal(drawings.size, 1);
  assert.equal(diagnostics.length, 3);
  for (const { message } of diagnostics)
    assert.match(message, /more than 64 MB|within 12 s|ended|cannot|Invalid/);
});

test('charts together have an end too', async () => {
  const spec = { data: { values: [{ a: 1 }] }, mark: 'point', encoding: {}, description: 'x' };
  const document = read(
    notebook(
      ...Array.from({ length: 4 }, () =>
        code('x', [shown({ 'application/vnd.vegalite.v5+json': spec })]),
      ),
    ),
  );
  const { diagnostics } = await drawCharts(document, {
    timeoutMs: 20_000,
    memoryMegabytes: 512,
    totalMs: -1,
  });
  assert.equal(diagnostics.length, 4);
  assert.match(diagnostics[0]!.message, /all there is/);
});

// Each of these took minutes, or would have, before there were limits.
const slow: [string, () => unknown][] = [
  ['a label that never ends', () => read(notebook(md(`$$ {#${'a'.repeat(100_000)}`)))],
  ['headings of one name', () => read(notebook(md('a\n=\n'.repeat(20_000))))],
  [
    'a caption of brackets',
    () => read(notebook(md(`| a |\n|-|\n| 1 |\n\n: ${'{'.repeat(100_000)}`))),
  ],
  ['a border of digits', () => html(`<p style="border:${'1'.repeat(80)}!">x</p>`)],
  [
    'a gradient of words',
    () => html(`<p style="background:linear-gradient(${'a '.repeat(50_000)}!">x</p>`),
  ],
  ['tags that never close', () => html('<b>'.repeat(400_000))],
  [
    'a sheet with rules for everything',
    () =>
      html(`<style>${'.a{color:red}'.repeat(4_000)}</style>${'<b class="a">x</b>'.repeat(5_000)}`),
  ],
  ['options without end', () => read(notebook(code('#| a: [\n'.repeat(20_000))))],
  ['a formula of 100,000 letters', () => read(notebook(md(`$${'é'.repeat(100_000)}$`)))],
  ['colours at every letter', () => text('\x1b[38;2;1;2;3ma'.repeat(200_000))],
  ['a million returns', () => text('a\r'.repeat(1_000_000))],
  ['an escape that never ends', () => text(`\x1b]${'x'.repeat(1_000_000)}`)],
  ['quotations within each other', () => read(notebook(md(`${'> '.repeat(3_000)}deep`)))],
  ['brackets', () => read(notebook(md('[['.repeat(30_000))))],
  ['a cell of 2 MB', () => read(notebook(md('word *word* '.repeat(170_000))))],
];
const html = (source: string) => read(notebook(code('x', [shown({ 'text/html': source })])));
const text = (source: string) =>
  read(notebook(code('x', [{ output_type: 'stream', name: 'stdout', text: source }])));
for (const [name, act] of slow) test(`it ends: ${name}`, { timeout: 60_000 }, () => void act());

test('a widget of widgets without end, and displays that follow each other, end', () => {
  const box = { model_name: 'VBoxModel', state: { children: Array(50).fill('IPY_MODEL_a') } };
  const made = notebook(
    code('x', [
      shown({ 'application/vnd.jupyter.widget-view+json': { model_id: 'a' }, 'text/plain': 'w' }),
    ]),
  );
  const widgets = { 'application/vnd.jupyter.widget-state+json': { state: { a: box } } };
  const document = read({ ...made, metadata: { ...made.metadata, widgets } });
  assert.ok(JSON.stringify(document.blocks).length < 100_000);
});
