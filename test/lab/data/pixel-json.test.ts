import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPixelJson } from '../../../src/lab/data/pixel-json.js';
import { DataFileError } from '../../../src/lab/data/source.js';

const rows = (text: string) => readPixelJson('a.json', Buffer.from(text), { size: 3, white: 255 });
const shares = (text: string) => readPixelJson('a.json', Buffer.from(text), { size: 3, white: 1 });

test('rows of bytes and flat lists of shares are read; empty rows are left out', () => {
  assert.deepEqual([...rows('{"data":[[0,1,255],[],[7,8,9],[]]}')], [0, 1, 255, 7, 8, 9]);
  assert.deepEqual([...rows(' { "data" : [ [ 0 , 1\n,\t255 ] ] }\r\n')], [0, 1, 255]);
  // 0.624 and 0.996 stand for 159/255 and 254/255.
  assert.deepEqual([...shares('{"data":[0,0.624,1,0.996,0.2,0.004]}')], [0, 159, 255, 254, 51, 1]);
});

test('every share that three digits can give comes back as the byte that it stands for', () => {
  const all = Array.from({ length: 255 }, (_, index) => index + 1);
  const text = `{"data":[${all.map((byte) => Number((byte / 255).toFixed(3))).join()}]}`;
  assert.deepEqual([...shares(text)], all);
});

const bad: [
  what: string,
  text: string,
  offset: number | null,
  message: RegExp,
  read?: typeof rows,
][] = [
  [
    'cut in a number',
    '{"data":[[0,1,2',
    15,
    /expected "," or "\]", found the end of the file \(15 bytes\)/,
  ],
  ['cut after a comma', '{"data":[[0,', 12, /expected a number, found the end of the file/],
  ['cut between rows', '{"data":[[0,1,2],', 17, /expected "\[", found the end of the file/],
  ['cut before the last brace', '{"data":[[0,1,2]]', 17, /expected "}", found the end of the file/],
  ['an empty file', '', 0, /expected "{"/],
  [
    'a row that is too short',
    '{"data":[[0,1,2],[3,4]]}',
    17,
    /expected a row of 3 numbers, found 2/,
  ],
  ['a row that is too long', '{"data":[[0,1,2,3]]}', 9, /expected a row of 3 numbers, found 4/],
  [
    'a flat list that is no multiple',
    '{"data":[0,1,1,0]}',
    16,
    /expected a multiple of 3 numbers, found 4/,
    shares,
  ],
  [
    'a value above white',
    '{"data":[[0,256,2]]}',
    12,
    /expected a number from 0 to 255, found "256,2/,
  ],
  [
    'a share above one',
    '{"data":[0,1.004,0]}',
    11,
    /expected a number from 0 to 1, found "1.004/,
    shares,
  ],
  ['a negative value', '{"data":[[0,-1,2]]}', 12, /expected a number from 0 to 255, found "-1/],
  ['a broken value', '{"data":[[0,1.5,2]]}', 12, /expected a whole number, found "1\.5/],
  [
    'a share between two bytes',
    '{"data":[0,0.002,0]}',
    11,
    /expected a multiple of 1\/255/,
    shares,
  ],
  ['a huge value', `{"data":[[0,${'9'.repeat(400)},2]]}`, 12, /expected a number from 0 to 255/],
  ['an exponent', '{"data":[[0,1e1,2]]}', 13, /expected "," or "\]", found "e1/],
  ['a word', '{"data":[[0,null,2]]}', 12, /expected a number, found "null/],
  ['another key', '{"date":[[0,1,2]]}', 2, /expected the key "data", found "date/],
  [
    'something after the end',
    '{"data":[[0,1,2]]} x',
    19,
    /expected the end of the file, found "x"/,
  ],
  ['no image', '{"data":[[],[]]}', null, /expected at least one image, found none/],
  ['something else', '<html>', 0, /expected "{", found "<html>"/],
];
for (const [what, text, offset, message, read = rows] of bad) {
  test(`${what} is refused with file and offset`, () => {
    assert.throws(
      () => read(text),
      (error) => {
        assert.ok(error instanceof DataFileError);
        assert.equal(error.file, 'a.json');
        assert.equal(error.offset, offset);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}
