/** What is asked besides running cells, and what is asked of the reader. */
import assert from 'node:assert/strict';
import { group } from '../behaviour.js';

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
