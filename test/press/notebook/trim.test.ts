// Outputs that are too large are cut while the file streams by: what is left is the same notebook, with a word on the cut.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isCut, trim, type TrimLimits, usualLimits } from '../../../src/press/notebook/trim.js';

const notebook = (outputs: unknown[], source: unknown = 'x') => ({
  cells: [{ cell_type: 'code', source, outputs, metadata: { a: 1 } }],
  nbformat: 4,
});

function chunked(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

async function trimmed(content: unknown, limits: Partial<TrimLimits> = {}, size = 7, indent = 1) {
  const { json, cuts } = await trim(chunked(JSON.stringify(content, null, indent), size), {
    ...usualLimits,
    ...limits,
  });
  return { content: JSON.parse(json.toString()), cuts };
}

describe('cutting outputs', () => {
  it('changes nothing in a notebook that is within the limits, wherever the chunks end', async () => {
    const hard = fc.string({
      unit: fc.constantFrom('"', '\\', '\n', 'é', '日', '𝄞', 'a', '[', '}', ','),
    });
    const output = fc.oneof(
      fc.record({ output_type: fc.constant('stream'), text: fc.oneof(hard, fc.array(hard)) }),
      fc.record({ data: fc.dictionary(hard, fc.oneof(hard, fc.array(hard), fc.jsonValue())) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(output),
        hard,
        fc.integer({ min: 1, max: 60 }),
        async (outputs, source, size) => {
          const whole = JSON.parse(JSON.stringify(notebook(outputs, source)));
          assert.deepEqual(await trimmed(whole, {}, size), { content: whole, cuts: 0 });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leaves JSON that begins as the text did, wherever it is cut', async () => {
    const text = 'a"b\\c\n\u0001é日𝄞'.repeat(20);
    for (const lines of [text, text.split(/(?<=\n)/)]) {
      for (let limit = 2; limit < 200; limit += 1) {
        for (const indent of [0, 1]) {
          const { content, cuts } = await trimmed(
            notebook([
              { output_type: 'stream', text: lines },
              { output_type: 'error', evalue: '' },
            ]),
            { text: limit },
            13,
            indent,
          );
          const [stream, error] = content.cells[0].outputs;
          const left = [stream.text].flat().join('');
          const [, kept, bytes] =
            /^([\s\S]*)\n\[([\d,]+) more bytes were cut here; the notebook has them\]\n$/.exec(
              left,
            )!;
          assert.ok(text.startsWith(kept!), `${limit}: ${JSON.stringify(kept)}`);
          assert.ok(Number(bytes!.replaceAll(',', '')) > 0);
          assert.deepEqual(error, { output_type: 'error', evalue: '' });
          assert.equal(cuts, 1);
        }
      }
    }
  });

  it('replaces pictures and data by a note of their size', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ i }));
    const { content, cuts } = await trimmed(
      notebook([
        { data: { 'image/png': 'A'.repeat(500), 'text/plain': 'p' }, metadata: {} },
        { data: { 'application/json': { rows }, 'text/html': '<b>x</b>' } },
        { data: { 'application/json': { few: [1] } } },
      ]),
      { other: 100 },
    );
    const [picture, data, small] = content.cells[0].outputs;
    assert.ok(isCut(picture.data['image/png']));
    assert.equal(picture.data['image/png']['fathom-cut'].bytes, 502);
    assert.equal(picture.data['text/plain'], 'p');
    assert.ok(isCut(data.data['application/json']));
    assert.equal(data.data['text/html'], '<b>x</b>');
    assert.deepEqual(small.data['application/json'], { few: [1] });
    assert.equal(cuts, 2);
  });

  it('keeps little of each output when all together are too many', async () => {
    const outputs = Array.from({ length: 50 }, () => ({
      output_type: 'stream',
      text: 'x'.repeat(100),
    }));
    const { content, cuts } = await trimmed(notebook(outputs), { outputs: 1_000, little: 10 });
    assert.equal(cuts, 40);
    assert.ok(content.cells[0].outputs[0].text.length === 100);
    assert.match(content.cells[0].outputs[49].text, /^x{9}\n\[92 more bytes/);
  });

  it('refuses a notebook that is too large without its outputs', async () => {
    await assert.rejects(
      trimmed(notebook([], 'x'.repeat(5_000)), { rest: 4_000_000 / 1_000 }),
      /without its outputs/,
    );
  });

  it('needs little memory for 600 MB of output', async () => {
    const piece = Buffer.from(
      'a line of a log that somebody forgot to switch off: \\"quoted\\" \\u00e9\\n'.repeat(40_000),
    );
    function* file() {
      yield Buffer.from(
        '{"cells":[{"cell_type":"code","source":"","outputs":[{"output_type":"stream","name":"stdout","text":"',
      );
      for (let sent = 0; sent < 600_000_000; sent += piece.length) yield piece;
      yield Buffer.from('"}]}],"nbformat":4}');
    }
    const before = process.memoryUsage.rss();
    const { json, cuts } = await trim(file());
    assert.equal(cuts, 1);
    assert.ok(json.length < 4_100_000);
    assert.ok(process.memoryUsage.rss() - before < 150_000_000);
    assert.equal(JSON.parse(json.toString()).nbformat, 4);
  });
});
