// The lines of the set-up, on terminals of several kinds.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load } from './support.js';

interface Lines {
  makeLines(
    stream: { isTTY?: boolean; columns?: number; write(text: string): void },
    env: NodeJS.ProcessEnv,
  ): {
    step(name: string, work: () => Promise<{ found: string; good?: boolean }>): Promise<unknown>;
  };
  seconds(ms: number): string;
}

const { makeLines, seconds } = await load<Lines>('setup/lines.mjs');

async function shown(isTTY: boolean, env: NodeJS.ProcessEnv): Promise<string> {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  await makeLines({ isTTY, write }, env).step('node', async () => ({ found: '24' }));
  return text;
}

describe('lines of the set-up', () => {
  test('have colour on a terminal, unless it is dumb or NO_COLOR is set', async () => {
    assert.match(await shown(true, { TERM: 'xterm' }), /\u001b\[32m✓/);
    for (const [isTTY, env] of [
      [true, { TERM: 'dumb' }],
      [true, { TERM: 'xterm', NO_COLOR: '1' }],
      [false, { TERM: 'xterm' }],
    ] as const) {
      assert.match(await shown(isTTY, env), /^✓ node {7}24 \(0\.\d s\)\n$/);
    }
  });

  test('give times that never say 60 seconds', () => {
    assert.deepEqual([0, 59_949, 59_960, 119_700, 3_661_000].map(seconds), [
      '0.0 s',
      '59.9 s',
      '1 min 00 s',
      '2 min 00 s',
      '61 min 01 s',
    ]);
  });
});
