/** What requests and queues of cells do, and what cannot shake the kernel. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { group, textOf } from '../behaviour.js';
import type { Client } from '../client.js';

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
