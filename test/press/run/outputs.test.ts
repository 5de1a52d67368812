import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TerminalText } from '../../../src/press/notebook/terminal-text.js';
import { defaultLimits, type Displays, OutputArea } from '../../../src/press/run/outputs.js';

function shown(...chunks: string[]): string {
  const text = new TerminalText();
  for (const chunk of chunks) text.append(chunk);
  return text.toString();
}

describe('stream text', () => {
  const cases: [title: string, chunks: string[], text: string][] = [
    ['joins chunks', ['a', 'b\nc', '\n'], 'ab\nc\n'],
    [
      'writes over the line after a carriage return',
      ['10 %\r2', '0 %\r100 %\ndone'],
      '100 %\ndone',
    ],
    ['keeps the rest of a longer line', ['abcdef\rxy'], 'xycdef'],
    ['takes \\r\\n as a line end', ['a\r\nb\r', '\n'], 'a\nb\n'],
    ['moves back on a backspace, not beyond the line', ['ab\b\b\b\bc', '\b\b'], 'cb'],
    ['erases to the end of the line', ['loading…\r\x1b[Kok'], 'ok'],
    [
      'keeps the colour of each character',
      ['\x1b[31mred\n', 'red\x1b[0m\rR'],
      '\x1b[31mred\x1b[0m\nR\x1b[31med\x1b[0m',
    ],
    ['takes an escape that is cut in two', ['a\x1b', '[3', '1mb'], 'a\x1b[31mb\x1b[0m'],
    ['leaves out cursor movements', ['a\x1b[2Ab'], 'ab'],
  ];
  for (const [title, chunks, text] of cases) it(title, () => assert.equal(shown(...chunks), text));

  it('does not depend on how it is cut into chunks', () => {
    const piece = fc.constantFrom('a', 'bc', '\n', '\r', '\b', '\x1b[31m', '\x1b[K', '😀', ' ');
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(20)), (pieces, cuts) => {
        const whole = pieces.join('');
        const chunks: string[] = [];
        let rest = whole;
        for (const cut of cuts) {
          // A surrogate pair is never cut: messages are valid UTF-8.
          const at = /^[\udc00-\udfff]/.test(rest.slice(cut)) ? cut + 1 : cut;
          chunks.push(rest.slice(0, at));
          rest = rest.slice(at);
        }
        assert.equal(shown(...chunks, rest), shown(whole));
      }),
    );
  });

  it('is cut at the limit, with a notice, and a progress line never is', () => {
    const text = new TerminalText(100);
    for (let step = 0; step < 1000; step++) text.append(`\rstep ${step}`);
    assert.equal(text.toString(), 'step 999');
    text.append('\n');
    text.append('x'.repeat(200));
    text.append('more');
    assert.equal(
      text.toString(),
      `step 999\n${'x'.repeat(91)}\n[113 more characters were cut here]\n`,
    );
  });
});

describe('the outputs of a cell', () => {
  const display = (text: string, id?: string, metadata = {}) => ({
    data: { 'text/plain': text },
    metadata,
    ...(id === undefined ? {} : { transient: { display_id: id } }),
  });

  it('joins neighbouring chunks of one stream, and keeps the order of outputs', () => {
    const area = new OutputArea();
    area.accept('stream', { name: 'stdout', text: 'a' });
    area.accept('stream', { name: 'stdout', text: 'b' });
    area.accept('stream', { name: 'stderr', text: 'c' });
    area.accept('status', { execution_state: 'busy' });
    area.accept('display_data', display('d'));
    area.accept('execute_result', { ...display('e'), execution_count: 3 });
    area.accept('stream', { name: 'stdout', text: 'f' });
    area.accept('error', { ename: 'E', evalue: 'v', traceback: ['t'] });
    assert.deepEqual(area.outputs(), [
      { output_type: 'stream', name: 'stdout', text: 'ab' },
      { output_type: 'stream', name: 'stderr', text: 'c' },
      { output_type: 'display_data', data: { 'text/plain': 'd' }, metadata: {} },
      {
        output_type: 'execute_result',
        data: { 'text/plain': 'e' },
        metadata: {},
        execution_count: 3,
      },
      { output_type: 'stream', name: 'stdout', text: 'f' },
      { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['t'] },
    ]);
  });

  it('updates a display in place, from another cell too', () => {
    const displays: Displays = new Map();
    const first = new OutputArea(displays);
    const second = new OutputArea(displays);
    first.accept('display_data', display('0 %', 'bar'));
    second.accept('update_display_data', display('100 %', 'bar', { fathom: { label: 'x' } }));
    second.accept('update_display_data', display('lost', 'unknown'));
    assert.deepEqual(first.outputs(), [
      {
        output_type: 'display_data',
        data: { 'text/plain': '100 %' },
        metadata: { fathom: { label: 'x' } },
      },
    ]);
    assert.deepEqual(second.outputs(), []);
  });

  it('clears at once, or when the next output comes', () => {
    const area = new OutputArea();
    area.accept('stream', { name: 'stdout', text: 'a' });
    area.accept('clear_output', { wait: true });
    assert.equal(area.outputs().length, 1);
    area.accept('stream', { name: 'stdout', text: 'b' });
    assert.deepEqual(area.outputs(), [{ output_type: 'stream', name: 'stdout', text: 'b' }]);
    area.accept('clear_output', {});
    assert.deepEqual(area.outputs(), []);
  });

  it('cuts too many and too large outputs, with a notice', () => {
    const limits = { streamCharacters: 10, richCharacters: 100, outputs: 3 };
    const many = new OutputArea(new Map(), limits);
    for (const text of 'abcde') many.accept('display_data', display(text));
    assert.equal(many.outputs().length, 4);
    assert.match(JSON.stringify(many.outputs().at(-1)), /2 more outputs of this cell were cut/);
    const large = new OutputArea(new Map(), limits);
    large.accept('display_data', display('x'.repeat(200)));
    large.accept('error', { ename: 'E', evalue: 'v', traceback: [] });
    assert.deepEqual(
      large.outputs().map((output) => output.output_type),
      ['error', 'stream'],
    );
  });
});

it('a display that is updated with more than a cell may show keeps what it had, and says so', () => {
  const area = new OutputArea(new Map(), { ...defaultLimits, richCharacters: 100 });
  const transient = { display_id: 'a' };
  area.accept('display_data', { data: { 'text/plain': 'first' }, transient });
  for (let i = 0; i < 3; i++) {
    area.accept('update_display_data', { data: { 'text/plain': 'x'.repeat(200) }, transient });
  }
  area.accept('update_display_data', { data: { 'text/plain': 'last' }, transient });
  const [shown, notice] = area.outputs();
  assert.ok(shown?.output_type === 'display_data' && notice?.output_type === 'stream');
  assert.equal(shown.data['text/plain'], 'last');
  assert.match(notice.text, /3 more outputs of this cell were cut/);
});
