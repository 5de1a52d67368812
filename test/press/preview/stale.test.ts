// Which cells an edit concerns, from their source alone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { namesOf } from '../../../src/press/preview/names.js';
import { staleCells } from '../../../src/press/preview/stale.js';

const cells = (sources: readonly string[]) =>
  sources.map((source) => ({ key: source, names: namesOf(source) }));

/** Numbers from 1 of the cells that run again, or why it goes from the top. */
function rerun(before: readonly string[], wanted: readonly string[]): number[] | string {
  const stale = staleCells(cells(before), cells(wanted));
  return typeof stale === 'string' ? stale : stale.run.map((index) => index + 1);
}

describe('names of a cell', () => {
  it('are those it declares, uses and changes', () => {
    const { declared, used, changed, fixed } = namesOf(`
import type A from 'a';
import { b as c } from 'b';
import * as d from 'd';
const { e, f: [g, ...h] } = thing;
let i = 1, j: Type;
function k(parameter) { return outer.field; }
class L {}
enum M { x }
if (i) { var n = 1; let inner = 2; }
i++; [e.y, j] = [1, 2]; delete g.z; h.push(1); ({ k: n } = thing); Object.assign(d, {});
for (other of thing) {}
const o = [8, -14, 'x'] as const;`);
    assert.deepEqual([...declared].sort(), [...'ALMcdeghijkno'].sort());
    for (const name of ['thing', 'Type', 'outer', 'other', 'c']) {
      assert.equal(used.has(name), name !== 'c' || used.has('c'), name);
    }
    assert.ok(!used.has('field'));
    assert.deepEqual([...changed].sort(), ['d', 'e', 'g', 'h', 'i', 'j', 'n', 'other']);
    assert.deepEqual([...fixed.keys()].sort(), ['A', 'c', 'd', 'o']);
  });
});

describe('an edit', () => {
  const cases: [what: string, before: string[], wanted: string[], expected: number[] | RegExp][] = [
    ['of nothing runs nothing', ['const a = f()', 'a'], ['const a = f()', 'a'], []],
    [
      'of a cell runs it and those that use what it declares, and what these declare',
      ['const a = f()', 'const b = a', 'const c = g()', 'b', 'c'],
      ['const a = h()', 'const b = a', 'const c = g()', 'b', 'c'],
      [1, 2, 4],
    ],
    [
      'of a cell that declares nothing runs it alone',
      ['const a = f()', 'a', 'a + 1'],
      ['const a = f()', 'a + 2', 'a + 1'],
      [2],
    ],
    ['at the end runs the new cell', ['const a = f()'], ['const a = f()', 'a'], [2]],
    [
      'in between does not run those after it',
      ['const a = f()', 'a'],
      ['const a = f()', '1', 'a'],
      [2],
    ],
    [
      'of one parameter runs those that use that one',
      ["import { show } from 'fathom';\nconst a = 1;\nconst b = [2, 3];", 'show(a)', 'show(b)'],
      ["import { show } from 'fathom';\nconst a = 5;\nconst b = [2, 3];", 'show(a)', 'show(b)'],
      [1, 2],
    ],
    [
      'of an import runs those that use what is new in it',
      ["import { show } from 'fathom';", 'show(1)'],
      ["import { show, table } from 'fathom';", 'show(1)', 'table()'],
      [1, 3],
    ],
    [
      'of what changes another makes that anew first',
      ['const a: number[] = f()', 'a.push(1)', 'a', 'const c = g()'],
      ['const a: number[] = f()', 'a.push(2)', 'a', 'const c = g()'],
      [1, 2, 3],
    ],
    [
      'before what changes the same runs all three, as each changes it once',
      ['const a = f()', 'a', 'a.x = 1', 'a.x'],
      ['const a = f()', 'a.y', 'a.x = 1', 'a.x'],
      [1, 2, 3, 4],
    ],
    [
      'that takes a change away makes what was changed anew',
      ['let a = f()', 'a += 1', 'a'],
      ['let a = f()', 'a'],
      [1, 2],
    ],
    [
      'that takes a change of a constant away shows it so',
      ['const a = [1]', 'a.push(2)', 'a'],
      ['const a = [1]', 'a'],
      [1, 2],
    ],
    [
      'that takes a cell away that nobody needs runs nothing',
      ['const a = f()', 'const b = 1', 'a'],
      ['const a = f()', 'a'],
      [],
    ],
    [
      'that takes away what is used goes from the top',
      ['const a = f()', 'const b = 1', 'b'],
      ['const a = f()', 'b'],
      /^b, which a cell has declared before, is gone and still used$/,
    ],
    [
      'that renames what is used goes from the top',
      ['const a = f()', 'a'],
      ['const b = f()', 'a'],
      /^a, /,
    ],
    [
      'that swaps two cells runs the one that moved',
      ['f(1)', 'f(2)', 'f(3)'],
      ['f(2)', 'f(1)', 'f(3)'],
      [2],
    ],
    [
      'between two cells that declare the same name runs what comes before too',
      ['let a = f()', 'a', 'a = g()', 'a'],
      ['let a = f()', 'a * 2', 'a = g()', 'a'],
      [1, 2, 3, 4],
    ],
    [
      'of a global object runs those that use it',
      ['globalThis.x = 1', 'globalThis.x', '2'],
      ['globalThis.x = 3', 'globalThis.x', '2'],
      [1, 2],
    ],
    [
      'of a function runs those that call it',
      ['const f = () => 1', 'const a = f()', 'a'],
      ['const f = () => 2', 'const a = f()', 'a'],
      [1, 2, 3],
    ],
  ];
  for (const [what, before, wanted, expected] of cases) {
    it(what, () => {
      const actual = rerun(before, wanted);
      if (expected instanceof RegExp) assert.match(String(actual), expected);
      else assert.deepEqual(actual, expected);
    });
  }

  it('after a cell that did not end runs it again, and makes anew what it may have changed', () => {
    const [a, b, c] = cells(['const a = f()', 'a.push(1); fail()', 'a']);
    const stale = staleCells([a!], [a!, b!, c!], [b!.names]);
    assert.deepEqual(typeof stale === 'string' ? stale : stale.run, [0, 1, 2]);
  });

  it('goes from the top when it uses what only cells of earlier edits have declared', () => {
    const stale = staleCells(cells(['1']), cells(['1', 'x']), [], new Set(['x']));
    assert.match(String(stale), /^x, /);
  });
});
