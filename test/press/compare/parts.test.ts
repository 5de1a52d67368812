// The parts of a comparison: close numbers, lines, results, specifications.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isClose, isCloseLine } from '../../../src/press/compare/close.js';
import { compareLines } from '../../../src/press/compare/lines.js';
import { compareResults } from '../../../src/press/compare/results.js';
import { compareSpecifications } from '../../../src/press/compare/specification.js';
import type { PlacedResult } from '../../../src/press/run/results-file.js';

const exact = { relative: 0 };
const loose = { relative: 0.01 };

describe('close numbers', () => {
  it('are those within a share of the larger one, whichever comes first', () => {
    assert.ok(isClose(100, 101, loose));
    assert.ok(!isClose(100, 102, loose));
    assert.ok(!isClose(1, -1, loose));
    assert.ok(isClose(0, 1e-13, exact));
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, t) => {
          assert.ok(isClose(a, a, { relative: t }));
        },
      ),
    );
    fc.assert(
      fc.property(fc.float({ noNaN: true }), fc.float({ noNaN: true }), (a, b) => {
        assert.equal(isClose(a, b, loose), isClose(b, a, loose));
      }),
    );
  });

  const lines: [a: string, b: string, isSame: boolean][] = [
    ['loss 0.5000 at 3', 'loss 0.5001 at 3', true],
    ['loss 0.5 at 3', 'loss 0.6 at 3', false],
    ['loss 0.5', 'cost 0.5', false],
    ['1e-3', '1.001e-3', true],
    ['a 1', 'a 1 2', false],
    ['τ = −0.50', 'τ = −0.501', true],
    ['τ = −0.50', 'τ = 0.50', false],
  ];
  for (const [a, b, isSame] of lines) {
    it(`in "${a}" and "${b}" ${isSame ? 'are' : 'are not'} the same`, () => {
      assert.equal(isCloseLine(a, b, loose), isSame);
    });
  }
});

describe('texts', () => {
  it('are the same, or have changed lines with those around them', () => {
    assert.equal(compareLines('a\nb', 'a\nb', exact), null);
    assert.equal(compareLines('x 1.000', 'x 1.001', loose), null);
    const old = Array.from({ length: 20 }, (_, index) => `line ${'abcdefghijklmnopqrst'[index]}`);
    const now = [...old];
    now[1] = 'new';
    now[15] = 'other';
    const change = compareLines(old.join('\n'), now.join('\n'), exact)!;
    assert.deepEqual([change.added, change.removed], [2, 2]);
    assert.deepEqual(
      change.hunks.map((hunk) => hunk.map(({ sign, text }) => sign + text)),
      [
        [' line a', '-line b', '+new', ' line c', ' line d'],
        [' line n', ' line o', '-line p', '+other', ' line q', ' line r'],
      ],
    );
  });

  it('may be empty, and changes may lie close together', () => {
    assert.deepEqual(compareLines('', 'a', exact), {
      added: 1,
      removed: 0,
      hunks: [[{ sign: '+', text: 'a' }]],
    });
    const change = compareLines('a\nb\nc\nd', 'x\nb\nc\ny', exact)!;
    assert.equal(change.hunks.length, 1);
    assert.deepEqual(
      change.hunks[0]!.map(({ sign, text }) => sign + text),
      ['-a', '+x', ' b', ' c', '-d', '+y'],
    );
  });
});

const value = (name: string, number: number, low?: number, high?: number): PlacedResult => ({
  kind: 'value',
  name,
  title: null,
  headline: false,
  value: number,
  unit: null,
  interval: low === undefined ? null : { low, high: high!, level: 0.95, method: 'Student t' },
  digits: null,
  cell: 1,
});
const tableOf = (...rows: number[][]): PlacedResult => ({
  kind: 'table',
  name: 't',
  title: null,
  headline: false,
  columns: ['a', 'b'].map((key) => ({ key, title: key, unit: null, digits: null })),
  rows,
  cell: 1,
});

describe('results', () => {
  it('are compared by name, with intervals telling chance from change', () => {
    const changes = compareResults(
      [
        value('same', 1),
        value('gone', 1),
        value('near', 0.9, 0.8, 1),
        value('far', 0.9, 0.89, 0.91),
      ],
      [
        value('far', 0.95, 0.94, 0.96),
        value('near', 0.95, 0.85, 1),
        value('same', 1),
        value('new', 2),
      ],
      exact,
    );
    assert.deepEqual(
      changes.map((change) => [change.name, change.kind, 'interval' in change && change.interval]),
      [
        ['gone', 'removed', false],
        ['near', 'value', 'within'],
        ['far', 'value', 'beyond'],
        ['new', 'added', false],
      ],
    );
  });

  it('differ when only the unit or the interval does', () => {
    const inPercent = { ...value('x', 1), unit: '%' } as PlacedResult;
    assert.equal(compareResults([value('x', 1)], [inPercent], exact).length, 1);
    const [change] = compareResults([value('x', 1, 0, 2)], [value('x', 1, 0, 3)], exact);
    assert.equal(change!.kind, 'value');
    assert.deepEqual(compareResults([value('x', 1, 0, 2)], [value('x', 1, 0, 2.001)], loose), []);
  });

  it('that are tables are compared entry by entry, or by their shape', () => {
    const [entries] = compareResults([tableOf([1, 2], [3, 4])], [tableOf([1, 2], [3, 5])], exact);
    assert.ok(entries?.kind === 'table');
    assert.deepEqual(entries.cells, [{ row: 2, column: 'b', before: 4, after: 5 }]);
    const [shape] = compareResults([tableOf([1, 2])], [tableOf([1, 2], [3, 4])], exact);
    assert.ok(shape?.kind === 'table');
    assert.equal(shape.shape, '1 → 2 rows');
    const [kind] = compareResults([tableOf([1, 2])], [value('t', 1)], exact);
    assert.equal(kind!.kind, 'kind');
  });
});

describe('specifications', () => {
  const chart = (mark: string, ...y: number[]) => ({
    mark: { type: mark },
    data: { values: y.map((each, x) => ({ x, y: each })) },
  });

  it('are the same within the tolerance', () => {
    assert.equal(compareSpecifications(chart('line', 1, 2), chart('line', 1, 2), exact), null);
    assert.equal(compareSpecifications(chart('line', 1, 2), chart('line', 1, 2.01), loose), null);
  });

  it('differ in places, and in a number of data values', () => {
    const change = compareSpecifications(chart('line', 1, 2), chart('point', 1, 4), exact);
    assert.deepEqual(change, {
      places: ['mark.type: "line" → "point"'],
      data: { all: 4, changed: 1, largest: 0.5 },
    });
    const longer = compareSpecifications(chart('line', 1), chart('line', 1, 2), exact);
    assert.deepEqual(longer?.places, ['data.values: 1 → 2 entries']);
  });
});
