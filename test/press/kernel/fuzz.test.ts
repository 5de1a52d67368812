/**
 * Messages that no client should send: of every type, with contents of every shape, broken frames between them. The kernel
 * answers or ignores them, and works afterwards. FATHOM_TEST_FUZZ=10000 sends so many; the usual run sends fewer.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Client, startClient } from './client.js';

const cases = Number(process.env.FATHOM_TEST_FUZZ ?? 600);
/** A kernel that has seen all of them may have grown by what its heap takes before it is collected, not by what was sent. */
const mostGrowthMiB = 250;

const types = [
  'kernel_info_request',
  'execute_request',
  'is_complete_request',
  'complete_request',
  'inspect_request',
  'history_request',
  'comm_info_request',
  'comm_open',
  'comm_msg',
  'comm_close',
  'interrupt_request',
  'debug_request',
  'input_reply',
  'execute_reply',
  '__proto__',
  'constructor',
  'toString',
  '',
];
const code = fc.oneof(
  fc.constantFrom(
    '1',
    'throw 1',
    'const a = ',
    '({',
    'await 1',
    '//',
    'x'.repeat(5000),
    '@',
    '`${',
    '\0',
    '"\ud800"',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.double({ noNaN: true }), fc.string());
const content = fc.oneof(
  fc.record(
    {
      code: fc.oneof(code, odd),
      cursor_pos: fc.oneof(fc.integer({ min: -5, max: 50 }), odd),
      detail_level: odd,
      // A silent cell cannot print and is quick; what cells do is tested elsewhere.
      silent: fc.constant(true),
      store_history: odd,
      user_expressions: odd,
      stop_on_error: odd,
      hist_access_type: fc.oneof(fc.constantFrom('tail', 'range', 'search'), odd),
      n: odd,
      session: odd,
      start: odd,
      stop: odd,
      pattern: fc.oneof(fc.constantFrom('*', '**a**b**'), odd),
      comm_id: fc.oneof(fc.constantFrom('c1', 'c2'), odd),
      target_name: odd,
      data: odd,
      value: odd,
      command: odd,
      seq: odd,
    },
    { requiredKeys: ['silent'] },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const message = fc.record({
  channel: fc.constantFrom('shell', 'control', 'stdin'),
  type: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...types) },
    { weight: 1, arbitrary: odd },
  ),
  content,
  header: fc.oneof(
    { weight: 8, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.dictionary(
        fc.constantFrom('msg_id', 'session', 'username', 'date', 'version'),
        odd,
      ),
    },
  ),
  damage: fc.oneof(
    { weight: 8, arbitrary: fc.constant('none') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'signature',
        'json',
        'fewer parts',
        'no delimiter',
        'more parts',
        'huge header',
        'empty',
      ),
    },
  ),
});
type Fuzzed = typeof message extends fc.Arbitrary<infer T> ? T : never;

async function send(
  kernel: Client,
  { channel, type, content: given, header, damage }: Fuzzed,
  index: number,
): Promise<void> {
  const head = {
    msg_id: `fuzz-${index}`,
    session: 'fuzz',
    username: 'fuzz',
    date: '',
    version: '5.4',
    ...header,
    msg_type: type,
  };
  const parts = [head, {}, {}, given].map((part) => JSON.stringify(part) ?? 'null');
  if (damage === 'json') parts[3] = parts[3]!.slice(0, -1);
  if (damage === 'huge header') parts[0] = JSON.stringify({ ...head, date: 'x'.repeat(2_000_000) });
  let signature = kernel.sign(parts);
  if (damage === 'signature')
    signature = signature.replace(/^./, (first) => (first === '0' ? '1' : '0'));
  let frames = ['<IDS|MSG>', signature, ...parts];
  if (damage === 'fewer parts') frames = frames.slice(0, 4);
  if (damage === 'no delimiter') frames = frames.slice(1);
  if (damage === 'more parts') frames.push('buffer', '');
  if (damage === 'empty') frames = [''];
  await kernel.sendFrames(channel, frames);
}

function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

describe('fuzzed messages', () => {
  it(`${cases} of them do no harm`, { timeout: 600_000 }, async () => {
    const kernel = await startClient();
    try {
      await kernel.execute('const mine = 41;');
      const measured = existsSync('/proc/self/status');
      let before = 0;
      const seed = Number(process.env.FATHOM_TEST_SEED ?? 20_260);
      const messages = fc.sample(message, { numRuns: cases, seed });
      for (const [index, one] of messages.entries()) {
        await send(kernel, one, index);
        if (index % 100 !== 99) continue;
        const info = await kernel.request('control', 'kernel_info_request');
        assert.equal(info.content.status, 'ok', `after message ${index}, seed ${seed}`);
        await kernel.execute('1', { silent: true, store_history: false });
        kernel.received.length = 0;
        if (measured && index === 199) before = residentMiB(kernel.process.pid!);
      }
      const done = await kernel.execute('mine + 1');
      assert.deepEqual(done.result, { 'text/plain': '42' }, `seed ${seed}: ${kernel.log()}`);
      if (measured && before > 0) {
        const grown = residentMiB(kernel.process.pid!) - before;
        assert.ok(grown < mostGrowthMiB, `the kernel grew by ${grown.toFixed(0)} MiB`);
      }
      assert.doesNotMatch(kernel.log(), /the kernel itself failed|TypeError|at .*kernel/);
    } finally {
      await kernel.stop();
    }
  });
});
