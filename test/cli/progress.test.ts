import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { describe, it } from 'node:test';
import { Progress, seconds } from '../../src/cli/progress.js';
import type { RunEvent } from '../../src/press/run/run-notebook.js';
import { TerminalText } from '../../src/press/notebook/terminal-text.js';

const events: RunEvent[] = [
  { type: 'notebook-start', codeCells: 2 },
  { type: 'cell-start', cell: 2, codeCell: 1 },
  { type: 'cell-output', cell: 2, codeCell: 1, lastLine: `epoch 3 of 10 ${'#'.repeat(100)}` },
  { type: 'cell-complete', cell: 2, codeCell: 1, seconds: 61 },
  { type: 'cell-skipped', cell: 3, codeCell: 2 },
  { type: 'notebook-complete', seconds: 62 },
];

function shown(screen: { isTTY?: boolean; columns?: number }): string[] {
  const written: string[] = [];
  const progress = new Progress({ ...screen, write: (text) => written.push(text) }, () => 0);
  const follow = progress.follow('01-a');
  for (const event of events) follow(event);
  progress.end();
  progress.line('done');
  return written;
}

describe('progress', () => {
  const lines = [
    '01-a  cell 1 of 2  1 min 01 s',
    '01-a  cell 2 of 2  not run: it asks for that (skip-execution or eval: false)',
    'done',
    '',
  ];

  it('is plain lines where there is no terminal', () => {
    assert.equal(shown({}).join(''), lines.join('\n'));
  });

  for (const columns of [80, 20, 0]) {
    it(`leaves the same lines on a terminal of ${columns} columns, and never writes beyond it`, () => {
      const written = shown({ isTTY: true, columns });
      const text = new TerminalText();
      for (const part of written) text.append(part);
      assert.equal(stripVTControlCharacters(text.toString()), lines.join('\n'));
      assert.ok(
        written.some((part) =>
          stripVTControlCharacters(part).includes(
            '01-a  kernel starts'.slice(0, (columns || 80) - 1),
          ),
        ),
      );
      for (const part of written) {
        const plain = stripVTControlCharacters(part);
        assert.ok(plain.includes('\n') || plain.length < (columns || 80), JSON.stringify(part));
      }
    });
  }

  it('shows chapters that run at once beside each other on one line', () => {
    const written: string[] = [];
    const screen = { isTTY: true, columns: 60, write: (text: string) => written.push(text) };
    const progress = new Progress(screen, () => 0);
    const [a, b] = [progress.follow('01-a'), progress.follow('02-b')];
    a({ type: 'notebook-start', codeCells: 2 });
    b({ type: 'notebook-start', codeCells: 3 });
    a({ type: 'cell-start', cell: 2, codeCell: 1 });
    assert.equal(
      stripVTControlCharacters(written.at(-1)!),
      '01-a  cell 1 of 2  0.0 s    02-b  kernel starts  0.0 s  ',
    );
    b({ type: 'cell-complete', cell: 1, codeCell: 1, seconds: 1 });
    progress.end('01-a');
    assert.equal(stripVTControlCharacters(written.at(-1)!), '02-b  kernel starts  0.0 s  ');
    progress.end('02-b');
    const text = new TerminalText();
    for (const part of written) text.append(part);
    assert.equal(stripVTControlCharacters(text.toString()), '02-b  cell 1 of 3  1.0 s\n');
  });

  it('says in plain lines how far a long cell is, but not more often than a log can bear', () => {
    const written: string[] = [];
    let now = 0;
    const progress = new Progress({ write: (text) => written.push(text) }, () => now);
    const follow = progress.follow('01-a');
    const place = { cell: 2, codeCell: 1 };
    follow({ type: 'notebook-start', codeCells: 2 });
    follow({ type: 'cell-start', ...place });
    for (const second of [1, 10, 16, 20, 30, 31]) {
      now = second * 1000;
      const text = `${second}/60 grid cells · 1:20 left`;
      follow({ type: 'cell-progress', ...place, text, share: second / 60 });
    }
    now = 50_000;
    follow({ type: 'cell-output', ...place, lastLine: 'a line that the cell printed' });
    assert.equal(
      written.join(''),
      [
        '01-a  cell 1 of 2  16 s  16/60 grid cells · 1:20 left',
        '01-a  cell 1 of 2  31 s  31/60 grid cells · 1:20 left',
        '01-a  cell 1 of 2  50 s  a line that the cell printed',
        '',
      ].join('\n'),
    );
  });

  it('draws a bar with the time left on a terminal, and leaves no trace of it', () => {
    const written: string[] = [];
    const screen = { isTTY: true, columns: 90, write: (text: string) => written.push(text) };
    const progress = new Progress(screen, () => 0);
    const follow = progress.follow('01-a');
    const place = { cell: 2, codeCell: 1 };
    follow({ type: 'notebook-start', codeCells: 2 });
    follow({ type: 'cell-start', ...place });
    follow({ type: 'cell-progress', ...place, text: '30/60 grid cells · 1:20 left', share: 0.5 });
    progress.line('between');
    assert.equal(
      stripVTControlCharacters(written.at(-1)!),
      '01-a  cell 1 of 2  0.0 s  ████████░░░░░░░░ 30/60 grid cells · 1:20 left',
    );
    progress.end();
    const text = new TerminalText();
    for (const part of written) text.append(part);
    assert.equal(stripVTControlCharacters(text.toString()), 'between\n');
  });

  it('says times as a person would', () => {
    assert.deepEqual([0.04, 9.94, 9.96, 59.4, 59.6, 3725].map(seconds), [
      '0.0 s',
      '9.9 s',
      '10 s',
      '59 s',
      '1 min 00 s',
      '62 min 05 s',
    ]);
  });
});
